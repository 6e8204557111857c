//! The text files that fields name: finding and reading them.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::draft::Draft;
use super::include::missing_file;
use super::report::Report;
use super::source::Reader;
use crate::field_tree::FieldTree;

/// A text file that a field of a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextFile {
    /// The keys that lead to the field.
    pub keys: Vec<String>,
    /// The file.
    pub file: PathBuf,
    /// Whether `{{name}}` in it is filled.
    pub fill: bool,
}

/// Puts the text of every file into the documents, in the place of its path.
pub(super) fn read<'a>(drafts: &mut [Draft<'a>], directory: &Path, reader: &mut Reader<'_>, report: &mut Report<'a>) {
    for draft in drafts {
        let mut found = Vec::new();
        let document = std::mem::take(&mut draft.declared.document.0);
        let mut document = Value::Object(document);
        visit(&draft.kind.tree, &mut document, &mut Vec::new(), true, &mut |keys, value, fill| {
            let Value::String(path) = &*value else { return };
            let file = directory.join(path);
            let dotted = keys.join(".");
            if path.is_empty() {
                report.error(draft.place(&dotted), "the path of a file is empty");
                return draft.wrong.push(dotted);
            }
            match reader.text(&file) {
                Ok(text) => *value = Value::String(text.to_string()),
                Err(error) => {
                    report.error(draft.place(&dotted), error.about(&file)).maybe_hint(missing_file(&file, reader));
                    return draft.wrong.push(dotted);
                }
            }
            found.push(TextFile { keys: keys.to_vec(), file, fill });
        });
        if let Value::Object(fields) = document {
            draft.declared.document.0 = fields;
        }
        for text in &found {
            if let Some(origin) = text.keys.first().and_then(|field| draft.declared.origins.get_mut(field)) {
                origin.texts.insert(text.keys.join("."), text.file.clone());
            }
        }
        draft.texts = found;
    }
}

/// Shows each field that names a file. `fill` of a table is false where its field `template` says so, or says nothing.
fn visit(
    tree: &FieldTree,
    value: &mut Value,
    keys: &mut Vec<String>,
    fill: bool,
    each: &mut dyn FnMut(&[String], &mut Value, bool),
) {
    match (tree, value) {
        (FieldTree::Leaf { file: true, .. }, value) if value.as_str().is_some_and(|text| text != "none") => {
            each(keys, value, fill);
        }
        (FieldTree::Fixed(_) | FieldTree::Keyed(_), Value::Object(fields)) => {
            let fill = fills(tree, fields);
            for (key, value) in fields {
                if let Some(tree) = tree.child(key) {
                    keys.push(key.clone());
                    visit(tree, value, keys, fill, each);
                    keys.pop();
                }
            }
        }
        _ => {}
    }
}

/// A table with a field `template` fills its files only if that is true.
fn fills(tree: &FieldTree, fields: &Map<String, Value>) -> bool {
    match tree {
        FieldTree::Fixed(known) if known.contains_key("template") => fields.get("template") == Some(&Value::Bool(true)),
        _ => true,
    }
}

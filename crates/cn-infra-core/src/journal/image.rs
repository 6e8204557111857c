//! A step as a journal keeps it.

use serde_json::{Map, Value};

use crate::document::Document;
use crate::field_tree::FieldTree;
use crate::kinds::Kind;
use crate::plan::Step;
use crate::resource::Role;

/// The step without what no update can change. That is all an undo needs, and it leaves out what may be secret: user
/// data, where a password comes from.
pub(crate) fn image(kind: &Kind, step: &Step) -> Step {
    let image = |document: &Option<Document>| {
        document.as_ref().map(|document| Document(table(&|field| kind.tree.child(field), &document.0, false)))
    };
    Step { before: image(&step.before), after: image(&step.after), ..step.clone() }
}

fn table<'a>(
    child: &dyn Fn(&str) -> Option<&'a FieldTree>,
    fields: &Map<String, Value>,
    in_entry: bool,
) -> Map<String, Value> {
    let kept = fields.iter().filter_map(|(key, field)| Some((key.clone(), value(child(key)?, field, in_entry)?)));
    kept.collect()
}

/// Entries of a table whose keys the user chose are changed as a whole, so they keep every field.
fn value(tree: &FieldTree, field: &Value, in_entry: bool) -> Option<Value> {
    match (tree, field) {
        (FieldTree::Fixed(fields), Value::Object(values)) => {
            Some(table(&|key| fields.get(key), values, in_entry)).filter(|kept| !kept.is_empty()).map(Value::Object)
        }
        (FieldTree::Keyed(entry), Value::Object(values)) => Some(Value::Object(table(&|_| Some(entry), values, true))),
        (FieldTree::Leaf { role: Role::CreateOnly, .. }, _) if !in_entry => None,
        _ => Some(field.clone()),
    }
}

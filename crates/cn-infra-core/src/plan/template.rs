//! Templates in documents: `{{kind.name.output}}`, filled from the objects that are there.

use serde_json::Value;

use crate::address::Address;
use crate::document::Document;
use crate::environment;
use crate::field_tree::FieldTree;

/// The key under which a document holds a text that is not filled yet.
const TEMPLATE: &str = "template";

/// The text of a value that is an unfilled template.
fn text(value: &Value) -> Option<&str> {
    value.as_object().filter(|fields| fields.len() == 1)?.get(TEMPLATE)?.as_str()
}

/// The first top-level field of a document that holds an unfilled template.
pub(crate) fn unfilled_field<'d>(tree: &FieldTree, document: &'d Document) -> Option<&'d str> {
    let holds_one = |field: &str, value| tree.child(field).is_some_and(|tree| is_unfilled(tree, value));
    document.0.iter().find(|(field, value)| holds_one(field, value)).map(|(field, _)| field.as_str())
}

/// Whether a value at a place in the tree holds an unfilled template.
pub(crate) fn is_unfilled(tree: &FieldTree, value: &Value) -> bool {
    match tree {
        FieldTree::Leaf { file, .. } => *file && text(value).is_some(),
        FieldTree::Fixed(fields) => {
            fields.iter().any(|(key, child)| value.get(key).is_some_and(|value| is_unfilled(child, value)))
        }
        FieldTree::Keyed(entry) => {
            value.as_object().is_some_and(|entries| entries.values().any(|value| is_unfilled(entry, value)))
        }
    }
}

/// Fills a document's templates. `look_up` is shown the top-level field, the resource and the output that each names.
pub(crate) fn fill(
    tree: &FieldTree,
    document: &mut Document,
    look_up: &mut dyn FnMut(&str, &Address, &str) -> Option<String>,
) {
    for (field, value) in &mut document.0 {
        if let Some(child) = tree.child(field) {
            fill_value(child, value, &mut |address, output| look_up(field, address, output));
        }
    }
}

fn fill_value(tree: &FieldTree, value: &mut Value, look_up: &mut dyn FnMut(&Address, &str) -> Option<String>) {
    match tree {
        FieldTree::Leaf { file: true, .. } => {
            if let Some((filled, complete)) = text(value).map(|text| fill_text(text, look_up)) {
                *value = if complete { filled.into() } else { serde_json::json!({ TEMPLATE: filled }) };
            }
        }
        FieldTree::Leaf { file: false, .. } => {}
        FieldTree::Fixed(_) | FieldTree::Keyed(_) => {
            for (key, value) in value.as_object_mut().into_iter().flatten() {
                if let Some(child) = tree.child(key) {
                    fill_value(child, value, look_up);
                }
            }
        }
    }
}

/// The text with all that is known filled in, and whether that is all. What names no output is text: the loader has
/// filled or refused everything else.
fn fill_text(template: &str, look_up: &mut dyn FnMut(&Address, &str) -> Option<String>) -> (String, bool) {
    let mut complete = true;
    let filled = environment::template::fill(template, &mut |name| {
        let (address, output) = output(name)?;
        let value = look_up(&address, output);
        complete &= value.is_some();
        value
    });
    (filled, complete)
}

/// The resource and output that a name in a template stands for.
fn output(name: &str) -> Option<(Address, &str)> {
    let (address, output) = name.rsplit_once('.')?;
    Some((address.parse().ok()?, output))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_known(template: &str) -> (String, bool) {
        fill_text(template, &mut |address, output| (address.name == "web").then(|| format!("<{address} {output}>")))
    }

    #[test]
    fn fills_what_is_known_and_keeps_the_rest() {
        assert_eq!(fill_known("at {{ link.web.url }}!"), ("at <link.web url>!".into(), true));
        assert_eq!(fill_known("{{staging/link.web.url}}"), ("<staging/link.web url>".into(), true));
        assert_eq!(fill_known("{{link.web.url}} {{link.db.url}}"), ("<link.web url> {{link.db.url}}".into(), false));
        assert_eq!(fill_known("no end {{link.web"), ("no end {{link.web".into(), true));
        assert_eq!(fill_known("{{site}} {{open\n}} {{link.web.url}}").0, "{{site}} {{open\n}} <link.web url>");
        assert!(fill_known("{{site}} {{open\n}} {{link.web.url}}").1, "what names no output is text");
    }
}

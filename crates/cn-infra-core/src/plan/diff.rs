//! How two documents of a kind differ: only fields that the desired one sets are looked at.

use serde_json::{Map, Value};

use crate::document::Document;
use crate::field_tree::FieldTree;
use crate::resource::Role;

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Differing<'a> {
    pub path: String,
    pub before: Option<&'a Value>,
    pub after: Option<&'a Value>,
}

impl Differing<'_> {
    /// The top-level field that it lies in. Keys that the user chose may hold dots, fields of a kind do not.
    pub fn field(&self) -> &str {
        self.path.split('.').next().unwrap_or(&self.path)
    }
}

/// The fields that differ, in the order of the desired document; both must be in comparable form.
pub(crate) fn differing<'a>(tree: &FieldTree, desired: &'a Document, live: &'a Document) -> Vec<Differing<'a>> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    for (field, after) in &desired.0 {
        walk.step(field, tree.child(field), live.0.get(field), Some(after));
    }
    walk.found
}

struct Walk<'a> {
    path: Vec<&'a str>,
    found: Vec<Differing<'a>>,
}

impl<'a> Walk<'a> {
    fn step(&mut self, key: &'a str, tree: Option<&FieldTree>, before: Option<&'a Value>, after: Option<&'a Value>) {
        self.path.push(key);
        self.compare(tree, before, after);
        self.path.pop();
    }

    fn compare(&mut self, tree: Option<&FieldTree>, before: Option<&'a Value>, after: Option<&'a Value>) {
        match (tree, before, after) {
            (Some(FieldTree::Leaf { role: Role::Instruction, .. }), ..) => {}
            (Some(FieldTree::Fixed(fields)), _, Some(Value::Object(wanted))) => {
                for (key, after) in wanted {
                    self.step(key, fields.get(key.as_str()), before.and_then(|before| before.get(key)), Some(after));
                }
            }
            (Some(FieldTree::Keyed(entry)), _, Some(Value::Object(wanted))) => self.entries(entry, before, wanted),
            _ if before != after => {
                self.found.push(Differing { path: self.path.join("."), before, after });
            }
            _ => {}
        }
    }

    /// A table whose keys the user chose: an entry that only one side has is one difference.
    fn entries(&mut self, entry: &FieldTree, before: Option<&'a Value>, wanted: &'a Map<String, Value>) {
        for (key, after) in wanted {
            match before.and_then(|before| before.get(key)) {
                Some(before) => self.step(key, Some(entry), Some(before), Some(after)),
                None => self.step(key, None, None, Some(after)),
            }
        }
        for (key, before) in before.and_then(Value::as_object).into_iter().flatten() {
            if !wanted.contains_key(key) {
                self.step(key, None, Some(before), None);
            }
        }
    }
}

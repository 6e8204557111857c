//! How two documents of a kind differ: only fields that the desired one sets are looked at.

use std::collections::HashSet;

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

/// The desired fields that an update is about: without those for creation only, unless one of them changes, and
/// without those that are left as they are.
pub(crate) fn wanted(tree: &FieldTree, desired: &Document, selection: &Selection<'_>) -> Document {
    let mut path = Vec::new();
    Document(selection.table(&|field| tree.child(field), &mut path, &desired.0, false))
}

/// Which fields change, and which are left as they are although they differ.
#[derive(Debug, Default)]
pub(crate) struct Selection<'s> {
    pub changed: HashSet<&'s str>,
    pub ignored: HashSet<&'s str>,
}

impl Selection<'_> {
    fn table<'a>(
        &self,
        child: &dyn Fn(&str) -> Option<&'a FieldTree>,
        path: &mut Vec<String>,
        fields: &Map<String, Value>,
        in_entry: bool,
    ) -> Map<String, Value> {
        let mut kept = Map::new();
        for (key, value) in fields {
            path.push(key.clone());
            if let Some(value) = self.value(child(key), path, value, in_entry) {
                kept.insert(key.clone(), value);
            }
            path.pop();
        }
        kept
    }

    fn value(&self, tree: Option<&FieldTree>, path: &mut Vec<String>, value: &Value, in_entry: bool) -> Option<Value> {
        match (tree, value) {
            (Some(FieldTree::Fixed(children)), Value::Object(fields)) => {
                let kept = self.table(&|key| children.get(key), path, fields, in_entry);
                (!kept.is_empty() || fields.is_empty()).then_some(Value::Object(kept))
            }
            (Some(FieldTree::Keyed(entry)), Value::Object(fields)) => {
                Some(Value::Object(self.table(&|_| Some(entry), path, fields, true)))
            }
            (Some(FieldTree::Leaf { role: Role::CreateOnly, .. }), _) if !in_entry => {
                self.changed.contains(path.join(".").as_str()).then(|| value.clone())
            }
            _ if self.ignored.is_empty() => Some(value.clone()),
            _ => (!self.ignored.contains(path.join(".").as_str())).then(|| value.clone()),
        }
    }
}

/// What was read of the fields that a step is about; a saved step is stale once this is no longer what is live.
pub(crate) fn before(tree: &FieldTree, wanted: &Document, live: &Document) -> Document {
    Document(shared(&|field| tree.child(field), &wanted.0, &live.0))
}

fn shared<'a>(
    child: &dyn Fn(&str) -> Option<&'a FieldTree>,
    wanted: &Map<String, Value>,
    live: &Map<String, Value>,
) -> Map<String, Value> {
    let pairs = wanted.iter().filter_map(|(key, wanted)| Some((key, wanted, live.get(key)?)));
    pairs.filter_map(|(key, wanted, live)| Some((key.clone(), shared_value(child(key), wanted, live)?))).collect()
}

fn shared_value(tree: Option<&FieldTree>, wanted: &Value, live: &Value) -> Option<Value> {
    match (tree, wanted, live) {
        (Some(FieldTree::Leaf { role: Role::Instruction, .. }), ..) => None,
        (Some(FieldTree::Fixed(fields)), Value::Object(wanted), Value::Object(live)) => {
            Some(Value::Object(shared(&|key| fields.get(key), wanted, live)))
        }
        // A table of the user's keys is managed whole: also entries that nobody wants.
        (Some(FieldTree::Keyed(entry)), Value::Object(wanted), Value::Object(live)) => {
            let entries = live.iter().filter_map(|(key, live)| {
                let value =
                    wanted.get(key).map_or_else(|| Some(live.clone()), |want| shared_value(Some(entry), want, live));
                Some((key.clone(), value?))
            });
            Some(Value::Object(entries.collect()))
        }
        _ => Some(live.clone()),
    }
}

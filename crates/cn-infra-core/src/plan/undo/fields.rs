//! The fields of a step: which are to be put back, which somebody changed since, and which nobody knows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::declare;
use crate::document::{Document, DocumentError};
use crate::field_tree::FieldTree;
use crate::kinds::{Compared, Kind};
use crate::live::Object;
use crate::plan::diff::{self, Differing};
use crate::plan::reading::{Names, Reading};
use crate::plan::{Action, Difference, Step, prune};
use crate::resource::{Impact, Role};

/// What a step's fields come to.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// What is wanted again, of the fields that the step changed alone.
    pub wanted: Document,
    /// Fields that are no longer what the step left, nor what they were before.
    pub moved: Vec<Moved>,
    /// Fields of which was not read what they were.
    pub unknown: Vec<String>,
}

/// A field in three ways.
#[derive(Debug)]
pub(super) struct Moved {
    pub path: String,
    /// As it was before the step.
    pub before: Option<Value>,
    /// As the step left it.
    pub left: Option<Value>,
    /// As it is now.
    pub now: Option<Value>,
}

/// Compares the fields of a step with its object.
pub(super) fn of_step(
    kind: &Kind,
    step: &Step,
    object: &Object,
    names: &Names<'_>,
    now: Timestamp,
) -> Result<Fields, DocumentError> {
    let before = read(kind, step, step.before.clone().unwrap_or_default(), object, names, now)?;
    let after = read(kind, step, step.after.clone().unwrap_or_default(), object, names, now)?;
    let changed: Vec<_> = match step.action {
        Action::Delete => before.desired.0.keys().map(String::as_str).collect(),
        Action::Create | Action::Update => step.differences.iter().map(|difference| &*difference.path).collect(),
    };
    let mut walk = Walk { changed: &changed, path: Vec::new(), unknown: Vec::new() };
    let [was, became, is] = [&before.desired, &after.desired, &before.live].map(|side| Value::Object(side.0.clone()));
    let sides = Sides { before: Some(&was), after: Some(&became), live: Some(&is) };
    let wanted = Document(walk.table(&|field| kind.tree.child(field), sides, false));
    let unknown = walk.unknown;
    let left = not_as_left(kind, step, &after);
    let moved = diff::differing(&kind.tree, &wanted, &before.live).into_iter();
    let moved = moved.filter(|one| left.iter().any(|left| overlaps(left, &one.path)));
    let moved = moved.map(|Differing { path, before: now, after: was }| Moved {
        before: was.cloned(),
        left: after.desired.get(&path).cloned(),
        now: now.cloned(),
        path,
    });
    Ok(Fields { moved: moved.collect(), wanted, unknown })
}

/// The fields that are not as the step left them. A part that was taken away left nothing.
fn not_as_left(kind: &Kind, step: &Step, after: &Compared) -> Vec<String> {
    if step.action == Action::Delete {
        let there = after.live.0.iter().filter(|(_, value)| !prune::is_nothing(value));
        return there.map(|(field, _)| field.clone()).collect();
    }
    let differing = diff::differing(&kind.tree, &after.desired, &after.live).into_iter();
    differing.map(|one| one.path).collect()
}

/// A document of a step and its object, in comparable form.
pub(super) fn read(
    kind: &Kind,
    step: &Step,
    document: Document,
    object: &Object,
    names: &Names<'_>,
    now: Timestamp,
) -> Result<Compared, DocumentError> {
    let mut declared = declare(&step.id.address, &step.name);
    declared.document = document;
    let Compared { desired, live, findings } = Reading::of(kind, &declared, Some(object), names, now)?.compared;
    let part = step.id.part.as_deref();
    Ok(Compared { desired: kind.split(&desired, part), live: kind.split(&live, part), findings })
}

/// What is not as desired, of what an apply would change.
pub(super) fn left(kind: &Kind, compared: &Compared) -> Vec<Difference> {
    let differing = diff::differing(&kind.tree, &compared.desired, &compared.live).into_iter();
    let differences = differing.map(|Differing { path, before, after }| Difference {
        path,
        before: before.cloned(),
        after: after.cloned(),
        impact: Impact::in_place(),
        known_after_apply: false,
    });
    differences.collect()
}

/// Whether one of two dotted paths lies within the other.
fn overlaps(one: &str, other: &str) -> bool {
    within(one, other) || within(other, one)
}

fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A value before and after a step, and as it is now.
#[derive(Clone, Copy)]
struct Sides<'v> {
    before: Option<&'v Value>,
    after: Option<&'v Value>,
    live: Option<&'v Value>,
}

impl<'v> Sides<'v> {
    fn keys(self) -> BTreeSet<&'v String> {
        let tables = [self.before, self.after, self.live].into_iter().flatten().filter_map(Value::as_object);
        tables.flat_map(Map::keys).collect()
    }

    fn at(self, key: &str) -> Self {
        let get = |side: Option<&'v Value>| side.and_then(|side| side.get(key));
        Self { before: get(self.before), after: get(self.after), live: get(self.live) }
    }
}

/// Makes a document of the old values of the fields that changed. Instructions go along with what they are about. Of a
/// table whose keys the user chose an update takes all entries, so those that did not change are as they are now.
struct Walk<'a> {
    changed: &'a [&'a str],
    path: Vec<String>,
    unknown: Vec<String>,
}

impl Walk<'_> {
    fn table<'t>(
        &mut self,
        child: &dyn Fn(&str) -> Option<&'t FieldTree>,
        of: Sides<'_>,
        in_entry: bool,
    ) -> Map<String, Value> {
        let mut wanted = Map::new();
        for key in of.keys() {
            self.path.push(key.clone());
            wanted.extend(self.value(child(key), of.at(key), in_entry).map(|value| (key.clone(), value)));
            self.path.pop();
        }
        wanted
    }

    fn value(&mut self, tree: Option<&FieldTree>, of: Sides<'_>, in_entry: bool) -> Option<Value> {
        let path = self.path.join(".");
        if matches!(tree, Some(FieldTree::Leaf { role: Role::Instruction, .. })) {
            return of.after.cloned();
        }
        if self.changed.iter().any(|changed| within(&path, changed)) {
            if of.before.is_none() && !in_entry {
                self.unknown.push(path);
            }
            return of.before.cloned();
        }
        let holds_changed = self.changed.iter().any(|changed| within(changed, &path));
        match tree {
            Some(FieldTree::Fixed(fields)) if holds_changed => {
                Some(self.table(&|key| fields.get(key), of, in_entry).into())
            }
            Some(FieldTree::Keyed(entry)) if holds_changed => Some(self.table(&|_| Some(&**entry), of, true).into()),
            _ if in_entry => of.live.cloned(),
            _ => None,
        }
    }
}

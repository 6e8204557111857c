//! The objects of the cloud and what becomes of them as time passes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::address::{PhysicalId, Reference};
use crate::document::Document;
use crate::field_tree::FieldTree;
use crate::kinds::Kind;
use crate::live::{Object, Outputs, Readiness};
use crate::manager::{ErrorClass, ManageError};
use crate::owner::{self, Tags};
use crate::resource::Role;
use crate::testing::kinds::kinds;

/// All objects, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Store {
    objects: BTreeMap<PhysicalId, Stored>,
    made: BTreeMap<&'static str, u32>,
}

/// One object.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub kind: &'static str,
    pub object: Object,
    visible_from: Duration,
    /// What it goes through, and until when.
    transition: Option<(Duration, Transition)>,
}

/// A status that passes.
#[derive(Clone, Debug)]
pub(super) struct Transition {
    pub status: Readiness,
    pub takes: Duration,
    /// What the object is then.
    pub then: Readiness,
    /// The value of its field `state` then.
    pub state: Option<&'static str>,
}

/// An object to be made.
pub(super) struct Birth<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub tags: &'a Tags,
    pub token: Option<String>,
    pub live: Document,
    pub outputs: Outputs,
}

impl Store {
    /// The id that the next object of a kind will have.
    pub fn next_id(&self, kind: &str) -> PhysicalId {
        PhysicalId(format!("{kind}-{:04}", self.made.get(kind).unwrap_or(&0) + 1))
    }

    pub fn insert(&mut self, birth: Birth<'_>, visible_from: Duration) -> PhysicalId {
        let Birth { kind, name, tags, token, live, outputs } = birth;
        let id = self.next_id(kind);
        *self.made.entry(kind).or_default() += 1;
        let object = Object {
            id: id.clone(),
            aliases: Vec::new(),
            name: Some(name.to_owned()),
            token,
            tags: tags.clone(),
            live,
            readiness: Readiness::Ready,
            unfinished: None,
            outputs,
        };
        let stored = Stored { kind, object, visible_from, transition: None };
        self.objects.insert(id.clone(), stored);
        id
    }

    /// The objects of a kind, at a time, whether visible or not.
    pub fn all(&mut self, kind: &str, now: Duration) -> Vec<Object> {
        self.settle(now);
        self.objects.values().filter(|stored| stored.kind == kind).map(Stored::shown).collect()
    }

    /// The objects of a kind that readings show at a time.
    pub fn visible(&mut self, kind: &str, now: Duration) -> Vec<Object> {
        self.settle(now);
        let visible = |stored: &&Stored| stored.kind == kind && stored.visible_from <= now;
        self.objects.values().filter(visible).map(Stored::shown).collect()
    }

    /// An object that calls know at a time.
    pub fn get(&mut self, id: &PhysicalId, now: Duration) -> Result<&mut Stored, ManageError> {
        self.settle(now);
        let known = self.objects.get_mut(id).filter(|stored| stored.visible_from <= now);
        known
            .filter(|stored| stored.object.readiness.is_present())
            .ok_or_else(|| ManageError::new(ErrorClass::Gone, format!("{id} does not exist")))
    }

    /// Begins what an object goes through, if anything.
    pub fn begin(&mut self, id: &PhysicalId, transition: Option<Transition>, now: Duration) {
        if let (Some(stored), Some(transition)) = (self.objects.get_mut(id), transition) {
            stored.begin(transition, now);
        }
    }

    pub fn remove(&mut self, id: &PhysicalId) {
        self.objects.remove(id);
    }

    /// What an id is called in the log of calls.
    pub fn address(&self, id: &PhysicalId) -> String {
        let tags = self.objects.get(id).map(|stored| &stored.object.tags);
        tags.and_then(|tags| tags.get(owner::ADDRESS)).unwrap_or(&id.0).clone()
    }

    /// Fails unless everything that a document refers to is known.
    pub fn check_references(&mut self, kind: &Kind, document: &Document, now: Duration) -> Result<(), ManageError> {
        for id in references(kind, document)? {
            self.get(&id, now)?;
        }
        Ok(())
    }

    /// Another object that refers to this one; one that is leaving still does.
    pub fn user_of(&self, id: &PhysicalId) -> Result<Option<PhysicalId>, ManageError> {
        let kinds = kinds();
        for stored in self.objects.values().filter(|stored| stored.object.id != *id) {
            let there = stored.object.readiness != Readiness::Gone;
            let Some(kind) = kinds.get(stored.kind).filter(|_| there) else { continue };
            if references(kind, &stored.object.live)?.contains(id) {
                return Ok(Some(stored.object.id.clone()));
            }
        }
        Ok(None)
    }

    /// Sets a field of an object.
    pub fn set(&mut self, id: &PhysicalId, field: &str, value: &str) {
        if let Some(stored) = self.objects.get_mut(id) {
            stored.set(field, value);
        }
    }

    fn settle(&mut self, now: Duration) {
        for stored in self.objects.values_mut() {
            if let Some((_, transition)) = stored.transition.take_if(|(until, _)| *until <= now) {
                stored.object.readiness = transition.then;
                if let Some(state) = transition.state {
                    stored.set("state", state);
                }
            }
        }
    }
}

impl Stored {
    /// Begins a transition.
    pub fn begin(&mut self, transition: Transition, now: Duration) {
        self.object.readiness = transition.status.clone();
        self.transition = Some((now + transition.takes, transition));
    }

    /// Breaks the object, whatever it was going through.
    pub fn spoil(&mut self, status: &str) {
        self.object.readiness = Readiness::Failed(status.to_owned());
        self.transition = None;
    }

    fn set(&mut self, field: &str, value: &str) {
        self.object.live.0.insert(field.to_owned(), Value::from(value));
    }

    fn shown(&self) -> Object {
        let restart = self.object.tags.get(owner::RESTART);
        Object { unfinished: restart.map(|field| format!("stopped for a change of {field}")), ..self.object.clone() }
    }
}

fn references(kind: &Kind, document: &Document) -> Result<Vec<PhysicalId>, ManageError> {
    let mut ids = Vec::new();
    (kind.references)(&mut document.clone(), &mut |_, reference| {
        if let Reference::Foreign(id) = reference {
            ids.push(id.clone());
        }
    })?;
    Ok(ids)
}

/// What is there once desired values were written over live ones.
pub(super) fn written(tree: &FieldTree, live: &Document, desired: &Document) -> Document {
    let mut merged = live.clone();
    for (field, value) in &desired.0 {
        if let Some(value) = tree.child(field).and_then(|tree| merge(tree, live.0.get(field), value)) {
            merged.0.insert(field.clone(), value);
        }
    }
    merged
}

fn merge(tree: &FieldTree, live: Option<&Value>, desired: &Value) -> Option<Value> {
    let (tables, keyed) = match tree {
        FieldTree::Leaf { role: Role::Instruction, .. } => return None,
        FieldTree::Leaf { .. } => return Some(desired.clone()),
        FieldTree::Fixed(_) => (desired.as_object()?, false),
        FieldTree::Keyed(_) => (desired.as_object()?, true),
    };
    let there = live.and_then(Value::as_object).filter(|_| !keyed).cloned().unwrap_or_else(Map::new);
    let merged = tables.iter().filter_map(|(key, value)| {
        let before = live.and_then(|live| live.get(key));
        Some((key.clone(), merge(tree.child(key)?, before, value)?))
    });
    Some(Value::Object(there.into_iter().chain(merged).collect()))
}

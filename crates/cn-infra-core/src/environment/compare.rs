//! How two environments differ, as their files declare them: so that a twin meant to be cheaper stays one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Declared, Environment};
use crate::address::Address;
use crate::document::Document;
use crate::field_tree::FieldTree;
use crate::kinds::Kinds;
use crate::plan::Difference;
use crate::resource::Impact;

/// How a second environment differs from a first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The first.
    pub first: String,
    /// The second.
    pub second: String,
    /// What is of the environment as a whole: `tier`, `values.site`, `networks.visitors`.
    pub environment: Vec<Difference>,
    /// Every resource that is not the same in both.
    pub resources: BTreeMap<Address, Twin>,
}

/// How a resource of the second environment differs from its twin in the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "declared_in", content = "differences")]
pub enum Twin {
    /// Only the first declares it.
    First,
    /// Only the second declares it.
    Second,
    /// Both do: `before` is the first's, `after` the second's.
    Both(Vec<Difference>),
}

impl Comparison {
    /// Whether the environments declare the same.
    pub fn is_empty(&self) -> bool {
        self.environment.is_empty() && self.resources.is_empty()
    }
}

/// Compares what two files declare; a name that follows from the address is no difference.
pub fn compare(first: &Environment, second: &Environment, kinds: &Kinds) -> Comparison {
    let addresses: BTreeSet<_> = first.resources.keys().chain(second.resources.keys()).collect();
    let twins = addresses.into_iter().filter_map(|address| {
        let twin = match (first.resources.get(address), second.resources.get(address)) {
            (Some(one), Some(other)) => Twin::Both(differences(one, other, kinds)),
            (Some(_), None) => Twin::First,
            (None, _) => Twin::Second,
        };
        (twin != Twin::Both(Vec::new())).then(|| (address.clone(), twin))
    });
    let mut walk = Walk::default();
    walk.fields(Known::Nothing, &of_environment(first), &of_environment(second));
    Comparison {
        first: first.name.clone(),
        second: second.name.clone(),
        environment: walk.found,
        resources: twins.collect(),
    }
}

fn differences(first: &Declared, second: &Declared, kinds: &Kinds) -> Vec<Difference> {
    let mut walk = Walk::default();
    walk.fields(Known::Nothing, &common(first), &common(second));
    let tree = kinds.get(&first.address.kind).map(|kind| &kind.tree);
    let (Document(first), Document(second)) = (&first.document, &second.document);
    walk.fields(Known::Tree(tree), first, second);
    walk.found
}

/// What every kind has, but how an object was taken over.
fn common(declared: &Declared) -> Map<String, Value> {
    let mut fields = Map::new();
    if declared.origins.contains_key("name") {
        fields.insert("name".to_owned(), json!(declared.name));
    }
    fields.insert("tags".to_owned(), json!(declared.tags));
    fields.extend(declared.protect.map(|protect| ("protect".to_owned(), json!(protect))));
    fields
}

fn of_environment(environment: &Environment) -> Map<String, Value> {
    let Environment { project, account, region, tier, networks, values, lock_bucket, .. } = environment;
    let fields = [
        ("project", json!(project)),
        ("account", json!(account)),
        ("region", json!(region)),
        ("tier", json!(tier)),
        ("lock", json!(lock_bucket)),
        ("values", json!(values)),
        ("networks", json!(networks)),
    ];
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What is known of the fields of a table.
#[derive(Clone, Copy)]
enum Known<'a> {
    /// Nothing: every table is looked into.
    Nothing,
    /// The kind's tree; what it does not name is one value.
    Tree(Option<&'a FieldTree>),
}

impl Known<'_> {
    fn child(self, key: &str) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Tree(tree) => Self::Tree(tree.and_then(|tree| tree.child(key))),
        }
    }

    fn is_table(self) -> bool {
        !matches!(self, Self::Tree(None | Some(FieldTree::Leaf { .. })))
    }
}

/// Both sides at once, key by key.
#[derive(Default)]
struct Walk {
    path: Vec<String>,
    found: Vec<Difference>,
}

impl Walk {
    fn fields(&mut self, known: Known<'_>, first: &Map<String, Value>, second: &Map<String, Value>) {
        let only_first = first.keys().filter(|key| !second.contains_key(*key));
        for key in second.keys().chain(only_first) {
            self.path.push(key.clone());
            self.value(known.child(key), first.get(key), second.get(key));
            self.path.pop();
        }
    }

    fn value(&mut self, known: Known<'_>, first: Option<&Value>, second: Option<&Value>) {
        match (first, second) {
            (Some(Value::Object(first)), Some(Value::Object(second))) if known.is_table() => {
                self.fields(known, first, second);
            }
            _ if first == second => {}
            _ => self.found.push(Difference {
                path: self.path.join("."),
                before: first.cloned(),
                after: second.cloned(),
                impact: Impact::in_place(),
                known_after_apply: false,
            }),
        }
    }
}

//! What `show` tells: the live object of each resource, its fields, and which of them the file manages.

use cn_infra_core::address::{Address, PhysicalId, Reference};
use cn_infra_core::document::{Document, DocumentError};
use cn_infra_core::environment::{Declared, Environment, Networks};
use cn_infra_core::field_tree::FieldTree;
use cn_infra_core::kinds::{Kind, Kinds};
use cn_infra_core::live::{Live, Object, Outputs, Readiness};
use cn_infra_core::owner;
use cn_infra_core::plan::Unlisted;
use cn_infra_core::plan::identity::{Identity, identify};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Everything that is live of an environment.
#[derive(Debug, Serialize)]
pub struct Inventory {
    /// The environment's name.
    pub environment: String,
    /// Its project.
    pub project: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Names for CIDRs, for showing.
    #[serde(skip)]
    pub networks: Networks,
    /// The declared resources.
    pub resources: Vec<Entry>,
    /// Objects of the environment that its file does not declare.
    pub unlisted: Vec<Unlisted>,
}

/// A declared resource, and its object if there is one.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The resource.
    pub address: Address,
    /// Its object.
    pub object: Option<LiveObject>,
}

/// A live object.
#[derive(Debug, Serialize)]
pub struct LiveObject {
    /// The cloud's id.
    pub id: PhysicalId,
    /// The name that consoles show.
    pub name: Option<String>,
    /// Whether it can be changed now.
    #[serde(flatten)]
    pub readiness: Readiness,
    /// What was read of it.
    pub fields: Vec<LiveField>,
    /// What it tells.
    pub outputs: Outputs,
}

/// A field of a live object.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct LiveField {
    /// Dotted path.
    pub path: String,
    /// Its value.
    pub value: Value,
    /// Whether the file says something of it.
    pub managed: bool,
}

/// The inventory of an environment.
pub fn inventory(environment: &Environment, live: &Live, kinds: &Kinds) -> Inventory {
    let identity = identify(environment, live, kinds);
    let entry = |declared: &Declared| Entry {
        address: declared.address.clone(),
        object: identity
            .claim(&declared.address)
            .map(|claim| live_object(claim.object, declared, &identity, kinds, live.at)),
    };
    let unlisted = |(address, object): &(Address, &Object)| Unlisted {
        address: address.clone(),
        id: object.id.clone(),
        name: object.name.clone(),
        protected: object.tags.contains_key(owner::PROTECT),
    };
    Inventory {
        environment: environment.name.clone(),
        project: environment.project.clone(),
        account: environment.account.clone(),
        region: environment.region.clone(),
        networks: environment.networks.clone(),
        resources: environment.resources.values().map(entry).collect(),
        unlisted: identity.unlisted().iter().map(unlisted).collect(),
    }
}

fn live_object(
    object: &Object,
    declared: &Declared,
    identity: &Identity<'_>,
    kinds: &Kinds,
    now: Timestamp,
) -> LiveObject {
    let mut fields = Vec::new();
    if let Some(kind) = kinds.get(&declared.address.kind) {
        // What cannot be told in the file's words is told in the cloud's.
        let live = in_the_files_words(kind, object, declared, identity, now).unwrap_or_else(|_| object.live.clone());
        for (field, value) in &live.0 {
            collect(field, value, declared.document.0.get(field), kind.tree.child(field), &mut fields);
        }
    }
    LiveObject {
        id: object.id.clone(),
        name: object.name.clone(),
        readiness: object.readiness.clone(),
        fields,
        outputs: object.outputs.clone(),
    }
}

/// Live as plans compare it: addresses instead of ids, rules by their names.
fn in_the_files_words(
    kind: &Kind,
    object: &Object,
    declared: &Declared,
    identity: &Identity<'_>,
    now: Timestamp,
) -> Result<Document, DocumentError> {
    let (mut desired, mut live) = (declared.document.clone(), object.live.clone());
    (kind.references)(&mut live, &mut |_, reference| {
        if let Reference::Foreign(id) = reference
            && let Some(address) = identity.address(id)
        {
            *reference = Reference::Resource(address.clone());
        }
    })?;
    (kind.normalize)(&mut desired, &mut live, now)?;
    Ok(live)
}

/// Fields of fixed tables one by one; a table with keys of the user's is managed whole, its entries are shown apart.
fn collect(path: &str, value: &Value, managed: Option<&Value>, tree: Option<&FieldTree>, into: &mut Vec<LiveField>) {
    match (tree, value) {
        (Some(FieldTree::Fixed(fields)), Value::Object(values)) => {
            for (name, value) in values {
                let managed = managed.and_then(|table| table.get(name));
                collect(&format!("{path}.{name}"), value, managed, fields.get(name.as_str()), into);
            }
        }
        (Some(FieldTree::Keyed(_)), Value::Object(entries)) if !entries.is_empty() => {
            let field = |(key, value): (&String, &Value)| LiveField {
                path: format!("{path}.{key}"),
                value: value.clone(),
                managed: managed.is_some(),
            };
            into.extend(entries.iter().map(field));
        }
        (_, value) => {
            into.push(LiveField { path: path.to_owned(), value: value.clone(), managed: managed.is_some() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cn_infra_core::resource::Field;
    use serde_json::json;

    #[test]
    fn fields_of_fixed_tables_are_managed_one_by_one_and_user_tables_whole() {
        let tree = FieldTree::of(&[
            Field::managed("storage.size_gib"),
            Field::managed("storage.iops"),
            Field::managed("rules.*.port"),
        ]);
        let live =
            json!({ "storage": { "size_gib": 30, "iops": 3000 }, "rules": { "a": { "port": 1 }, "b": { "port": 2 } } });
        let desired = json!({ "storage": { "size_gib": 30 }, "rules": { "a": { "port": 1 } } });
        let mut fields = Vec::new();
        for (field, value) in live.as_object().unwrap() {
            collect(field, value, desired.get(field), tree.child(field), &mut fields);
        }
        let managed: Vec<_> = fields.iter().map(|field| (field.path.as_str(), field.managed)).collect();
        assert_eq!(
            managed,
            [("storage.size_gib", true), ("storage.iops", false), ("rules.a", true), ("rules.b", true)]
        );
    }
}

//! Environments and live objects for tests, in few words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::address::{Address, PhysicalId};
use crate::document::Document;
use crate::environment::{Declared, Environment, Networks, Tier};
use crate::live::{Live, Object, Outputs, Readiness};
use crate::owner::{NAME, Owner};

/// The time that counts as now: 2026-01-01T00:00:00Z.
pub const NOW: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// The environment `production` of the project `demo`, without resources.
pub fn environment() -> Environment {
    Environment {
        name: "production".into(),
        project: "demo".into(),
        account: "123456789012".into(),
        region: "us-west-2".into(),
        tier: Tier::Production,
        networks: Networks::default(),
        loose_cidrs: Vec::new(),
        values: BTreeMap::new(),
        resources: BTreeMap::new(),
        silences: Vec::new(),
        lock_bucket: None,
        tags: BTreeMap::new(),
        defaults: BTreeMap::new(),
        hash: "0".repeat(64),
    }
}

/// An address of the environment: `host.web`. A text that is none becomes an address that nothing has.
pub fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|_| Address::new("invalid", text))
}

/// A document of a JSON table.
pub fn document(fields: Value) -> Document {
    match fields {
        Value::Object(fields) => Document(fields),
        _ => Document::default(),
    }
}

/// Declares a resource with the default name.
pub fn declare<'a>(environment: &'a mut Environment, at: &str, fields: Value) -> &'a mut Declared {
    let address = address(at);
    let declared = Declared {
        address: address.clone(),
        name: format!("{}-{}-{}", environment.project, environment.name, address.name),
        tags: BTreeMap::new(),
        protect: None,
        adopt: None,
        renamed_from: None,
        document: document(fields),
        written: BTreeMap::new(),
        origins: BTreeMap::new(),
    };
    environment.resources.entry(address).insert_entry(declared).into_mut()
}

/// An object that nobody owns, ready and without tags.
pub fn object(id: &str, name: &str, live: Value) -> Object {
    Object {
        id: PhysicalId::from(id),
        name: Some(name.to_owned()),
        token: None,
        aliases: Vec::new(),
        tags: BTreeMap::new(),
        live: document(live),
        readiness: Readiness::Ready,
        unfinished: None,
        outputs: Outputs::new(),
    }
}

/// The same object with the tags of a resource, `instance.web` or `staging/instance.web`, of the project `demo`.
pub fn owned(at: &str, mut object: Object) -> Object {
    let address = address(at);
    let environment = address.environment.clone().unwrap_or_else(|| environment().name);
    let owner = Owner { project: "demo".into(), environment, address: Address { environment: None, ..address } };
    object.tags.extend(owner.tags());
    object.tags.extend(object.name.clone().map(|name| (NAME.to_owned(), name)));
    object
}

/// What a reading at [`NOW`] found; objects are sorted into kinds by the beginning of their ids: `host-0001` is a host.
pub fn live(objects: impl IntoIterator<Item = Object>) -> Live {
    let mut of_kind: BTreeMap<&'static str, Vec<Object>> = BTreeMap::new();
    for object in objects {
        let kinds = ["group", "host", "link"];
        if let Some(kind) = kinds.into_iter().find(|kind| object.id.0.starts_with(&format!("{kind}-"))) {
            of_kind.entry(kind).or_default().push(object);
        }
    }
    let mut live = Live::new(NOW);
    for (kind, objects) in of_kind {
        live.insert(kind, objects);
    }
    live
}

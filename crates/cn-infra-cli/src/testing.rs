//! What the tests of this crate share.

use std::collections::BTreeMap;

use cn_infra_core::document::Document;
use cn_infra_core::environment::{Declared, Environment, Networks, Tier};

/// An environment `production` that declares resources without fields.
pub fn environment(addresses: &[&str]) -> Environment {
    let declared = addresses.iter().map(|address| declared(address));
    Environment {
        name: "production".to_owned(),
        project: "coralnet".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-west-2".to_owned(),
        tier: Tier::Production,
        networks: Networks::default(),
        loose_cidrs: Vec::new(),
        values: BTreeMap::new(),
        resources: declared.map(|declared| (declared.address.clone(), declared)).collect(),
        silences: Vec::new(),
        lock_bucket: None,
        tags: BTreeMap::new(),
        defaults: BTreeMap::new(),
        hash: "0".repeat(64),
    }
}

fn declared(address: &str) -> Declared {
    Declared {
        address: address.parse().unwrap(),
        name: address.to_owned(),
        tags: BTreeMap::new(),
        protect: None,
        adopt: None,
        renamed_from: None,
        document: Document::default(),
        written: BTreeMap::new(),
        origins: BTreeMap::new(),
    }
}

//! Plans made by hand, for the tests of the views.

use std::collections::BTreeMap;

use cn_infra_core::address::PhysicalId;
use cn_infra_core::document::Document;
use cn_infra_core::environment::Networks;
use cn_infra_core::plan::{Action, Blocked, Difference, Plan, Step};
use cn_infra_core::resource::Impact;
use serde_json::Value;

/// The networks of the CoralNet account.
pub fn networks() -> Networks {
    let network =
        |name: &str, cidrs: &[&str]| (name.to_owned(), cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect());
    Networks(BTreeMap::from([
        network("ana", &["198.51.100.7/32"]),
        network("developers", &["198.51.100.7/32", "203.0.113.0/28"]),
        network("everyone", &["0.0.0.0/0", "::/0"]),
        network("visitors", &["198.51.100.7/32", "203.0.113.0/28"]),
    ]))
}

/// An empty plan of production.
pub fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        environment: "production".to_owned(),
        project: "coralnet".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-west-2".to_owned(),
        files: "0".repeat(64),
        at: "2026-11-30T19:00:00Z".parse().unwrap(),
        steps,
        blocked: Vec::new(),
        unlisted: Vec::new(),
        findings: Vec::new(),
        left_out: Vec::new(),
        networks: networks(),
        ids: BTreeMap::new(),
    }
}

/// A step without differences.
pub fn step(id: &str, action: Action) -> Step {
    let object = (action != Action::Create).then(|| PhysicalId::from("i-0123456789abcdef0"));
    Step { object, ..Step::new(id.parse().unwrap(), action, "coralnet-production-web") }
}

/// An update of some fields.
pub fn update(id: &str, differences: Vec<Difference>) -> Step {
    Step { differences, ..step(id, Action::Update) }
}

/// A create with some fields.
pub fn create(id: &str, fields: Value) -> Step {
    let Value::Object(fields) = fields else { panic!("a document is an object") };
    Step { after: Some(Document(fields)), ..step(id, Action::Create) }
}

/// A field that changes in place; null is "nothing there".
pub fn difference(path: &str, before: Value, after: Value) -> Difference {
    let there = |value: Value| (!value.is_null()).then_some(value);
    Difference {
        path: path.to_owned(),
        before: there(before),
        after: there(after),
        impact: Impact::in_place(),
        known_after_apply: false,
    }
}

/// The same field, with another impact.
pub fn costs(impact: Impact, difference: Difference) -> Difference {
    Difference { impact, ..difference }
}

/// A change that AWS cannot make.
pub fn blocked() -> Blocked {
    let why = "RDS storage never shrinks";
    let hint = "restore a snapshot into a new db_instance of the wanted size";
    Blocked {
        id: "db_instance.main".parse().unwrap(),
        action: Action::Update,
        why: format!("storage.size_gib 30 → 20: {why}"),
        hint: hint.to_owned(),
        differences: vec![costs(Impact::impossible(why, hint), difference("storage.size_gib", 30.into(), 20.into()))],
    }
}

//! Environment files that are nearly right: choices over the schema, with the words of the kept samples.
//!
//! Bytes at random are hardly ever TOML; what is made here mostly loads, and goes on into the planner.

mod choices;
mod samples;
mod walk;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use cn_infra_core::address::Address;
use cn_infra_core::environment::schema;
use toml::{Table, Value};

use super::bundle::HEADER;
use super::environment::{KINDS, environment};
use choices::Choices;
use samples::TEXTS;
use walk::Walk;

static SCHEMA: LazyLock<serde_json::Value> = LazyLock::new(|| schema(&KINDS));

/// Choices, one a byte: the file, what live was made from, what the other files say.
pub fn shape(input: &[u8]) {
    environment(text(input).as_bytes());
}

/// The files that the choices make.
pub(super) fn text(input: &[u8]) -> String {
    let mut choices = Choices::new(input);
    let with_before = choices.pick(2) == 1;
    let mut text = file(&mut choices);
    if with_before {
        let _ = write!(text, "#@ before.toml\n{}", file(&mut choices));
    }
    for (name, content) in TEXTS {
        let _ = write!(text, "#@ {name}\n{content}\n");
    }
    text
}

/// A header and networks that are mostly right, the resources of a walk, and mostly those that they refer to.
fn file(choices: &mut Choices<'_>) -> String {
    let mut walk = Walk { schema: &SCHEMA, choices };
    let Value::Table(mut root) = walk.environment() else { return String::new() };
    if walk.choices.pick(16) != 15 {
        let header = format!("{HEADER}include = [\"common.toml\"]");
        root.extend(header.parse::<Table>().expect("TOML"));
        networks(&mut root);
    }
    for _ in 0..3 {
        for (kind, name) in missing(&root) {
            let Some(resource) = walk.resource(&kind).filter(|_| walk.choices.pick(16) != 15) else { continue };
            if let Value::Table(resources) = root.entry(kind).or_insert_with(|| Table::new().into()) {
                resources.insert(name, resource);
            }
        }
    }
    toml::to_string(&root).expect("TOML of TOML")
}

/// Those that `common.toml` does not have, and samples name.
fn networks(root: &mut Table) {
    if let Value::Table(networks) = root.entry("networks").or_insert_with(|| Table::new().into()) {
        for name in ["visitors", "office"] {
            networks.entry(name).or_insert_with(|| "everyone".into());
        }
    }
}

/// Kind and name of what is referred to and not declared.
fn missing(root: &Table) -> Vec<(String, String)> {
    let mut named = BTreeSet::new();
    root.values().for_each(|value| references(value, &mut named));
    let is_declared = |kind: &str, name: &str| root.get(kind).is_some_and(|kind| kind.get(name).is_some());
    named.into_iter().filter(|(kind, name)| KINDS.get(kind).is_some() && !is_declared(kind, name)).collect()
}

fn references(value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Table(entries) => entries.values().for_each(|value| references(value, found)),
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        Value::String(text) => {
            found.extend(text.parse().ok().map(|Address { kind, name, .. }| (kind, name)));
        }
        _ => {}
    }
}

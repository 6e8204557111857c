//! What an account has, as the sandbox keeps it: every object, whose it is by its tags, and whether it runs or points
//! anywhere. Two accounts that came to the same end have the same inventory, whatever the ids.

use std::collections::BTreeMap;

use cn_infra_sandbox::Sandbox;
use serde_json::Value;

/// How often each line is there: `instance instance.web running`.
pub type Inventory = BTreeMap<String, usize>;

/// Objects that an account has before anybody makes any.
const GIVEN: &str = "group default";

/// The inventory of an account.
pub fn inventory(sandbox: &Sandbox) -> Inventory {
    let rows = sandbox.rows().unwrap();
    let tags: BTreeMap<&str, &Value> =
        rows.iter().filter(|(table, ..)| table.ends_with("/tags")).map(|(_, key, row)| (key.as_str(), row)).collect();
    let mut inventory = Inventory::new();
    for (table, key, row) in &rows {
        let (service, name) =
            (table.split('/').next().unwrap_or_default(), table.rsplit('/').next().unwrap_or_default());
        let of_ec2 = || tags.get(key.as_str()).copied().unwrap_or(&Value::Null);
        let line = match (service, name) {
            ("ec2", "instances") if row["ended"].is_null() => line("instance", of_ec2(), state(row)),
            ("ec2", "volumes") => line("volume", of_ec2(), ""),
            ("ec2", "addresses") => line("address", of_ec2(), associated(row)),
            ("ec2", "groups") if row["name"] == "default" => GIVEN.to_owned(),
            ("ec2", "groups") => line("group", of_ec2(), ""),
            ("rds", "databases") => line("database", &row["tags"], ""),
            ("rds", "snapshots") if row["automated"] == false => line("snapshot", &row["tags"], ""),
            ("s3", "buckets") => line("bucket", &row["configuration"]["tags"], ""),
            _ => continue,
        };
        if line != GIVEN {
            *inventory.entry(line).or_default() += 1;
        }
    }
    inventory
}

fn line(kind: &str, tags: &Value, state: &str) -> String {
    let tag = |key: &str| tags[key].as_str();
    let owner = match (tag("cn-infra:project"), tag("cn-infra:environment"), tag("cn-infra:address")) {
        (Some(_), Some(_), Some(address)) => address,
        _ => "of nobody",
    };
    format!("{kind} {owner} {state}").trim_end().to_owned()
}

fn state(row: &Value) -> &'static str {
    if row["state"]["to"] == "Running" { "running" } else { "stopped" }
}

fn associated(row: &Value) -> &'static str {
    if row["association"].is_null() { "unassociated" } else { "" }
}

/// How one inventory differs from the expected one.
pub fn difference(expected: &Inventory, found: &Inventory) -> Option<String> {
    let keys = expected.keys().chain(found.keys().filter(|key| !expected.contains_key(*key)));
    let count = |inventory: &Inventory, key| inventory.get(key).copied().unwrap_or_default();
    let lines: Vec<_> = keys
        .map(|key| (key, count(expected, key), count(found, key)))
        .filter(|(_, expected, found)| expected != found)
        .map(|(key, expected, found)| format!("{key}: {found} instead of {expected}"))
        .collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

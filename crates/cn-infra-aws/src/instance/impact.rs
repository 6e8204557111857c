//! What a change of each field costs.

use cn_infra_core::resource::{FieldChange, Impact};
use serde_json::Value;

use super::{Instance, State, metadata, volume};

/// The way out of what AWS does not change.
const NEW_ONE: &str =
    "declare a new instance beside it, point references at it, then take this one out of the file and prune";

pub(super) fn impact(change: &FieldChange<'_, Instance>) -> Impact {
    let path: Vec<_> = change.path.split('.').collect();
    match path.as_slice() {
        ["type" | "ebs_optimized"] => stop_and_start(change.live),
        ["state"] => power(change),
        ["image"] => Impact::ignored(format!("an image is used at creation only; {NEW_ONE}")),
        ["user_data", ..] => Impact::ignored(format!("user data runs at the first start only; {NEW_ONE}")),
        ["availability_zone" | "subnet"] => {
            Impact::impossible("a server cannot move to another zone or subnet", NEW_ONE)
        }
        ["key_pair"] => Impact::impossible(
            "a key pair is installed at the first start only",
            "add the public key to ~/.ssh/authorized_keys on the server, or write the key pair that it was created with",
        ),
        ["hibernation"] => Impact::impossible("hibernation is chosen at creation", NEW_ONE),
        ["public_ip"] => Impact::impossible(
            "a public address is assigned at creation only",
            "give the server an elastic_ip, which takes the place of Amazon's address, or write `public_ip = true`",
        ),
        ["security_groups"] => Impact::noted("the rules of the new groups hold at once"),
        ["instance_profile"] => Impact::noted("programs on the server get the new role's credentials within minutes"),
        ["monitoring"] => monitoring(change.after),
        ["metadata", option] => metadata::impact(option, change),
        ["root_volume", field] => volume::impact(field, change),
        ["volumes", name, rest @ ..] => volume::impact_of_entry(name, change)
            .unwrap_or_else(|| rest.first().map_or(Impact::in_place(), |field| volume::impact(field, change))),
        _ => Impact::in_place(),
    }
}

fn stop_and_start(live: &Instance) -> Impact {
    match live.state {
        Some(State::Stopped) => Impact::noted("the server is stopped, so nothing is interrupted"),
        _ => Impact::interrupts("the server stops for about a minute; a public address of Amazon's changes"),
    }
}

fn power(change: &FieldChange<'_, Instance>) -> Impact {
    match change.desired.state {
        Some(State::Stopped) => {
            Impact::interrupts("the server stops and stays so; a public address of Amazon's is given up")
        }
        _ => Impact::noted("the server starts, and costs again"),
    }
}

fn monitoring(after: Option<&Value>) -> Impact {
    match after {
        Some(Value::Bool(true)) => Impact::noted("metrics every minute have a price"),
        _ => Impact::in_place(),
    }
}

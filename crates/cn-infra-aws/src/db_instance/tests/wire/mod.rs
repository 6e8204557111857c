//! What RDS is sent, and what is made of its answers.

mod change;
mod create;
mod delete;
mod observe;
mod snapshot;

use std::env::VarError;

use cn_infra_core::manager::{Change, ManageError, Manager, Progress, TagChange};
use serde_json::Value;

use super::super::DbInstances;
use super::{differences, observed, resource};
use crate::testing::Script;

const PASSWORD: &str = "correct horse battery staple";

fn variable(name: &str) -> Result<String, VarError> {
    if name == "CN_DB_PASSWORD" { Ok(PASSWORD.to_owned()) } else { Err(VarError::NotPresent) }
}

fn manager(script: &Script) -> DbInstances {
    DbInstances { variable, ..DbInstances::new(&script.session()) }
}

/// Updates as the engine would: with what differs between both sides.
async fn update(script: &Script, desired: Value, live: Value) -> Result<Progress, ManageError> {
    change(script, desired, live, None, &TagChange::default()).await
}

async fn change(
    script: &Script,
    desired: Value,
    live: Value,
    name: Option<&str>,
    tags: &TagChange,
) -> Result<Progress, ManageError> {
    let desired = resource(desired);
    let live = observed(resource(live));
    let (changed, _) = differences(&desired, &live.live);
    let change = Change { part: None, name, desired: &desired, live: &live, changed: &changed, tags };
    manager(script).update(&live.id, change).await
}

//! Tests of the kind: what files may say and how it compares (`model`), and what goes over the wire.

mod change;
mod create;
mod model;
mod observe;
mod power;

use std::collections::BTreeSet;

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::live::{Observed, Outputs, Readiness};
use cn_infra_core::manager::{Change, ManageError, Manager, Progress, TagChange};
use cn_infra_core::owner::{Owner, RESTART, Tags};
use serde_json::Value;

use super::{Instance, Instances};
use crate::testing::Script;

const ID: &str = "i-0123456789abcdef0";

fn instance(fields: Value) -> Instance {
    serde_json::from_value(fields).unwrap()
}

fn owner() -> Owner {
    Owner { project: "coralnet".into(), environment: "production".into(), address: Address::new("instance", "web") }
}

/// An instance as observed, ready to be changed.
fn observed(live: Value) -> Observed<Instance> {
    Observed {
        id: PhysicalId::from(ID),
        aliases: Vec::new(),
        name: Some("coralnet-production-web".into()),
        token: None,
        tags: owner().tags(),
        live: instance(live),
        readiness: Readiness::Ready,
        unfinished: None,
        outputs: Outputs::new(),
    }
}

/// The same, while the restart tag remembers a type.
fn marked(live: Value, former: &str) -> Observed<Instance> {
    let mut object = observed(live);
    object.tags.insert(RESTART.into(), former.into());
    object
}

async fn update(
    script: &Script,
    live: &Observed<Instance>,
    desired: Value,
    changed: &[&str],
) -> Result<Progress, ManageError> {
    let changed: Vec<_> = changed.iter().map(ToString::to_string).collect();
    let (desired, tags) = (instance(desired), TagChange::default());
    let change = Change { part: None, name: None, desired: &desired, live, changed: &changed, tags: &tags };
    Instances::new(&script.session()).update(&live.id, change).await
}

fn tags(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn ids(ids: &[&str]) -> BTreeSet<PhysicalId> {
    ids.iter().map(|id| PhysicalId::from(*id)).collect()
}

//! CN111: a change of a group that servers outside its environment bear as well.

use std::collections::{BTreeMap, BTreeSet};

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::check::{Finding, Severity, Whole};
use cn_infra_core::document::DocumentError;
use cn_infra_core::live::Object;
use cn_infra_core::resource::Resource;
use serde_json::Value;

use crate::db_instance::DbInstance;
use crate::instance::Instance;
use crate::reach::{Picture, Reach, changes};
use crate::security_group::SecurityGroup;

pub(super) fn check(whole: &Whole<'_>) -> Vec<Finding> {
    if others_bear_ours(whole) { hidden(whole).unwrap_or_default() } else { Vec::new() }
}

/// Whether any object outside the environment bears a group of it: seldom so, and the rest costs more.
fn others_bear_ours(whole: &Whole<'_>) -> bool {
    let Some((live, identity)) = whole.live else { return false };
    let groups = whole.environment.resources.keys().filter(|address| address.kind == SecurityGroup::KIND);
    let ours: BTreeSet<&PhysicalId> = groups.filter_map(|address| Some(&identity.claim(address)?.object.id)).collect();
    let is_other = |object: &&Object| identity.address(&object.id).is_none_or(|address| address.environment.is_some());
    let bears = |object: &Object| {
        let groups = object.live.get("security_groups").and_then(Value::as_array).into_iter().flatten();
        groups.filter_map(Value::as_str).any(|id| ours.contains(&PhysicalId::from(id)))
    };
    let servers = [Instance::KIND, DbInstance::KIND].into_iter().flat_map(|kind| live.kind(kind));
    !ours.is_empty() && servers.filter(is_other).any(bears)
}

/// The groups by which somebody loses a server of another environment.
fn hidden(whole: &Whole<'_>) -> Result<Vec<Finding>, DocumentError> {
    let before = Picture::live(whole)?;
    let after = before.applied(whole.environment);
    let (before, after) = (Reach::of(&before, whole.now)?, Reach::of(&after, whole.now)?);
    let mut lost: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for change in changes(&before, &after) {
        let is_ours = change.target.parse().is_ok_and(|address: Address| address.environment.is_none());
        if is_ours || change.before.without(&change.after).is_empty() {
            continue;
        }
        let Some(target) = before.targets.get(&change.target) else { continue };
        let declared =
            |group: &&String| group.parse().is_ok_and(|group| whole.environment.resources.contains_key(&group));
        for group in target.groups.iter().filter(declared) {
            lost.entry(group).or_default().push(format!("{} {}", change.target, change.traffic));
        }
    }
    Ok(lost.into_iter().filter_map(|(group, what)| Some(finding(&group.parse().ok()?, &what))).collect())
}

fn finding(group: &Address, what: &[String]) -> Finding {
    let message =
        format!("the change also closes what is not of this environment and bears the group: {}", what.join(", "));
    let hint = "give that server a group of its own first, if it is to stay open";
    Finding::new("CN111", Severity::Warning, message).hint(hint).on(group)
}

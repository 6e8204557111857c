//! What a change costs together with those that wait for the maintenance window, which it may carry out or take back.

use cn_infra_core::resource::{FieldChange, Impact, Resource};
use serde_json::Value;

use super::cost::{Change, cost, version};
use super::normalize::engine;
use super::version::Distance;
use super::{DbInstance, Waiting};

/// What a change costs, also by what it would carry out beside itself.
pub(super) fn impact(change: &Change<'_>) -> Impact {
    if let Some((path, waiting)) = flushed(change).find(|(path, waiting)| interrupts(change, path, waiting)) {
        return blocked_by(change, path, waiting);
    }
    if withdraws(change) {
        return Impact::noted("takes back a change that waits for the maintenance window");
    }
    cost(change)
}

/// The changes of others that an immediate change would carry out with it.
fn flushed<'a>(change: &'a Change<'_>) -> impl Iterator<Item = (&'a str, &'a Waiting)> {
    let pending = sent_at_once(change).then_some(change.live.pending.as_ref()).flatten();
    let all = pending.into_iter().flat_map(|pending| &pending.changes);
    all.map(|(path, waiting)| (path.as_str(), waiting)).filter(|(path, waiting)| !is_asked_for(change, path, waiting))
}

/// A rename is always sent at once, and tags are not part of a modification.
fn sent_at_once(change: &Change<'_>) -> bool {
    change.path == "name" || (change.desired.at_once() && change.path != "final_snapshot")
}

/// Whether what waits at a path is, or will be in the same call, what the file asks for.
fn is_asked_for(change: &Change<'_>, path: &str, waiting: &Waiting) -> bool {
    let Some(asked) = value_at(change.desired, path) else {
        return path == "name" && change.path == "name" && change.after == Some(&waiting.then);
    };
    // A rename goes out before the other changes, so what waits must be what is wanted, and wanted at once.
    change.path != "name"
        || (change.desired.at_once() && means(&engine(change.desired, change.live), path, &asked, &waiting.then))
}

fn interrupts(change: &Change<'_>, path: &str, waiting: &Waiting) -> bool {
    let Waiting { now, then } = waiting;
    let (desired, live) = (change.desired, change.live);
    let waiting = FieldChange { path, before: now.as_ref(), after: Some(then), desired, live };
    matches!(cost(&waiting), Impact::Interrupts { .. } | Impact::Impossible { .. })
}

fn blocked_by(change: &Change<'_>, path: &str, waiting: &Waiting) -> Impact {
    let is_field = DbInstance::FIELDS.iter().any(|field| field.path == path);
    let (sent, way_out) = match change.path {
        "name" => ("a rename", "carry it out first, without the rename".to_owned()),
        _ if is_field => ("apply_immediately = true", format!("set {path} in the file, to ask for it or take it back")),
        _ => ("apply_immediately = true", "take it back with the AWS CLI".to_owned()),
    };
    let why = format!("{sent} would also carry out at once what waits: {}, which interrupts", describe(path, waiting));
    Impact::impossible(why, format!("wait for the maintenance window, or {way_out}"))
}

/// `class db.t3.medium → db.t3.large`
pub(super) fn describe(path: &str, waiting: &Waiting) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Waiting { now, then } = waiting;
    now.as_ref()
        .map_or_else(|| format!("{path} {}", text(then)), |now| format!("{path} {} → {}", text(now), text(then)))
}

/// Whether a change only takes back what waits, as what is in effect is what the file asks for.
fn withdraws(change: &Change<'_>) -> bool {
    let now = change.live.waiting(change.path).and_then(|waiting| waiting.now.as_ref());
    now.zip(change.after)
        .is_some_and(|(now, after)| means(&engine(change.desired, change.live), change.path, after, now))
}

/// Whether a live value of a field is what a desired one asks for.
pub(super) fn means(engine: &str, path: &str, asked: &Value, live: &Value) -> bool {
    match (path, version(Some(asked)), version(Some(live))) {
        ("engine_version", Some(asked), Some(live)) => asked.distance(&live, engine) == Distance::Accepted,
        _ => asked == live,
    }
}

/// The value of a field, if the resource says anything of it.
pub(super) fn value_at(resource: &DbInstance, path: &str) -> Option<Value> {
    let value = serde_json::to_value(resource).ok()?;
    path.split('.').try_fold(&value, |value, key| value.get(key)).cloned()
}

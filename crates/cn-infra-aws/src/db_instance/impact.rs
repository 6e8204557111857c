//! What each change costs, and when it happens.
//!
//! From "Settings for DB instances" in the RDS User Guide (USER_ModifyInstance.Settings).

use cn_infra_core::resource::{FieldChange, Impact, Resource};
use serde_json::Value;

use super::normalize::engine;
use super::version::{Distance, EngineVersion};
use super::{DbInstance, Waiting};

type Change<'a> = FieldChange<'a, DbInstance>;

const RENAME: &str = "renames in place in about 10 minutes; its endpoint changes, and every consumer must follow";
const RESTORE: &str = "declare a new db_instance that restores a snapshot of this one, point its consumers at it, and \
                       prune this one";

/// What a change costs, also by what it would carry out beside itself.
pub(super) fn impact(change: &Change<'_>) -> Impact {
    if let Some((path, waiting)) = flushed(change).find(|(path, waiting)| interrupts(change, path, waiting)) {
        return blocked_by(change, path, waiting);
    }
    if withdraws(change) {
        return Impact::noted("takes back a change that waits for the maintenance window");
    }
    judge(change)
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
    matches!(judge(&waiting), Impact::Interrupts { .. } | Impact::Impossible { .. })
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

/// The cost of a change for itself.
fn judge(change: &Change<'_>) -> Impact {
    match change.path {
        "name" => Impact::interrupts(RENAME),
        "engine" => Impact::impossible(
            "RDS cannot change an engine",
            "declare a new db_instance, load the data into it, and prune this one",
        ),
        "engine_version" => version_change(change),
        "class" => deferrable(change, "the database is down for some minutes while it moves to the other class"),
        "storage.size_gib" => size_change(change),
        "storage.type" => storage_type_change(change),
        "storage.iops" | "storage.throughput" => {
            noted_later(change, "no downtime; slower while storage-optimization lasts, which can be hours")
        }
        "database" | "master_username" => Impact::impossible(
            format!("RDS sets {} at creation only", change.path),
            "change it in SQL and leave the field out, or declare a new db_instance",
        ),
        "master_password" => Impact::impossible(
            "to or from \"managed\" replaces the password at once, and locks out whoever uses it",
            "when every consumer can follow, run `aws rds modify-db-instance` with --manage-master-user-password (or \
             with --no-manage-master-user-password --master-user-password) yourself; this then agrees by itself",
        ),
        "multi_az" if change.after == Some(&Value::Bool(false)) => noted_later(change, "the standby is removed"),
        "multi_az" => noted_later(change, "no downtime; slower while the standby is made"),
        "backup_retention_days" => retention_change(change),
        "maintenance_window" if change.live.pending.is_some() => {
            Impact::noted("what waits for the maintenance window then happens in the new one")
        }
        "backup_window"
        | "maintenance_window"
        | "security_groups"
        | "deletion_protection"
        | "auto_minor_version_upgrade"
        | "performance_insights"
        | "monitoring_interval"
        | "monitoring_role"
        | "copy_tags_to_snapshot"
        | "iam_database_authentication"
        // Instructions are never compared.
        | "allow_major_upgrade"
        | "apply_immediately"
        | "snapshot_before"
        | "restore_from_snapshot" => Impact::in_place(),
        "publicly_accessible" => {
            Impact::noted("its endpoint resolves to another address; open connections from outside may break")
        }
        "port" => Impact::interrupts(
            "the database restarts at once, whatever apply_immediately says, and listens on the other port only",
        ),
        "subnet_group" | "availability_zone" | "storage_encrypted" | "kms_key" => {
            Impact::impossible(format!("{} is fixed at creation", change.path), RESTORE)
        }
        "parameter_group" => {
            Impact::noted("attached at once; its static parameters wait for a reboot, which is left to you")
        }
        "license_model" => deferrable(change, "the database is down for some minutes"),
        "ca_certificate" => deferrable(
            change,
            "clients must trust the other authority, and an engine that cannot rotate its certificate restarts",
        ),
        "final_snapshot" => Impact::noted("remembered in a tag until the instance is deleted"),
        // Also what RDS reports as waiting and is no field of ours: processor features, multi-tenancy.
        other => Impact::impossible(format!("{other} is not managed"), "change it with the AWS CLI"),
    }
}

fn version_change(change: &Change<'_>) -> Impact {
    let (Some(live), Some(asked)) = (version(change.before), version(change.after)) else {
        return deferrable(change, "the database is down while its engine is replaced");
    };
    match asked.distance(&live, &engine(change.desired, change.live)) {
        Distance::Accepted => Impact::in_place(),
        Distance::MinorUpgrade => deferrable(change, "the database is down for some minutes for a minor upgrade"),
        Distance::MajorUpgrade if change.desired.allow_major_upgrade == Some(true) => {
            deferrable(change, "a major upgrade takes the database down for ten minutes or more, and cannot be undone")
        }
        Distance::MajorUpgrade => Impact::impossible(
            format!("{live} to {asked} is a major upgrade: it interrupts, and cannot be undone"),
            "set allow_major_upgrade = true, and snapshot_before = [\"engine_version\"]",
        ),
        Distance::Downgrade => Impact::impossible(
            format!("RDS cannot go back from {live} to {asked}"),
            "declare a new db_instance that restores a snapshot made before the upgrade",
        ),
    }
}

fn version(value: Option<&Value>) -> Option<EngineVersion> {
    value.and_then(Value::as_str).map(|text| EngineVersion(text.to_owned()))
}

fn size_change(change: &Change<'_>) -> Impact {
    let size = |value: Option<&Value>| value.and_then(Value::as_u64);
    let (Some(live), Some(asked)) = (size(change.before), size(change.after)) else {
        return noted_later(change, "no downtime");
    };
    // Even a restored snapshot has at least the size that it was taken of.
    if asked < live {
        return Impact::impossible(
            format!("storage never shrinks: it has {live} GiB"),
            format!("set size_gib = {live}, or load the data into a new, smaller db_instance"),
        );
    }
    let least = live + live.div_ceil(10);
    if asked < least && !engine(change.desired, change.live).starts_with("sqlserver") {
        return Impact::impossible(
            format!("storage grows by at least 10 %, so {live} GiB would become {least}"),
            format!("set size_gib = {least} or more"),
        );
    }
    noted_later(change, "no downtime; no other change of storage for six hours")
}

fn storage_type_change(change: &Change<'_>) -> Impact {
    let magnetic = |value: Option<&Value>| value.and_then(Value::as_str) == Some("standard");
    if magnetic(change.before) || magnetic(change.after) {
        return deferrable(change, "the database is down for a moment as the move from or to magnetic storage begins");
    }
    noted_later(change, "no downtime; slower while storage-optimization lasts, which can be hours")
}

fn retention_change(change: &Change<'_>) -> Impact {
    let off = |value: Option<&Value>| value.and_then(Value::as_u64) == Some(0);
    match (off(change.before), off(change.after)) {
        (true, false) => deferrable(change, "I/O stops for seconds to minutes as backups are turned on"),
        (false, true) => deferrable(change, "I/O stops for seconds to minutes, and all automated backups are deleted"),
        _ => Impact::in_place(),
    }
}

/// Interrupts, at once or in the maintenance window.
fn deferrable(change: &Change<'_>, why: &str) -> Impact {
    Impact::interrupts(format!("{why}; {}", when(change)))
}

/// Does not interrupt, at once or in the maintenance window.
fn noted_later(change: &Change<'_>, note: &str) -> Impact {
    Impact::noted(format!("{note}; {}", when(change)))
}

fn when(change: &Change<'_>) -> String {
    if change.desired.at_once() {
        return "at once".to_owned();
    }
    let window = change.desired.maintenance_window.as_ref().or(change.live.maintenance_window.as_ref());
    let window = window.map_or_else(String::new, |window| format!(" {window} UTC"));
    format!("waits for the maintenance window{window}; apply_immediately = true does it at once")
}

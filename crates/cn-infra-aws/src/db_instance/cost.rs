//! What each change costs for itself, and when it happens.
//!
//! From "Settings for DB instances" in the RDS User Guide (USER_ModifyInstance.Settings).

use cn_infra_core::resource::{FieldChange, Impact};
use serde_json::Value;

use super::DbInstance;
use super::normalize::engine;
use super::version::{Distance, EngineVersion};

pub(super) type Change<'a> = FieldChange<'a, DbInstance>;

/// What a change of a field costs, whatever its values.
enum Cost {
    InPlace,
    /// In place, with a remark.
    Noted(&'static str),
    /// The same, at once or in the maintenance window.
    NotedLater(&'static str),
    /// Something stops, at once.
    Interrupts(&'static str),
    /// The same, at once or in the maintenance window.
    Deferrable(&'static str),
    /// The rule that forbids it, and the way out.
    Impossible(&'static str, &'static str),
}

const SQL: &str = "change it in SQL and leave the field out, or declare a new db_instance";
const RESTORE: &str = "declare a new db_instance that restores a snapshot of this one, point its consumers at it, and \
                       prune this one";
const OPTIMIZATION: &str = "no downtime; slower while storage-optimization lasts, which can be hours";

const COSTS: &[(&str, Cost)] = &[
    (
        "name",
        Cost::Interrupts("renames in place in about 10 minutes; its endpoint changes, and every consumer must follow"),
    ),
    (
        "engine",
        Cost::Impossible(
            "RDS cannot change an engine",
            "declare a new db_instance, load the data into it, and prune this one",
        ),
    ),
    ("class", Cost::Deferrable("the database is down for some minutes while it moves to the other class")),
    ("storage.iops", Cost::NotedLater(OPTIMIZATION)),
    ("storage.throughput", Cost::NotedLater(OPTIMIZATION)),
    ("database", Cost::Impossible("RDS sets database at creation only", SQL)),
    ("master_username", Cost::Impossible("RDS sets master_username at creation only", SQL)),
    (
        "master_password",
        Cost::Impossible(
            "to or from \"managed\" replaces the password at once, and locks out whoever uses it",
            "when every consumer can follow, run `aws rds modify-db-instance` with --manage-master-user-password (or \
             with --no-manage-master-user-password --master-user-password) yourself; this then agrees by itself",
        ),
    ),
    ("availability_zone", Cost::Impossible("availability_zone is fixed at creation", RESTORE)),
    ("backup_window", Cost::InPlace),
    (
        "publicly_accessible",
        Cost::Noted("its endpoint resolves to another address; open connections from outside may break"),
    ),
    (
        "port",
        Cost::Interrupts(
            "the database restarts at once, whatever apply_immediately says, and listens on the other port only",
        ),
    ),
    ("security_groups", Cost::InPlace),
    ("subnet_group", Cost::Impossible("subnet_group is fixed at creation", RESTORE)),
    ("parameter_group", Cost::Noted("attached at once; its static parameters wait for a reboot, which is left to you")),
    ("storage_encrypted", Cost::Impossible("storage_encrypted is fixed at creation", RESTORE)),
    ("kms_key", Cost::Impossible("kms_key is fixed at creation", RESTORE)),
    ("deletion_protection", Cost::InPlace),
    ("auto_minor_version_upgrade", Cost::InPlace),
    ("license_model", Cost::Deferrable("the database is down for some minutes")),
    (
        "ca_certificate",
        Cost::Deferrable(
            "clients must trust the other authority, and an engine that cannot rotate its certificate restarts",
        ),
    ),
    ("performance_insights", Cost::InPlace),
    ("monitoring_interval", Cost::InPlace),
    ("monitoring_role", Cost::InPlace),
    ("copy_tags_to_snapshot", Cost::InPlace),
    ("iam_database_authentication", Cost::InPlace),
    ("final_snapshot", Cost::Noted("remembered in a tag until the instance is deleted")),
    // Instructions are never compared.
    ("allow_major_upgrade", Cost::InPlace),
    ("apply_immediately", Cost::InPlace),
    ("snapshot_before", Cost::InPlace),
    ("restore_from_snapshot", Cost::InPlace),
];

impl Cost {
    fn of(&self, change: &Change<'_>) -> Impact {
        match *self {
            Self::InPlace => Impact::in_place(),
            Self::Noted(note) => Impact::noted(note),
            Self::NotedLater(note) => noted_later(change, note),
            Self::Interrupts(why) => Impact::interrupts(why),
            Self::Deferrable(why) => deferrable(change, why),
            Self::Impossible(why, hint) => Impact::impossible(why, hint),
        }
    }
}

/// The cost of a change for itself.
pub(super) fn cost(change: &Change<'_>) -> Impact {
    match change.path {
        "engine_version" => version_change(change),
        "storage.size_gib" => size_change(change),
        "storage.type" => storage_type_change(change),
        "multi_az" => standby_change(change),
        "backup_retention_days" => retention_change(change),
        "maintenance_window" => window_change(change),
        path => match COSTS.iter().find(|(field, _)| *field == path) {
            Some((_, cost)) => cost.of(change),
            // Also what RDS reports as waiting and is no field of ours: processor features, multi-tenancy.
            None => Impact::impossible(format!("{path} is not managed"), "change it with the AWS CLI"),
        },
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

pub(super) fn version(value: Option<&Value>) -> Option<EngineVersion> {
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
    noted_later(change, OPTIMIZATION)
}

fn standby_change(change: &Change<'_>) -> Impact {
    let removed = change.after == Some(&Value::Bool(false));
    noted_later(
        change,
        if removed { "the standby is removed" } else { "no downtime; slower while the standby is made" },
    )
}

fn retention_change(change: &Change<'_>) -> Impact {
    let off = |value: Option<&Value>| value.and_then(Value::as_u64) == Some(0);
    match (off(change.before), off(change.after)) {
        (true, false) => deferrable(change, "I/O stops for seconds to minutes as backups are turned on"),
        (false, true) => deferrable(change, "I/O stops for seconds to minutes, and all automated backups are deleted"),
        _ => Impact::in_place(),
    }
}

fn window_change(change: &Change<'_>) -> Impact {
    if change.live.pending.is_some() {
        return Impact::noted("what waits for the maintenance window then happens in the new one");
    }
    Impact::in_place()
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

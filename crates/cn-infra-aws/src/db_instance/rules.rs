//! Rules that the types alone cannot say: what AWS would refuse, told before any call.

use std::collections::BTreeSet;

use cn_infra_core::resource::{Problem, Resource, Role};
use cn_infra_core::value::OrNone;

use super::password::MasterPassword;
use super::{DbInstance, Storage};

/// The intervals that enhanced monitoring knows.
const MONITORING_INTERVALS: [u32; 7] = [0, 1, 5, 10, 15, 30, 60];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Tells every rule that a resource breaks.
pub(super) fn validate(it: &DbInstance, each: &mut dyn FnMut(Problem)) {
    origin(it, each);
    if let Some(storage) = &it.storage {
        storage_rules(storage, each);
    }
    engine_rules(it, each);
    password_rules(it, each);
    windows(it, each);
    snapshots(it, each);
    monitoring(it, each);
    if it.multi_az == Some(true) && it.availability_zone.is_some() {
        each(Problem::new("availability_zone", "with multi_az, AWS chooses both zones").hint("leave one of them out"));
    }
    if it.backup_retention_days.is_some_and(|days| days > 35) {
        each(Problem::new("backup_retention_days", "backups are kept for 0 to 35 days"));
    }
    if it.security_groups.as_ref().is_some_and(BTreeSet::is_empty) {
        let problem = Problem::new("security_groups", "a database has at least one security group");
        each(problem.hint("leave the field out, or name a group that opens nothing"));
    }
    if it.port.is_some_and(|port| port < 1150) {
        each(Problem::new("port", "a database listens on a port from 1150 to 65535"));
    }
    if it.storage_encrypted == Some(false) && it.kms_key.is_some() {
        each(Problem::new("kms_key", "a key is for encrypted storage, and storage_encrypted is false"));
    }
}

/// A new database needs what a restored one brings along, and the other way round.
fn origin(it: &DbInstance, each: &mut dyn FnMut(Problem)) {
    if it.restore_from_snapshot.is_some() {
        if it.kms_key.is_some() {
            each(Problem::new("kms_key", "a restored database keeps the encryption of its snapshot"));
        }
        if matches!(it.master_password, Some(MasterPassword::Variable(_))) {
            let problem = Problem::new("master_password", "a restored database keeps the password of its snapshot");
            each(problem.hint("leave it out, or write \"managed\""));
        }
        return;
    }
    let size = it.storage.as_ref().and_then(|storage| storage.size_gib);
    let needed = [
        ("storage", "storage.size_gib", size.is_some()),
        ("master_username", "master_username", it.master_username.is_some()),
        ("master_password", "master_password", it.master_password.is_some()),
    ];
    for (path, what, _) in needed.iter().filter(|(_, _, there)| !there) {
        let problem =
            Problem::new(*path, format!("{what} is required, unless the database is restored from a snapshot"));
        each(problem.hint(format!("set {what} or restore_from_snapshot")));
    }
}

fn storage_rules(storage: &Storage, each: &mut dyn FnMut(Problem)) {
    let Storage { size_gib: _, storage_type, iops, throughput } = storage;
    let Some(storage_type) = storage_type.as_deref() else { return };
    match (storage_type, iops) {
        ("io1" | "io2", None) => {
            each(Problem::new("storage.type", format!("{storage_type} storage needs iops")));
        }
        ("gp2" | "standard", Some(_)) => {
            each(Problem::new("storage.iops", format!("{storage_type} storage has no provisioned iops")));
        }
        ("gp3" | "gp2" | "io1" | "io2" | "standard", _) => {}
        _ => {
            let problem = Problem::new("storage.type", format!("{storage_type:?} is no type of storage"));
            each(problem.hint("write gp3, gp2, io1, io2 or standard"));
        }
    }
    if throughput.is_some() && storage_type != "gp3" {
        each(Problem::new("storage.throughput", "only gp3 storage has a throughput of its own"));
    }
}

fn engine_rules(it: &DbInstance, each: &mut dyn FnMut(Problem)) {
    if it.engine.as_deref().is_some_and(is_cluster_engine) {
        each(Problem::new("engine", "Aurora, Neptune and DocumentDB are clusters, which this kind does not manage"));
    }
    if it.engine_version.as_ref().is_some_and(|version| !version.is_valid()) {
        let problem = Problem::new("engine_version", "this is no version of an engine");
        each(problem.hint("write \"16\" for any 16, or \"16.4\" for at least that minor version"));
    }
}

/// Engines that `DescribeDBInstances` lists although their instances belong to clusters.
pub(super) fn is_cluster_engine(engine: &str) -> bool {
    engine.starts_with("aurora") || engine == "neptune" || engine == "docdb"
}

fn password_rules(it: &DbInstance, each: &mut dyn FnMut(Problem)) {
    match &it.master_password {
        Some(MasterPassword::Variable(name)) if name.is_empty() || name.contains(['=', '\0']) => {
            each(Problem::new("master_password", "this cannot be the name of an environment variable"));
        }
        Some(MasterPassword::Unmanaged) => {
            let problem =
                Problem::new("master_password", "\"unmanaged\" is what AWS reports, not what can be asked for");
            each(problem.hint("write \"managed\" or { env = \"NAME\" }"));
        }
        _ => {}
    }
}

fn windows(it: &DbInstance, each: &mut dyn FnMut(Problem)) {
    if it.backup_window.as_deref().is_some_and(|window| window_minutes(window, time).is_none_or(|length| length < 30)) {
        let problem = Problem::new("backup_window", "a backup window is at least 30 minutes between two times in UTC");
        each(problem.hint("write it like \"08:00-08:30\""));
    }
    let too_short = |window: &str| window_minutes(window, day_and_time).is_none_or(|length| length < 30);
    if it.maintenance_window.as_deref().is_some_and(too_short) {
        let problem =
            Problem::new("maintenance_window", "a maintenance window is at least 30 minutes of a week in UTC");
        each(problem.hint("write it like \"sun:09:00-sun:09:30\""));
    }
}

/// The length of a window between two moments, each read as a minute of a cycle of so many.
fn window_minutes(window: &str, moment: fn(&str) -> Option<(u32, u32)>) -> Option<u32> {
    let (from, to) = window.split_once('-')?;
    let ((from, cycle), (to, _)) = (moment(from)?, moment(to)?);
    Some((to + cycle - from) % cycle)
}

/// `08:30` as a minute of the day.
fn time(text: &str) -> Option<(u32, u32)> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, below| {
        let two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &u32| two_digits && *number < below)
    };
    Some((number(hours, 24)? * 60 + number(minutes, 60)?, 24 * 60))
}

/// `sun:08:30` as a minute of the week.
fn day_and_time(text: &str) -> Option<(u32, u32)> {
    let (day, text) = text.split_once(':')?;
    let index = DAYS.iter().position(|name| day.eq_ignore_ascii_case(name))?;
    let (minute, minutes_of_day) = time(text)?;
    Some((u32::try_from(index).ok()? * minutes_of_day + minute, 7 * minutes_of_day))
}

fn snapshots(it: &DbInstance, each: &mut dyn FnMut(Problem)) {
    for field in it.snapshot_before.iter().flatten() {
        let covers =
            |path: &str| path.strip_prefix(field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if !DbInstance::FIELDS.iter().any(|known| known.role == Role::Managed && covers(known.path)) {
            let problem = Problem::new("snapshot_before", format!("{field:?} is no field that can change"));
            each(problem.hint("name fields of this table: [\"class\", \"engine_version\", \"storage\"]"));
        }
    }
    if let Some(OrNone::Some(name)) = &it.final_snapshot
        && !is_identifier(name, 255)
    {
        let problem = Problem::new("final_snapshot", format!("{name:?} cannot be the name of a snapshot"));
        each(problem.hint("start with a letter; use letters, digits and single hyphens; or write \"none\""));
    }
}

fn monitoring(it: &DbInstance, each: &mut dyn FnMut(Problem)) {
    let Some(interval) = it.monitoring_interval else { return };
    if !MONITORING_INTERVALS.contains(&interval) {
        each(Problem::new("monitoring_interval", "enhanced monitoring knows 0, 1, 5, 10, 15, 30 and 60 seconds"));
    }
    match (interval, &it.monitoring_role) {
        (1.., None) => {
            let problem =
                Problem::new("monitoring_interval", "enhanced monitoring needs a role to write to CloudWatch");
            each(problem.hint("set monitoring_role to the role's ARN"));
        }
        (0, Some(_)) => each(Problem::new("monitoring_role", "RDS takes a role only with an interval that is not 0")),
        _ => {}
    }
}

/// RDS's rule for names: a letter, then letters, digits and single hyphens, not one at the end.
pub(super) fn is_identifier(text: &str, longest: usize) -> bool {
    text.len() <= longest
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.ends_with('-')
        && !text.contains("--")
}

//! Remarks on what is valid but perhaps not meant, and on what waits.

use cn_infra_core::check::{Context, Finding, Severity};
use cn_infra_core::environment::Tier;

use super::impact::{describe, value_at};
use super::rules::is_identifier;
use super::{DbInstance, Storage};
use crate::generation::{is_for_production, newer_than_class};

/// Days of backups that staging can do with.
const STAGING_DAYS: u32 = 7;

/// What deserves a remark.
pub(super) fn check(it: &DbInstance, context: &Context<'_, DbInstance>, each: &mut dyn FnMut(Finding)) {
    identifier(context.situation.name, each);
    match context.live {
        Some(live) => waiting(it, live, each),
        None => restored(it, each),
    }
    if context.situation.tier == Tier::Production {
        production(it, each);
    }
    if context.situation.tier == Tier::Staging {
        staging(it, each);
    }
    if let Some((class, newer)) = it.class.as_deref().and_then(|class| Some((class, newer_than_class(class)?))) {
        each(Finding::new("CN312", Severity::Note, format!("{class} is of a previous generation")).hint(newer));
    }
}

/// RDS would write the name in lower case, and every plan would rename it again.
fn identifier(name: &str, each: &mut dyn FnMut(Finding)) {
    if !is_identifier(name, 63) || name.chars().any(|c| c.is_ascii_uppercase()) {
        let message = format!("{name:?} cannot be the identifier of a database");
        let finding = Finding::new("CN303", Severity::Error, message);
        each(finding.hint("set name: at most 63 small letters, digits and single hyphens, starting with a letter"));
    }
}

/// What the next immediate change carries out as well, and what only a reboot does.
fn waiting(it: &DbInstance, live: &DbInstance, each: &mut dyn FnMut(Finding)) {
    let Some(pending) = &live.pending else { return };
    // What the file says of a field is a difference already, or no longer waits after the change.
    let unasked = pending.changes.iter().filter(|(path, _)| it.at_once() && value_at(it, path).is_none());
    for (path, waiting) in unasked {
        let message = format!("apply_immediately = true also carries out what waits: {}", describe(path, waiting));
        let finding = Finding::new("CN301", Severity::Warning, message);
        each(finding.hint("with apply_immediately = false it waits for the maintenance window"));
    }
    if let Some(group) = &pending.reboot {
        let message = format!("static parameters of parameter group {group} wait for a reboot");
        let finding = Finding::new("CN302", Severity::Note, message);
        each(finding.hint("reboot it when that suits: aws rds reboot-db-instance"));
    }
}

/// The call that restores a snapshot knows fewer settings than the one that creates a database.
fn restored(it: &DbInstance, each: &mut dyn FnMut(Finding)) {
    let fields = [
        ("engine_version", it.engine_version.is_some()),
        ("maintenance_window", it.maintenance_window.is_some()),
        ("performance_insights", it.performance_insights == Some(true)),
        ("monitoring_interval", it.monitoring_interval.is_some_and(|seconds| seconds > 0)),
    ];
    let late: Vec<_> = fields.iter().filter(|(_, set)| *set).map(|(name, _)| *name).collect();
    if it.restore_from_snapshot.is_some() && !late.is_empty() {
        let message = format!("a restore cannot set {}: the apply after it does", late.join(", "));
        each(Finding::new("CN304", Severity::Note, message).hint("apply twice"));
    }
}

fn production(it: &DbInstance, each: &mut dyn FnMut(Finding)) {
    if it.publicly_accessible == Some(true) {
        let finding = Finding::new("CN104", Severity::Warning, "the database has a public address");
        each(finding.hint("set publicly_accessible = false, and reach it through a server"));
    }
    if it.backup_retention_days == Some(0) {
        let finding = Finding::new("CN305", Severity::Warning, "no backups are made of a production database");
        each(finding.hint("set backup_retention_days = 7"));
    }
    if it.deletion_protection != Some(true) {
        let finding = Finding::new("CN306", Severity::Warning, "a production database can be deleted by one call");
        each(finding.hint("set deletion_protection = true"));
    }
    if it.storage_encrypted != Some(true) && it.restore_from_snapshot.is_none() {
        let finding = Finding::new("CN307", Severity::Warning, "the storage of a production database is not encrypted");
        each(finding.hint("set storage_encrypted = true before it is created: later it is too late"));
    }
}

/// What makes production expensive, and staging seldom needs.
fn staging(it: &DbInstance, each: &mut dyn FnMut(Finding)) {
    if it.multi_az == Some(true) {
        let finding = Finding::new("CN308", Severity::Note, "a standby in a second zone doubles the cost of staging");
        each(finding.hint("set multi_az = false"));
    }
    if let Some(days) = it.backup_retention_days.filter(|days| *days > STAGING_DAYS) {
        let finding = Finding::new("CN309", Severity::Note, format!("backups of staging are kept for {days} days"));
        each(finding.hint("set backup_retention_days = 1"));
    }
    if it.storage.as_ref().is_some_and(is_provisioned) {
        let finding = Finding::new("CN310", Severity::Note, "provisioned IOPS are paid for by the month, used or not");
        each(finding.hint("gp3 without iops does for staging"));
    }
    if let Some(class) = it.class.as_deref().filter(|class| is_for_production(class)) {
        let finding = Finding::new("CN311", Severity::Note, format!("{class} is paid for like production's databases"));
        each(finding.hint("a smaller class does for staging: db.t3.micro"));
    }
}

fn is_provisioned(storage: &Storage) -> bool {
    storage.iops.is_some() || storage.storage_type.as_deref().is_some_and(|name| name.starts_with("io"))
}

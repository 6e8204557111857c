//! The settings whose change takes time, and can wait for the maintenance window: one table for all.
//!
//! From "Settings for DB instances":
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html>

use jiff::Timestamp;

use super::database::{self, Database};
use super::engines::{Engine, Version};
use super::parameter_groups;
use super::phases::{BACKUP, End, REBOOT};
use super::storage::Asked;
use super::{Rds, certificates, classes, names, snapshots};
use crate::context::Context;
use crate::error::AwsError;

/// A setting, and what its change is like.
#[derive(Debug)]
pub struct Setting {
    /// Its parameter in `ModifyDBInstance`.
    pub parameter: &'static str,
    /// Its name in `PendingModifiedValues`.
    pub member: &'static str,
    /// Whether it is changed at once, whatever `ApplyImmediately` says.
    pub always_at_once: bool,
    /// What the status says meanwhile.
    status: &'static str,
    /// How long it takes.
    seconds: i64,
    /// Whether the database restarts, and so takes over its parameters.
    restarts: bool,
    /// The value in effect.
    pub live: fn(&Database) -> String,
    /// Checks a value that is asked for, and brings it into RDS's form.
    pub read: fn(&Context<'_>, &Database, &str) -> Result<String, AwsError>,
    /// Puts a value in effect. Storage is put in effect as a whole.
    set: fn(&mut Rds, &mut Database, &str),
}

/// What most changes of settings are like: deferrable, one minute, no restart.
const PLAIN: Setting = Setting {
    parameter: "",
    member: "",
    always_at_once: false,
    status: "modifying",
    seconds: 60,
    restarts: false,
    live: |_| String::new(),
    read: |_, _, text| Ok(text.to_owned()),
    set: |_, _, _| {},
};

/// All of them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        parameter: "AllocatedStorage",
        member: "AllocatedStorage",
        seconds: 120,
        live: |it| it.storage.size.to_string(),
        read: |_, _, text| number("AllocatedStorage", text, 0..=u32::MAX),
        ..PLAIN
    },
    Setting {
        parameter: "StorageType",
        member: "StorageType",
        seconds: 120,
        live: |it| it.storage.kind.clone(),
        ..PLAIN
    },
    Setting {
        parameter: "Iops",
        member: "Iops",
        seconds: 120,
        live: |it| it.storage.iops.unwrap_or_default().to_string(),
        read: |_, _, text| number("Iops", text, 0..=u32::MAX),
        ..PLAIN
    },
    Setting {
        parameter: "StorageThroughput",
        member: "StorageThroughput",
        seconds: 120,
        live: |it| it.storage.throughput.unwrap_or_default().to_string(),
        read: |_, _, text| number("StorageThroughput", text, 0..=u32::MAX),
        ..PLAIN
    },
    Setting {
        parameter: "DBInstanceClass",
        member: "DBInstanceClass",
        seconds: 300,
        restarts: true,
        live: |it| it.class.clone(),
        read: |_, _, text| classes::check(text).map(|()| text.to_owned()),
        set: |_, it, value| value.clone_into(&mut it.class),
        ..PLAIN
    },
    Setting {
        parameter: "MultiAZ",
        member: "MultiAZ",
        seconds: 300,
        live: |it| it.second_zone.is_some().to_string(),
        read: |_, _, text| flag("MultiAZ", text),
        set: |rds, it, value| it.second_zone = if value == "true" { rds.other_zone(it) } else { None },
        ..PLAIN
    },
    Setting {
        parameter: "BackupRetentionPeriod",
        member: "BackupRetentionPeriod",
        live: |it| it.retention.to_string(),
        read: |_, _, text| number("BackupRetentionPeriod", text, 0..=35),
        set: set_retention,
        ..PLAIN
    },
    Setting {
        parameter: "LicenseModel",
        member: "LicenseModel",
        live: |it| it.license.clone(),
        read: |_, it, text| license(Engine::named(&it.engine)?, Some(text)),
        set: |_, it, value| value.clone_into(&mut it.license),
        ..PLAIN
    },
    Setting {
        parameter: "CACertificateIdentifier",
        member: "CACertificateIdentifier",
        live: |it| it.ca.clone(),
        read: |_, _, text| certificates::authority(Some(text)),
        set: |_, it, value| value.clone_into(&mut it.ca),
        ..PLAIN
    },
    Setting {
        parameter: "EnableIAMDatabaseAuthentication",
        member: "IAMDatabaseAuthenticationEnabled",
        status: "configuring-iam-database-auth",
        live: |it| it.iam.to_string(),
        read: |_, _, text| flag("EnableIAMDatabaseAuthentication", text),
        set: |_, it, value| it.iam = value == "true",
        ..PLAIN
    },
    Setting {
        parameter: "EngineVersion",
        member: "EngineVersion",
        status: "upgrading",
        seconds: 600,
        restarts: true,
        live: |it| it.version.clone(),
        read: |_, it, text| Ok(Engine::named(&it.engine)?.version(Some(text))?.to_string()),
        set: upgrade,
        ..PLAIN
    },
    Setting {
        parameter: "DBPortNumber",
        member: "Port",
        always_at_once: true,
        status: "rebooting",
        seconds: REBOOT,
        restarts: true,
        live: |it| it.port.to_string(),
        read: |_, _, text| number("DBPortNumber", text, 1150..=65_535),
        set: |_, it, value| it.port = value.parse().unwrap_or(it.port),
    },
    Setting {
        parameter: "NewDBInstanceIdentifier",
        member: "DBInstanceIdentifier",
        status: "renaming",
        seconds: 600,
        restarts: true,
        live: |it| it.identifier.clone(),
        read: new_identifier,
        set: |_, it, value| value.clone_into(&mut it.identifier),
        ..PLAIN
    },
];

/// In which order statuses follow each other, where one call changes several settings.
const ORDER: [&str; 5] = ["modifying", "configuring-iam-database-auth", "upgrading", "rebooting", "renaming"];

/// Those that are put in effect together.
const STORAGE: [&str; 4] = ["AllocatedStorage", "StorageType", "Iops", "StorageThroughput"];

/// A whole number within bounds, in its plain form.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn number(parameter: &str, text: &str, bounds: std::ops::RangeInclusive<u32>) -> Result<String, AwsError> {
    let number = text.parse().ok().filter(|number| bounds.contains(number));
    let invalid = || {
        let (least, most) = (bounds.start(), bounds.end());
        let message = format!("Invalid value {text} for {parameter}. Must be between {least} and {most}");
        AwsError::new("InvalidParameterValue", message)
    };
    number.map(|number: u32| number.to_string()).ok_or_else(invalid)
}

fn flag(parameter: &str, text: &str) -> Result<String, AwsError> {
    match text {
        "true" | "false" => Ok(text.to_owned()),
        _ => Err(AwsError::new("InvalidParameterValue", format!("Invalid value '{text}' for {parameter}"))),
    }
}

/// The licence of an engine: each has one only.
///
/// # Errors
/// `InvalidParameterCombination`.
pub fn license(engine: &Engine, asked: Option<&str>) -> Result<String, AwsError> {
    match asked {
        Some(asked) if asked != engine.license => {
            let Engine { name, license, .. } = engine;
            let message =
                format!("Invalid license model '{asked}' for engine '{name}'. Valid license models are: {license}.");
            Err(AwsError::new("InvalidParameterCombination", message))
        }
        _ => Ok(engine.license.to_owned()),
    }
}

fn new_identifier(context: &Context<'_>, it: &Database, text: &str) -> Result<String, AwsError> {
    let name = names::identifier("NewDBInstanceIdentifier", text, 63)?;
    if name != it.identifier && it.pending.get("DBInstanceIdentifier") != Some(&name) {
        database::check_free(context, &name)?;
    }
    Ok(name)
}

/// Turning backups off deletes the automated ones.
fn set_retention(rds: &mut Rds, it: &mut Database, value: &str) {
    it.retention = value.parse().unwrap_or(it.retention);
    if it.retention == 0 {
        it.next_backup = None;
        snapshots::delete_automated(rds, &it.resource_id, None);
    }
}

/// A major upgrade brings the parameter group that was asked for with it, or the default one.
fn upgrade(rds: &mut Rds, it: &mut Database, value: &str) {
    let version = |text: &str| Engine::named(&it.engine).and_then(|engine| engine.version(Some(text)));
    let (Ok(old), Ok(new)): (Result<Version, _>, Result<Version, _>) = (version(&it.version), version(value)) else {
        return;
    };
    it.version = new.to_string();
    let asked = it.pending.remove("DBParameterGroupName");
    if new.is_other_major(&old) {
        it.parameter_group = asked.unwrap_or_else(|| parameter_groups::default_of(rds, &new.family()).name);
    }
}

impl Rds {
    /// Another zone of a database's subnet group.
    pub fn other_zone(&self, it: &Database) -> Option<String> {
        let group = self.subnet_groups.get(&it.subnet_group)?;
        group.zones().find(|zone| *zone != it.zone).map(str::to_owned)
    }
}

/// The pending values of storage.
pub fn pending_storage(pending: impl Fn(&str) -> Option<String>) -> Asked {
    let number = |member: &str| pending(member).and_then(|text| text.parse().ok());
    Asked {
        size: number("AllocatedStorage"),
        kind: pending("StorageType"),
        iops: number("Iops"),
        throughput: number("StorageThroughput"),
    }
}

/// Begins to carry out all that is pending.
pub fn begin(it: &mut Database, now: Timestamp) {
    begin_those(it, now, |_| true);
}

/// Begins to carry out the pending values of those settings.
pub fn begin_those(it: &mut Database, now: Timestamp, which: impl Fn(&Setting) -> bool) {
    let from_none = it.retention == 0 && it.pending.contains_key("BackupRetentionPeriod");
    let chosen: Vec<_> =
        SETTINGS.iter().filter(|setting| it.pending.contains_key(setting.member) && which(setting)).collect();
    for status in ORDER {
        let together: Vec<_> = chosen.iter().filter(|setting| setting.status == status).collect();
        let Some(seconds) = together.iter().map(|setting| setting.seconds).max() else { continue };
        let mut end = vec![End::Carried(together.iter().map(|setting| setting.member.to_owned()).collect())];
        if together.iter().any(|setting| setting.restarts) {
            end.push(End::Restarted);
        }
        it.then(now, status, seconds, end);
    }
    if from_none && chosen.iter().any(|setting| setting.member == "BackupRetentionPeriod") {
        if let Some(last) = it.phases.last_mut() {
            last.end.push(End::Backup);
        }
        it.then(now, "backing-up", BACKUP, Vec::new());
    }
}

/// Puts pending values in effect.
pub fn carry_out(rds: &mut Rds, it: &mut Database, members: &[String], time: Timestamp) {
    let mut values = it.pending.clone();
    values.retain(|member, _| members.contains(member));
    it.pending.retain(|member, _| !members.contains(member));
    if STORAGE.iter().any(|member| values.contains_key(*member)) {
        // It was checked when it was asked for; storage does not change between.
        let asked = pending_storage(|member| values.get(member).cloned());
        if let Ok(storage) = it.storage.changed(&asked, &it.engine) {
            it.storage = storage;
            it.storage_changed = Some(time);
        }
    }
    for setting in SETTINGS {
        if let Some(value) = values.get(setting.member) {
            (setting.set)(rds, it, value);
        }
    }
}

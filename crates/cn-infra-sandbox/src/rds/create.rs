//! Makes databases: new ones, and from a snapshot.

use std::collections::BTreeMap;

use super::database::{self, Database};
use super::engines::{Engine, Version};
use super::phases::{BACKUP, CREATION, End};
use super::settings::{license, number};
use super::snapshots::{self, Snapshot};
use super::storage::Asked;
use super::tags;
use super::windows::Window;
use super::{certificates, classes, describe, names, network, options, parameter_groups, password, subnet_groups};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::tags::Tags;
use crate::xml::Xml;

/// The operations that make databases.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateDBInstance", &["DBInstanceIdentifier", "DBInstanceClass", "Engine"], create),
    Operation::new("RestoreDBInstanceFromDBSnapshot", &["DBInstanceIdentifier"], restore),
];

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}

fn combination(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterCombination", message)
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let identifier = new_identifier(context, params)?;
    let engine = Engine::named(params.require("Engine")?)?;
    let version = engine.version(params.get("EngineVersion").filter(|text| !text.is_empty()))?;
    let class = params.require("DBInstanceClass")?;
    let storage = asked_storage(params)?.storage(engine.name)?;
    let mut it = fresh(context, identifier, version, class.to_owned(), storage);
    it.name = database_name(engine, params)?;
    it.master = master(engine, params)?;
    password::of_new(context, &mut it, params)?;
    it.kms_key = encryption(context, params)?;
    common(context, &mut it, version, params)?;
    options::monitoring(&mut it, params)?;
    options::insights(context, &mut it, params)?;
    options::growth(&mut it, params)?;
    it.tags = tags::read(params)?;
    begin(context, it)
}

fn restore(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let identifier = new_identifier(context, params)?;
    let Some(snapshot) = params.get("DBSnapshotIdentifier") else {
        return Err(combination("DBSnapshotIdentifier must be specified."));
    };
    let Snapshot { of, tags: copied, .. } = {
        let snapshot = snapshots::find(context, snapshot)?;
        snapshot.check_available(context.now)?;
        snapshot
    };
    if let Some(engine) = params.get("Engine").filter(|engine| *engine != of.engine) {
        return Err(combination(format!("The engine {engine} is not that of the snapshot, {}.", of.engine)));
    }
    let version = Engine::named(&of.engine)?.version(Some(&of.version))?;
    let class = params.get("DBInstanceClass").unwrap_or(&of.class);
    let storage = of.storage.changed(&asked_storage(params)?, &of.engine)?;
    let mut it = fresh(context, identifier, version, class.to_owned(), storage);
    Database { name: it.name, master: it.master, kms_key: it.kms_key, iam: it.iam, retention: it.retention, .. } = of;
    (it.backup_window, it.max_storage) = (of.backup_window, of.max_storage);
    it.maintenance_window = Window::some_weekly(context.region, context.now, &it.backup_window);
    password::of_restored(context, &mut it, params)?;
    common(context, &mut it, version, params)?;
    let given = tags::read(params)?;
    it.tags = if given.is_empty() { copied } else { given };
    begin(context, it)
}

fn new_identifier(context: &Context<'_>, params: &Params<'_>) -> Result<String, AwsError> {
    let identifier = names::identifier("DBInstanceIdentifier", params.require("DBInstanceIdentifier")?, 63)?;
    database::check_free(context, &identifier)?;
    Ok(identifier)
}

fn asked_storage(params: &Params<'_>) -> Result<Asked, AwsError> {
    Ok(Asked {
        size: params.number("AllocatedStorage")?,
        kind: params.get("StorageType").map(str::to_owned),
        iops: params.number("Iops")?,
        throughput: params.number("StorageThroughput")?,
    })
}

/// A database with the defaults of all that is not given.
fn fresh(
    context: &Context<'_>,
    identifier: String,
    version: Version,
    class: String,
    storage: super::storage::Storage,
) -> Database {
    let backup_window = Window::some_daily(context.region, context.now, None);
    Database {
        identifier,
        resource_id: format!("db-{}", ids::capitals(26)),
        made: context.now,
        created: None,
        engine: version.engine.name.to_owned(),
        version: version.to_string(),
        class,
        storage,
        max_storage: None,
        storage_changed: None,
        name: None,
        master: String::new(),
        secret: None,
        port: version.engine.port,
        zone: String::new(),
        second_zone: None,
        subnet_group: "default".to_owned(),
        groups: Vec::new(),
        parameter_group: String::new(),
        parameters: BTreeMap::new(),
        retention: 1,
        backup_window,
        maintenance_window: Window::some_weekly(context.region, context.now, &backup_window),
        next_backup: None,
        next_maintenance: None,
        kms_key: None,
        ca: certificates::AUTHORITIES[0].to_owned(),
        license: version.engine.license.to_owned(),
        public: false,
        protected: false,
        minor_upgrades: true,
        copy_tags: false,
        iam: false,
        insights: None,
        monitoring: None,
        logs: Vec::new(),
        tags: Tags::new(),
        pending: BTreeMap::new(),
        phases: Vec::new(),
    }
}

/// What both ways to make a database take.
fn common(context: &mut Context<'_>, it: &mut Database, version: Version, params: &Params<'_>) -> Result<(), AwsError> {
    classes::check(&it.class)?;
    place(context, it, params)?;
    let group = params.get("DBParameterGroupName").filter(|name| !name.is_empty());
    it.parameter_group = parameter_groups::wanted(context.rds, group, version)?.name;
    it.parameters = context.rds.parameters(&it.parameter_group);
    if let Some(port) = params.get("Port") {
        it.port = number("Port", port, 1150..=65_535)?.parse().unwrap_or(it.port);
    }
    if let Some(days) = params.get("BackupRetentionPeriod") {
        it.retention = number("BackupRetentionPeriod", days, 0..=35)?.parse().unwrap_or(it.retention);
    }
    windows(context, it, params)?;
    options::flags(it, params)?;
    it.license = license(version.engine, params.get("LicenseModel"))?;
    it.ca = certificates::authority(params.get("CACertificateIdentifier"))?;
    it.iam = params.flag("EnableIAMDatabaseAuthentication")?.unwrap_or(it.iam);
    it.logs = names::list(params, "EnableCloudwatchLogsExports", "member").unwrap_or_default();
    options::log_types(it, &it.logs)
}

/// A window that is not given, RDS chooses clear of the one that is.
fn windows(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let backups = params.get("PreferredBackupWindow").filter(|text| !text.is_empty());
    let maintenance = params.get("PreferredMaintenanceWindow").filter(|text| !text.is_empty());
    match (backups, maintenance) {
        (Some(backups), None) => {
            let backups = Window::daily(backups)?;
            it.maintenance_window = Window::some_weekly(context.region, context.now, &backups);
        }
        (None, Some(maintenance)) => {
            let maintenance = Window::weekly(maintenance)?;
            it.backup_window = Window::some_daily(context.region, context.now, Some(&maintenance));
        }
        _ => {}
    }
    options::windows(context, it, params)
}

/// Subnet group, zones and security groups.
fn place(context: &mut Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let group = subnet_groups::find(context, params.get("DBSubnetGroupName").unwrap_or("default"))?;
    it.subnet_group.clone_from(&group.name);
    it.public = group.name == "default";
    it.groups = network::groups(context, &group.vpc, names::list(params, "VpcSecurityGroupIds", "VpcSecurityGroupId"))?;
    let multi_az = params.flag("MultiAZ")? == Some(true);
    let zones: Vec<_> = group.zones().map(str::to_owned).collect();
    it.zone = match params.get("AvailabilityZone") {
        Some(_) if multi_az => {
            let message = "Requesting a specific availability zone is not valid for Multi-AZ instances.";
            return Err(combination(message));
        }
        Some(zone) if !zones.iter().any(|known| known == zone) => {
            let known = zones.join(", ");
            return Err(invalid(format!(
                "Invalid availability zone {zone}: the DB subnet group has subnets in {known}."
            )));
        }
        Some(zone) => zone.to_owned(),
        None => zones.get(context.rds.databases.len() % zones.len().max(1)).cloned().unwrap_or_default(),
    };
    it.second_zone = if multi_az { context.rds.other_zone(it) } else { None };
    Ok(())
}

fn database_name(engine: &Engine, params: &Params<'_>) -> Result<Option<String>, AwsError> {
    let Some(name) = params.get("DBName").filter(|name| !name.is_empty()) else { return Ok(None) };
    let good = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if good {
        return Ok(Some(name.to_owned()));
    }
    let message = format!(
        "DBName must begin with a letter and contain only alphanumeric characters, for engine {}.",
        engine.name
    );
    Err(invalid(message))
}

fn master(engine: &Engine, params: &Params<'_>) -> Result<String, AwsError> {
    let name = params.get("MasterUsername").unwrap_or_default();
    let good = (1..=engine.longest_user).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !good {
        return Err(invalid(
            "The parameter MasterUsername must be provided, must not be blank, and must be a valid name.",
        ));
    }
    if engine.reserved_users.contains(&name.to_ascii_lowercase().as_str()) || name.starts_with("pg_") {
        let message = format!("MasterUsername {name} cannot be used as it is a reserved word used by the engine");
        return Err(invalid(message));
    }
    Ok(name.to_owned())
}

/// The key of encrypted storage.
fn encryption(context: &Context<'_>, params: &Params<'_>) -> Result<Option<String>, AwsError> {
    let key = params.get("KmsKeyId").filter(|key| !key.is_empty());
    match (params.flag("StorageEncrypted")?.unwrap_or_default(), key) {
        (true, key) => Ok(Some(names::kms_key(context.region, context.account, key))),
        (false, None) => Ok(None),
        (false, Some(_)) => {
            Err(combination("A KMS key is only applicable to encrypted storage: set StorageEncrypted."))
        }
    }
}

/// Begins to create a database.
fn begin(context: &mut Context<'_>, mut it: Database) -> Result<Xml, AwsError> {
    check_quotas(context, &it)?;
    let mut end = vec![End::Created, End::Password];
    let backs_up = it.retention > 0;
    if backs_up {
        end.push(End::Backup);
    }
    it.then(context.now, "creating", CREATION, end);
    if backs_up {
        it.then(context.now, "backing-up", BACKUP, Vec::new());
    }
    context.rds.databases.insert(it.identifier.clone(), it.clone());
    Ok(describe::answer(context, &it))
}

fn check_quotas(context: &Context<'_>, it: &Database) -> Result<(), AwsError> {
    let databases = &context.rds.databases;
    if databases.len() as u64 >= context.settings.quota("databases") {
        return Err(AwsError::new("InstanceQuotaExceeded", "The maximum number of DB instances is reached."));
    }
    check_storage_quota(context, 0, it.storage.size)
}

/// Refuses storage that grows from and to these sizes, in GiB, past the quota.
///
/// # Errors
/// `StorageQuotaExceeded`.
pub fn check_storage_quota(context: &Context<'_>, from: u32, to: u32) -> Result<(), AwsError> {
    let sizes = context.rds.databases.values().map(|row| u64::from(row.storage.size)).sum::<u64>();
    if sizes + u64::from(to.saturating_sub(from)) > context.settings.quota("database-storage-gib") {
        return Err(AwsError::new("StorageQuotaExceeded", "The maximum of allocated storage is reached."));
    }
    Ok(())
}

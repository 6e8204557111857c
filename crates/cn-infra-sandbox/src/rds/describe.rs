//! Describes databases.

use std::borrow::Cow;

use jiff::Timestamp;

use super::certificates::VALID_TILL;
use super::database::{self, Database};
use super::engines::Engine;
use super::filter::Filters;
use super::paging::page;
use super::settings::SETTINGS;
use super::{names, subnet_groups, tags};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations that describe databases.
pub const OPERATIONS: &[Operation] = &[Operation::new("DescribeDBInstances", &[], describe)];

const FILTERS: [&str; 5] = ["db-cluster-id", "db-instance-id", "dbi-resource-id", "domain", "engine"];

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?;
    filters.only(&FILTERS)?;
    let only = params.get("DBInstanceIdentifier").filter(|name| !name.is_empty());
    let only = only.map(|name| database::find(context, name)).transpose()?;
    let mut found = Vec::new();
    for row in context.rds.databases.values() {
        let arn = names::arn(context.region, context.account, "db", &row.identifier);
        let property = |name: &str| {
            Some(match name {
                "db-instance-id" => vec![Cow::from(row.identifier.as_str()), Cow::from(arn.as_str())],
                "dbi-resource-id" => vec![row.resource_id.as_str().into()],
                "engine" => vec![row.engine.as_str().into()],
                // None is in a cluster, or in a domain.
                _ => Vec::new(),
            })
        };
        let meant = only.as_ref().is_none_or(|only| only.identifier == row.identifier);
        if meant && context.can_see(row.made) && filters.keep(property)? {
            found.push(row);
        }
    }
    let (found, marker) = page(params)?.cut(found, |row| &row.identifier);
    let mut xml = Xml::new();
    xml.list("DBInstances", "DBInstance", found, |xml, row| write(xml, context, row));
    xml.some("Marker", marker);
    Ok(xml)
}

/// The answer of an operation on one database.
pub fn answer(context: &Context<'_>, row: &Database) -> Xml {
    let mut xml = Xml::new();
    xml.element("DBInstance", |xml| write(xml, context, row));
    xml
}

fn write(xml: &mut Xml, context: &Context<'_>, row: &Database) {
    let Database { identifier, resource_id, created, engine, version, class, .. } = row;
    xml.text("DBInstanceIdentifier", identifier).text("DbiResourceId", resource_id);
    xml.text("DBInstanceArn", names::arn(context.region, context.account, "db", identifier));
    xml.text("DBInstanceStatus", row.status(context.now)).some("InstanceCreateTime", *created);
    xml.text("Engine", engine).text("EngineVersion", version).text("DBInstanceClass", class);
    xml.text("LicenseModel", &row.license).some("DBName", row.name.as_ref()).text("MasterUsername", &row.master);
    storage(xml, row);
    network(xml, context, row);
    backups(xml, context, row);
    groups(xml, context, row);
    observation(xml, row);
    security(xml, row);
    pending(xml, row);
    xml.text("AutoMinorVersionUpgrade", row.minor_upgrades).text("CopyTagsToSnapshot", row.copy_tags);
    xml.text("DeletionProtection", row.protected).text("ActivityStreamStatus", "stopped");
    xml.text("EngineLifecycleSupport", "open-source-rds-extended-support").text("DedicatedLogVolume", false);
    for list in ["ReadReplicaDBInstanceIdentifiers", "DomainMemberships", "AssociatedRoles", "StatusInfos"] {
        xml.element(list, |_| {});
    }
    tags::write(xml, &row.tags);
}

fn storage(xml: &mut Xml, row: &Database) {
    xml.text("AllocatedStorage", row.storage.size).text("StorageType", &row.storage.kind);
    xml.some("Iops", row.storage.iops).some("StorageThroughput", row.storage.throughput);
    xml.some("MaxAllocatedStorage", row.max_storage).text("IsStorageConfigUpgradeAvailable", false);
    xml.text("StorageEncrypted", row.kms_key.is_some()).some("KmsKeyId", row.kms_key.as_ref());
}

/// Endpoint and standby are there once the database is. `DbInstancePort` is 0 in AWS's answers too.
fn network(xml: &mut Xml, context: &Context<'_>, row: &Database) {
    let Context { region, account, .. } = context;
    let exists = row.created.is_some();
    if exists {
        xml.element("Endpoint", |xml| {
            let label = names::endpoint_label(region, account);
            xml.text("Address", format!("{}.{label}.{region}.rds.amazonaws.com", row.identifier));
            xml.text("Port", row.port).text("HostedZoneId", "Z1PVIF0B656C1W");
        });
        xml.text("AvailabilityZone", &row.zone).some("SecondaryAvailabilityZone", row.second_zone.as_ref());
    }
    xml.text("MultiAZ", row.second_zone.is_some()).text("DbInstancePort", 0).text("NetworkType", "IPV4");
    xml.text("PubliclyAccessible", row.public).text("CustomerOwnedIpEnabled", false);
    if let Some(group) = context.rds.subnet_groups.get(&row.subnet_group) {
        xml.element("DBSubnetGroup", |xml| subnet_groups::write(xml, context, group));
    }
}

fn backups(xml: &mut Xml, context: &Context<'_>, row: &Database) {
    xml.text("BackupRetentionPeriod", row.retention).text("BackupTarget", "region");
    xml.text("PreferredBackupWindow", row.backup_window).text("PreferredMaintenanceWindow", row.maintenance_window);
    let restorable = row.next_backup.and(row.created).map(|created| five_minutes(context.now).max(created));
    xml.some("LatestRestorableTime", restorable);
    if row.status(context.now) == "stopped" {
        xml.some("AutomaticRestartTime", row.phases.first().map(|phase| phase.until));
    }
}

/// The logs by which a database can be restored to a moment are saved every five minutes.
fn five_minutes(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() / 300 * 300).unwrap_or(now)
}

fn groups(xml: &mut Xml, context: &Context<'_>, row: &Database) {
    xml.element("DBSecurityGroups", |_| {});
    xml.list("VpcSecurityGroups", "VpcSecurityGroupMembership", &row.groups, |xml, id| {
        xml.text("VpcSecurityGroupId", id).text("Status", "active");
    });
    xml.list("DBParameterGroups", "DBParameterGroup", [&row.parameter_group], |xml, name| {
        xml.text("DBParameterGroupName", name);
        xml.text("ParameterApplyStatus", context.rds.parameter_apply_status(row));
    });
    let version = Engine::named(&row.engine).and_then(|engine| engine.version(Some(&row.version)));
    xml.list("OptionGroupMemberships", "OptionGroupMembership", version.ok(), |xml, version| {
        xml.text("OptionGroupName", version.option_group()).text("Status", "in-sync");
    });
}

fn observation(xml: &mut Xml, row: &Database) {
    xml.text("PerformanceInsightsEnabled", row.insights.is_some()).text("DatabaseInsightsMode", "standard");
    if let Some((key, days)) = &row.insights {
        xml.text("PerformanceInsightsKMSKeyId", key).text("PerformanceInsightsRetentionPeriod", days);
    }
    xml.text("MonitoringInterval", row.monitoring.as_ref().map_or(0, |(seconds, _)| *seconds));
    xml.some("MonitoringRoleArn", row.monitoring.as_ref().map(|(_, role)| role));
    if !row.logs.is_empty() {
        xml.element("EnabledCloudwatchLogsExports", |xml| {
            for log in &row.logs {
                xml.text("member", log);
            }
        });
    }
}

fn security(xml: &mut Xml, row: &Database) {
    xml.text("IAMDatabaseAuthenticationEnabled", row.iam).text("CACertificateIdentifier", &row.ca);
    if row.created.is_some() {
        xml.element("CertificateDetails", |xml| {
            xml.text("CAIdentifier", &row.ca).text("ValidTill", VALID_TILL);
        });
    }
    if let Some(secret) = &row.secret {
        xml.element("MasterUserSecret", |xml| {
            xml.text("SecretArn", &secret.arn).text("SecretStatus", &secret.status).text("KmsKeyId", &secret.kms_key);
        });
    }
}

fn pending(xml: &mut Xml, row: &Database) {
    xml.element("PendingModifiedValues", |xml| {
        for member in SETTINGS.iter().map(|setting| setting.member).chain(["MasterUserPassword"]) {
            xml.some(member, row.pending.get(member));
        }
    });
}

//! What is read, and what is made of it.

use std::collections::BTreeSet;

use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::{Manager, Scope};
use serde_json::json;

use super::super::super::DbInstance;
use super::super::{ARN, ID, all_fields, differences, resource};
use super::manager;
use crate::testing::Script;

async fn observe(script: &Script, only: Option<&str>) -> Vec<Observed<DbInstance>> {
    let only = only.map(|id| BTreeSet::from([PhysicalId::from(id)]));
    manager(script).observe(&Scope { only: only.as_ref(), declared: &[] }).await.unwrap()
}

/// As RDS describes an instance that was made of [`all_fields`], with much waiting.
fn described() -> String {
    format!(
        "<DBInstance><DBInstanceIdentifier>site-main</DBInstanceIdentifier><DBInstanceClass>db.t3.medium</DBInstanceClass>\
         <Engine>postgres</Engine><EngineVersion>16.4</EngineVersion><DBInstanceStatus>available</DBInstanceStatus>\
         <MasterUsername>coralnet</MasterUsername><DBName>coralnet</DBName>\
         <Endpoint><Address>site-main.abc.us-west-2.rds.amazonaws.com</Address><Port>5432</Port></Endpoint>\
         <DbInstancePort>0</DbInstancePort><AllocatedStorage>500</AllocatedStorage><StorageType>gp3</StorageType>\
         <Iops>12000</Iops><StorageThroughput>500</StorageThroughput><MultiAZ>false</MultiAZ>\
         <AvailabilityZone>us-west-2a</AvailabilityZone><BackupRetentionPeriod>7</BackupRetentionPeriod>\
         <PreferredBackupWindow>08:00-08:30</PreferredBackupWindow>\
         <PreferredMaintenanceWindow>sun:09:00-sun:09:30</PreferredMaintenanceWindow>\
         <PubliclyAccessible>true</PubliclyAccessible><VpcSecurityGroups>\
         <VpcSecurityGroupMembership><VpcSecurityGroupId>sg-0aaaaaaaaaaaaaaaa</VpcSecurityGroupId><Status>active</Status></VpcSecurityGroupMembership>\
         <VpcSecurityGroupMembership><VpcSecurityGroupId>sg-0bbbbbbbbbbbbbbbb</VpcSecurityGroupId><Status>adding</Status></VpcSecurityGroupMembership>\
         <VpcSecurityGroupMembership><VpcSecurityGroupId>sg-0cccccccccccccccc</VpcSecurityGroupId><Status>removing</Status></VpcSecurityGroupMembership>\
         </VpcSecurityGroups><DBSubnetGroup><DBSubnetGroupName>public</DBSubnetGroupName></DBSubnetGroup>\
         <DBParameterGroups><DBParameterGroup><DBParameterGroupName>site</DBParameterGroupName>\
         <ParameterApplyStatus>pending-reboot</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>\
         <StorageEncrypted>true</StorageEncrypted>\
         <KmsKeyId>arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555</KmsKeyId>\
         <DeletionProtection>true</DeletionProtection><AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade>\
         <LicenseModel>postgresql-license</LicenseModel><CACertificateIdentifier>rds-ca-rsa2048-g1</CACertificateIdentifier>\
         <PerformanceInsightsEnabled>true</PerformanceInsightsEnabled><MonitoringInterval>60</MonitoringInterval>\
         <MonitoringRoleArn>arn:aws:iam::123456789012:role/monitoring</MonitoringRoleArn>\
         <CopyTagsToSnapshot>true</CopyTagsToSnapshot><DbiResourceId>{ID}</DbiResourceId><DBInstanceArn>{ARN}</DBInstanceArn>\
         <MasterUserSecret><SecretArn>arn:aws:secretsmanager:secret</SecretArn></MasterUserSecret>\
         <TagList><Tag><Key>cn-infra:final-snapshot</Key><Value>last</Value></Tag></TagList>\
         <PendingModifiedValues><DBInstanceClass>db.t3.large</DBInstanceClass><AllocatedStorage>600</AllocatedStorage>\
         <MasterUserPassword>****</MasterUserPassword><EngineVersion>17.1</EngineVersion>\
         <IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled></PendingModifiedValues></DBInstance>"
    )
}

fn instances(of: &str) -> String {
    format!("<DBInstances>{of}</DBInstances>")
}

#[tokio::test]
async fn what_was_created_is_read_without_a_difference() {
    let script = Script::new().answer("DescribeDBInstances", &instances(&described()));
    let found = observe(&script, None).await.remove(0);
    assert_eq!((found.id.0.as_str(), found.name.as_deref()), (ID, Some("site-main")));
    let mut live = found.live.clone();
    live.pending = None;
    let mut desired = all_fields();
    desired["master_password"] = json!("managed");
    assert_eq!(differences(&resource(desired), &live).0, [""; 0]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&found.live.pending).unwrap(), @r#"
    {
      "changes": {
        "class": {
          "now": "db.t3.medium",
          "then": "db.t3.large"
        },
        "engine_version": {
          "now": "16.4",
          "then": "17.1"
        },
        "iam_database_authentication": {
          "then": true
        },
        "storage.size_gib": {
          "now": 500,
          "then": 600
        }
      },
      "reboot": "site"
    }
    "#);
    insta::assert_snapshot!(found.outputs.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join("\n"), @r"
    arn = arn:aws:rds:us-west-2:123456789012:db:site-main
    ca = rds-ca-rsa2048-g1
    endpoint = site-main.abc.us-west-2.rds.amazonaws.com
    port = 5432
    resource_id = db-ABCDEFGHIJKLMNOPQRSTUVWXYZ
    secret_arn = arn:aws:secretsmanager:secret
    ");
}

#[tokio::test]
async fn a_member_of_a_multi_az_cluster_is_none_of_ours() {
    let member = "<DBInstance><DbiResourceId>db-A</DbiResourceId><Engine>postgres</Engine>\
                  <DBClusterIdentifier>reef</DBClusterIdentifier></DBInstance>";
    let script = Script::new().answer("DescribeDBInstances", &instances(member));
    assert!(observe(&script, None).await.is_empty());
}

#[tokio::test]
async fn pages_are_followed_and_clusters_left_out() {
    let one = |id: &str, engine: &str| {
        instances(&format!("<DBInstance><DbiResourceId>{id}</DbiResourceId><Engine>{engine}</Engine></DBInstance>"))
    };
    let script = Script::new()
        .answer("DescribeDBInstances", &(one("db-A", "postgres") + "<Marker>next</Marker>"))
        .answer("DescribeDBInstances", &(one("db-B", "aurora-postgresql") + "<Marker>last</Marker>"))
        .answer("DescribeDBInstances", &one("db-C", "mysql"));
    let found = observe(&script, None).await;
    assert_eq!(found.iter().map(|found| found.id.0.as_str()).collect::<Vec<_>>(), ["db-A", "db-C"]);
    insta::assert_snapshot!(script.requests().join("\n\n"), @r"
    DescribeDBInstances
    MaxRecords=100

    DescribeDBInstances
    MaxRecords=100
    Marker=next

    DescribeDBInstances
    MaxRecords=100
    Marker=last
    ");
    let script = Script::new().answer("DescribeDBInstances", &one("db-A", "postgres"));
    assert_eq!(observe(&script, Some("db-A")).await.len(), 1);
    insta::assert_snapshot!(script.requests().join("\n\n"), @r"
    DescribeDBInstances
    Filters.Filter.1.Name=dbi-resource-id
    Filters.Filter.1.Values.Value.1=db-A
    MaxRecords=100
    ");
}

#[tokio::test]
async fn each_status_means_something() {
    let mut lines = Vec::new();
    for status in [
        "available",
        "storage-optimization",
        "storage-initialization",
        "creating",
        "backing-up",
        "modifying",
        "renaming",
        "storage-config-upgrade",
        "configuring-enhanced-monitoring",
        "upgrading",
        "starting",
        "stopping",
        "stopped",
        "deleting",
        "delete-precheck",
        "failed",
        "storage-full",
        "incompatible-parameters",
        "restore-error",
        "inaccessible-encryption-credentials-recoverable",
        "insufficient-capacity",
        "some-new-status",
    ] {
        let one = format!(
            "<DBInstance><DbiResourceId>db-A</DbiResourceId><DBInstanceStatus>{status}</DBInstanceStatus></DBInstance>"
        );
        let script = Script::new().answer("DescribeDBInstances", &instances(&one));
        let found = observe(&script, None).await.remove(0).readiness;
        lines.push(match found {
            Readiness::Ready => format!("ready    {status}"),
            Readiness::Pending(word) => format!("pending  {word}"),
            Readiness::Failed(word) => format!("failed   {word}"),
            Readiness::Leaving(word) => format!("leaving  {word}"),
            Readiness::Gone => format!("gone     {status}"),
        });
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    ready    available
    ready    storage-optimization
    ready    storage-initialization
    pending  creating
    pending  backing-up
    pending  modifying
    pending  renaming
    pending  storage-config-upgrade
    pending  configuring-enhanced-monitoring
    pending  upgrading
    pending  starting
    pending  stopping
    failed   stopped
    leaving  deleting
    leaving  delete-precheck
    failed   failed
    failed   storage-full
    failed   incompatible-parameters
    failed   restore-error
    failed   inaccessible-encryption-credentials-recoverable
    failed   insufficient-capacity
    pending  some-new-status
    ");
}

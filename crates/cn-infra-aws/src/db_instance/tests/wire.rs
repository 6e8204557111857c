//! What RDS is sent, and what is made of its answers.

use std::collections::BTreeSet;
use std::env::VarError;

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::{Change, Delete, ErrorClass, ManageError, Manager, New, Progress, Scope, TagChange};
use cn_infra_core::owner::{Owner, Tags};
use cn_infra_core::token::Token;
use serde_json::{Value, json};

use super::super::{DbInstance, DbInstances};
use super::{ARN, ID, all_fields, differences, observed, others, resource};
use crate::testing::Script;

const PASSWORD: &str = "correct horse battery staple";

fn variable(name: &str) -> Result<String, VarError> {
    if name == "CN_DB_PASSWORD" { Ok(PASSWORD.to_owned()) } else { Err(VarError::NotPresent) }
}

fn manager(script: &Script) -> DbInstances {
    DbInstances { variable, ..DbInstances::new(&script.session()) }
}

async fn create(script: &Script, fields: Value) -> Result<PhysicalId, ManageError> {
    let address = Address::new("db_instance", "main");
    let owner = Owner { project: "site".into(), environment: "production".into(), address: address.clone() };
    let (tags, token) = (Tags::from([("Project".into(), "site".into())]), Token::new("1", "us-west-2", &owner, 0));
    let resource = resource(fields);
    let new = New { address: &address, name: "site-main", resource: &resource, tags: &tags, token: &token };
    manager(script).create(new).await
}

/// Updates as the engine would: with what differs between both sides.
async fn update(script: &Script, desired: Value, live: Value) -> Result<Progress, ManageError> {
    change(script, desired, live, None, &TagChange::default()).await
}

async fn change(
    script: &Script,
    desired: Value,
    live: Value,
    name: Option<&str>,
    tags: &TagChange,
) -> Result<Progress, ManageError> {
    let desired = resource(desired);
    let live = observed(resource(live));
    let (changed, _) = differences(&desired, &live.live);
    let change = Change { part: None, name, desired: &desired, live: &live, changed: &changed, tags };
    manager(script).update(&live.id, change).await
}

async fn observe(script: &Script, only: Option<&str>) -> Vec<Observed<DbInstance>> {
    let only = only.map(|id| BTreeSet::from([PhysicalId::from(id)]));
    manager(script).observe(&Scope { only: only.as_ref(), declared: &[] }).await.unwrap()
}

fn made() -> String {
    format!("<DBInstance><DbiResourceId>{ID}</DbiResourceId></DBInstance>")
}

#[tokio::test]
async fn create_sends_every_field_once() {
    let script = Script::new().answer("CreateDBInstance", &made());
    assert_eq!(create(&script, all_fields()).await.unwrap(), PhysicalId::from(ID));
    insta::assert_snapshot!(script.writes(), @r"
    CreateDBInstance
    DBName=coralnet
    DBInstanceIdentifier=site-main
    AllocatedStorage=500
    DBInstanceClass=db.t3.medium
    Engine=postgres
    MasterUsername=coralnet
    MasterUserPassword=correct horse battery staple
    VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-0aaaaaaaaaaaaaaaa
    VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-0bbbbbbbbbbbbbbbb
    AvailabilityZone=us-west-2a
    DBSubnetGroupName=public
    PreferredMaintenanceWindow=sun:09:00-sun:09:30
    DBParameterGroupName=site
    BackupRetentionPeriod=7
    PreferredBackupWindow=08:00-08:30
    Port=5432
    MultiAZ=false
    EngineVersion=16
    AutoMinorVersionUpgrade=true
    LicenseModel=postgresql-license
    Iops=12000
    StorageThroughput=500
    PubliclyAccessible=true
    Tags.Tag.1.Key=Project
    Tags.Tag.1.Value=site
    Tags.Tag.2.Key=cn-infra:final-snapshot
    Tags.Tag.2.Value=last
    StorageType=gp3
    StorageEncrypted=true
    KmsKeyId=11111111-2222-3333-4444-555555555555
    CopyTagsToSnapshot=true
    MonitoringInterval=60
    MonitoringRoleArn=arn:aws:iam::123456789012:role/monitoring
    EnablePerformanceInsights=true
    DeletionProtection=true
    CACertificateIdentifier=rds-ca-rsa2048-g1
    ");
}

#[tokio::test]
async fn create_sends_only_what_the_file_says() {
    let script = Script::new().answer("CreateDBInstance", &made());
    create(&script, json!({ "engine": "postgres", "class": "db.t3.micro", "master_password": "managed" }))
        .await
        .unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    CreateDBInstance
    DBInstanceIdentifier=site-main
    DBInstanceClass=db.t3.micro
    Engine=postgres
    Tags.Tag.1.Key=Project
    Tags.Tag.1.Value=site
    ManageMasterUserPassword=true
    ");
}

#[tokio::test]
async fn a_key_asks_for_encryption() {
    let script = Script::new().answer("CreateDBInstance", &made());
    create(&script, json!({ "engine": "postgres", "class": "db.t3.micro", "kms_key": "alias/site" })).await.unwrap();
    assert!(script.writes().contains("StorageEncrypted=true\nKmsKeyId=alias/site"), "{}", script.writes());
}

#[tokio::test]
async fn create_is_not_sent_again_when_the_answer_is_lost() {
    let script = Script::new().fail("CreateDBInstance", 500, "InternalFailure");
    let error = create(&script, all_fields()).await.unwrap_err();
    assert_eq!((error.class, script.requests().len()), (ErrorClass::Unknown, 1));
    let script = Script::new().fail("CreateDBInstance", 400, "DBInstanceAlreadyExists");
    assert_eq!(create(&script, all_fields()).await.unwrap_err().class, ErrorClass::Exists);
}

#[tokio::test]
async fn a_missing_password_is_named_before_any_call() {
    let script = Script::new();
    let mut fields = all_fields();
    fields["master_password"] = json!({ "env": "CN_OTHER" });
    let error = create(&script, fields).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    insta::assert_snapshot!(format!("{error} [{}]", error.hint.as_deref().unwrap()), @"the environment variable CN_OTHER holds no password [set CN_OTHER, which master_password names, to the password that the database shall get]");
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn the_password_is_in_no_document_and_no_error() {
    let script = Script::new().fail("CreateDBInstance", 400, "InvalidParameterValue");
    let error = create(&script, all_fields()).await.unwrap_err();
    assert!(script.requests()[0].contains(PASSWORD), "else this test proves nothing");
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
    assert!(!serde_json::to_string(&resource(all_fields())).unwrap().contains(PASSWORD));
}

#[tokio::test]
async fn restores_a_snapshot() {
    let script = Script::new().answer("RestoreDBInstanceFromDBSnapshot", &made());
    let mut fields = all_fields();
    fields["restore_from_snapshot"] = json!("site-before");
    fields["master_password"] = json!("managed");
    create(&script, fields).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    RestoreDBInstanceFromDBSnapshot
    DBInstanceIdentifier=site-main
    DBSnapshotIdentifier=site-before
    DBInstanceClass=db.t3.medium
    Port=5432
    AvailabilityZone=us-west-2a
    DBSubnetGroupName=public
    MultiAZ=false
    PubliclyAccessible=true
    AutoMinorVersionUpgrade=true
    LicenseModel=postgresql-license
    Engine=postgres
    Iops=12000
    StorageThroughput=500
    Tags.Tag.1.Key=Project
    Tags.Tag.1.Value=site
    Tags.Tag.2.Key=cn-infra:final-snapshot
    Tags.Tag.2.Value=last
    StorageType=gp3
    VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-0aaaaaaaaaaaaaaaa
    VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-0bbbbbbbbbbbbbbbb
    CopyTagsToSnapshot=true
    DBParameterGroupName=site
    DeletionProtection=true
    AllocatedStorage=500
    BackupRetentionPeriod=7
    PreferredBackupWindow=08:00-08:30
    CACertificateIdentifier=rds-ca-rsa2048-g1
    ManageMasterUserPassword=true
    ");
}

#[tokio::test]
async fn all_changes_are_one_call_and_wait_for_the_window() {
    let script = Script::new().answer("ModifyDBInstance", "").answer("AddTagsToResource", "");
    let mut fields = all_fields();
    fields["snapshot_before"] = json!([]);
    assert_eq!(update(&script, fields, others()).await.unwrap(), Progress::Done);
    insta::assert_snapshot!(script.writes(), @r"
    AddTagsToResource
    ResourceName=arn:aws:rds:us-west-2:123456789012:db:site-main
    Tags.Tag.1.Key=cn-infra:final-snapshot
    Tags.Tag.1.Value=last

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    AllocatedStorage=500
    DBInstanceClass=db.t3.medium
    VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-0aaaaaaaaaaaaaaaa
    VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-0bbbbbbbbbbbbbbbb
    ApplyImmediately=false
    DBParameterGroupName=site
    BackupRetentionPeriod=7
    PreferredBackupWindow=08:00-08:30
    PreferredMaintenanceWindow=sun:09:00-sun:09:30
    MultiAZ=false
    EngineVersion=16
    AllowMajorVersionUpgrade=true
    AutoMinorVersionUpgrade=true
    LicenseModel=postgresql-license
    Iops=12000
    StorageThroughput=500
    StorageType=gp3
    CACertificateIdentifier=rds-ca-rsa2048-g1
    CopyTagsToSnapshot=true
    MonitoringInterval=60
    DBPortNumber=5432
    PubliclyAccessible=true
    MonitoringRoleArn=arn:aws:iam::123456789012:role/monitoring
    EnablePerformanceInsights=true
    DeletionProtection=true
    ");
}

#[tokio::test]
async fn a_change_mentions_nothing_else() {
    let cases = [
        ("class", json!("db.t3.micro"), json!("db.t3.large")),
        ("multi_az", json!(false), json!(true)),
        ("backup_window", json!("08:00-08:30"), json!("10:00-10:30")),
        ("security_groups", json!(["sg-0aaaaaaaaaaaaaaaa"]), json!(["sg-0bbbbbbbbbbbbbbbb"])),
        ("deletion_protection", json!(true), json!(false)),
    ];
    let mut sent = Vec::new();
    for (path, live, wanted) in cases {
        let script = Script::new().answer("ModifyDBInstance", "");
        update(&script, json!({ path: wanted }), json!({ path: live, "port": 5432, "backup_retention_days": 7 }))
            .await
            .unwrap();
        sent.push(script.writes());
    }
    insta::assert_snapshot!(sent.join("\n\n"), @r"
    ModifyDBInstance
    DBInstanceIdentifier=site-main
    DBInstanceClass=db.t3.large
    ApplyImmediately=false

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    ApplyImmediately=false
    MultiAZ=true

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    ApplyImmediately=false
    PreferredBackupWindow=10:00-10:30

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-0bbbbbbbbbbbbbbbb
    ApplyImmediately=false

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    ApplyImmediately=false
    DeletionProtection=false
    ");
}

#[tokio::test]
async fn nothing_is_sent_where_nothing_differs() {
    let script = Script::new();
    let done = update(&script, json!({ "class": "db.t3.micro" }), json!({ "class": "db.t3.micro" })).await;
    assert_eq!(done.unwrap(), Progress::Done);
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn an_immediate_change_is_looked_at_again() {
    let script = Script::new().answer("ModifyDBInstance", "");
    let wanted = json!({ "class": "db.t3.large", "apply_immediately": true });
    let waits = json!({ "class": "db.t3.micro", "pending": { "changes": { "class": { "now": "db.t3.micro", "then": "db.t3.large" } } } });
    assert_eq!(update(&script, wanted.clone(), json!({ "class": "db.t3.micro" })).await.unwrap(), Progress::Again);
    // Not begun, or waiting for the window until now: which of them cannot be told, and it is sent once more.
    assert_eq!(update(&script, wanted.clone(), waits).await.unwrap_err().class, ErrorClass::Busy);
    insta::assert_snapshot!(script.writes(), @r"
    ModifyDBInstance
    DBInstanceIdentifier=site-main
    DBInstanceClass=db.t3.large
    ApplyImmediately=true

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    DBInstanceClass=db.t3.large
    ApplyImmediately=true
    ");
    assert_eq!(update(&script, wanted, json!({ "class": "db.t3.large" })).await.unwrap(), Progress::Done);
    // What RDS does at once needs no second look.
    let window = json!({ "backup_window": "10:00-10:30", "apply_immediately": true });
    assert_eq!(update(&script, window, json!({ "backup_window": "08:00-08:30" })).await.unwrap(), Progress::Done);
}

#[tokio::test]
async fn what_waits_is_taken_back_at_once_where_nothing_else_could_follow() {
    let waits = json!({
        "engine": "postgres", "engine_version": "16.3", "class": "db.t3.micro",
        "pending": { "changes": { "engine_version": { "now": "16.3", "then": "17.1" } } }
    });
    let script = Script::new().answer("ModifyDBInstance", "");
    update(&script, json!({ "engine": "postgres", "engine_version": "16" }), waits.clone()).await.unwrap();
    let more = json!({ "engine": "postgres", "engine_version": "16", "class": "db.t3.large" });
    update(&script, more, waits).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    ModifyDBInstance
    DBInstanceIdentifier=site-main
    ApplyImmediately=true
    EngineVersion=16.3

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    DBInstanceClass=db.t3.large
    ApplyImmediately=false
    EngineVersion=16.3
    ");
}

#[tokio::test]
async fn storage_that_has_grown_by_itself_is_not_asked_to_shrink() {
    let script = Script::new().answer("ModifyDBInstance", "");
    let live = json!({
        "engine": "postgres", "grows_to": 1000,
        "storage": { "size_gib": 600, "type": "gp3", "iops": 12000, "throughput": 500 },
    });
    let desired = json!({ "engine": "postgres", "storage": { "size_gib": 500, "type": "gp3", "iops": 13000 } });
    update(&script, desired, live).await.unwrap();
    assert!(script.writes().contains("AllocatedStorage=600\n"), "{}", script.writes());
}

#[tokio::test]
async fn storage_with_iops_of_its_own_is_sent_whole() {
    let live = |kind: &str, size: u32| {
        json!({
            "engine": "postgres", "storage": { "size_gib": size, "type": kind, "iops": 12000, "throughput": 500 }
        })
    };
    let script = Script::new().answer("ModifyDBInstance", "");
    for (desired, live) in [
        (json!({ "storage": { "size_gib": 500 } }), live("gp3", 400)),
        (json!({ "storage": { "size_gib": 300 } }), live("gp3", 200)),
        (json!({ "storage": { "size_gib": 300 } }), live("io1", 200)),
        (json!({ "storage": { "throughput": 600 } }), live("gp3", 400)),
        (json!({ "storage": { "type": "gp3" } }), json!({ "storage": { "type": "gp2", "size_gib": 100 } })),
    ] {
        update(&script, desired, live).await.unwrap();
    }
    insta::assert_snapshot!(script.writes(), @r"
    ModifyDBInstance
    DBInstanceIdentifier=site-main
    AllocatedStorage=500
    ApplyImmediately=false
    Iops=12000

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    AllocatedStorage=300
    ApplyImmediately=false

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    AllocatedStorage=300
    ApplyImmediately=false
    Iops=12000

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    AllocatedStorage=400
    ApplyImmediately=false
    Iops=12000
    StorageThroughput=600

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    ApplyImmediately=false
    StorageType=gp3
    ");
}

#[tokio::test]
async fn a_rename_goes_alone_and_first() {
    let script = Script::new().answer("ModifyDBInstance", "");
    let tags = TagChange { set: Tags::from([("a".into(), "b".into())]), ..TagChange::default() };
    let (desired, live) = (json!({ "class": "db.t3.large" }), json!({ "class": "db.t3.micro" }));
    let progress = change(&script, desired, live, Some("site-production"), &tags).await.unwrap();
    assert_eq!(progress, Progress::Again);
    insta::assert_snapshot!(script.writes(), @r"
    ModifyDBInstance
    DBInstanceIdentifier=site-main
    ApplyImmediately=true
    NewDBInstanceIdentifier=site-production
    ");
}

#[tokio::test]
async fn a_rename_that_has_not_begun_is_waited_for() {
    let script = Script::new().answer("ModifyDBInstance", "");
    let live = json!({ "pending": { "changes": { "name": { "now": "site-main", "then": "site-production" } } } });
    let error = change(&script, json!({}), live, Some("site-production"), &TagChange::default()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy);
}

#[tokio::test]
async fn a_stopped_instance_is_refused_and_its_tags_are_not() {
    let script = Script::new().answer("AddTagsToResource", "");
    let desired = resource(json!({ "class": "db.t3.large", "final_snapshot": "none" }));
    let mut live = observed(resource(json!({ "class": "db.t3.micro" })));
    live.readiness = Readiness::Failed("stopped".to_owned());
    let (changed, _) = differences(&desired, &live.live);
    let tags = TagChange::default();
    let change = Change { part: None, name: None, desired: &desired, live: &live, changed: &changed, tags: &tags };
    let error = manager(&script).update(&live.id, change).await.unwrap_err();
    assert_eq!((error.class, script.requests().len()), (ErrorClass::Invalid, 1));
}

#[tokio::test]
async fn storage_that_waits_is_not_taken_back_by_the_way() {
    let script = Script::new().answer("ModifyDBInstance", "");
    let live = json!({
        "engine": "postgres", "storage": { "size_gib": 400, "type": "gp3", "iops": 12000 },
        "pending": { "changes": { "storage.iops": { "now": 12000, "then": 14000 } } }
    });
    update(&script, json!({ "storage": { "size_gib": 500 } }), live).await.unwrap();
    assert!(script.writes().contains("Iops=14000"), "{}", script.writes());
}

#[tokio::test]
async fn tags_are_set_and_removed() {
    let script = Script::new().answer("AddTagsToResource", "").answer("RemoveTagsFromResource", "");
    let tags = TagChange { set: Tags::from([("a".into(), "b".into())]), remove: ["c".to_owned()].into() };
    let desired = json!({ "final_snapshot": "none" });
    assert_eq!(change(&script, desired, json!({}), None, &tags).await.unwrap(), Progress::Done);
    insta::assert_snapshot!(script.writes(), @r"
    AddTagsToResource
    ResourceName=arn:aws:rds:us-west-2:123456789012:db:site-main
    Tags.Tag.1.Key=a
    Tags.Tag.1.Value=b
    Tags.Tag.2.Key=cn-infra:final-snapshot
    Tags.Tag.2.Value=none

    RemoveTagsFromResource
    ResourceName=arn:aws:rds:us-west-2:123456789012:db:site-main
    TagKeys.member.1=c
    ");
}

#[tokio::test]
async fn an_unfit_state_is_a_reason_to_wait() {
    let script = Script::new().fail("ModifyDBInstance", 400, "InvalidDBInstanceState");
    let error = update(&script, json!({ "multi_az": true }), json!({ "multi_az": false })).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy);
}

fn snapshot(name: &str, status: &str, tags: &str) -> String {
    format!(
        "<DBSnapshot><DBSnapshotIdentifier>{name}</DBSnapshotIdentifier><Status>{status}</Status>\
         <DBSnapshotArn>arn:{name}</DBSnapshotArn><TagList>{tags}</TagList></DBSnapshot>"
    )
}

fn snapshots(snapshots: &[String]) -> String {
    format!("<DBSnapshots>{}</DBSnapshots>", snapshots.concat())
}

const USED: &str = "<Tag><Key>cn-infra:used</Key><Value>true</Value></Tag>";

fn resized() -> (Value, Value) {
    let desired = json!({ "class": "db.t3.large", "snapshot_before": ["class"] });
    (desired, json!({ "class": "db.t3.micro", "backup_window": "08:00-08:30" }))
}

/// The name of the snapshot before [`resized`], as the first apply chooses it.
async fn snapshot_name() -> String {
    let script = Script::new().answer("DescribeDBSnapshots", &snapshots(&[])).answer("CreateDBSnapshot", "");
    let (desired, live) = resized();
    update(&script, desired, live).await.unwrap();
    let request = script.writes();
    request.lines().find_map(|line| line.strip_prefix("DBSnapshotIdentifier=")).unwrap().to_owned()
}

#[tokio::test]
async fn a_snapshot_goes_before_the_change() {
    let (desired, live) = resized();
    let name = snapshot_name().await;
    let script = Script::new()
        .answer("DescribeDBSnapshots", &snapshots(&[snapshot("site-main-other", "available", "")]))
        .answer("DescribeDBSnapshots", &snapshots(&[snapshot(&name, "creating", "")]))
        .answer("DescribeDBSnapshots", &snapshots(&[snapshot(&name, "available", "")]))
        .answer("CreateDBSnapshot", "")
        .answer("ModifyDBInstance", "")
        .answer("AddTagsToResource", "");
    assert_eq!(update(&script, desired.clone(), live.clone()).await.unwrap(), Progress::Again);
    let error = update(&script, desired.clone(), live.clone()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy);
    assert_eq!(update(&script, desired, live).await.unwrap(), Progress::Done);
    insta::assert_snapshot!(script.requests().join("\n\n"), @r"
    DescribeDBSnapshots
    SnapshotType=manual
    DbiResourceId=db-ABCDEFGHIJKLMNOPQRSTUVWXYZ

    CreateDBSnapshot
    DBSnapshotIdentifier=site-main-before-b60da853
    DBInstanceIdentifier=site-main
    Tags.Tag.1.Key=cn-infra:address
    Tags.Tag.1.Value=db_instance.main

    DescribeDBSnapshots
    SnapshotType=manual
    DbiResourceId=db-ABCDEFGHIJKLMNOPQRSTUVWXYZ

    DescribeDBSnapshots
    SnapshotType=manual
    DbiResourceId=db-ABCDEFGHIJKLMNOPQRSTUVWXYZ

    ModifyDBInstance
    DBInstanceIdentifier=site-main
    DBInstanceClass=db.t3.large
    ApplyImmediately=false

    AddTagsToResource
    ResourceName=arn:site-main-before-b60da853
    Tags.Tag.1.Key=cn-infra:used
    Tags.Tag.1.Value=true
    ");
}

#[tokio::test]
async fn a_killed_apply_uses_its_snapshot_again_and_a_later_one_takes_its_own() {
    let (desired, live) = resized();
    let name = snapshot_name().await;
    let used = snapshots(&[snapshot(&name, "available", USED)]);
    let script = Script::new().answer("DescribeDBSnapshots", &used).answer("CreateDBSnapshot", "");
    assert_eq!(update(&script, desired, live.clone()).await.unwrap(), Progress::Again);
    assert!(script.writes().contains(&format!("DBSnapshotIdentifier={name}-2")), "{}", script.writes());
    // Sent already, but RDS has not begun: no second snapshot.
    let script = Script::new()
        .answer("DescribeDBSnapshots", &used)
        .answer("ModifyDBInstance", "")
        .answer("AddTagsToResource", "");
    let desired = json!({ "class": "db.t3.large", "snapshot_before": ["class"], "apply_immediately": true });
    let mut waits = live;
    waits["pending"] = json!({ "changes": { "class": { "now": "db.t3.micro", "then": "db.t3.large" } } });
    assert_eq!(update(&script, desired, waits).await.unwrap_err().class, ErrorClass::Busy);
    assert!(!script.writes().contains("CreateDBSnapshot"), "{}", script.writes());
}

#[tokio::test]
async fn a_failed_snapshot_stops_the_change() {
    let (desired, live) = resized();
    let name = snapshot_name().await;
    let script = Script::new().answer("DescribeDBSnapshots", &snapshots(&[snapshot(&name, "failed", "")]));
    let error = update(&script, desired, live).await.unwrap_err();
    assert_eq!(
        (error.class, error.message),
        (ErrorClass::Invalid, format!("snapshot {name} failed, so nothing was changed"))
    );
}

#[tokio::test]
async fn other_changes_need_no_snapshot() {
    let (mut desired, live) = resized();
    desired["class"] = live["class"].clone();
    desired["backup_window"] = json!("10:00-10:30");
    let script = Script::new().answer("ModifyDBInstance", "");
    assert_eq!(update(&script, desired, live).await.unwrap(), Progress::Done);
    assert_eq!(script.requests().len(), 1);
}

async fn delete(script: &Script, live: Value) -> Result<Progress, ManageError> {
    let live = observed(resource(live));
    manager(script).delete(&live.id, Delete { part: None, live: &live }).await
}

#[tokio::test]
async fn a_final_snapshot_is_taken_unless_it_was_declined() {
    let script = Script::new().answer("DeleteDBInstance", "");
    delete(&script, json!({})).await.unwrap();
    delete(&script, json!({ "final_snapshot": "last" })).await.unwrap();
    delete(&script, json!({ "final_snapshot": "none" })).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    DeleteDBInstance
    DBInstanceIdentifier=site-main
    SkipFinalSnapshot=false
    FinalDBSnapshotIdentifier=site-main-final

    DeleteDBInstance
    DBInstanceIdentifier=site-main
    SkipFinalSnapshot=false
    FinalDBSnapshotIdentifier=last

    DeleteDBInstance
    DBInstanceIdentifier=site-main
    SkipFinalSnapshot=true
    ");
}

#[tokio::test]
async fn a_taken_name_of_a_final_snapshot_is_numbered() {
    let script = Script::new()
        .fail("DeleteDBInstance", 400, "DBSnapshotAlreadyExists")
        .fail("DeleteDBInstance", 400, "DBSnapshotAlreadyExists")
        .answer("DeleteDBInstance", "");
    assert_eq!(delete(&script, json!({})).await.unwrap(), Progress::Done);
    assert!(script.requests()[2].contains("FinalDBSnapshotIdentifier=site-main-final-3"), "{:?}", script.requests());
}

#[tokio::test]
async fn a_protected_instance_is_not_deleted() {
    let script = Script::new();
    let error = delete(&script, json!({ "deletion_protection": true })).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    insta::assert_snapshot!(format!("{error} [{}]", error.hint.as_deref().unwrap()), @"site-main is protected from deletion [set deletion_protection = false in an apply of its own, then delete it]");
    let script = Script::new().fail("DeleteDBInstance", 404, "DBInstanceNotFound");
    assert_eq!(delete(&script, json!({})).await.unwrap_err().class, ErrorClass::Gone);
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

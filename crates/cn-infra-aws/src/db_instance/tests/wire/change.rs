//! What a modification says, and what it leaves out.

use cn_infra_core::live::Readiness;
use cn_infra_core::manager::{Change, ErrorClass, Manager, Progress, TagChange};
use cn_infra_core::owner::Tags;
use serde_json::json;

use super::super::{all_fields, differences, observed, others, resource};
use super::{change, manager, update};
use crate::testing::Script;

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

//! Snapshots before a change.

use cn_infra_core::manager::{ErrorClass, Progress};
use serde_json::{Value, json};

use super::update;
use crate::testing::Script;

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

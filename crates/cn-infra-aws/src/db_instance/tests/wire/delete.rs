//! Deletion, and the final snapshot.

use cn_infra_core::manager::{Delete, ErrorClass, ManageError, Manager, Progress};
use serde_json::{Value, json};

use super::super::{observed, resource};
use super::manager;
use crate::testing::Script;

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
    insta::assert_snapshot!(format!("{error} [{}]", error.hint.as_deref().unwrap()), @"site-main: it is protected from deletion [declare it again with `deletion_protection = false`, apply, then prune]");
    let script = Script::new().fail("DeleteDBInstance", 404, "DBInstanceNotFound");
    assert_eq!(delete(&script, json!({})).await.unwrap_err().class, ErrorClass::Gone);
}

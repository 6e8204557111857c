//! Manual snapshots of a database.

use crate::checkout::Checkout;
use crate::stand_in::{StandIn, scenarios};

scenarios!(a_snapshot_is_taken_waited_for_listed_and_not_taken_twice);

const TAGS: &str = "
for s in boto3.client('rds').describe_db_snapshots(SnapshotType='manual')['DBSnapshots']:
    print(s['DBSnapshotIdentifier'], s['Status'], *sorted(f\"{t['Key']}={t['Value']}\" for t in s['TagList'] if t['Key'].startswith('cn-infra')))";

fn a_snapshot_is_taken_waited_for_listed_and_not_taken_twice(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    let run = checkout.run("snapshot staging main");
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("db_instance.main has no database yet"), "{run}");

    checkout.expect(0, "apply staging --yes --only db_instance.main");
    assert!(checkout.expect(0, "snapshot staging main --list").contains("has no manual snapshot"));
    let run = checkout.run("snapshot staging db_instance.main --name Before-Beta");
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("restore_from_snapshot = \"before-beta\""), "{run}");
    let tags = "cn-infra:address=db_instance.main cn-infra:environment=staging cn-infra:project=coralnet";
    assert_eq!(stand_in.boto3(TAGS), format!("before-beta available {tags}"));
    let listed = checkout.expect(0, "snapshot staging main --list");
    assert!(listed.contains("before-beta   available") && listed.contains("staging/db_instance.main"), "{listed}");

    let run = checkout.run("snapshot staging main --name before-beta");
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("there is a snapshot before-beta already; nothing was taken"), "{run}");
    let json = checkout.expect(0, "snapshot staging main --list --json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json[0]["name"], "before-beta");
}

#[test]
fn what_cannot_be_snapshot_is_said() {
    let checkout = Checkout::new();
    for (arguments, said) in [
        ("snapshot staging bucket.media", "bucket.media is no database"),
        ("snapshot staging main --name 2-beta", "\"2-beta\" is no name for a snapshot: it must begin with a letter"),
        ("snapshot staging main --name a--b", "it may not end with a hyphen or hold two in a row"),
        ("snapshot staging main --name a_b", "it may hold letters, digits and hyphens only"),
    ] {
        let run = checkout.run(arguments);
        assert_eq!(run.code, Some(64), "{run}");
        assert!(run.stderr.contains(said), "{arguments}: {run}");
    }
}

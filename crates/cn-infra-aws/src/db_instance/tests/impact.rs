//! What each change costs.

use cn_infra_core::resource::Resource;
use serde_json::{Value, json};

use super::super::DbInstance;
use super::{all_fields, impact_of, line, others, resource};

#[test]
fn every_field_has_an_impact() {
    let (desired, live) = (resource(all_fields()), resource(others()));
    let paths = DbInstance::FIELDS.iter().map(|field| field.path).chain(["name"]);
    let table: Vec<_> = paths.map(|path| format!("{path}: {}", line(&impact_of(path, &desired, &live)))).collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
    engine: impossible: RDS cannot change an engine [declare a new db_instance, load the data into it, and prune this one]
    engine_version: interrupts: a major upgrade takes the database down for ten minutes or more, and cannot be undone; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    allow_major_upgrade: in place
    class: interrupts: the database is down for some minutes while it moves to the other class; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    storage.size_gib: in place: no downtime; no other change of storage for six hours; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    storage.type: in place: no downtime; slower while storage-optimization lasts, which can be hours; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    storage.iops: in place: no downtime; slower while storage-optimization lasts, which can be hours; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    storage.throughput: in place: no downtime; slower while storage-optimization lasts, which can be hours; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    database: impossible: RDS sets database at creation only [change it in SQL and leave the field out, or declare a new db_instance]
    master_username: impossible: RDS sets master_username at creation only [change it in SQL and leave the field out, or declare a new db_instance]
    master_password: impossible: to or from "managed" replaces the password at once, and locks out whoever uses it [when every consumer can follow, run `aws rds modify-db-instance` with --manage-master-user-password (or with --no-manage-master-user-password --master-user-password) yourself; this then agrees by itself]
    multi_az: in place: the standby is removed; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    availability_zone: impossible: availability_zone is fixed at creation [declare a new db_instance that restores a snapshot of this one, point its consumers at it, and prune this one]
    backup_retention_days: interrupts: I/O stops for seconds to minutes as backups are turned on; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    backup_window: in place
    maintenance_window: in place
    publicly_accessible: in place: its endpoint resolves to another address; open connections from outside may break
    port: interrupts: the database restarts at once, whatever apply_immediately says, and listens on the other port only
    security_groups: in place
    subnet_group: impossible: subnet_group is fixed at creation [declare a new db_instance that restores a snapshot of this one, point its consumers at it, and prune this one]
    parameter_group: in place: attached at once; its static parameters wait for a reboot, which is left to you
    storage_encrypted: impossible: storage_encrypted is fixed at creation [declare a new db_instance that restores a snapshot of this one, point its consumers at it, and prune this one]
    kms_key: impossible: kms_key is fixed at creation [declare a new db_instance that restores a snapshot of this one, point its consumers at it, and prune this one]
    deletion_protection: in place
    auto_minor_version_upgrade: in place
    license_model: interrupts: the database is down for some minutes; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    ca_certificate: interrupts: clients must trust the other authority, and an engine that cannot rotate its certificate restarts; waits for the maintenance window sun:09:00-sun:09:30 UTC; apply_immediately = true does it at once
    performance_insights: in place
    monitoring_interval: in place
    monitoring_role: in place
    copy_tags_to_snapshot: in place
    apply_immediately: in place
    snapshot_before: in place
    final_snapshot: in place: remembered in a tag until the instance is deleted
    restore_from_snapshot: in place
    name: interrupts: renames in place in about 10 minutes; its endpoint changes, and every consumer must follow
    "#);
}

#[test]
fn a_field_of_another_version_is_refused() {
    assert!(line(&impact_of("colour", &resource(json!({})), &resource(json!({})))).starts_with("impossible"));
}

fn cost(path: &str, live: Value, wanted: Value, more: Value) -> String {
    let with = |value: Value, more: Value| {
        let mut fields = path.rsplit('.').fold(value, |value, key| json!({ key: value }));
        fields["engine"] = json!("postgres");
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        resource(fields)
    };
    line(&impact_of(path, &with(wanted, more), &with(live, json!({}))))
}

#[test]
fn versions_go_up_one_way() {
    let cost = |live: &str, wanted: &str, allowed: bool| {
        cost(
            "engine_version",
            json!(live),
            json!(wanted),
            json!({ "allow_major_upgrade": allowed, "apply_immediately": true }),
        )
    };
    insta::assert_snapshot!(cost("16.3", "16.4", false), @"interrupts: the database is down for some minutes for a minor upgrade; at once");
    insta::assert_snapshot!(cost("15.8", "16", false), @r#"impossible: 15.8 to 16 is a major upgrade: it interrupts, and cannot be undone [set allow_major_upgrade = true, and snapshot_before = ["engine_version"]]"#);
    insta::assert_snapshot!(cost("15.8", "16", true), @"interrupts: a major upgrade takes the database down for ten minutes or more, and cannot be undone; at once");
    insta::assert_snapshot!(cost("17.1", "16", true), @"impossible: RDS cannot go back from 17.1 to 16 [declare a new db_instance that restores a snapshot made before the upgrade]");
}

#[test]
fn storage_grows_by_a_tenth_at_least() {
    let cost = |live: u32, wanted: u32| {
        cost("storage.size_gib", json!(live), json!(wanted), json!({ "apply_immediately": true }))
    };
    insta::assert_snapshot!(cost(100, 99), @"impossible: storage never shrinks: it has 100 GiB [set size_gib = 100, or load the data into a new, smaller db_instance]");
    insta::assert_snapshot!(cost(100, 109), @"impossible: storage grows by at least 10 %, so 100 GiB would become 110 [set size_gib = 110 or more]");
    insta::assert_snapshot!(cost(100, 110), @"in place: no downtime; no other change of storage for six hours; at once");
    // A part of a GiB is rounded up.
    assert!(cost(21, 23).starts_with("impossible"));
    assert!(cost(21, 24).starts_with("in place"));
}

#[test]
fn only_the_first_and_the_last_day_of_backups_interrupt() {
    let cost = |live: u32, wanted: u32| cost("backup_retention_days", json!(live), json!(wanted), json!({}));
    insta::assert_snapshot!(cost(0, 7), @"interrupts: I/O stops for seconds to minutes as backups are turned on; waits for the maintenance window; apply_immediately = true does it at once");
    insta::assert_snapshot!(cost(7, 0), @"interrupts: I/O stops for seconds to minutes, and all automated backups are deleted; waits for the maintenance window; apply_immediately = true does it at once");
    insta::assert_snapshot!(cost(7, 14), @"in place");
}

#[test]
fn only_magnetic_storage_interrupts() {
    let cost = |live: &str, wanted: &str| {
        cost("storage.type", json!(live), json!(wanted), json!({ "apply_immediately": true }))
    };
    insta::assert_snapshot!(cost("standard", "gp3"), @"interrupts: the database is down for a moment as the move from or to magnetic storage begins; at once");
    insta::assert_snapshot!(cost("gp2", "gp3"), @"in place: no downtime; slower while storage-optimization lasts, which can be hours; at once");
}

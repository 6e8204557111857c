//! What a file may say.

use cn_infra_core::address::{Address, Ref, Reference};
use cn_infra_core::check::{Context, Situation};
use cn_infra_core::document::Document;
use cn_infra_core::environment::Tier;
use cn_infra_core::kinds::Kind;
use cn_infra_core::resource::Resource;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::impact::value_at;
use super::super::{DbInstance, normalize};
use super::{ID, all_fields, differences, others, resource};

#[test]
fn a_document_survives_and_every_field_is_listed() {
    let all = resource(all_fields());
    let document = Document::of(&all).unwrap();
    assert_eq!(document.to::<DbInstance>().unwrap(), all);
    let unset: Vec<_> = DbInstance::FIELDS.iter().filter(|field| document.get(field.path).is_none()).collect();
    assert_eq!(unset.iter().map(|field| field.path).collect::<Vec<_>>(), ["restore_from_snapshot"]);
    for field in DbInstance::FIELDS {
        let Some(value) = document.get(field.path) else { continue };
        let alone = field.path.rsplit('.').fold(value.clone(), |value, key| json!({ key: value }));
        assert_eq!(value_at(&resource(alone), field.path).as_ref(), Some(value), "{} alone", field.path);
    }
}

#[test]
fn the_schema_has_the_listed_fields_and_not_what_only_aws_reports() {
    let schema = (Kind::of::<DbInstance>().schema)(&mut schemars::SchemaGenerator::default());
    let mut schema: Vec<_> = schema.get("properties").and_then(Value::as_object).unwrap().keys().cloned().collect();
    let mut listed: Vec<_> =
        DbInstance::FIELDS.iter().filter_map(|field| field.path.split('.').next()).map(str::to_owned).collect();
    schema.sort_unstable();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(schema, listed);
}

#[test]
fn a_password_is_named_and_never_repeated() {
    let read = |value: Value| serde_json::from_value::<DbInstance>(json!({ "master_password": value }));
    assert!(read(json!("managed")).is_ok());
    assert!(read(json!({ "env": "CN_DB_PASSWORD" })).is_ok());
    for wrong in [json!("hunter2"), json!(31337), json!({})] {
        let message = read(wrong).unwrap_err().to_string();
        assert!(!message.contains("hunter2") && !message.contains("31337"), "{message}");
        insta::allow_duplicates! { insta::assert_snapshot!(message, @r#"a password never stands in a file: write "managed", which keeps it in Secrets Manager, or { env = "NAME" }, the environment variable that holds it when the database is created"#); }
    }
    insta::assert_snapshot!(read(json!({ "value": "hunter2" })).unwrap_err(), @"unknown field `value`, expected `env`");
    insta::assert_snapshot!(read(json!({ "env": "A", "value": "hunter2" })).unwrap_err(), @"unknown field `value`, expected `env`");
    insta::assert_snapshot!(read(json!(true)).unwrap_err(), @r#"invalid type: boolean `true`, expected "managed" or { env = "NAME" }"#);
}

fn problems(fields: &Value) -> String {
    let mut all = json!({
        "engine": "postgres", "class": "db.t3.micro", "storage": { "size_gib": 20 },
        "master_username": "site", "master_password": "managed",
    });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let mut lines = Vec::new();
    resource(all).validate(&mut |problem| {
        let hint = problem.hint.map_or_else(String::new, |hint| format!(" [{hint}]"));
        lines.push(format!("{}: {}{hint}", problem.path, problem.message));
    });
    lines.join("\n")
}

#[test]
fn rules_over_several_fields() {
    assert_eq!(problems(&json!({})), "");
    assert_eq!(problems(&all_fields()), "");
    insta::assert_snapshot!(problems(&json!({ "storage": null, "master_username": null, "master_password": null })), @r"
    storage: storage.size_gib is required, unless the database is restored from a snapshot [set storage.size_gib or restore_from_snapshot]
    master_username: master_username is required, unless the database is restored from a snapshot [set master_username or restore_from_snapshot]
    master_password: master_password is required, unless the database is restored from a snapshot [set master_password or restore_from_snapshot]
    ");
    let restored =
        json!({ "storage": null, "master_username": null, "master_password": null, "restore_from_snapshot": "s" });
    assert_eq!(problems(&restored), "");
    insta::assert_snapshot!(problems(&json!({
        "restore_from_snapshot": "s", "kms_key": "alias/a", "master_password": { "env": "A" }
    })), @r#"
    kms_key: a restored database keeps the encryption of its snapshot
    master_password: a restored database keeps the password of its snapshot [leave it out, or write "managed"]
    "#);
    insta::assert_snapshot!(problems(&json!({ "storage": { "size_gib": 20, "type": "io1" } })), @"storage.type: io1 storage needs iops");
    insta::assert_snapshot!(problems(&json!({ "storage": { "size_gib": 20, "type": "gp2", "iops": 3000, "throughput": 125 } })), @r"
    storage.iops: gp2 storage has no provisioned iops
    storage.throughput: only gp3 storage has a throughput of its own
    ");
    insta::assert_snapshot!(problems(&json!({ "storage": { "size_gib": 20, "type": "ssd" } })), @r#"storage.type: "ssd" is no type of storage [write gp3, gp2, io1, io2 or standard]"#);
    insta::assert_snapshot!(problems(&json!({ "engine": "aurora-postgresql", "engine_version": "latest" })), @r#"
    engine: Aurora, Neptune and DocumentDB are clusters, which this kind does not manage
    engine_version: this is no version of an engine [write "16" for any 16, or "16.4" for at least that minor version]
    "#);
    insta::assert_snapshot!(problems(&json!({ "master_password": "unmanaged" })), @r#"master_password: "unmanaged" is what AWS reports, not what can be asked for [write "managed" or { env = "NAME" }]"#);
    insta::assert_snapshot!(problems(&json!({ "master_password": { "env": "" } })), @"master_password: this cannot be the name of an environment variable");
    insta::assert_snapshot!(problems(&json!({ "snapshot_before": ["class", "storage", "storage.iops", "clas", "engine"] })), @r#"
    snapshot_before: "clas" is no field that can change [name fields of this table: ["class", "engine_version", "storage"]]
    snapshot_before: "engine" is no field that can change [name fields of this table: ["class", "engine_version", "storage"]]
    "#);
    insta::assert_snapshot!(problems(&json!({ "final_snapshot": "a--b" })), @r#"final_snapshot: "a--b" cannot be the name of a snapshot [start with a letter; use letters, digits and single hyphens; or write "none"]"#);
    insta::assert_snapshot!(problems(&json!({ "monitoring_interval": 7 })), @r"
    monitoring_interval: enhanced monitoring knows 0, 1, 5, 10, 15, 30 and 60 seconds
    monitoring_interval: enhanced monitoring needs a role to write to CloudWatch [set monitoring_role to the role's ARN]
    ");
    insta::assert_snapshot!(problems(&json!({ "monitoring_interval": 0, "monitoring_role": "arn:aws:iam::1:role/a" })), @"monitoring_role: RDS takes a role only with an interval that is not 0");
    insta::assert_snapshot!(problems(&json!({
        "multi_az": true, "availability_zone": "us-west-2a", "security_groups": [], "backup_retention_days": 36, "port": 80,
        "storage_encrypted": false, "kms_key": "alias/a"
    })), @r"
    availability_zone: with multi_az, AWS chooses both zones [leave one of them out]
    backup_retention_days: backups are kept for 0 to 35 days
    security_groups: a database has at least one security group [leave the field out, or name a group that opens nothing]
    port: a database listens on a port from 1150 to 65535
    kms_key: a key is for encrypted storage, and storage_encrypted is false
    ");
}

#[test]
fn windows_are_at_least_half_an_hour() {
    for good in ["08:00-08:30", "23:45-00:15", "00:00-23:59"] {
        assert_eq!(problems(&json!({ "backup_window": good })), "", "{good}");
    }
    for bad in ["08:00-08:29", "8:00-8:30", "08:00", "24:00-24:30", "08:00-08:30 ", "08:00-08:00", "+8:00-09:00"] {
        assert_ne!(problems(&json!({ "backup_window": bad })), "", "{bad}");
    }
    for good in ["sun:09:00-sun:09:30", "Sun:23:45-Mon:00:15"] {
        assert_eq!(problems(&json!({ "maintenance_window": good })), "", "{good}");
    }
    for bad in ["sun:09:00-sun:09:20", "09:00-09:30", "so:09:00-so:09:30", "sun:09:00-09:30"] {
        assert_ne!(problems(&json!({ "maintenance_window": bad })), "", "{bad}");
    }
}

fn findings(it: Value, live: Option<Value>, tier: Tier, name: &str) -> String {
    let situation = Situation { tier, now: Timestamp::UNIX_EPOCH, name, my_ip: None };
    let live = live.map(resource);
    let mut lines = Vec::new();
    resource(it).check(&Context { live: live.as_ref(), situation: &situation }, &mut |finding| {
        lines.push(format!("{} {:?}: {}", finding.code, finding.severity, finding.message));
    });
    lines.join("\n")
}

#[test]
fn remarks() {
    assert_eq!(findings(json!({}), None, Tier::Development, "site-main"), "");
    insta::assert_snapshot!(findings(json!({ "publicly_accessible": true, "backup_retention_days": 0 }), None, Tier::Production, "site-main"), @r"
    CN104 Warning: the database has a public address
    CN305 Warning: no backups are made of a production database
    CN306 Warning: a production database can be deleted by one call
    CN307 Warning: the storage of a production database is not encrypted
    ");
    insta::assert_snapshot!(findings(json!({ "multi_az": true }), None, Tier::Staging, "site-main"), @"CN308 Note: a standby in a second zone doubles the cost of staging");
    let paid =
        json!({ "class": "db.m3.xlarge", "backup_retention_days": 14, "storage": { "type": "io1", "iops": 3000 } });
    insta::assert_snapshot!(findings(paid.clone(), None, Tier::Staging, "site-main"), @r"
    CN309 Note: backups of staging are kept for 14 days
    CN310 Note: provisioned IOPS are paid for by the month, used or not
    CN311 Note: db.m3.xlarge is paid for like production's databases
    CN312 Note: db.m3.xlarge is of a previous generation
    ");
    insta::assert_snapshot!(findings(paid, None, Tier::Development, "site-main"), @"CN312 Note: db.m3.xlarge is of a previous generation");
    insta::assert_snapshot!(findings(json!({}), None, Tier::Staging, "Site_Main"), @r#"CN303 Error: "Site_Main" cannot be the identifier of a database"#);
    let restored = json!({ "restore_from_snapshot": "s", "engine_version": "16", "performance_insights": true });
    insta::assert_snapshot!(findings(restored, None, Tier::Staging, "site-main"), @"CN304 Note: a restore cannot set engine_version, performance_insights: the apply after it does");
    let live = json!({ "pending": {
        "changes": { "class": { "now": "db.t3.micro", "then": "db.t3.large" }, "multi_az": { "then": true } },
        "reboot": "site"
    } });
    insta::assert_snapshot!(findings(json!({ "apply_immediately": true, "class": "db.t3.micro" }), Some(live.clone()), Tier::Staging, "site-main"), @r"
    CN301 Warning: apply_immediately = true also carries out what waits: multi_az true
    CN302 Note: static parameters of parameter group site wait for a reboot
    ");
    insta::assert_snapshot!(findings(json!({}), Some(live), Tier::Staging, "site-main"), @"CN302 Note: static parameters of parameter group site wait for a reboot");
}

#[test]
fn references_are_shown_and_stay_a_set() {
    let mut it = resource(json!({ "security_groups": ["security_group.db", "sg-0aaaaaaaaaaaaaaaa"] }));
    let mut seen = Vec::new();
    it.references(&mut |path, reference| {
        seen.push(format!("{path}: {reference}"));
        *reference = Reference::Resource(Address::new("security_group", "web"));
    });
    assert_eq!(seen, ["security_groups: security_group.db", "security_groups: sg-0aaaaaaaaaaaaaaaa"]);
    assert_eq!(it.security_groups, Some([Ref::to("web")].into()));
}

#[test]
fn physical_ids() {
    assert!(DbInstance::is_physical_id(ID));
    assert!(DbInstance::is_physical_id(super::ARN));
    assert!(!DbInstance::is_physical_id("site-main"));
    assert!(!DbInstance::is_physical_id("db-main"));
}

#[test]
fn what_means_the_same_is_no_difference() {
    let desired = resource(json!({
        "engine": "postgres", "engine_version": "16", "maintenance_window": "Sun:09:00-Sun:09:30",
        "parameter_group": "Site", "kms_key": "alias/site", "master_password": { "env": "A" },
        "availability_zone": "us-west-2a",
    }));
    let mut live = resource(json!({
        "engine": "postgres", "engine_version": "16.4", "maintenance_window": "sun:09:00-sun:09:30",
        "parameter_group": "site", "kms_key": "arn:aws:kms:us-west-2:1:key/2", "master_password": "unmanaged",
        "availability_zone": "us-west-2b", "multi_az": true,
    }));
    assert_eq!(differences(&desired, &live).0, [""; 0]);
    live.multi_az = Some(false);
    assert_eq!(differences(&desired, &live).0, ["availability_zone"]);
    live.master_password = Some(super::super::MasterPassword::Managed);
    assert_eq!(differences(&desired, &live).0, ["master_password", "availability_zone"]);
}

#[test]
fn every_field_differs_where_it_differs_and_normalizing_twice_changes_nothing() {
    let (mut desired, mut live) = (resource(all_fields()), resource(others()));
    live.multi_az = Some(false);
    desired.multi_az = Some(true);
    let (paths, once) = differences(&desired, &live);
    let role_compared = |path: &&str| {
        !["allow_major_upgrade", "apply_immediately", "snapshot_before", "restore_from_snapshot"].contains(path)
    };
    let all: Vec<_> = DbInstance::FIELDS.iter().map(|field| field.path).filter(role_compared).collect();
    assert_eq!(paths, all);
    let mut twice = once.clone();
    normalize::normalize(&desired, &mut twice);
    assert_eq!(once, twice);
}

#[test]
fn storage_that_rds_grows_by_itself_is_asked_for_as_the_least() {
    let desired = |size: u32| resource(json!({ "engine": "postgres", "storage": { "size_gib": size } }));
    let live = |grows_to: Value| {
        resource(json!({ "engine": "postgres", "storage": { "size_gib": 40 }, "grows_to": grows_to }))
    };
    assert_eq!(differences(&desired(30), &live(json!(100))).0, [""; 0]);
    assert_eq!(differences(&desired(50), &live(json!(100))).0, ["storage.size_gib"]);
    assert_eq!(differences(&desired(30), &live(Value::Null)).0, ["storage.size_gib"]);
}

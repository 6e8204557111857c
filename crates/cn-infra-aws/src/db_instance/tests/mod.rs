//! Tests of the kind: what a file may say, what waits, what changes cost, and what RDS is sent.

mod impact;
mod model;
mod pending;
mod wire;

use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::resource::{FieldChange, Impact, Resource, Role};
use serde_json::{Value, json};

use super::impact::value_at;
use super::{DbInstance, normalize};

const ID: &str = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ARN: &str = "arn:aws:rds:us-west-2:123456789012:db:site-main";

/// A resource of some of its fields.
fn resource(fields: Value) -> DbInstance {
    serde_json::from_value(fields).unwrap()
}

/// Every field that a new database can have, with a value that differs from that of [`others`].
fn all_fields() -> Value {
    json!({
        "engine": "postgres",
        "engine_version": "16",
        "allow_major_upgrade": true,
        "class": "db.t3.medium",
        "storage": { "size_gib": 500, "type": "gp3", "iops": 12000, "throughput": 500 },
        "database": "coralnet",
        "master_username": "coralnet",
        "master_password": { "env": "CN_DB_PASSWORD" },
        "multi_az": false,
        "availability_zone": "us-west-2a",
        "backup_retention_days": 7,
        "backup_window": "08:00-08:30",
        "maintenance_window": "sun:09:00-sun:09:30",
        "publicly_accessible": true,
        "port": 5432,
        "security_groups": ["sg-0aaaaaaaaaaaaaaaa", "sg-0bbbbbbbbbbbbbbbb"],
        "subnet_group": "public",
        "parameter_group": "site",
        "storage_encrypted": true,
        "kms_key": "11111111-2222-3333-4444-555555555555",
        "deletion_protection": true,
        "auto_minor_version_upgrade": true,
        "license_model": "postgresql-license",
        "ca_certificate": "rds-ca-rsa2048-g1",
        "performance_insights": true,
        "monitoring_interval": 60,
        "monitoring_role": "arn:aws:iam::123456789012:role/monitoring",
        "copy_tags_to_snapshot": true,
        "apply_immediately": false,
        "snapshot_before": ["class", "engine_version"],
        "final_snapshot": "last",
    })
}

/// Every managed and create-only field with another value.
fn others() -> Value {
    json!({
        "engine": "mysql",
        "engine_version": "15.4",
        "class": "db.m5.xlarge",
        "storage": { "size_gib": 30, "type": "gp2", "iops": 3000, "throughput": 125 },
        "database": "other",
        "master_username": "other",
        "master_password": "managed",
        "multi_az": true,
        "availability_zone": "us-west-2b",
        "backup_retention_days": 0,
        "backup_window": "10:00-10:30",
        "maintenance_window": "mon:09:00-mon:09:30",
        "publicly_accessible": false,
        "port": 5433,
        "security_groups": ["sg-0cccccccccccccccc"],
        "subnet_group": "private",
        "parameter_group": "other",
        "storage_encrypted": false,
        "kms_key": "arn:aws:kms:us-west-2:123456789012:key/99999999-2222-3333-4444-555555555555",
        "deletion_protection": false,
        "auto_minor_version_upgrade": false,
        "license_model": "general-public-license",
        "ca_certificate": "rds-ca-2019",
        "performance_insights": false,
        "monitoring_interval": 0,
        "monitoring_role": "arn:aws:iam::123456789012:role/other",
        "copy_tags_to_snapshot": false,
        "final_snapshot": "none",
    })
}

/// Fields that the engine would find to differ, after both sides were brought into comparable form.
fn differences(desired: &DbInstance, live: &DbInstance) -> (Vec<String>, DbInstance) {
    let mut live = live.clone();
    normalize::normalize(desired, &mut live);
    let compared = DbInstance::FIELDS.iter().filter(|field| field.role != Role::Instruction);
    let differs = |path: &str| {
        let wanted = value_at(desired, path);
        wanted.is_some() && wanted != value_at(&live, path)
    };
    let paths = compared.map(|field| field.path).filter(|path| differs(path)).map(str::to_owned).collect();
    (paths, live)
}

/// What a change of one field costs, or of `name` to `"renamed"`.
fn impact_of(path: &str, desired: &DbInstance, live: &DbInstance) -> Impact {
    let (_, live) = differences(desired, live);
    let (before, after) = match path {
        "name" => (Some(json!("site-main")), Some(json!("renamed"))),
        _ => (value_at(&live, path), value_at(desired, path)),
    };
    DbInstance::impact(&FieldChange { path, before: before.as_ref(), after: after.as_ref(), desired, live: &live })
}

/// One line for an impact.
fn line(impact: &Impact) -> String {
    match impact {
        Impact::InPlace { note: None } => "in place".to_owned(),
        Impact::InPlace { note: Some(note) } => format!("in place: {note}"),
        Impact::Interrupts { why } => format!("interrupts: {why}"),
        Impact::Impossible { why, hint } => format!("impossible: {why} [{hint}]"),
        Impact::Ignored { why } => format!("ignored: {why}"),
    }
}

/// The object `site-main` with some fields.
fn observed(live: DbInstance) -> Observed<DbInstance> {
    Observed {
        id: PhysicalId::from(ID),
        aliases: vec![PhysicalId::from(ARN)],
        name: Some("site-main".to_owned()),
        token: None,
        tags: [("cn-infra:address".to_owned(), "db_instance.main".to_owned())].into(),
        live,
        readiness: Readiness::Ready,
        unfinished: None,
        outputs: [("arn".to_owned(), ARN.to_owned())].into(),
    }
}

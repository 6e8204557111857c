//! A database: its row, and how it is found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names;
use super::phases::Phase;
use super::storage::Storage;
use super::windows::Window;
use crate::context::Context;
use crate::error::AwsError;
use crate::tags::Tags;

/// A row of the databases. No password is ever in it.
#[expect(clippy::struct_excessive_bools, reason = "RDS has as many switches")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Database {
    /// In lower case; the row's key.
    pub identifier: String,
    /// `db-…`, which never changes.
    pub resource_id: String,
    /// When it was asked for.
    pub made: Timestamp,
    /// Since when it is there, with an endpoint.
    pub created: Option<Timestamp>,
    /// For example `postgres`.
    pub engine: String,
    /// Exact: `16.4`.
    pub version: String,
    /// For example `db.t3.medium`.
    pub class: String,
    /// The storage.
    pub storage: Storage,
    /// Up to what size RDS would let it grow by itself, in GiB.
    pub max_storage: Option<u32>,
    /// Since the last change of storage; for six hours there is no other.
    pub storage_changed: Option<Timestamp>,
    /// The database made at creation.
    pub name: Option<String>,
    /// The master user.
    pub master: String,
    /// The secret of a managed master password.
    pub secret: Option<Secret>,
    /// Where it listens.
    pub port: u16,
    /// Its zone.
    pub zone: String,
    /// The zone of its standby.
    pub second_zone: Option<String>,
    /// Its subnet group.
    pub subnet_group: String,
    /// Ids of its security groups.
    pub groups: Vec<String>,
    /// Its parameter group.
    pub parameter_group: String,
    /// The parameters, apart from defaults, that it runs with since its last start.
    pub parameters: BTreeMap<String, String>,
    /// Days that automated backups are kept; 0: none are made.
    pub retention: u32,
    /// Daily.
    pub backup_window: Window,
    /// Weekly.
    pub maintenance_window: Window,
    /// When the next automated backup begins.
    pub next_backup: Option<Timestamp>,
    /// When what is pending begins.
    pub next_maintenance: Option<Timestamp>,
    /// The ARN of the key of its encrypted storage.
    pub kms_key: Option<String>,
    /// For example `rds-ca-rsa2048-g1`.
    pub ca: String,
    /// For example `postgresql-license`.
    pub license: String,
    /// Whether it has a public address.
    pub public: bool,
    /// Whether it cannot be deleted.
    pub protected: bool,
    /// Whether RDS upgrades minor versions by itself.
    pub minor_upgrades: bool,
    /// Whether snapshots get its tags.
    pub copy_tags: bool,
    /// Whether IAM users can log in.
    pub iam: bool,
    /// The key and the days of Performance Insights.
    pub insights: Option<(String, u32)>,
    /// Enhanced monitoring: seconds, and the role.
    pub monitoring: Option<(u32, String)>,
    /// The logs that are sent to CloudWatch.
    pub logs: Vec<String>,
    /// Its tags.
    pub tags: Tags,
    /// What was asked for and is not carried out yet, by its name in `PendingModifiedValues`.
    pub pending: BTreeMap<String, String>,
    /// What it goes through, the running phase first.
    pub phases: Vec<Phase>,
}

/// The secret that RDS keeps a master password in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Secret {
    /// Its ARN.
    pub arn: String,
    /// The ARN of its key.
    pub kms_key: String,
    /// `creating`, `active` or `rotating`.
    pub status: String,
}

impl Secret {
    /// The secret that a database has from now on.
    pub fn new(context: &Context<'_>, resource_id: &str, asked_key: Option<&str>) -> Self {
        let Context { region, account, .. } = context;
        let uuid = names::uuid(&format!("secret {resource_id} {}", context.now));
        let arn = format!("arn:aws:secretsmanager:{region}:{account}:secret:rds!db-{uuid}-{}", crate::ids::capitals(6));
        let kms_key = names::kms_key(region, account, asked_key.or(Some("alias/aws/secretsmanager")));
        Self { arn, kms_key, status: "creating".to_owned() }
    }
}

/// How an unknown database is told.
pub fn not_found(name: &str) -> AwsError {
    AwsError::new("DBInstanceNotFound", format!("DBInstance {name} not found.")).status(404)
}

/// A copy of the database of a name or an ARN, in whatever case.
///
/// # Errors
/// `DBInstanceNotFound`.
pub fn find(context: &Context<'_>, name: &str) -> Result<Database, AwsError> {
    let name = names::of_arn(context, "db", name);
    let row = context.rds.databases.get(&name).filter(|row| context.can_see(row.made));
    row.cloned().ok_or_else(|| not_found(&name))
}

/// Refuses a name that a database has, or is being renamed to.
///
/// # Errors
/// `DBInstanceAlreadyExists`.
pub fn check_free(context: &Context<'_>, name: &str) -> Result<(), AwsError> {
    let databases = &context.rds.databases;
    let is_promised = |row: &Database| row.pending.get("DBInstanceIdentifier").is_some_and(|next| next == name);
    if databases.contains(name) || databases.values().any(is_promised) {
        return Err(AwsError::new("DBInstanceAlreadyExists", format!("DB instance already exists: {name}")));
    }
    Ok(())
}

impl Database {
    /// Refuses whatever a database does only while it is available.
    ///
    /// # Errors
    /// `InvalidDBInstanceState`.
    pub fn check_available(&self) -> Result<(), AwsError> {
        if self.phases.is_empty() {
            return Ok(());
        }
        let message = format!("Instance {} is not in available state.", self.identifier);
        Err(AwsError::new("InvalidDBInstanceState", message))
    }
}

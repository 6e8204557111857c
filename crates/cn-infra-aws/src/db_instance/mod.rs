//! `db_instance`: a database that RDS runs.
//!
//! Its physical id is the DbiResourceId, which survives a rename; every call names it by its identifier, the `name`.
//! What a change costs is in [`impact`], what waits for the maintenance window in [`pending`].

mod change;
mod check;
mod cost;
mod create;
mod delete;
mod export;
mod impact;
pub mod manual;
mod normalize;
mod observe;
mod password;
mod pending;
mod port;
mod request;
mod rules;
mod snapshot;
mod tags;
mod version;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::env::VarError;

use cn_infra_core::address::{PhysicalId, Ref, Reference};
use cn_infra_core::check::{Context, Finding};
use cn_infra_core::export::Exporting;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{Change, Delete, ManageError, Manager, New, Obstacle, Progress, Scope};
use cn_infra_core::resource::{Field, FieldChange, Impact, Naming, Output, Problem, Resource};
use cn_infra_core::value::OrNone;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Session;
use crate::security_group::SecurityGroup;

pub use password::MasterPassword;
pub use pending::{Pending, Waiting};
pub(crate) use port::ENGINE_PORTS;
pub use version::EngineVersion;

/// A database instance of RDS: PostgreSQL, MySQL, MariaDB, Oracle, SQL Server or Db2, not Aurora.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DbInstance {
    /// The engine: `postgres`, `mysql`, `mariadb`, `oracle-ee`, `sqlserver-ex`, `db2-se`. It cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The version asked for: `"16"` accepts any 16, `"16.4"` at least that minor version of 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_version: Option<EngineVersion>,
    /// Allows `engine_version` to go to the next major version, which interrupts and cannot be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_major_upgrade: Option<bool>,
    /// The instance class: `db.t3.medium`. A change interrupts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The storage; each of its fields stands for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// The name of the database made at creation; left out: the engine's default. It cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The master user. It cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_username: Option<String>,
    /// `"managed"`: kept and rotated in Secrets Manager; or `{ env = "NAME" }`: read from that variable at creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_password: Option<MasterPassword>,
    /// A standby in a second availability zone. AWS's default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_az: Option<bool>,
    /// The availability zone: `us-west-2a`; left out: AWS chooses. It cannot change, and is not compared with a standby.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Days that automated backups are kept, 0 to 35; 0: none are made. AWS's default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_retention_days: Option<u32>,
    /// When the daily backup is made, UTC: `08:00-08:30`, at least 30 minutes. AWS's default: its choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_window: Option<String>,
    /// When AWS may interrupt for maintenance and waiting changes, UTC: `sun:09:00-sun:09:30`. AWS's default: its choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance_window: Option<String>,
    /// Whether the endpoint resolves to a public address. AWS's default: depends on the subnets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publicly_accessible: Option<bool>,
    /// The port, 1150 to 65535. AWS's default: the engine's. A change restarts the database at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The security groups of its network interface. AWS's default: the VPC's default group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<BTreeSet<Ref<SecurityGroup>>>,
    /// The DB subnet group. AWS's default: that of the default VPC. It cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_group: Option<String>,
    /// The DB parameter group. AWS's default: the default group of the engine's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter_group: Option<String>,
    /// Whether the storage is encrypted. AWS's default: false. It cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_encrypted: Option<bool>,
    /// The key for the storage: id, ARN or `alias/…`. AWS's default: `alias/aws/rds`. It cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// Whether AWS refuses to delete it. AWS's default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Whether AWS upgrades to new minor versions in the maintenance window. AWS's default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_minor_version_upgrade: Option<bool>,
    /// The licence model: `license-included`, `bring-your-own-license`, `general-public-license`, `postgresql-license`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_model: Option<String>,
    /// The certificate authority of the server's certificate: `rds-ca-rsa2048-g1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// Whether Performance Insights is on. AWS's default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance_insights: Option<bool>,
    /// Seconds between points of enhanced monitoring: 0 (off), 1, 5, 10, 15, 30 or 60. AWS's default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_interval: Option<u32>,
    /// The ARN of the role with which enhanced monitoring writes to CloudWatch Logs; needed where the interval is not 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_role: Option<String>,
    /// Whether snapshots get the instance's tags. AWS's default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_tags_to_snapshot: Option<bool>,
    /// AWS's word: changes happen at once and not in the maintenance window, and so does everything else that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply_immediately: Option<bool>,
    /// Fields before whose change a snapshot is taken: `["class", "engine_version"]`. It is taken when the change is
    /// sent, also where that then waits for the maintenance window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_before: Option<Vec<String>>,
    /// The snapshot taken when it is deleted: a name, or `"none"`; left out: `<identifier>-final`. Kept as a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_snapshot: Option<OrNone<String>>,
    /// The snapshot, by name or ARN, that it is made from; used at creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_from_snapshot: Option<String>,
    /// What waits in a live instance. AWS reports it; a file cannot say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub pending: Option<Pending>,
    /// The size in GiB up to which RDS grows the storage by itself. AWS reports it; a file cannot say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub grows_to: Option<u32>,
}

/// The storage of a database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Size in GiB. It grows by at least 10 % and never shrinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_gib: Option<u32>,
    /// `gp3`, `gp2`, `io1`, `io2` or `standard`. AWS's default: gp2, with `iops` io1.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub storage_type: Option<String>,
    /// Provisioned I/O operations per second, for io1, io2 and large gp3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
    /// Provisioned throughput in MiB per second, for large gp3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<u32>,
}

impl DbInstance {
    /// Whether changes, and all that waits, happen at once.
    fn at_once(&self) -> bool {
        self.apply_immediately == Some(true)
    }

    /// What waits for the maintenance window at one path.
    fn waiting(&self, path: &str) -> Option<&Waiting> {
        self.pending.as_ref()?.changes.get(path)
    }
}

impl Resource for DbInstance {
    const KIND: &'static str = "db_instance";
    const FIELDS: &'static [Field] = &[
        Field::create_only("engine"),
        Field::managed("engine_version"),
        Field::instruction("allow_major_upgrade"),
        Field::managed("class"),
        Field::managed("storage.size_gib"),
        Field::managed("storage.type"),
        Field::managed("storage.iops"),
        Field::managed("storage.throughput"),
        Field::create_only("database"),
        Field::create_only("master_username"),
        Field::create_only("master_password"),
        Field::managed("multi_az"),
        Field::create_only("availability_zone"),
        Field::managed("backup_retention_days"),
        Field::managed("backup_window"),
        Field::managed("maintenance_window"),
        Field::managed("publicly_accessible"),
        Field::managed("port"),
        Field::managed("security_groups"),
        Field::create_only("subnet_group"),
        Field::managed("parameter_group"),
        Field::create_only("storage_encrypted"),
        Field::create_only("kms_key"),
        Field::managed("deletion_protection"),
        Field::managed("auto_minor_version_upgrade"),
        Field::managed("license_model"),
        Field::managed("ca_certificate"),
        Field::managed("performance_insights"),
        Field::managed("monitoring_interval"),
        Field::managed("monitoring_role"),
        Field::managed("copy_tags_to_snapshot"),
        Field::instruction("apply_immediately"),
        Field::instruction("snapshot_before"),
        // Not an instruction: whoever deletes the block from the file takes its instructions away with it.
        Field::managed("final_snapshot"),
        Field::instruction("restore_from_snapshot"),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output { name: "endpoint", doc: "The host name that clients connect to." },
        Output { name: "port", doc: "The port that clients connect to." },
        Output { name: "arn", doc: "The ARN; a rename changes it." },
        Output { name: "secret_arn", doc: "The ARN of the managed master password in Secrets Manager." },
        Output { name: "ca", doc: "The certificate authority of the server's certificate." },
        Output { name: "resource_id", doc: "The DbiResourceId, as IAM policies name the instance." },
    ];
    const REQUIRED: &'static [&'static str] = &["engine", "class"];
    const NAMING: Naming = Naming { tag: false, required: false, unique: true };
    const HOLDS_DATA: bool = true;
    const ID_FORM: &'static str = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ (its DbiResourceId) or its ARN";

    fn is_physical_id(text: &str) -> bool {
        let is_resource_id =
            |id: &str| id.len() >= 20 && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        text.strip_prefix("db-").is_some_and(is_resource_id) || (text.starts_with("arn:aws") && text.contains(":db:"))
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        let Some(groups) = &mut self.security_groups else { return };
        // A set does not lend its members for change: they are taken out and put back in their new order.
        let shown = std::mem::take(groups).into_iter().map(|mut group| {
            each("security_groups", group.get_mut());
            group
        });
        *groups = shown.collect();
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        impact::impact(change)
    }

    fn normalize(&mut self, live: &mut Self, _: Timestamp) {
        normalize::normalize(self, live);
    }

    fn export(&mut self, exporting: &Exporting<'_>) -> Result<Vec<String>, String> {
        Ok(export::say(self, exporting))
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        rules::validate(self, each);
    }

    fn check(&self, context: &Context<'_, Self>, each: &mut dyn FnMut(Finding)) {
        check::check(self, context, each);
    }

    fn after_delete(&self, name: &str) -> Option<String> {
        Some(delete::way_back(self, name))
    }
}

/// Reads and changes the database instances of one account and region.
#[derive(Clone, Debug)]
pub struct DbInstances {
    rds: aws_sdk_rds::Client,
    /// Where a create reads a password.
    variable: fn(&str) -> Result<String, VarError>,
}

impl DbInstances {
    /// The manager over a session's RDS client.
    pub fn new(session: &Session) -> Self {
        Self { rds: session.rds.clone(), variable: |name| std::env::var(name) }
    }
}

impl Manager for DbInstances {
    type Resource = DbInstance;

    async fn observe(&self, scope: &Scope<'_, DbInstance>) -> Result<Vec<Observed<DbInstance>>, ManageError> {
        observe::observe(&self.rds, scope).await
    }

    /// Deletion protection is in every reading.
    async fn obstacles(&self, doomed: &[Observed<DbInstance>]) -> Result<Vec<(PhysicalId, Obstacle)>, ManageError> {
        let protected = doomed.iter().filter(|database| database.live.deletion_protection == Some(true));
        Ok(protected.map(|database| (database.id.clone(), delete::protected())).collect())
    }

    async fn create(&self, new: New<'_, DbInstance>) -> Result<PhysicalId, ManageError> {
        create::create(self, &new).await
    }

    async fn update(&self, id: &PhysicalId, change: Change<'_, DbInstance>) -> Result<Progress, ManageError> {
        change::update(&self.rds, id, &change).await
    }

    async fn delete(&self, _: &PhysicalId, what: Delete<'_, DbInstance>) -> Result<Progress, ManageError> {
        delete::delete(&self.rds, what.live).await
    }
}

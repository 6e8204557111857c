//! Manual snapshots: taken when somebody asks for one, kept until somebody deletes them.
//!
//! AWS: "Creating a DB snapshot for a Single-AZ DB instance" in the RDS User Guide.

use std::time::Duration;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::DbSnapshot;
use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::{ErrorClass, ManageError};
use cn_infra_core::owner::Owner;
use jiff::Timestamp;
use serde::Serialize;

use super::tags;
use crate::Session;
use crate::error::failed;
use crate::session::rds_once;

/// How often the status of a snapshot that is being taken is worth a look.
pub const LOOK: Duration = Duration::from_secs(10);

/// A manual snapshot of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Its name, the DBSnapshotIdentifier.
    pub name: String,
    /// In RDS's word: `creating`, `available`, `failed`.
    pub status: String,
    /// How much of it is done, in percent, where RDS tells.
    pub percent: Option<i32>,
    /// The size of the database's storage.
    pub size_gib: Option<i32>,
    /// The engine and its version: `postgres 16.4`.
    pub engine: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// When it was taken; RDS tells once it has begun.
    pub at: Option<Timestamp>,
    /// Whose it is, where it bears ownership tags.
    pub owner: Option<Owner>,
}

/// Takes and lists manual snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots {
    rds: Client,
}

impl Snapshots {
    /// Over the RDS client of a session.
    pub fn new(session: &Session) -> Self {
        Self { rds: session.rds.clone() }
    }

    /// The manual snapshots of a database, the oldest first. `database` is its DbiResourceId: a renamed database keeps its
    /// snapshots.
    pub async fn list(&self, database: &PhysicalId) -> Result<Vec<Snapshot>, ManageError> {
        let mut found: Vec<_> = all(&self.rds, database).await?.iter().map(Snapshot::of).collect();
        found.sort_by(|a, b| (a.at.is_none(), a.at, &a.name).cmp(&(b.at.is_none(), b.at, &b.name)));
        Ok(found)
    }

    /// Begins a snapshot with the tags of an owner. RDS knows no client token here, so the call goes out once; whether
    /// one whose answer was lost took effect, [`list`](Self::list) tells.
    pub async fn begin(&self, identifier: &str, name: &str, owner: &Owner) -> Result<(), ManageError> {
        begin(&self.rds, identifier, name, &owner.tags()).await
    }
}

impl Snapshot {
    fn of(snapshot: &DbSnapshot) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let at = snapshot.snapshot_create_time();
        Self {
            name: text(snapshot.db_snapshot_identifier()),
            status: text(snapshot.status()),
            percent: snapshot.percent_progress(),
            size_gib: snapshot.allocated_storage(),
            engine: [snapshot.engine(), snapshot.engine_version()].map(Option::unwrap_or_default).join(" "),
            encrypted: snapshot.encrypted().unwrap_or_default(),
            at: at.and_then(|at| Timestamp::from_second(at.secs()).ok()),
            owner: Owner::of(&tags::from_tags(snapshot.tag_list())),
        }
    }
}

/// Why a text is no name for a manual snapshot; `None`: it is one.
pub fn name_problem(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some("it must begin with a letter")
    } else if !name.chars().all(allowed) {
        Some("it may hold letters, digits and hyphens only")
    } else if name.ends_with('-') || name.contains("--") {
        Some("it may not end with a hyphen or hold two in a row")
    } else if name.len() > 255 {
        Some("it may have at most 255 characters")
    } else {
        None
    }
}

/// All manual snapshots of a database, as RDS tells them.
pub(super) async fn all(rds: &Client, database: &PhysicalId) -> Result<Vec<DbSnapshot>, ManageError> {
    let call = rds.describe_db_snapshots().dbi_resource_id(&database.0).snapshot_type("manual");
    let mut pages = call.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(snapshot) = pages.next().await {
        found.push(snapshot.map_err(|error| failed("DescribeDBSnapshots", error))?);
    }
    Ok(found)
}

/// Begins a manual snapshot with tags; sent once.
pub(super) async fn begin(
    rds: &Client,
    identifier: &str,
    name: &str,
    tags: &cn_infra_core::owner::Tags,
) -> Result<(), ManageError> {
    let call = rds
        .create_db_snapshot()
        .db_instance_identifier(identifier)
        .db_snapshot_identifier(name)
        .set_tags(Some(tags::to_tags(tags)));
    let answer = call.customize().config_override(rds_once()).send().await;
    answer.map(drop).map_err(|error| {
        let error = failed("CreateDBSnapshot", error);
        match error.code.as_deref() {
            Some("DBSnapshotAlreadyExists") => ManageError { class: ErrorClass::Exists, ..error },
            Some("InvalidDBInstanceState") => ManageError { class: ErrorClass::Busy, ..error },
            _ => error,
        }
    })
}

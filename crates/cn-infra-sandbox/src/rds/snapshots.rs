//! Snapshots: manual ones, and those of automated backups.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreateSnapshot.html>

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::database::{self, Database};
use super::engines::Engine;
use super::filter::Filters;
use super::paging::page;
use super::phases::BACKUP;
use super::tags;
use super::{Rds, names};
use crate::clock::after;
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::tags::Tags;
use crate::xml::Xml;

/// The operations on snapshots.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateDBSnapshot", &["DBSnapshotIdentifier", "DBInstanceIdentifier"], create),
    Operation::new("CopyDBSnapshot", &["SourceDBSnapshotIdentifier", "TargetDBSnapshotIdentifier"], copy),
    Operation::new("DeleteDBSnapshot", &["DBSnapshotIdentifier"], delete),
    Operation::new("DescribeDBSnapshots", &[], describe),
];

/// A row of the snapshots.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// In lower case; the row's key.
    pub name: String,
    /// Whether RDS made it by itself.
    automated: bool,
    /// When it was begun.
    made: Timestamp,
    /// When it is available.
    done: Timestamp,
    /// The ARN of the snapshot that it was copied from.
    source: Option<String>,
    /// The database as it was.
    pub of: Database,
    /// Its tags.
    pub tags: Tags,
}

/// How an unknown snapshot is told.
pub fn not_found(name: &str) -> AwsError {
    AwsError::new("DBSnapshotNotFound", format!("DBSnapshot not found: {name}")).status(404)
}

impl Snapshot {
    fn status(&self, now: Timestamp) -> &'static str {
        if now < self.done { "creating" } else { "available" }
    }

    /// Refuses what needs a finished snapshot.
    ///
    /// # Errors
    /// `InvalidDBSnapshotState`.
    pub fn check_available(&self, now: Timestamp) -> Result<(), AwsError> {
        if now >= self.done {
            return Ok(());
        }
        let message = format!("Snapshot {} is not in available state.", self.name);
        Err(AwsError::new("InvalidDBSnapshotState", message))
    }

    fn kind(&self) -> &'static str {
        if self.automated { "automated" } else { "manual" }
    }
}

/// A copy of the snapshot of a name or an ARN, in whatever case.
///
/// # Errors
/// `DBSnapshotNotFound`.
pub fn find(context: &Context<'_>, name: &str) -> Result<Snapshot, AwsError> {
    let name = names::of_arn(context, "snapshot", name);
    context.rds.snapshots.get(&name).cloned().ok_or_else(|| not_found(&name))
}

/// A name for a manual snapshot that is allowed and free, within the quota.
///
/// # Errors
/// `InvalidParameterValue`, `DBSnapshotAlreadyExists`, `SnapshotQuotaExceeded`.
pub fn new_name(context: &Context<'_>, parameter: &str, text: &str) -> Result<String, AwsError> {
    let name = names::identifier(parameter, text, 255)?;
    if context.rds.snapshots.contains(&name) {
        let message =
            format!("Cannot create the snapshot because a snapshot with the identifier {name} already exists.");
        return Err(AwsError::new("DBSnapshotAlreadyExists", message));
    }
    let manual = context.rds.snapshots.values().filter(|row| !row.automated).count();
    if manual as u64 >= context.settings.quota("database-snapshots") {
        let message = "Cannot create more manual snapshots: the quota is reached.";
        return Err(AwsError::new("SnapshotQuotaExceeded", message));
    }
    Ok(name)
}

/// What is said of a snapshot of a busy database.
pub fn refused(of: &Database) -> AwsError {
    let name = &of.identifier;
    let why = format!("the database instance {name} is not currently in the available state");
    AwsError::new("InvalidDBInstanceState", format!("Cannot create a snapshot because {why}."))
}

/// Begins a manual snapshot.
pub fn begin(context: &mut Context<'_>, name: String, of: &Database, tags: Tags) -> Snapshot {
    let done = after(context.now, BACKUP);
    let tags = if tags.is_empty() && of.copy_tags { of.tags.clone() } else { tags };
    let row = Snapshot { name, automated: false, made: context.now, done, source: None, of: at_rest(of), tags };
    context.rds.snapshots.insert(row.name.clone(), row.clone());
    row
}

/// Begins the automated snapshot of a backup.
pub fn automated(rds: &mut Rds, of: &Database, made: Timestamp) {
    let name = format!("rds:{}-{}", of.identifier, made.strftime("%Y-%m-%d-%H-%M"));
    let tags = if of.copy_tags { of.tags.clone() } else { Tags::new() };
    let done = after(made, BACKUP);
    rds.snapshots
        .insert(name.clone(), Snapshot { name, automated: true, made, done, source: None, of: at_rest(of), tags });
}

/// Deletes the automated snapshots of a database: all, or those from before a time.
pub fn delete_automated(rds: &mut Rds, resource_id: &str, before: Option<Timestamp>) {
    let goes = |row: &Snapshot| {
        row.automated && row.of.resource_id == resource_id && before.is_none_or(|before| row.made < before)
    };
    for key in rds.snapshots.keys_where(goes) {
        rds.snapshots.remove(&key);
    }
}

/// The database without what it goes through.
fn at_rest(database: &Database) -> Database {
    let mut it = database.clone();
    it.phases.clear();
    it.pending.clear();
    (it.next_backup, it.next_maintenance) = (None, None);
    it
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut database = database::find(context, params.require("DBInstanceIdentifier")?)?;
    let name = new_name(context, "DBSnapshotIdentifier", params.require("DBSnapshotIdentifier")?)?;
    if !database.phases.is_empty() {
        return Err(refused(&database));
    }
    let snapshot = begin(context, name, &database, tags::read(params)?);
    database.then(context.now, "backing-up", BACKUP, Vec::new());
    context.rds.databases.insert(database.identifier.clone(), database);
    Ok(answer(context, &snapshot))
}

fn copy(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let source = find(context, params.require("SourceDBSnapshotIdentifier")?)?;
    source.check_available(context.now)?;
    let name = new_name(context, "TargetDBSnapshotIdentifier", params.require("TargetDBSnapshotIdentifier")?)?;
    let mut tags = tags::read(params)?;
    if params.flag("CopyTags")? == Some(true) && tags.is_empty() {
        tags.clone_from(&source.tags);
    }
    let mut of = source.of.clone();
    if let Some(key) = params.get("KmsKeyId") {
        of.kms_key = Some(names::kms_key(context.region, context.account, Some(key)));
    }
    let arn = names::arn(context.region, context.account, "snapshot", &source.name);
    let done = after(context.now, BACKUP);
    let row = Snapshot { name, automated: false, made: context.now, done, source: Some(arn), of, tags };
    context.rds.snapshots.insert(row.name.clone(), row.clone());
    Ok(answer(context, &row))
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let row = find(context, params.require("DBSnapshotIdentifier")?)?;
    if row.automated {
        let message =
            "Automated snapshots are deleted with their retention or their database, not by DeleteDBSnapshot.";
        return Err(AwsError::new("InvalidDBSnapshotState", message));
    }
    row.check_available(context.now)?;
    context.rds.snapshots.remove(&row.name);
    let mut xml = Xml::new();
    xml.element("DBSnapshot", |xml| write(xml, context, &row, "deleted"));
    Ok(xml)
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?;
    filters.only(&["db-instance-id", "db-snapshot-id", "dbi-resource-id", "engine", "snapshot-type"])?;
    let asked = |name: &str| params.get(name).filter(|text| !text.is_empty());
    let kind = asked("SnapshotType");
    // Nothing is shared with this account, and nothing is public.
    let (shared, public) = (params.flag("IncludeShared")?, params.flag("IncludePublic")?);
    check_kind(kind, shared.or(public).is_some())?;
    let instance = asked("DBInstanceIdentifier").map(|name| names::of_arn(context, "db", name));
    let resource_id = asked("DbiResourceId");
    let only = asked("DBSnapshotIdentifier").map(|name| find(context, name)).transpose()?;
    let mut found = Vec::new();
    for row in context.rds.snapshots.values() {
        let property = |name: &str| {
            Some(vec![match name {
                "db-instance-id" => Cow::from(row.of.identifier.as_str()),
                "db-snapshot-id" => Cow::from(row.name.as_str()),
                "dbi-resource-id" => row.of.resource_id.as_str().into(),
                "engine" => row.of.engine.as_str().into(),
                _ => row.kind().into(),
            }])
        };
        let meant = only.as_ref().is_none_or(|only| only.name == row.name)
            && kind.is_none_or(|kind| kind == row.kind())
            && instance.as_ref().is_none_or(|name| *name == row.of.identifier)
            && resource_id.is_none_or(|id| id == row.of.resource_id);
        if meant && filters.keep(property)? {
            found.push(row);
        }
    }
    let (found, marker) = page(params)?.cut(found, |row| &row.name);
    let mut xml = Xml::new();
    xml.list("DBSnapshots", "DBSnapshot", found, |xml, row| write(xml, context, row, row.status(context.now)));
    xml.some("Marker", marker);
    Ok(xml)
}

fn check_kind(kind: Option<&str>, includes_others: bool) -> Result<(), AwsError> {
    match kind {
        Some("automated" | "manual") if includes_others => {
            let message = "IncludeShared and IncludePublic do not go with the snapshot types automated and manual.";
            Err(AwsError::new("InvalidParameterCombination", message))
        }
        None | Some("automated" | "manual" | "shared" | "public" | "awsbackup") => Ok(()),
        Some(kind) => Err(AwsError::new("InvalidParameterValue", format!("Unrecognized snapshot type: {kind}"))),
    }
}

/// The answer of an operation on one snapshot.
pub fn answer(context: &Context<'_>, row: &Snapshot) -> Xml {
    let mut xml = Xml::new();
    xml.element("DBSnapshot", |xml| write(xml, context, row, row.status(context.now)));
    xml
}

fn write(xml: &mut Xml, context: &Context<'_>, row: &Snapshot, status: &str) {
    let Snapshot { name, of, made, done, .. } = row;
    let vpc = context.rds.subnet_groups.get(&of.subnet_group).map(|group| group.vpc.as_str());
    xml.text("DBSnapshotIdentifier", name).text("DBInstanceIdentifier", &of.identifier);
    xml.text("DBSnapshotArn", names::arn(context.region, context.account, "snapshot", name));
    xml.text("SnapshotType", row.kind()).text("Status", status).text("SnapshotTarget", "region");
    xml.text("PercentProgress", if context.now < *done { 0 } else { 100 });
    let finished = (context.now >= *done).then_some(made);
    xml.some("SnapshotCreateTime", finished).some("OriginalSnapshotCreateTime", finished);
    xml.some("SnapshotDatabaseTime", finished).some("InstanceCreateTime", of.created);
    xml.text("Engine", &of.engine).text("EngineVersion", &of.version).text("LicenseModel", &of.license);
    xml.text("AllocatedStorage", of.storage.size).text("StorageType", &of.storage.kind);
    xml.some("Iops", of.storage.iops).some("StorageThroughput", of.storage.throughput);
    xml.text("Port", of.port).text("AvailabilityZone", &of.zone).some("VpcId", vpc);
    xml.text("MasterUsername", &of.master).text("DbiResourceId", &of.resource_id);
    xml.text("Encrypted", of.kms_key.is_some()).some("KmsKeyId", of.kms_key.as_ref());
    xml.text("IAMDatabaseAuthenticationEnabled", of.iam).text("DedicatedLogVolume", false);
    xml.some("SourceDBSnapshotIdentifier", row.source.as_ref());
    xml.some("SourceRegion", row.source.as_ref().map(|_| context.region));
    let version = Engine::named(&of.engine).and_then(|engine| engine.version(Some(&of.version)));
    xml.some("OptionGroupName", version.ok().map(|version| version.option_group()));
    tags::write(xml, &row.tags);
}

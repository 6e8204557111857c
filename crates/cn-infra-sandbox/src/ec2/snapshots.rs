//! Snapshots of volumes.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::filter::{any, one};
use super::identifier::SNAPSHOT;
use super::passing::Passing;
use super::{Filters, Page, chosen, done, images, tags, volumes};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on snapshots.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateSnapshot", &["VolumeId"], create),
    Operation::new("DeleteSnapshot", &["SnapshotId"], delete),
    Operation::new("DescribeSnapshots", &[], describe),
];

/// A row of the snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// `snap-…`
    pub id: String,
    /// When it was begun.
    pub made: Timestamp,
    /// Of which volume.
    pub volume: String,
    /// The volume's size in GiB.
    pub size: u32,
    /// The ARN of the key it is encrypted with.
    pub key: Option<String>,
    /// About it.
    pub description: String,
    /// Whether it is complete.
    pub complete: Passing<bool>,
}

/// How long a snapshot takes, in seconds: at least, and for each GiB.
const TIME: (i64, i64) = (30, 5);

impl Snapshot {
    fn state(&self, now: Timestamp) -> &'static str {
        if self.complete.at(now) { "completed" } else { "pending" }
    }

    /// In percent.
    fn progress(&self, now: Timestamp) -> i64 {
        let whole = self.complete.due().map_or(0, |due| due.duration_since(self.made).as_secs()).max(1);
        (now.duration_since(self.made).as_secs() * 100 / whole).clamp(0, if self.complete.at(now) { 100 } else { 99 })
    }
}

/// What a volume is made from.
#[derive(Clone, Debug)]
pub struct Source {
    /// In GiB.
    pub size: u32,
    /// The ARN of the key it is encrypted with.
    pub key: Option<String>,
}

/// A snapshot that a volume can be made from: one's own that is complete, or an image's.
pub fn source(context: &Context<'_>, id: &str) -> Result<Source, AwsError> {
    SNAPSHOT.check(id)?;
    if let Some(size) = images::snapshot_size(context.region, id) {
        return Ok(Source { size, key: None });
    }
    let snapshot = find(context, id)?;
    if !snapshot.complete.at(context.now) {
        return Err(AwsError::new("IncorrectState", "Snapshot is in invalid state - pending"));
    }
    Ok(Source { size: snapshot.size, key: snapshot.key.clone() })
}

fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Snapshot, AwsError> {
    SNAPSHOT.check(id)?;
    let snapshot = context.ec2.snapshots.get(id).filter(|snapshot| context.can_see(snapshot.made));
    snapshot.ok_or_else(|| SNAPSHOT.missing(id))
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let volume = volumes::find(context, params.require("VolumeId")?)?;
    if volume.state(context.now) == "creating" {
        return Err(AwsError::new("IncorrectState", format!("Volume '{}' is still being created.", volume.id)));
    }
    let (least, per_gib) = TIME;
    let snapshot = Snapshot {
        id: ids::ec2("snap"),
        made: context.now,
        volume: volume.id.clone(),
        size: volume.spec.size,
        key: volume.key.clone(),
        description: params.get("Description").unwrap_or_default().to_owned(),
        complete: Passing::new(false, true, context.now, least + per_gib * i64::from(volume.spec.size)),
    };
    tags::set(context.ec2, &snapshot.id, tags::specified(params, "snapshot", &[])?)?;
    let mut xml = Xml::new();
    write(&mut xml, context, &snapshot);
    context.ec2.snapshots.insert(snapshot.id.clone(), snapshot);
    Ok(xml)
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = find(context, params.require("SnapshotId")?)?.id.clone();
    context.ec2.snapshots.remove(&id);
    context.ec2.tags.remove(&id);
    Ok(done())
}

/// The account's own: those of images are the publishers' and not shared.
fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(FILTERS)?, Page::of(params, 5..=1000)?);
    let (ids, owners, users) = (params.list("SnapshotId"), params.list("Owner"), params.list("RestorableBy"));
    SNAPSHOT.check_all(&ids)?;
    let is_own = |given: &[&str]| given.is_empty() || given.contains(&"self") || given.contains(&context.account);
    let is_there = |snapshot: &Snapshot| context.can_see(snapshot.made);
    let mut found = Vec::new();
    for snapshot in chosen(&context.ec2.snapshots, &ids, is_there, |id| SNAPSHOT.missing(id))? {
        let keep = filters.keep(context.ec2.tags.get(&snapshot.id), |name| property(context, snapshot, name))?;
        if keep && is_own(&owners) && is_own(&users) {
            found.push(snapshot);
        }
    }
    let (found, token) = page.cut(found, |snapshot| &snapshot.id);
    let mut xml = Xml::new();
    xml.items("snapshotSet", found, |xml, snapshot| write(xml, context, snapshot)).some("nextToken", token);
    Ok(xml)
}

/// The names that [`property`] knows.
const FILTERS: &[&str] = &[
    "description",
    "encrypted",
    "owner-alias",
    "owner-id",
    "progress",
    "snapshot-id",
    "start-time",
    "status",
    "storage-tier",
    "volume-id",
    "volume-size",
];

fn property<'a>(context: &'a Context<'_>, snapshot: &'a Snapshot, name: &str) -> Option<Vec<Cow<'a, str>>> {
    match name {
        "snapshot-id" => one(&snapshot.id),
        "volume-id" => one(&snapshot.volume),
        "volume-size" => one(snapshot.size.to_string()),
        "description" => one(&snapshot.description),
        "encrypted" => one(snapshot.key.is_some().to_string()),
        "owner-id" => one(context.account),
        "owner-alias" => any([""; 0]),
        "progress" => one(format!("{}%", snapshot.progress(context.now))),
        "start-time" => one(format!("{:.3}", snapshot.made)),
        "status" => one(snapshot.state(context.now)),
        "storage-tier" => one("standard"),
        _ => None,
    }
}

fn write(xml: &mut Xml, context: &Context<'_>, snapshot: &Snapshot) {
    let Snapshot { id, made, volume, size, key, description, complete } = snapshot;
    xml.text("snapshotId", id).text("volumeId", volume).text("volumeSize", size).text("description", description);
    xml.text("status", snapshot.state(context.now)).text("startTime", format_args!("{made:.3}"));
    xml.text("progress", format_args!("{}%", snapshot.progress(context.now))).text("ownerId", context.account);
    let completed = complete.due().filter(|_| complete.at(context.now));
    xml.some("completionTime", completed.map(|at| format!("{at:.3}")));
    xml.text("encrypted", key.is_some()).some("kmsKeyId", key.as_ref()).text("storageTier", "standard");
    xml.text("sseType", if key.is_some() { "sse-kms" } else { "none" });
    tags::write(xml, context.ec2.tags.get(id));
}

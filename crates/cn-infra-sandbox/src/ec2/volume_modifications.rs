//! Changing volumes while they are in use.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::filter::one;
use super::volumes::{self, DEFAULT_IOPS, Spec, VolumeType};
use super::{Ec2, Filters, Page, chosen};
use crate::clock::after;
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on modifications.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("DescribeVolumesModifications", &[], describe),
    Operation::new("ModifyVolume", &["VolumeId"], modify),
];

/// The latest modification of a volume, by the volume's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolumeModification {
    /// Which volume.
    pub volume: String,
    /// What it was.
    pub original: Spec,
    /// What it becomes.
    pub target: Spec,
    /// When it began; before it, those of the last day.
    pub started: Vec<Timestamp>,
    /// When the volume has its new size, type and so on: `modifying` until then.
    pub optimizing_from: Timestamp,
    /// When it also performs so: `optimizing` until then.
    pub completed_from: Timestamp,
    /// Whether the volume was given its new values.
    pub applied: bool,
}

/// How long the new values take to show, in seconds.
const MODIFYING: i64 = 30;
/// How long the volume then is rearranged, in seconds: at least, and for each GiB; AWS names six hours for a TiB.
/// <https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-modifications.html>
const OPTIMIZING: (i64, i64) = (300, 21);
/// How many modifications a volume takes in 24 hours.
const PER_DAY: usize = 4;

/// Gives volumes what their modifications brought them by `now`.
pub fn settle(ec2: &mut Ec2, now: Timestamp) {
    let is_due = |modification: &VolumeModification| !modification.applied && modification.optimizing_from <= now;
    for id in ec2.volume_modifications.keys_where(is_due) {
        let Some(modification) = ec2.volume_modifications.get_mut(&id) else { continue };
        modification.applied = true;
        if let Some(volume) = ec2.volumes.get_mut(&id) {
            volume.spec = modification.target.clone();
        }
    }
}

impl VolumeModification {
    fn state(&self, now: Timestamp) -> &'static str {
        if now >= self.completed_from {
            "completed"
        } else if now >= self.optimizing_from {
            "optimizing"
        } else {
            "modifying"
        }
    }

    fn started(&self) -> Timestamp {
        self.started.last().copied().unwrap_or(self.optimizing_from)
    }

    /// In percent.
    fn progress(&self, now: Timestamp) -> i64 {
        let whole = self.completed_from.duration_since(self.started()).as_secs().max(1);
        (now.duration_since(self.started()).as_secs() * 100 / whole).clamp(0, 100)
    }
}

fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let volume = volumes::find(context, params.require("VolumeId")?)?;
    let (id, now, original) = (volume.id.clone(), context.now, volume.spec.clone());
    if volume.state(now) == "creating" {
        return Err(AwsError::new("IncorrectState", format!("Volume '{id}' is still being created.")));
    }
    let target = target(&original, params)?;
    let mut started = started_within_a_day(context, &id)?;
    started.push(now);
    let (least, per_gib) = OPTIMIZING;
    let optimizing_from = after(now, MODIFYING);
    let completed_from = after(optimizing_from, least + per_gib * i64::from(target.size));
    let modification = VolumeModification {
        volume: id.clone(),
        original,
        target,
        started,
        optimizing_from,
        completed_from,
        applied: false,
    };
    let mut xml = Xml::new();
    xml.element("volumeModification", |xml| write(xml, context, &modification));
    context.ec2.volume_modifications.insert(id, modification);
    Ok(xml)
}

/// What is not given stays, but a new type takes its own iops and throughput.
fn target(original: &Spec, params: &Params<'_>) -> Result<Spec, AwsError> {
    let (size, iops, throughput) =
        (params.number::<u32>("Size")?, params.number("Iops")?, params.number("Throughput")?);
    let name = params.get("VolumeType");
    if size.is_none() && iops.is_none() && throughput.is_none() && name.is_none() {
        let message = "The request must contain a size, a volume type, iops or a throughput.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let kind = match name {
        Some(name) => VolumeType::named(name).ok_or_else(|| {
            AwsError::new("InvalidParameterValue", format!("Unsupported volume type '{name}' for volume modification."))
        })?,
        None => original.kind,
    };
    let size = size.unwrap_or(original.size);
    if size < original.size {
        let message = format!("New size cannot be smaller than existing size: {size} GiB < {} GiB", original.size);
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let same = kind == original.kind;
    let iops = iops.or_else(|| match (kind.takes_iops(), same) {
        (true, true) => original.iops,
        (true, false) => Some(DEFAULT_IOPS),
        (false, _) => None,
    });
    let throughput = throughput.or(original.throughput.filter(|_| same));
    Spec::new(kind, size, iops, throughput)
}

/// When the modifications of the last 24 hours began.
///
/// # Errors
/// `IncorrectModificationState` while one is not complete, `VolumeModificationRateExceeded` after four.
fn started_within_a_day(context: &Context<'_>, volume: &str) -> Result<Vec<Timestamp>, AwsError> {
    let Some(former) = context.ec2.volume_modifications.get(volume) else { return Ok(Vec::new()) };
    let state = former.state(context.now);
    if state != "completed" {
        let state = state.to_uppercase();
        let message = format!("Cannot modify volume {volume} in modification state {state}");
        return Err(AwsError::new("IncorrectModificationState", message));
    }
    let day = SignedDuration::from_hours(24);
    let mut started = former.started.clone();
    started.retain(|at| context.now.duration_since(*at) < day);
    if started.len() >= PER_DAY {
        let next = started.first().map_or(context.now, |at| after(*at, day.as_secs()));
        let message = format!(
            "You've reached the maximum modification rate per volume limit: {PER_DAY} in 24 hours. \
             You can modify {volume} again at {next:.0}."
        );
        return Err(AwsError::new("VolumeModificationRateExceeded", message));
    }
    Ok(started)
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(FILTERS)?, Page::of(params, 1..=500)?);
    let ids = params.list("VolumeId");
    for id in &ids {
        volumes::find(context, id)?;
    }
    let not_found = |id: &str| {
        let message = format!("Modification for volume '{id}' does not exist.");
        AwsError::new("InvalidVolumeModification.NotFound", message)
    };
    let mut found = Vec::new();
    for modification in chosen(&context.ec2.volume_modifications, &ids, |_| true, not_found)? {
        if filters.keep(None, |name| property(modification, context.now, name))? {
            found.push(modification);
        }
    }
    let (found, token) = page.cut(found, |modification| &modification.volume);
    let mut xml = Xml::new();
    xml.items("volumeModificationSet", found, |xml, modification| write(xml, context, modification));
    xml.some("nextToken", token);
    Ok(xml)
}

/// The names that [`property`] knows.
const FILTERS: &[&str] = &[
    "modification-state",
    "original-iops",
    "original-size",
    "original-volume-type",
    "originalMultiAttachEnabled",
    "start-time",
    "target-iops",
    "target-size",
    "target-volume-type",
    "targetMultiAttachEnabled",
    "volume-id",
];

fn property<'a>(modification: &'a VolumeModification, now: Timestamp, name: &str) -> Option<Vec<Cow<'a, str>>> {
    let VolumeModification { volume, original, target, .. } = modification;
    let number = |number: Option<u32>| Some(number.map(|number| Cow::from(number.to_string())).into_iter().collect());
    match name {
        "volume-id" => one(volume),
        "modification-state" => one(modification.state(now)),
        "original-iops" => number(original.iops),
        "original-size" => one(original.size.to_string()),
        "original-volume-type" => one(original.kind.name()),
        "target-iops" => number(target.iops),
        "target-size" => one(target.size.to_string()),
        "target-volume-type" => one(target.kind.name()),
        "originalMultiAttachEnabled" | "targetMultiAttachEnabled" => one("false"),
        "start-time" => one(format!("{:.3}", modification.started())),
        _ => None,
    }
}

fn write(xml: &mut Xml, context: &Context<'_>, modification: &VolumeModification) {
    let VolumeModification { volume, original, target, completed_from, .. } = modification;
    let state = modification.state(context.now);
    xml.text("volumeId", volume).text("modificationState", state);
    xml.text("originalSize", original.size).text("originalVolumeType", original.kind.name());
    xml.some("originalIops", original.iops).some("originalThroughput", original.throughput);
    xml.text("originalMultiAttachEnabled", false).text("targetSize", target.size);
    xml.text("targetVolumeType", target.kind.name()).some("targetIops", target.iops);
    xml.some("targetThroughput", target.throughput).text("targetMultiAttachEnabled", false);
    xml.text("progress", modification.progress(context.now));
    xml.text("startTime", format_args!("{:.3}", modification.started()));
    xml.some("endTime", (state == "completed").then(|| format!("{completed_from:.3}")));
}

//! DescribeVolumes.

use std::borrow::Cow;

use super::super::filter::{any, one};
use super::super::identifier::VOLUME;
use super::super::{Filters, Page, chosen, tags, zones};
use super::{Attachment, Volume};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

pub(super) fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(FILTERS)?, Page::of(params, 5..=1000)?);
    let ids = params.list("VolumeId");
    VOLUME.check_all(&ids)?;
    let is_there = |volume: &Volume| context.can_see(volume.made);
    let mut found = Vec::new();
    for volume in chosen(&context.ec2.volumes, &ids, is_there, |id| VOLUME.missing(id))? {
        if filters.keep(context.ec2.tags.get(&volume.id), |name| property(context, volume, name))? {
            found.push(volume);
        }
    }
    let (found, token) = page.cut(found, |volume| &volume.id);
    let mut xml = Xml::new();
    xml.items("volumeSet", found, |xml, volume| write(xml, context, volume)).some("nextToken", token);
    Ok(xml)
}

/// The names that [`property`] knows.
const FILTERS: &[&str] = &[
    "attachment.attach-time",
    "attachment.delete-on-termination",
    "attachment.device",
    "attachment.instance-id",
    "attachment.status",
    "availability-zone",
    "availability-zone-id",
    "create-time",
    "encrypted",
    "fast-restored",
    "multi-attach-enabled",
    "size",
    "snapshot-id",
    "status",
    "volume-id",
    "volume-type",
];

fn property<'a>(context: &Context<'_>, volume: &'a Volume, name: &str) -> Option<Vec<Cow<'a, str>>> {
    let attached = volume.attached(context.now);
    match name {
        "volume-id" => one(&volume.id),
        "attachment.instance-id" => any(attached.map(|attachment| &attachment.instance)),
        "attachment.device" => any(attached.map(|attachment| &attachment.device)),
        "attachment.status" => any(attached.map(|attachment| attachment.state.at(context.now).name())),
        "attachment.attach-time" => any(attached.map(|attachment| format!("{:.3}", attachment.since))),
        "attachment.delete-on-termination" => {
            any(attached.map(|attachment| attachment.delete_on_termination.to_string()))
        }
        "availability-zone" => one(&volume.zone),
        "availability-zone-id" => one(zones::id(&volume.zone)),
        "create-time" => one(format!("{:.3}", volume.made)),
        "encrypted" => one(volume.key.is_some().to_string()),
        "fast-restored" | "multi-attach-enabled" => one("false"),
        "size" => one(volume.spec.size.to_string()),
        "snapshot-id" => any(volume.snapshot.as_ref()),
        "status" => one(volume.state(context.now)),
        "volume-type" => one(volume.spec.kind.name()),
        _ => None,
    }
}

/// Writes a volume.
pub(super) fn write(xml: &mut Xml, context: &Context<'_>, volume: &Volume) {
    let Volume { id, made, zone, spec, key, snapshot, .. } = volume;
    xml.text("volumeId", id).text("size", spec.size).text("snapshotId", snapshot.as_deref().unwrap_or_default());
    xml.text("availabilityZone", zone).text("availabilityZoneId", zones::id(zone));
    xml.text("status", volume.state(context.now)).text("createTime", format_args!("{made:.3}"));
    xml.items("attachmentSet", volume.attached(context.now), |xml, attachment| {
        write_attachment(xml, context, id, attachment);
    });
    xml.text("volumeType", spec.kind.name()).some("iops", spec.iops).some("throughput", spec.throughput);
    xml.text("encrypted", key.is_some()).some("kmsKeyId", key.as_ref());
    xml.text("sseType", if key.is_some() { "sse-kms" } else { "none" }).text("multiAttachEnabled", false);
    tags::write(xml, context.ec2.tags.get(id));
}

/// Writes an attachment.
pub(super) fn write_attachment(xml: &mut Xml, context: &Context<'_>, volume: &str, attachment: &Attachment) {
    let Attachment { instance, device, since, delete_on_termination, state } = attachment;
    xml.text("volumeId", volume).text("instanceId", instance).text("device", device);
    xml.text("status", state.at(context.now).name()).text("attachTime", format_args!("{since:.3}"));
    xml.text("deleteOnTermination", delete_on_termination);
}

//! Making volumes: by CreateVolume, and with a server.

use super::super::{ClientToken, snapshots, subnets, tags};
use super::spec::volume_type;
use super::{Attachment, Passing, Spec, Volume, VolumeType, describe, encryption};
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// How long a volume is being made, in seconds.
const CREATING: i64 = 5;

/// What a new volume shall be, checked.
#[derive(Clone, Debug)]
pub struct NewVolume {
    /// Type, size, iops, throughput.
    pub spec: Spec,
    /// The ARN of the key it is encrypted with.
    pub key: Option<String>,
    /// The snapshot that it is made from.
    pub snapshot: Option<String>,
}

/// Type and size where the caller names neither.
#[derive(Clone, Copy, Debug)]
pub struct Defaults<'a> {
    /// The type.
    pub kind: VolumeType,
    /// The snapshot.
    pub snapshot: Option<&'a str>,
    /// The code for a size that the snapshot does not fit in.
    pub too_small: &'static str,
    /// The parameter that gives the size.
    pub size_parameter: &'static str,
}

impl NewVolume {
    /// Reads `VolumeType`, the size, `Iops`, `Throughput`, `Encrypted`, `KmsKeyId` and `SnapshotId`.
    ///
    /// # Errors
    /// As [`Spec::new`]; `InvalidSnapshot.NotFound`; `MissingParameter` without size and snapshot.
    pub fn read(context: &Context<'_>, params: &Params<'_>, defaults: Defaults<'_>) -> Result<Self, AwsError> {
        let snapshot = params.get("SnapshotId").filter(|id| !id.is_empty()).or(defaults.snapshot);
        let source = snapshot.map(|id| snapshots::source(context, id)).transpose()?;
        let size = params.number(defaults.size_parameter)?.or(source.as_ref().map(|source| source.size));
        let Some(size) = size else {
            let message = "The request must contain the parameter size/snapshot";
            return Err(AwsError::new("MissingParameter", message));
        };
        if let Some((source, id)) = source.as_ref().zip(snapshot).filter(|(source, _)| size < source.size) {
            let least = source.size;
            let message = format!("Volume of size {size}GB is smaller than snapshot '{id}', expect size >= {least}GB");
            return Err(AwsError::new(defaults.too_small, message));
        }
        let kind = volume_type(params, defaults.kind)?;
        let spec = Spec::new(kind, size, params.number("Iops")?, params.number("Throughput")?)?;
        let key = encryption::chosen(context, params, source.and_then(|source| source.key))?;
        Ok(Self { spec, key, snapshot: snapshot.map(str::to_owned) })
    }
}

/// Makes a volume in a zone and tells its id.
pub fn make(context: &mut Context<'_>, new: NewVolume, zone: &str, attachment: Option<Attachment>) -> String {
    let NewVolume { spec, key, snapshot } = new;
    let volume = Volume {
        id: ids::ec2("vol"),
        made: context.now,
        zone: zone.to_owned(),
        spec,
        key,
        snapshot,
        ready: Passing::new(false, true, context.now, CREATING),
        attachment,
        token: None,
    };
    let id = volume.id.clone();
    context.ec2.volumes.insert(id.clone(), volume);
    id
}

pub(super) fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let token = ClientToken::of(params);
    if let Some(token) = &token
        && let Some(made) = token.made(context.ec2.volumes.values(), |volume| volume.token.as_ref())?
    {
        params.accept_all();
        return Ok(answer(context, &made.id));
    }
    let zone = params.require("AvailabilityZone")?;
    subnets::check_zone(context, zone)?;
    if let Some(name) = params.get("VolumeType").filter(|name| VolumeType::named(name).is_none()) {
        let message = format!("Unsupported volume type '{name}' for volume creation.");
        return Err(AwsError::new("UnknownVolumeType", message));
    }
    if params.flag("MultiAttachEnabled")?.unwrap_or_default() {
        return Err(AwsError::not_modelled("volumes of several servers"));
    }
    let defaults =
        Defaults { kind: VolumeType::Gp2, snapshot: None, too_small: "InvalidParameterValue", size_parameter: "Size" };
    let new = NewVolume::read(context, params, defaults)?;
    let id = make(context, new, zone, None);
    tags::set(context.ec2, &id, tags::specified(params, "volume", &[])?)?;
    if let Some(volume) = context.ec2.volumes.get_mut(&id) {
        volume.token = token;
    }
    Ok(answer(context, &id))
}

fn answer(context: &Context<'_>, id: &str) -> Xml {
    let mut xml = Xml::new();
    if let Some(volume) = context.ec2.volumes.get(id) {
        describe::write(&mut xml, context, volume);
    }
    xml
}

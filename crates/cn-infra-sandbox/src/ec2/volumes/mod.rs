//! Volumes.

mod attach;
mod create;
mod describe;
mod encryption;
mod spec;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use create::{Defaults, NewVolume, make};
pub use spec::{DEFAULT_IOPS, Spec, VolumeType};

use super::identifier::VOLUME;
use super::passing::Passing;
use super::{ClientToken, Ec2, done};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on volumes.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("AttachVolume", &["Device", "InstanceId", "VolumeId"], attach::attach),
    Operation::new("CreateVolume", &[], create::create),
    Operation::new("DeleteVolume", &["VolumeId"], delete),
    Operation::new("DescribeVolumes", &[], describe::describe),
    Operation::new("DetachVolume", &["VolumeId"], attach::detach),
];

/// A row of the volumes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// `vol-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// Its availability zone.
    pub zone: String,
    /// Type, size, iops, throughput.
    pub spec: Spec,
    /// The ARN of the key it is encrypted with; `None`: it is not.
    pub key: Option<String>,
    /// The snapshot that it was made from.
    pub snapshot: Option<String>,
    /// Whether it is there yet, while nothing has it.
    pub ready: Passing<bool>,
    /// Where it is attached, or was: see [`Volume::attached`].
    pub attachment: Option<Attachment>,
    /// That of CreateVolume.
    pub token: Option<ClientToken>,
}

/// Where a volume is attached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The server.
    pub instance: String,
    /// The device name, such as `/dev/sda1`.
    pub device: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether it goes with the server.
    pub delete_on_termination: bool,
    /// How far it is.
    pub state: Passing<AttachmentState>,
}

/// How far an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttachmentState {
    /// On its way.
    Attaching,
    /// The server has the volume.
    Attached,
    /// Being taken off.
    Detaching,
    /// Taken off: no longer told.
    Detached,
}

impl AttachmentState {
    /// AWS's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attaching => "attaching",
            Self::Attached => "attached",
            Self::Detaching => "detaching",
            Self::Detached => "detached",
        }
    }
}

impl Volume {
    /// Where it is attached at `now`.
    pub fn attached(&self, now: Timestamp) -> Option<&Attachment> {
        self.attachment.as_ref().filter(|attachment| attachment.state.at(now) != AttachmentState::Detached)
    }

    /// `creating`, `available` or `in-use`.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.attached(now) {
            Some(_) => "in-use",
            None if self.ready.at(now) => "available",
            None => "creating",
        }
    }
}

/// A volume that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Volume, AwsError> {
    VOLUME.check(id)?;
    let volume = context.ec2.volumes.get(id).filter(|volume| context.can_see(volume.made));
    volume.ok_or_else(|| VOLUME.missing(id))
}

/// The server is gone: of its volumes some go with it, the others are free.
pub fn ended(ec2: &mut Ec2, instance: &str, at: Timestamp) {
    let of_instance = |volume: &Volume| volume.attached(at).is_some_and(|attachment| attachment.instance == instance);
    for id in ec2.volumes.keys_where(of_instance) {
        let Some(volume) = ec2.volumes.get_mut(&id) else { continue };
        let attachment = volume.attachment.take();
        if attachment.is_some_and(|attachment| attachment.delete_on_termination) {
            remove(ec2, &id);
        }
    }
}

fn remove(ec2: &mut Ec2, id: &str) {
    ec2.volumes.remove(id);
    ec2.volume_modifications.remove(id);
    ec2.tags.remove(id);
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let volume = find(context, params.require("VolumeId")?)?;
    let id = volume.id.clone();
    if let Some(attachment) = volume.attached(context.now) {
        let message = format!("Volume {id} is currently attached to {}", attachment.instance);
        return Err(AwsError::new("VolumeInUse", message));
    }
    remove(context.ec2, &id);
    Ok(done())
}

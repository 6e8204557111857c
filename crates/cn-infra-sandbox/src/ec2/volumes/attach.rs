//! Attaching volumes to servers and taking them off.

use super::super::instances::{self, State};
use super::{Attachment, AttachmentState, Passing, Volume, describe, find};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// How long it takes, in seconds.
const TIME: i64 = 5;

impl Attachment {
    /// A volume on its way to a server.
    pub fn new(context: &Context<'_>, instance: &str, device: &str, delete_on_termination: bool) -> Self {
        Self {
            instance: instance.to_owned(),
            device: device.to_owned(),
            since: context.now,
            delete_on_termination,
            state: Passing::new(AttachmentState::Attaching, AttachmentState::Attached, context.now, TIME),
        }
    }
}

/// A volume that is attached later stays when the server goes.
pub fn attach(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (volume, device) = (find(context, params.require("VolumeId")?)?, params.require("Device")?);
    let instance = instances::find(context, params.require("InstanceId")?)?;
    if let Some(attachment) = volume.attached(context.now) {
        let message = format!("{} is already attached to an instance: {}", volume.id, attachment.instance);
        return Err(AwsError::new("VolumeInUse", message));
    }
    if !volume.ready.at(context.now) {
        return Err(AwsError::new("IncorrectState", format!("{} is not 'available'.", volume.id)));
    }
    if volume.zone != instance.zone {
        let message =
            format!("The volume '{}' is not in the same availability zone as instance '{}'", volume.id, instance.id);
        return Err(AwsError::new("InvalidVolume.ZoneMismatch", message));
    }
    if !matches!(instance.state.at(context.now), State::Running | State::Stopped) {
        return Err(AwsError::new("IncorrectState", format!("Instance '{}' is not 'running'.", instance.id)));
    }
    let is_taken = |other: &Volume| {
        let attachment = other.attached(context.now);
        attachment.is_some_and(|attachment| attachment.instance == instance.id && attachment.device == device)
    };
    if context.ec2.volumes.values().any(is_taken) {
        let message = format!("Invalid value '{device}' for unixDevice. Attachment point {device} is already in use");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let (id, attachment) = (volume.id.clone(), Attachment::new(context, &instance.id, device, false));
    let mut xml = Xml::new();
    describe::write_attachment(&mut xml, context, &id, &attachment);
    if let Some(volume) = context.ec2.volumes.get_mut(&id) {
        volume.attachment = Some(attachment);
    }
    Ok(xml)
}

/// The root volume comes off a stopped server only.
pub fn detach(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let volume = find(context, params.require("VolumeId")?)?;
    let id = volume.id.clone();
    let (instance, device) = (params.get("InstanceId"), params.get("Device"));
    params.flag("Force")?;
    let Some(attachment) = volume.attached(context.now) else {
        return Err(AwsError::new("IncorrectState", format!("Volume '{id}' is in the 'available' state.")));
    };
    if instance.is_some_and(|given| given != attachment.instance) || device.is_some_and(|it| it != attachment.device) {
        let message = format!("The volume '{id}' is not attached to instance '{}'", instance.unwrap_or_default());
        return Err(AwsError::new("InvalidAttachment.NotFound", message));
    }
    if let Some(server) = context.ec2.instances.get(&attachment.instance)
        && server.root_device == attachment.device
        && server.state.at(context.now) != State::Stopped
    {
        let message = format!("Unable to detach root volume '{id}' from instance '{}'", server.id);
        return Err(AwsError::new("OperationNotPermitted", message));
    }
    let mut attachment = attachment.clone();
    attachment.state = Passing::new(AttachmentState::Detaching, AttachmentState::Detached, context.now, TIME);
    let mut xml = Xml::new();
    describe::write_attachment(&mut xml, context, &id, &attachment);
    if let Some(volume) = context.ec2.volumes.get_mut(&id) {
        volume.attachment = Some(attachment);
    }
    Ok(xml)
}

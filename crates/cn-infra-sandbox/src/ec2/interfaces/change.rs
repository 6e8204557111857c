//! Making, attaching and changing interfaces by themselves.

use super::super::instance_types::InstanceType;
use super::super::instances::{self, State};
use super::super::{ClientToken, Instance, done, tags};
use super::describe::Told;
use super::{Attachment, Interface, NewInterface, create, delete, find, of_instance, set_groups};
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// Of an interface that is made by itself, AWS does not assign a public address.
pub(super) fn create_one(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let token = ClientToken::of(params);
    if let Some(token) = &token {
        let made = token.made(context.ec2.interfaces.values(), |interface| interface.token.as_ref())?;
        if let Some(made) = made {
            params.accept_all();
            return Ok(told(context, made));
        }
    }
    let new = NewInterface {
        subnet: Some(params.require("SubnetId")?),
        groups: params.list("SecurityGroupId").into_iter().map(str::to_owned).collect(),
        public: Some(false),
        private_ip: params.number("PrivateIpAddress")?,
        description: params.get("Description").unwrap_or_default().to_owned(),
        ..NewInterface::default()
    };
    let id = create(context, &new)?;
    tags::set(context.ec2, &id, tags::specified(params, "network-interface", &[])?)?;
    if let Some(interface) = context.ec2.interfaces.get_mut(&id) {
        interface.token = token;
    }
    let made = context.ec2.interfaces.get(&id).ok_or_else(|| super::not_found(&id))?;
    Ok(told(context, made))
}

fn told(context: &Context<'_>, row: &Interface) -> Xml {
    let mut xml = Xml::new();
    xml.element("networkInterface", |xml| Told { row, public: None, context }.write(xml));
    xml.some("clientToken", row.token.as_ref());
    xml
}

pub(super) fn delete_one(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let interface = find(context, params.require("NetworkInterfaceId")?)?;
    let id = interface.id.clone();
    if interface.attachment.is_some() {
        let message = format!("Network interface '{id}' is currently in use.");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    delete(context, &id);
    Ok(done())
}

pub(super) fn attach(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let instance = params.require("InstanceId")?;
    let interface = find(context, params.require("NetworkInterfaceId")?)?;
    let id = interface.id.clone();
    let device_index = params.number("DeviceIndex")?.unwrap_or_default();
    if params.number::<u32>("NetworkCardIndex")?.unwrap_or_default() != 0 {
        return Err(AwsError::not_modelled("more than one network card"));
    }
    if interface.attachment.is_some() {
        return Err(AwsError::new("InvalidNetworkInterface.InUse", format!("Interface: [{id}] in use.")));
    }
    check_place(context, instances::find(context, instance)?, interface, device_index)?;
    let attachment = Attachment {
        id: ids::ec2("eni-attach"),
        instance: instance.to_owned(),
        device_index,
        since: context.now,
        delete_on_termination: false,
    };
    let mut xml = Xml::new();
    xml.text("attachmentId", &attachment.id).text("networkCardIndex", 0);
    if let Some(interface) = context.ec2.interfaces.get_mut(&id) {
        interface.attachment = Some(attachment);
    }
    Ok(xml)
}

/// An instance that runs or is stopped takes an interface of its zone, as many as its type has, each at its own index.
fn check_place(context: &Context<'_>, to: &Instance, interface: &Interface, device_index: u32) -> Result<(), AwsError> {
    let instance = &to.id;
    if !matches!(to.state.at(context.now), State::Running | State::Stopped) {
        let message = format!("Instance '{instance}' is not in a valid state for this operation.");
        return Err(AwsError::new("IncorrectState", message));
    }
    let others = of_instance(context.ec2, instance);
    if InstanceType::named(&to.kind).is_some_and(|kind| others.len() >= kind.max_interfaces()) {
        let message = format!("Interface count {} exceeds the limit for {}", others.len() + 1, to.kind);
        return Err(AwsError::new("AttachmentLimitExceeded", message));
    }
    if others.first().is_some_and(|primary| primary.zone != interface.zone) {
        let message = "You may not attach a network interface to an instance if they are not in the same availability \
                       zone";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let is_there = |other: &&Interface| other.attachment.as_ref().is_some_and(|it| it.device_index == device_index);
    if others.iter().any(is_there) {
        let message =
            format!("Instance '{instance}' already has an interface attached at device index '{device_index}'.");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    Ok(())
}

/// `Force` makes no difference here: nothing hangs.
pub(super) fn detach(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = params.require("AttachmentId")?;
    params.flag("Force")?;
    let is_it = |interface: &Interface| interface.attachment.as_ref().is_some_and(|attachment| attachment.id == id);
    let Some(interface) = context.ec2.interfaces.keys_where(is_it).pop() else {
        let message = format!("The attachment '{id}' does not exist.");
        return Err(AwsError::new("InvalidAttachmentID.NotFound", message));
    };
    let Some(interface) = context.ec2.interfaces.get_mut(&interface) else { return Ok(done()) };
    if interface.attachment.as_ref().is_some_and(|attachment| attachment.device_index == 0) {
        let message = "The network interface at device index 0 cannot be detached.";
        return Err(AwsError::new("OperationNotPermitted", message));
    }
    interface.attachment = None;
    Ok(done())
}

/// One attribute at a time, as AWS takes them.
pub(super) fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = find(context, params.require("NetworkInterfaceId")?)?.id.clone();
    let given = ["Description", "SourceDestCheck", "SecurityGroupId", "Attachment"].map(|name| params.has(name));
    if given.into_iter().filter(|given| *given).count() != 1 {
        let message = "Exactly one attribute must be specified.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let groups: Vec<_> = params.list("SecurityGroupId").into_iter().map(str::to_owned).collect();
    if !groups.is_empty() {
        set_groups(context, &id, &groups)?;
    }
    let Some(interface) = context.ec2.interfaces.get_mut(&id) else { return Ok(done()) };
    if let Some(description) = params.get("Description.Value") {
        description.clone_into(&mut interface.description);
    }
    if let Some(check) = params.flag("SourceDestCheck.Value")? {
        interface.source_dest_check = check;
    }
    if params.has("Attachment") {
        modify_attachment(interface, &params.structure("Attachment"))?;
    }
    Ok(done())
}

fn modify_attachment(interface: &mut Interface, params: &Params<'_>) -> Result<(), AwsError> {
    let id = params.require("AttachmentId")?;
    let delete = params.flag("DeleteOnTermination")?;
    let Some(attachment) = interface.attachment.as_mut().filter(|attachment| attachment.id == id) else {
        let message = format!("The attachment '{id}' does not exist.");
        return Err(AwsError::new("InvalidAttachmentID.NotFound", message));
    };
    attachment.delete_on_termination = delete.unwrap_or(attachment.delete_on_termination);
    Ok(())
}

//! ModifyInstanceAttribute: one attribute of one instance.

use super::super::instance_types::InstanceType;
use super::super::interfaces::{self, of_instance};
use super::super::{Ec2, done};
use super::{Instance, State, find, launch};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// An attribute that is one text.
struct Attribute {
    /// Its name in `Attribute`.
    name: &'static str,
    /// The structure whose `Value` it can be given by instead.
    member: &'static str,
    /// Whether the instance has to be stopped.
    when_stopped: bool,
    set: fn(&mut Instance, &str) -> Result<(), AwsError>,
}

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "instanceType", member: "InstanceType", when_stopped: true, set: set_type },
    Attribute { name: "userData", member: "UserData", when_stopped: true, set: set_user_data },
    Attribute { name: "ebsOptimized", member: "EbsOptimized", when_stopped: true, set: set_ebs_optimized },
    Attribute {
        name: "disableApiTermination",
        member: "DisableApiTermination",
        when_stopped: false,
        set: |instance, value| flag(value).map(|flag| instance.termination_protection = flag),
    },
    Attribute {
        name: "disableApiStop",
        member: "DisableApiStop",
        when_stopped: false,
        set: |instance, value| flag(value).map(|flag| instance.stop_protection = flag),
    },
    Attribute {
        name: "instanceInitiatedShutdownBehavior",
        member: "InstanceInitiatedShutdownBehavior",
        when_stopped: false,
        set: |instance, value| launch::shutdown_behavior(value).map(|value| instance.shutdown_behavior = value),
    },
];

/// What a request changes.
enum Change<'a> {
    Text(&'static Attribute, &'a str),
    SourceDestCheck(bool),
    Groups(Vec<String>),
    Disks(Vec<Params<'a>>),
}

/// Carries the one change out.
pub fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let instance = find(context, params.require("InstanceId")?)?;
    let (id, state) = (instance.id.clone(), instance.state.at(context.now));
    let change = only_change(params)?;
    let needs_stop = matches!(&change, Change::Text(attribute, _) if attribute.when_stopped);
    if state.is_ending() || (needs_stop && state != State::Stopped) {
        let needed = if needs_stop { "'stopped' state" } else { "'running' or 'stopped' state" };
        let message = format!("The instance '{id}' is not in the {needed}.");
        return Err(AwsError::new("IncorrectInstanceState", message));
    }
    match change {
        Change::Text(attribute, value) => {
            let instance = context.ec2.instances.get_mut(&id);
            instance.map_or(Ok(()), |instance| (attribute.set)(instance, value))?;
        }
        Change::SourceDestCheck(check) => {
            let interface = only_interface(context.ec2, &id)?;
            if let Some(interface) = context.ec2.interfaces.get_mut(&interface) {
                interface.source_dest_check = check;
            }
        }
        Change::Groups(groups) => {
            let interface = only_interface(context.ec2, &id)?;
            interfaces::set_groups(context, &interface, &groups)?;
        }
        Change::Disks(disks) => disks.iter().try_for_each(|disk| set_disk(context, &id, disk))?,
    }
    Ok(done())
}

/// The change that a request asks for: by the name and the value of an attribute, or by a member for each attribute.
///
/// # Errors
/// `InvalidParameterCombination` unless there is exactly one.
fn only_change<'a>(params: &Params<'a>) -> Result<Change<'a>, AwsError> {
    let mut changes = Vec::new();
    if let Some(name) = params.get("Attribute") {
        changes.extend(named_change(params, name)?);
    }
    for attribute in ATTRIBUTES {
        if params.has(attribute.member) {
            let value = params.structure(attribute.member).get("Value").or_else(|| params.get(attribute.member));
            changes.push(Change::Text(attribute, value.unwrap_or_default()));
        }
    }
    if let Some(check) = params.flag("SourceDestCheck.Value")? {
        changes.push(Change::SourceDestCheck(check));
    }
    let groups: Vec<_> = params.list("GroupId").into_iter().map(str::to_owned).collect();
    if !groups.is_empty() {
        changes.push(Change::Groups(groups));
    }
    let disks = params.structures("BlockDeviceMapping");
    if !disks.is_empty() {
        changes.push(Change::Disks(disks));
    }
    let count = changes.len();
    match changes.pop() {
        Some(change) if count == 1 => Ok(change),
        Some(_) => {
            let message = "Fields for multiple attribute types specified";
            Err(AwsError::new("InvalidParameterCombination", message))
        }
        None => Err(AwsError::new("InvalidParameterCombination", "No attributes specified.")),
    }
}

/// The change of `Attribute` and `Value`; groups and disks have parameters of their own beside the name.
fn named_change<'a>(params: &Params<'a>, name: &str) -> Result<Option<Change<'a>>, AwsError> {
    if let Some(attribute) = ATTRIBUTES.iter().find(|attribute| attribute.name == name) {
        return Ok(params.get("Value").map(|value| Change::Text(attribute, value)));
    }
    match name {
        "sourceDestCheck" => Ok(params.flag("Value")?.map(Change::SourceDestCheck)),
        "groupSet" | "blockDeviceMapping" => Ok(None),
        _ => {
            let message = format!("Value ({name}) for parameter attribute is invalid. Unknown attribute.");
            Err(AwsError::new("InvalidParameterValue", message))
        }
    }
}

fn flag(value: &str) -> Result<bool, AwsError> {
    let invalid = |_| AwsError::new("InvalidParameterValue", format!("Invalid value '{value}' for a boolean"));
    value.to_lowercase().parse().map_err(invalid)
}

fn set_type(instance: &mut Instance, name: &str) -> Result<(), AwsError> {
    let invalid =
        || AwsError::new("InvalidInstanceAttributeValue", format!("Invalid value '{name}' for instanceType."));
    let kind = InstanceType::named(name).ok_or_else(invalid)?;
    launch::check_architecture(&kind, &instance.architecture)?;
    launch::check_ebs_optimized(&kind, instance.ebs_optimized)?;
    let credits = instance.credits.take().unwrap_or_else(|| kind.default_credits().to_owned());
    instance.credits = kind.is_burstable().then_some(credits);
    instance.kind = kind.name();
    Ok(())
}

fn set_user_data(instance: &mut Instance, value: &str) -> Result<(), AwsError> {
    instance.user_data = launch::user_data(value)?;
    Ok(())
}

fn set_ebs_optimized(instance: &mut Instance, value: &str) -> Result<(), AwsError> {
    let wanted = flag(value)?;
    if let Some(kind) = InstanceType::named(&instance.kind) {
        launch::check_ebs_optimized(&kind, wanted)?;
    }
    instance.ebs_optimized = wanted;
    Ok(())
}

/// The interface of an instance that has but one.
fn only_interface(ec2: &Ec2, instance: &str) -> Result<String, AwsError> {
    if let [only] = of_instance(ec2, instance)[..] {
        return Ok(only.id.clone());
    }
    let message = format!(
        "There are multiple interfaces attached to instance '{instance}'. Please specify an interface ID for the \
         operation instead."
    );
    Err(AwsError::new("InvalidInstanceID", message))
}

/// Whether a volume goes with its instance.
fn set_disk(context: &mut Context<'_>, instance: &str, params: &Params<'_>) -> Result<(), AwsError> {
    let (device, now) = (params.require("DeviceName")?, context.now);
    let delete = params.flag("Ebs.DeleteOnTermination")?;
    let given = params.get("Ebs.VolumeId");
    let mut attached = context.ec2.volumes.values().filter_map(|volume| Some((&volume.id, volume.attached(now)?)));
    let found = attached.find(|(_, attachment)| attachment.instance == instance && attachment.device == device);
    let id = found.map(|(id, _)| id.clone()).filter(|id| given.is_none_or(|given| given == id));
    drop(attached);
    let attachment = id.and_then(|id| context.ec2.volumes.get_mut(&id)).and_then(|volume| volume.attachment.as_mut());
    let Some(attachment) = attachment else {
        let message = format!("No device is currently mapped at {device}");
        return Err(AwsError::new("InvalidInstanceAttributeValue", message));
    };
    attachment.delete_on_termination = delete.unwrap_or(attachment.delete_on_termination);
    Ok(())
}

//! Making and deleting groups.

use super::super::{tags, vpc};
use super::permission::is_plain;
use super::{DEFAULT, Group, asked_for, insert, no_default_vpc, remove};
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

pub(super) fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let name = checked_name(params.require("GroupName")?)?;
    let description = checked_description(params.require("GroupDescription")?)?;
    let vpc = match params.get("VpcId") {
        Some(id) => vpc::find(context, id)?.id.clone(),
        None => vpc::default_id(context.ec2).ok_or_else(no_default_vpc)?.to_owned(),
    };
    if context.ec2.groups.values().any(|group| group.vpc == vpc && group.name == name) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(AwsError::new("InvalidGroup.Duplicate", message));
    }
    if context.ec2.groups.len() as u64 >= context.settings.quota("groups-per-region") {
        let message = "The maximum number of security groups has been reached.";
        return Err(AwsError::new("SecurityGroupLimitExceeded", message));
    }
    let (id, owner, made) = (ids::ec2("sg"), context.account.to_owned(), context.now);
    tags::set(context.ec2, &id, tags::specified(params, "security-group", &[])?)?;
    let group = Group { id, made, owner, vpc, name: name.to_owned(), description: description.to_owned() };
    let mut xml = Xml::new();
    xml.text("return", true).text("groupId", &group.id).text("securityGroupArn", group.arn(context.region));
    tags::write(&mut xml, context.ec2.tags.get(&group.id));
    insert(context.ec2, group);
    Ok(xml)
}

/// AWS drops spaces at the end of a name.
fn checked_name(name: &str) -> Result<&str, AwsError> {
    let refuse = |why: String| Err(AwsError::new("InvalidParameterValue", why));
    let name = name.trim_end();
    if name == DEFAULT {
        return refuse(format!("Cannot use reserved security group name: {name}"));
    }
    if name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("sg-")) {
        return refuse(format!(
            "Value ({name}) for parameter groupName is invalid. Group names may not be in the format sg-*."
        ));
    }
    checked("groupName", name)
}

fn checked_description(description: &str) -> Result<&str, AwsError> {
    checked("GroupDescription", description)
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
fn checked<'a>(parameter: &str, text: &'a str) -> Result<&'a str, AwsError> {
    let why = if !text.is_ascii() {
        "Character sets beyond ASCII are not supported."
    } else if text.len() > 255 {
        "It has more than 255 characters."
    } else if !is_plain(text) {
        "Valid are letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
    } else {
        return Ok(text);
    };
    let message = format!("Value ({text}) for parameter {parameter} is invalid. {why}");
    Err(AwsError::new("InvalidParameterValue", message))
}

/// A group is held by an interface that has it and by a rule of another group that names it.
pub(super) fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let Group { id, name, .. } = asked_for(context, params)?.clone();
    if name == DEFAULT {
        let message = format!("the specified group: \"{id}\" name: \"{name}\" cannot be deleted by a user");
        return Err(AwsError::new("CannotDelete", message));
    }
    let has_interface = context.ec2.interfaces.values().any(|interface| interface.groups.contains(&id));
    let is_used = has_interface || context.rds.has_security_group(&id);
    if is_used || context.ec2.rules.values().any(|rule| rule.group != id && rule.names(&id)) {
        let message = format!("resource {id} has a dependent object");
        return Err(AwsError::new("DependencyViolation", message));
    }
    remove(context.ec2, &id);
    let mut xml = Xml::new();
    xml.text("return", true).text("groupId", id);
    Ok(xml)
}

/// AWS tells here who names a group from the other side of a VPC peering; there is none in the sandbox.
pub(super) fn references(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    for id in params.list("GroupId") {
        super::find(context, id)?;
    }
    let mut xml = Xml::new();
    xml.items("securityGroupReferenceSet", None::<()>, |_, ()| ());
    Ok(xml)
}

//! Instance profiles: what carries a role to a server.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{already_exists, check_name, conflict, no_such, path, roles};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on instance profiles.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("AddRoleToInstanceProfile", &["InstanceProfileName", "RoleName"], add_role),
    Operation::new("CreateInstanceProfile", &["InstanceProfileName"], create),
    Operation::new("DeleteInstanceProfile", &["InstanceProfileName"], delete),
    Operation::new("GetInstanceProfile", &["InstanceProfileName"], get),
    Operation::new("ListInstanceProfiles", &[], list),
    Operation::new("RemoveRoleFromInstanceProfile", &["InstanceProfileName", "RoleName"], remove_role),
];

/// A row of the instance profiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// `AIPA…`
    pub id: String,
    /// `/` unless given.
    pub path: String,
    /// When it was made.
    pub made: Timestamp,
    /// The name of the role in it: one at most.
    pub role: Option<String>,
}

impl Profile {
    /// `arn:aws:iam::123456789012:instance-profile/web`
    pub fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:instance-profile{}{}", self.path, self.name)
    }
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let name = params.require("InstanceProfileName")?;
    check_name(name, 128)?;
    if context.iam.profiles.contains(name) {
        return Err(already_exists(&format!("Instance Profile {name}")));
    }
    let profile = Profile {
        name: name.to_owned(),
        id: format!("AIPA{}", ids::capitals(17)),
        path: path(params)?,
        made: context.now,
        role: None,
    };
    context.iam.profiles.insert(name, profile);
    get(context, params)
}

fn get(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let profile = find(context, params.require("InstanceProfileName")?)?;
    let mut xml = Xml::new();
    xml.element("InstanceProfile", |xml| write(xml, context, profile));
    Ok(xml)
}

fn list(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (prefix, marker) = (params.get("PathPrefix").unwrap_or("/"), params.get("Marker").unwrap_or_default());
    let max = params.number::<usize>("MaxItems")?.unwrap_or(100);
    if !(1..=1000).contains(&max) {
        return Err(AwsError::new("ValidationError", "MaxItems must lie between 1 and 1000"));
    }
    let under = context.iam.profiles.values().filter(|profile| profile.path.starts_with(prefix));
    let mut rest: Vec<_> = under.filter(|profile| profile.name.as_str() > marker).collect();
    let is_truncated = rest.len() > max;
    rest.truncate(max);
    let marker = rest.last().filter(|_| is_truncated).map(|last| &last.name);
    let mut xml = Xml::new();
    xml.list("InstanceProfiles", "member", &rest, |xml, profile| write(xml, context, profile));
    xml.text("IsTruncated", is_truncated).some("Marker", marker);
    Ok(xml)
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let profile = find(context, params.require("InstanceProfileName")?)?;
    if profile.role.is_some() {
        return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    let name = profile.name.clone();
    context.iam.profiles.remove(&name);
    Ok(Xml::new())
}

fn add_role(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let profile = find(context, params.require("InstanceProfileName")?)?.name.clone();
    let role = roles::find(context, params.require("RoleName")?)?.name.clone();
    if let Some(profile) = context.iam.profiles.get_mut(&profile)
        && profile.role.replace(role).is_some()
    {
        let message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
        return Err(AwsError::new("LimitExceeded", message).status(409));
    }
    Ok(Xml::new())
}

fn remove_role(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (profile, role) = (params.require("InstanceProfileName")?, params.require("RoleName")?);
    if find(context, profile)?.role.as_deref() != Some(role) {
        return Err(no_such(&format!("The role {role} in instance profile {profile}")));
    }
    if let Some(profile) = context.iam.profiles.get_mut(profile) {
        profile.role = None;
    }
    Ok(Xml::new())
}

fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Profile, AwsError> {
    context.iam.profiles.get(name).ok_or_else(|| no_such(&format!("Instance Profile {name}")))
}

fn write(xml: &mut Xml, context: &Context<'_>, profile: &Profile) {
    xml.text("Path", &profile.path).text("InstanceProfileName", &profile.name).text("InstanceProfileId", &profile.id);
    xml.text("Arn", profile.arn(context.account)).text("CreateDate", format_args!("{:.0}", profile.made));
    let role = profile.role.as_ref().and_then(|role| context.iam.roles.get(role));
    xml.list("Roles", "member", role, |xml, role| roles::write(xml, context.account, role));
}

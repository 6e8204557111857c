//! Roles.

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::{already_exists, check_name, conflict, no_such, path};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on roles.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateRole", &["RoleName", "AssumeRolePolicyDocument"], create),
    Operation::new("DeleteRole", &["RoleName"], delete),
    Operation::new("GetRole", &["RoleName"], get),
];

/// A row of the roles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// `AROA…`
    pub id: String,
    /// `/` unless given.
    pub path: String,
    /// When it was made.
    pub made: Timestamp,
    /// Who may take it on: a policy, JSON.
    pub trust: String,
    /// About it.
    pub description: Option<String>,
    /// For how long one may take it on, in seconds.
    pub max_session: u32,
}

impl Role {
    /// What its ARN ends with: `role/path/name`.
    pub fn resource(&self) -> String {
        format!("role{}{}", self.path, self.name)
    }
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (name, trust) = (params.require("RoleName")?, params.require("AssumeRolePolicyDocument")?);
    check_name(name, 64)?;
    let policy = serde_json::from_str::<serde_json::Value>(trust).ok();
    if policy.is_none_or(|policy| policy.get("Statement").is_none()) {
        return Err(AwsError::new("MalformedPolicyDocument", "This policy contains invalid Json"));
    }
    if context.iam.roles.contains(name) {
        return Err(already_exists(&format!("Role with name {name}")));
    }
    let role = Role {
        name: name.to_owned(),
        id: format!("AROA{}", ids::capitals(17)),
        path: path(params)?,
        made: context.now,
        trust: trust.to_owned(),
        description: params.get("Description").map(str::to_owned),
        max_session: params.number("MaxSessionDuration")?.unwrap_or(3600),
    };
    let mut xml = Xml::new();
    xml.element("Role", |xml| write(xml, context.account, &role));
    context.iam.roles.insert(name, role);
    Ok(xml)
}

fn get(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let role = find(context, params.require("RoleName")?)?;
    let mut xml = Xml::new();
    xml.element("Role", |xml| write(xml, context.account, role));
    Ok(xml)
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let name = params.require("RoleName")?;
    find(context, name)?;
    if context.iam.profiles.values().any(|profile| profile.role.as_deref() == Some(name)) {
        return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    context.iam.roles.remove(name);
    Ok(Xml::new())
}

/// The role of a name.
pub fn find<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Role, AwsError> {
    context.iam.roles.get(name).ok_or_else(|| no_such(&format!("The role with name {name}")))
}

/// Writes what stands in `Role`.
pub fn write(xml: &mut Xml, account: &str, role: &Role) {
    let Role { name, id, path, made, trust, description, max_session } = role;
    xml.text("Path", path).text("RoleName", name).text("RoleId", id);
    xml.text("Arn", format_args!("arn:aws:iam::{account}:role{path}{name}"))
        .text("CreateDate", format_args!("{made:.0}"));
    xml.text("AssumeRolePolicyDocument", utf8_percent_encode(trust, NON_ALPHANUMERIC));
    xml.some("Description", description.as_ref()).text("MaxSessionDuration", max_session);
}

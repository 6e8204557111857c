//! Subnet groups: where a database can stand.

use serde::{Deserialize, Serialize};

use super::filter::Filters;
use super::network;
use super::paging::page;
use super::tags;
use super::{Rds, names};
use crate::context::{Context, Operation};
use crate::ec2::Subnet;
use crate::error::AwsError;
use crate::query::Params;
use crate::tags::Tags;
use crate::xml::Xml;

/// The operations on subnet groups.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateDBSubnetGroup", &["DBSubnetGroupName", "DBSubnetGroupDescription", "SubnetIds"], create),
    Operation::new("ModifyDBSubnetGroup", &["DBSubnetGroupName", "SubnetIds"], modify),
    Operation::new("DeleteDBSubnetGroup", &["DBSubnetGroupName"], delete),
    Operation::new("DescribeDBSubnetGroups", &[], describe),
];

/// A row of the subnet groups.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubnetGroup {
    /// In lower case.
    pub name: String,
    description: String,
    /// The VPC of all its subnets.
    pub vpc: String,
    /// Ids and zones.
    subnets: Vec<(String, String)>,
    /// Its tags.
    pub tags: Tags,
}

impl SubnetGroup {
    /// The zones that it has a subnet in.
    pub fn zones(&self) -> impl Iterator<Item = &str> {
        self.subnets.iter().map(|(_, zone)| zone.as_str())
    }

    fn of(name: String, description: &str, subnets: Vec<Subnet>) -> Result<Self, AwsError> {
        let vpc = subnets.first().map(|subnet| subnet.vpc.clone()).unwrap_or_default();
        if subnets.iter().any(|subnet| subnet.vpc != vpc) {
            return Err(AwsError::new("InvalidSubnet", "The subnets must all be in the same VPC."));
        }
        let subnets: Vec<_> = subnets.into_iter().map(|subnet| (subnet.id, subnet.zone)).collect();
        let group = Self { name, description: description.to_owned(), vpc, subnets, tags: Tags::new() };
        let first = group.zones().next();
        if group.zones().all(|zone| Some(zone) == first) {
            let message = "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ \
                           coverage: one. Add subnets to cover at least 2 AZs.";
            return Err(AwsError::new("DBSubnetGroupDoesNotCoverEnoughAZs", message));
        }
        Ok(group)
    }
}

/// The group of a name, in whatever case; `default` is made of the default VPC's subnets when it is first asked for.
///
/// # Errors
/// `DBSubnetGroupNotFoundFault`.
pub fn find(context: &mut Context<'_>, name: &str) -> Result<SubnetGroup, AwsError> {
    let name = name.to_ascii_lowercase();
    if name == "default" && !context.rds.subnet_groups.contains(&name) {
        let subnets = network::default_subnets(context);
        if subnets.is_empty() {
            let message = "No default subnet detected in VPC. Please contact AWS Support to recreate default subnets.";
            return Err(AwsError::new("InvalidSubnet", message));
        }
        let group = SubnetGroup::of(name.clone(), "default", subnets)?;
        context.rds.subnet_groups.insert(name.clone(), group);
    }
    context.rds.subnet_groups.get(&name).cloned().ok_or_else(|| not_found(&name))
}

/// How an unknown subnet group is told.
pub fn not_found(name: &str) -> AwsError {
    AwsError::new("DBSubnetGroupNotFoundFault", format!("DB subnet group '{name}' does not exist.")).status(404)
}

fn subnets(context: &Context<'_>, params: &Params<'_>) -> Result<Vec<Subnet>, AwsError> {
    let ids = names::list(params, "SubnetIds", "SubnetIdentifier").unwrap_or_default();
    ids.iter().map(|id| network::subnet(context, id)).collect()
}

/// As written by RDS: letters, digits, spaces, hyphens, periods and underscores.
fn valid_name(text: &str) -> Result<String, AwsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -._".contains(c);
    if text.is_empty() || text.len() > 255 || !text.chars().all(allowed) || text.eq_ignore_ascii_case("default") {
        let message = "The parameter DBSubnetGroupName must be 1 to 255 letters, digits, periods, underscores, spaces \
                       or hyphens, and must not be \"default\".";
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    Ok(text.to_ascii_lowercase())
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let name = valid_name(params.require("DBSubnetGroupName")?)?;
    if context.rds.subnet_groups.contains(&name) {
        let message = format!("The DB subnet group '{name}' already exists.");
        return Err(AwsError::new("DBSubnetGroupAlreadyExists", message));
    }
    let subnets = subnets(context, params)?;
    let mut group = SubnetGroup::of(name.clone(), params.require("DBSubnetGroupDescription")?, subnets)?;
    group.tags = tags::read(params)?;
    context.rds.subnet_groups.insert(name, group.clone());
    Ok(answer(context, &group))
}

fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let old = find(context, params.require("DBSubnetGroupName")?)?;
    let description = params.get("DBSubnetGroupDescription").unwrap_or(&old.description);
    let mut group = SubnetGroup::of(old.name.clone(), description, subnets(context, params)?)?;
    group.tags.clone_from(&old.tags);
    let stays = |zone: &str| group.zones().any(|other| other == zone);
    if users(context.rds, &old.name).any(|(_, zone)| !stays(zone)) {
        let message = format!("A subnet of the DB subnet group '{}' is in use.", old.name);
        return Err(AwsError::new("SubnetAlreadyInUse", message));
    }
    context.rds.subnet_groups.insert(old.name, group.clone());
    Ok(answer(context, &group))
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let name = params.require("DBSubnetGroupName")?.to_ascii_lowercase();
    if !context.rds.subnet_groups.contains(&name) {
        return Err(not_found(&name));
    }
    if let Some((database, _)) = users(context.rds, &name).next() {
        let message = format!(
            "Cannot delete the subnet group '{name}' because at least one database instance: {database} is still \
             using it."
        );
        return Err(AwsError::new("InvalidDBSubnetGroupStateFault", message));
    }
    context.rds.subnet_groups.remove(&name);
    Ok(Xml::new())
}

/// The databases in a group: identifier and zone.
fn users<'a>(rds: &'a Rds, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let inside = rds.databases.values().filter(move |database| database.subnet_group == name);
    inside.map(|database| (database.identifier.as_str(), database.zone.as_str()))
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    Filters::of(params)?.only(&[])?;
    let groups = match params.get("DBSubnetGroupName") {
        Some(name) => {
            let name = name.to_ascii_lowercase();
            vec![context.rds.subnet_groups.get(&name).cloned().ok_or_else(|| not_found(&name))?]
        }
        None => context.rds.subnet_groups.values().cloned().collect(),
    };
    let (groups, marker) = page(params)?.cut(groups, |group| &group.name);
    let mut xml = Xml::new();
    xml.list("DBSubnetGroups", "DBSubnetGroup", &groups, |xml, group| write(xml, context, group));
    xml.some("Marker", marker);
    Ok(xml)
}

fn answer(context: &Context<'_>, group: &SubnetGroup) -> Xml {
    let mut xml = Xml::new();
    xml.element("DBSubnetGroup", |xml| write(xml, context, group));
    xml
}

/// Writes what stands in `DBSubnetGroup`.
pub fn write(xml: &mut Xml, context: &Context<'_>, group: &SubnetGroup) {
    let SubnetGroup { name, description, vpc, subnets, tags: _ } = group;
    xml.text("DBSubnetGroupName", name).text("DBSubnetGroupDescription", description).text("VpcId", vpc);
    xml.text("SubnetGroupStatus", "Complete");
    xml.text("DBSubnetGroupArn", names::arn(context.region, context.account, "subgrp", name));
    xml.list("Subnets", "Subnet", subnets, |xml, (id, zone)| {
        xml.text("SubnetIdentifier", id).text("SubnetStatus", "Active");
        xml.element("SubnetAvailabilityZone", |xml| {
            xml.text("Name", zone);
        });
        xml.element("SubnetOutpost", |_| {});
    });
    xml.element("SupportedNetworkTypes", |xml| {
        xml.text("member", "IPV4");
    });
}

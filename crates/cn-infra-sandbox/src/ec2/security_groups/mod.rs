//! Security groups and their rules.

mod authorize;
mod describe;
mod describe_rules;
mod groups;
mod modify;
mod permission;
mod revoke;
mod rule;
mod traffic;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use rule::{Allows, Peer, Rule, Traffic};

use super::{Ec2, vpc};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on groups and rules.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("AuthorizeSecurityGroupEgress", &["GroupId"], authorize::egress),
    Operation::new("AuthorizeSecurityGroupIngress", &[], authorize::ingress),
    Operation::new("CreateSecurityGroup", &["GroupDescription", "GroupName"], groups::create),
    Operation::new("DeleteSecurityGroup", &[], groups::delete),
    Operation::new("DescribeSecurityGroupReferences", &["GroupId"], groups::references),
    Operation::new("DescribeSecurityGroupRules", &[], describe_rules::describe),
    Operation::new("DescribeSecurityGroups", &[], describe::describe),
    Operation::new("ModifySecurityGroupRules", &["GroupId", "SecurityGroupRule"], modify::rules),
    Operation::new("RevokeSecurityGroupEgress", &["GroupId"], revoke::egress),
    Operation::new("RevokeSecurityGroupIngress", &[], revoke::ingress),
    Operation::new("UpdateSecurityGroupRuleDescriptionsEgress", &[], modify::egress_descriptions),
    Operation::new("UpdateSecurityGroupRuleDescriptionsIngress", &[], modify::ingress_descriptions),
];

/// A row of the groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// `sg-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// The account.
    pub owner: String,
    /// Its VPC.
    pub vpc: String,
    /// Its name, unique in the VPC.
    pub name: String,
    /// What the caller wrote about it. It cannot be changed.
    pub description: String,
}

impl Group {
    fn arn(&self, region: &str) -> String {
        format!("arn:aws:ec2:{region}:{}:security-group/{}", self.owner, self.id)
    }
}

/// The name of the group that every VPC has.
const DEFAULT: &str = "default";

/// Everyone.
const ANYWHERE: Peer = Peer::Ipv4(Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0));

/// Makes a VPC's default group: it lets in its own members, and everything out.
pub fn create_default(ec2: &mut Ec2, owner: &str, vpc: &str, made: Timestamp) {
    let group = Group {
        id: ids::ec2("sg"),
        made,
        owner: owner.to_owned(),
        vpc: vpc.to_owned(),
        name: DEFAULT.to_owned(),
        description: "default VPC security group".to_owned(),
    };
    let from_itself = Allows { egress: false, traffic: Traffic::all(), peer: Peer::Group(group.id.clone()) };
    let rule = Rule::new(&group.id, from_itself, made);
    ec2.rules.insert(rule.id.clone(), rule);
    insert(ec2, group);
}

/// Adds a group. A new one lets everything out.
fn insert(ec2: &mut Ec2, group: Group) {
    let rule = Rule::new(&group.id, Allows { egress: true, traffic: Traffic::all(), peer: ANYWHERE }, group.made);
    ec2.rules.insert(rule.id.clone(), rule);
    ec2.groups.insert(group.id.clone(), group);
}

/// Takes a group out, with its rules and the tags of both.
pub fn remove(ec2: &mut Ec2, id: &str) {
    for rule in ec2.rules.keys_where(|rule| rule.group == id) {
        ec2.rules.remove(&rule);
        ec2.tags.remove(&rule);
    }
    ec2.groups.remove(id);
    ec2.tags.remove(id);
}

/// The default group of a VPC.
pub fn default_of<'a>(ec2: &'a Ec2, vpc: &str) -> Option<&'a Group> {
    ec2.groups.values().find(|group| group.vpc == vpc && group.name == DEFAULT)
}

/// What AWS says of an id that no group has.
fn not_found(id: &str) -> AwsError {
    AwsError::new("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
}

/// Refuses what cannot be a group's id.
fn check_id(id: &str) -> Result<(), AwsError> {
    if ids::is_ec2("sg", id) {
        return Ok(());
    }
    let message = format!("Invalid id: \"{id}\" (expecting \"sg-...\")");
    Err(AwsError::new("InvalidGroupId.Malformed", message))
}

/// A group that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Group, AwsError> {
    check_id(id)?;
    context.ec2.groups.get(id).filter(|group| context.can_see(group.made)).ok_or_else(|| not_found(id))
}

/// A group of the default VPC that can be seen: names alone are taken only there.
pub fn find_named<'a>(context: &'a Context<'_>, name: &str) -> Result<&'a Group, AwsError> {
    let vpc = vpc::default_id(context.ec2).ok_or_else(no_default_vpc)?;
    let mut groups = context.ec2.groups.values().filter(|group| group.vpc == vpc && group.name == name);
    groups.find(|group| context.can_see(group.made)).ok_or_else(|| {
        let message = format!("The security group '{name}' does not exist in default VPC '{vpc}'");
        AwsError::new("InvalidGroup.NotFound", message)
    })
}

/// The group that a call names by `GroupId`, or in the default VPC by `GroupName`.
fn asked_for<'a>(context: &'a Context<'_>, params: &Params<'_>) -> Result<&'a Group, AwsError> {
    match (params.get("GroupId"), params.get("GroupName")) {
        (Some(id), _) => find(context, id),
        (None, Some(name)) => find_named(context, name),
        (None, None) => {
            let message = "The request must contain the parameter groupName or groupId";
            Err(AwsError::new("MissingParameter", message))
        }
    }
}

/// What AWS says of an id that no rule has.
fn rule_not_found(id: &str) -> AwsError {
    let message = format!("The security group rule ID '{id}' does not exist");
    AwsError::new("InvalidSecurityGroupRuleId.NotFound", message)
}

/// A rule of one direction of a group that can be seen.
fn find_rule<'a>(context: &'a Context<'_>, group: &Group, egress: bool, id: &str) -> Result<&'a Rule, AwsError> {
    let is_it = |rule: &&Rule| rule.group == group.id && rule.allows.egress == egress && context.can_see(rule.made);
    context.ec2.rules.get(id).filter(is_it).ok_or_else(|| rule_not_found(id))
}

fn no_default_vpc() -> AwsError {
    AwsError::new("VPCIdNotSpecified", "No default VPC for this user")
}

/// Ids of the groups that an interface of a VPC shall have, each once: as given by ids, else the default group.
///
/// # Errors
/// `InvalidGroup.NotFound`; `InvalidParameter` for a group of another VPC; `SecurityGroupsPerInterfaceLimitExceeded`.
pub fn of_interface(context: &Context<'_>, vpc: &str, given: &[String]) -> Result<Vec<String>, AwsError> {
    let mut groups = Vec::new();
    for id in given {
        let group = find(context, id)?;
        if group.vpc != vpc {
            let message = format!("The security group '{id}' does not belong to VPC '{vpc}'");
            return Err(AwsError::new("InvalidParameter", message));
        }
        if !groups.contains(id) {
            groups.push(id.clone());
        }
    }
    if groups.is_empty() {
        groups.extend(default_of(context.ec2, vpc).map(|group| group.id.clone()));
    }
    if groups.len() as u64 > context.settings.quota("groups-per-interface") {
        let message = "The maximum number of security groups per network interface has been reached.";
        return Err(AwsError::new("SecurityGroupsPerInterfaceLimitExceeded", message));
    }
    Ok(groups)
}

/// Writes the `groupSet` of an interface or a server.
pub fn write_set(xml: &mut Xml, ec2: &Ec2, ids: &[String]) {
    xml.items("groupSet", ids, |xml, id| {
        xml.text("groupId", id).some("groupName", ec2.groups.get(id).map(|group| &group.name));
    });
}

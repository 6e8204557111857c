//! VPCs. Every account has a default one in every region.

use std::borrow::Cow;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::filter::one;
use super::{Ec2, Filters, Group, Page, chosen, done, security_groups, subnets, tags};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on VPCs.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateVpc", &["CidrBlock"], create),
    Operation::new("DeleteVpc", &["VpcId"], delete),
    Operation::new("DescribeVpcAttribute", &["Attribute", "VpcId"], describe_attribute),
    Operation::new("DescribeVpcs", &[], describe),
    Operation::new("ModifyVpcAttribute", &["VpcId"], modify_attribute),
];

/// A row of the VPCs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// Its addresses.
    pub cidr: Ipv4Net,
    /// `vpc-cidr-assoc-…`
    pub association: String,
    /// `dopt-…`; all VPCs of a region share one set.
    pub dhcp_options: String,
    /// Whether it is the region's default VPC.
    pub is_default: bool,
    /// Whether its instances resolve names. True unless changed.
    pub dns_support: bool,
    /// Whether its public addresses have names. True in the default VPC alone, unless changed.
    pub dns_hostnames: bool,
}

impl Vpc {
    fn new(cidr: Ipv4Net, dhcp_options: String, made: Timestamp) -> Self {
        Self {
            id: ids::ec2("vpc"),
            made,
            cidr,
            association: ids::ec2("vpc-cidr-assoc"),
            dhcp_options,
            is_default: false,
            dns_support: true,
            dns_hostnames: false,
        }
    }
}

/// The addresses of every default VPC. <https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html>
const DEFAULT_CIDR: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(172, 31, 0, 0), 16);

/// Makes the default VPC with its subnets and default group. They have been there long since, so that all can see them.
pub fn begin(ec2: &mut Ec2, account: &str, region: &str, _now: Timestamp) {
    let long_since = Timestamp::UNIX_EPOCH;
    let mut vpc = Vpc::new(DEFAULT_CIDR, ids::ec2("dopt"), long_since);
    (vpc.is_default, vpc.dns_hostnames) = (true, true);
    subnets::begin(ec2, &vpc, region);
    security_groups::create_default(ec2, account, &vpc.id, long_since);
    ec2.vpcs.insert(vpc.id.clone(), vpc);
}

/// The id of the region's default VPC, unless it was deleted.
pub fn default_id(ec2: &Ec2) -> Option<&str> {
    ec2.vpcs.values().find(|vpc| vpc.is_default).map(|vpc| vpc.id.as_str())
}

/// What AWS says of an id that no VPC has.
pub fn not_found(id: &str) -> AwsError {
    AwsError::new("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"))
}

/// A VPC that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Vpc, AwsError> {
    context.ec2.vpcs.get(id).filter(|vpc| context.can_see(vpc.made)).ok_or_else(|| not_found(id))
}

/// AWS takes a host's address for its network, and VPCs and subnets of /16 to /28.
pub fn network(text: &str, out_of_range: &'static str) -> Result<Ipv4Net, AwsError> {
    let malformed = |_| {
        let message = format!("Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.");
        AwsError::new("InvalidParameterValue", message)
    };
    let cidr = text.parse::<Ipv4Net>().map_err(malformed)?.trunc();
    if (16..=28).contains(&cidr.prefix_len()) {
        Ok(cidr)
    } else {
        Err(AwsError::new(out_of_range, format!("The CIDR '{text}' is invalid.")))
    }
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let cidr = network(params.require("CidrBlock")?, "InvalidVpc.Range")?;
    if let Some(tenancy) = params.get("InstanceTenancy").filter(|tenancy| *tenancy != "default") {
        return Err(AwsError::not_modelled(format_args!("VPCs of the tenancy {tenancy}")));
    }
    if params.flag("AmazonProvidedIpv6CidrBlock")?.unwrap_or_default() {
        return Err(AwsError::not_modelled("IPv6 addresses of VPCs"));
    }
    let tags = tags::specified(params, "vpc", &[])?;
    if context.ec2.vpcs.len() as u64 >= context.settings.quota("vpcs") {
        return Err(AwsError::new("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
    }
    let dhcp_options = context.ec2.vpcs.values().next().map(|vpc| vpc.dhcp_options.clone());
    let vpc = Vpc::new(cidr, dhcp_options.unwrap_or_else(|| ids::ec2("dopt")), context.now);
    let id = vpc.id.clone();
    security_groups::create_default(context.ec2, context.account, &id, context.now);
    tags::set(context.ec2, &id, tags)?;
    let mut xml = Xml::new();
    xml.element("vpc", |xml| write(xml, context, &vpc, "pending"));
    context.ec2.vpcs.insert(id, vpc);
    Ok(xml)
}

/// A VPC goes with its default group, once nothing else is in it.
fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = params.require("VpcId")?;
    find(context, id)?;
    let default_group = security_groups::default_of(context.ec2, id).map(|group| group.id.clone());
    let has_subnets = context.ec2.subnets.values().any(|subnet| subnet.vpc == id);
    let is_other = |group: &Group| group.vpc == id && Some(&group.id) != default_group.as_ref();
    if has_subnets || context.ec2.groups.values().any(is_other) {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(AwsError::new("DependencyViolation", message));
    }
    if let Some(group) = default_group {
        security_groups::remove(context.ec2, &group);
    }
    context.ec2.vpcs.remove(id);
    context.ec2.tags.remove(id);
    Ok(done())
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?, Page::of(params, 5..=1000)?);
    let is_there = |vpc: &Vpc| context.can_see(vpc.made);
    let mut found = Vec::new();
    for vpc in chosen(&context.ec2.vpcs, &params.list("VpcId"), is_there, not_found)? {
        let tags = context.ec2.tags.get(&vpc.id);
        if filters.keep(tags, |name| property(vpc, context.account, name))? {
            found.push(vpc);
        }
    }
    let (found, token) = page.cut(found, |vpc| &vpc.id);
    let mut xml = Xml::new();
    xml.items("vpcSet", found, |xml, vpc| write(xml, context, vpc, "available")).some("nextToken", token);
    Ok(xml)
}

fn property<'a>(vpc: &'a Vpc, account: &'a str, name: &str) -> Option<Vec<Cow<'a, str>>> {
    match name {
        "vpc-id" => one(&vpc.id),
        "cidr" | "cidr-block-association.cidr-block" => one(vpc.cidr.to_string()),
        "cidr-block-association.association-id" => one(&vpc.association),
        "cidr-block-association.state" => one("associated"),
        "dhcp-options-id" => one(&vpc.dhcp_options),
        "is-default" | "isDefault" => one(vpc.is_default.to_string()),
        "owner-id" => one(account),
        "state" => one("available"),
        _ => None,
    }
}

fn write(xml: &mut Xml, context: &Context<'_>, vpc: &Vpc, state: &str) {
    xml.text("vpcId", &vpc.id).text("ownerId", context.account).text("state", state).text("cidrBlock", vpc.cidr);
    xml.items("cidrBlockAssociationSet", [vpc], |xml, vpc| {
        xml.text("cidrBlock", vpc.cidr).text("associationId", &vpc.association);
        xml.element("cidrBlockState", |xml| {
            xml.text("state", "associated");
        });
    });
    xml.text("dhcpOptionsId", &vpc.dhcp_options).text("instanceTenancy", "default").text("isDefault", vpc.is_default);
    tags::write(xml, context.ec2.tags.get(&vpc.id));
}

fn describe_attribute(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (vpc, attribute) = (find(context, params.require("VpcId")?)?, params.require("Attribute")?);
    let value = match attribute {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => false,
        _ => {
            let message = format!("Value ({attribute}) for parameter attribute is invalid. Unknown attribute.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    };
    let mut xml = Xml::new();
    xml.text("vpcId", &vpc.id).element(attribute, |xml| {
        xml.text("value", value);
    });
    Ok(xml)
}

/// One attribute at a time, as AWS takes them.
fn modify_attribute(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = find(context, params.require("VpcId")?)?.id.clone();
    let support = params.flag("EnableDnsSupport.Value")?;
    let hostnames = params.flag("EnableDnsHostnames.Value")?;
    if support.is_some() == hostnames.is_some() {
        let message = "The request must contain exactly one of EnableDnsSupport and EnableDnsHostnames.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    if let Some(vpc) = context.ec2.vpcs.get_mut(&id) {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
    }
    Ok(done())
}

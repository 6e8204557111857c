//! Subnets: a part of a VPC's addresses, in one zone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::filter::one;
use super::vpc::{self, Vpc};
use super::{Ec2, Filters, Page, chosen, done, tags, zones};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on subnets.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateSubnet", &["CidrBlock", "VpcId"], create),
    Operation::new("DeleteSubnet", &["SubnetId"], delete),
    Operation::new("DescribeSubnets", &[], describe),
    Operation::new("ModifySubnetAttribute", &["SubnetId"], modify),
];

/// A row of the subnets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// Its VPC.
    pub vpc: String,
    /// Its availability zone.
    pub zone: String,
    /// Its addresses.
    pub cidr: Ipv4Net,
    /// Whether it is its zone's default subnet.
    pub is_default: bool,
    /// Whether interfaces of instances have a public address unless the launch says otherwise.
    pub map_public_ip: bool,
}

impl Subnet {
    /// Of each subnet AWS keeps the first four addresses and the last for itself.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
    pub fn is_reserved(&self, address: std::net::Ipv4Addr) -> bool {
        let place = u32::from(address).wrapping_sub(u32::from(self.cidr.network()));
        place < 4 || address == self.cidr.broadcast()
    }

    /// How many addresses interfaces can have.
    fn size(&self) -> usize {
        (1_usize << (32 - self.cidr.prefix_len())) - 5
    }
}

/// Makes the default subnets, a /20 in each zone.
pub fn begin(ec2: &mut Ec2, vpc: &Vpc, region: &str) {
    let networks = vpc.cidr.subnets(20).into_iter().flatten();
    for (zone, cidr) in zones::of(region).into_iter().zip(networks) {
        let (id, vpc, made) = (ids::ec2("subnet"), vpc.id.clone(), vpc.made);
        ec2.subnets.insert(id.clone(), Subnet { id, made, vpc, zone, cidr, is_default: true, map_public_ip: true });
    }
}

/// What AWS says of an id that no subnet has.
pub fn not_found(id: &str) -> AwsError {
    AwsError::new("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"))
}

/// A subnet that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Subnet, AwsError> {
    context.ec2.subnets.get(id).filter(|subnet| context.can_see(subnet.made)).ok_or_else(|| not_found(id))
}

/// The default subnet of a zone, or of the first zone that has one.
pub fn default<'a>(context: &'a Context<'_>, zone: Option<&str>) -> Result<&'a Subnet, AwsError> {
    if let Some(zone) = zone {
        check_zone(context, zone)?;
    }
    let defaults = context.ec2.subnets.values().filter(|subnet| subnet.is_default);
    let of_zone = defaults.filter(|subnet| zone.is_none_or(|zone| subnet.zone == zone));
    of_zone.min_by(|a, b| a.zone.cmp(&b.zone)).ok_or_else(|| {
        let message = match zone {
            Some(zone) => format!("No default subnet for availability zone: '{zone}'."),
            None => "No subnets found for the default VPC. Please specify a subnet.".to_owned(),
        };
        AwsError::new("MissingInput", message)
    })
}

/// Refuses what is no zone of the region.
pub fn check_zone(context: &Context<'_>, zone: &str) -> Result<(), AwsError> {
    let zones = zones::of(context.region);
    if zones.iter().any(|known| known == zone) {
        return Ok(());
    }
    let message = format!(
        "Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the \
         following availability zones: {}.",
        zones.join(", ")
    );
    Err(AwsError::new("InvalidParameterValue", message))
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let text = params.require("CidrBlock")?;
    let cidr = vpc::network(text, "InvalidSubnet.Range")?;
    let Vpc { id: vpc, cidr: whole, .. } = vpc::find(context, params.require("VpcId")?)?.clone();
    if !whole.contains(&cidr) {
        return Err(AwsError::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let zone = params.get("AvailabilityZone").map(str::to_owned);
    let zone = zone.or_else(|| zones::of(context.region).into_iter().next()).unwrap_or_default();
    check_zone(context, &zone)?;
    let overlaps = |other: &Subnet| other.cidr.contains(&cidr) || cidr.contains(&other.cidr);
    if context.ec2.subnets.values().any(|other| other.vpc == vpc && overlaps(other)) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(AwsError::new("InvalidSubnet.Conflict", message));
    }
    let id = ids::ec2("subnet");
    tags::set(context.ec2, &id, tags::specified(params, "subnet", &[])?)?;
    let subnet = Subnet { id: id.clone(), made: context.now, vpc, zone, cidr, is_default: false, map_public_ip: false };
    let mut xml = Xml::new();
    xml.element("subnet", |xml| write(xml, context, &subnet, 0));
    context.ec2.subnets.insert(id, subnet);
    Ok(xml)
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = find(context, params.require("SubnetId")?)?.id.clone();
    if context.ec2.interfaces.values().any(|interface| interface.subnet == id) {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(AwsError::new("DependencyViolation", message));
    }
    context.ec2.subnets.remove(&id);
    context.ec2.tags.remove(&id);
    Ok(done())
}

fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = find(context, params.require("SubnetId")?)?.id.clone();
    let map_public_ip = params.flag("MapPublicIpOnLaunch.Value")?;
    if let Some(subnet) = context.ec2.subnets.get_mut(&id) {
        subnet.map_public_ip = map_public_ip.unwrap_or(subnet.map_public_ip);
    }
    Ok(done())
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?, Page::of(params, 5..=1000)?);
    let mut used = BTreeMap::<&str, usize>::new();
    for interface in context.ec2.interfaces.values() {
        *used.entry(&interface.subnet).or_default() += 1;
    }
    let used = |subnet: &Subnet| used.get(subnet.id.as_str()).copied().unwrap_or_default();
    let is_there = |subnet: &Subnet| context.can_see(subnet.made);
    let mut found = Vec::new();
    for subnet in chosen(&context.ec2.subnets, &params.list("SubnetId"), is_there, not_found)? {
        let tags = context.ec2.tags.get(&subnet.id);
        if filters.keep(tags, |name| property(subnet, context, used(subnet), name))? {
            found.push(subnet);
        }
    }
    let (found, token) = page.cut(found, |subnet| &subnet.id);
    let mut xml = Xml::new();
    xml.items("subnetSet", found, |xml, subnet| write(xml, context, subnet, used(subnet))).some("nextToken", token);
    Ok(xml)
}

fn property<'a>(subnet: &'a Subnet, context: &'a Context<'_>, used: usize, name: &str) -> Option<Vec<Cow<'a, str>>> {
    match name {
        "subnet-id" => one(&subnet.id),
        "vpc-id" => one(&subnet.vpc),
        "availability-zone" | "availabilityZone" => one(&subnet.zone),
        "availability-zone-id" | "availabilityZoneId" => one(zones::id(&subnet.zone)),
        "cidr-block" | "cidr" | "cidrBlock" => one(subnet.cidr.to_string()),
        "default-for-az" | "defaultForAz" => one(subnet.is_default.to_string()),
        "map-public-ip-on-launch" => one(subnet.map_public_ip.to_string()),
        "available-ip-address-count" => one((subnet.size() - used).to_string()),
        "owner-id" => one(context.account),
        "subnet-arn" => one(arn(subnet, context)),
        "state" => one("available"),
        _ => None,
    }
}

fn arn(subnet: &Subnet, context: &Context<'_>) -> String {
    format!("arn:aws:ec2:{}:{}:subnet/{}", context.region, context.account, subnet.id)
}

fn write(xml: &mut Xml, context: &Context<'_>, subnet: &Subnet, used: usize) {
    xml.text("subnetId", &subnet.id).text("subnetArn", arn(subnet, context)).text("state", "available");
    xml.text("ownerId", context.account).text("vpcId", &subnet.vpc).text("cidrBlock", subnet.cidr);
    xml.items("ipv6CidrBlockAssociationSet", [(); 0], |_, ()| ());
    xml.text("availableIpAddressCount", subnet.size() - used);
    xml.text("availabilityZone", &subnet.zone).text("availabilityZoneId", zones::id(&subnet.zone));
    xml.text("defaultForAz", subnet.is_default).text("mapPublicIpOnLaunch", subnet.map_public_ip);
    xml.text("mapCustomerOwnedIpOnLaunch", false).text("assignIpv6AddressOnCreation", false);
    xml.text("enableDns64", false).text("ipv6Native", false);
    xml.element("privateDnsNameOptionsOnLaunch", |xml| {
        xml.text("hostnameType", "ip-name").text("enableResourceNameDnsARecord", false);
        xml.text("enableResourceNameDnsAAAARecord", false);
    });
    tags::write(xml, context.ec2.tags.get(&subnet.id));
}

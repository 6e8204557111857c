//! Elastic IPs.

mod associate;
mod describe;

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Ec2, done, tags};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on elastic IPs.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("AllocateAddress", &[], allocate),
    Operation::new("AssociateAddress", &[], associate::associate),
    Operation::new("DescribeAddresses", &[], describe::describe),
    Operation::new("DisassociateAddress", &[], associate::disassociate),
    Operation::new("ReleaseAddress", &[], release),
];

/// A row of the elastic IPs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// `eipalloc-…`
    pub id: String,
    /// When it was allocated.
    pub made: Timestamp,
    /// The address.
    pub ip: Ipv4Addr,
    /// Where it points.
    pub association: Option<Association>,
}

/// Where an elastic IP points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// `eipassoc-…`; another with each move.
    pub id: String,
    /// The interface.
    pub interface: String,
    /// The interface's address in its subnet.
    pub private_ip: Ipv4Addr,
}

/// A public address that nobody has. Those of the sandbox lie in 198.18.0.0/15, which is set apart for tests (RFC 2544)
/// and routed nowhere: no probe of a simulated server ever reaches somebody's real one.
pub fn free_public_ip(ec2: &Ec2) -> Ipv4Addr {
    let is_used = |ip| {
        ec2.addresses.values().any(|address| address.ip == ip)
            || ec2.interfaces.values().any(|interface| interface.auto_assigned == Some(ip))
    };
    loop {
        let ip = Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + fastrand::u32(1..(1 << 17) - 1));
        if !is_used(ip) {
            return ip;
        }
    }
}

/// The elastic IP that points at an interface.
pub fn of_interface<'a>(ec2: &'a Ec2, interface: &str) -> Option<&'a Address> {
    let is_there = |association: &Association| association.interface == interface;
    ec2.addresses.values().find(|address| address.association.as_ref().is_some_and(is_there))
}

/// The interface loses its elastic IP, which stays allocated.
pub fn leave_interface(ec2: &mut Ec2, interface: &str) {
    let id = of_interface(ec2, interface).map(|address| address.id.clone());
    if let Some(address) = id.and_then(|id| ec2.addresses.get_mut(&id)) {
        address.association = None;
    }
}

/// What AWS says of an id that no address has.
fn not_found(id: &str) -> AwsError {
    AwsError::new("InvalidAllocationID.NotFound", format!("The allocation ID '{id}' does not exist"))
}

/// An address that can be seen.
fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Address, AwsError> {
    context.ec2.addresses.get(id).filter(|address| context.can_see(address.made)).ok_or_else(|| not_found(id))
}

/// As [`find`], by the address itself.
fn find_public<'a>(context: &'a Context<'_>, ip: &str) -> Result<&'a Address, AwsError> {
    let malformed = |_| AwsError::new("InvalidParameterValue", format!("Invalid IPv4 address '{ip}'"));
    let wanted: Ipv4Addr = ip.parse().map_err(malformed)?;
    let mut addresses = context.ec2.addresses.values().filter(|address| context.can_see(address.made));
    let not_found = || AwsError::new("InvalidAddress.NotFound", format!("Address '{ip}' not found."));
    addresses.find(|address| address.ip == wanted).ok_or_else(not_found)
}

/// In a VPC an address is named by an id; by itself alone it is refused, as that was the way of EC2-Classic.
fn by_ip_alone(context: &Context<'_>, ip: &str, refused: AwsError) -> AwsError {
    find_public(context, ip).err().unwrap_or(refused)
}

/// What AWS says where both an address and an id are given.
fn not_both(id: &str) -> AwsError {
    let message = format!("You may specify public IP or {id} id, but not both in the same call");
    AwsError::new("InvalidParameterCombination", message)
}

fn allocate(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    if let Some(domain) = params.get("Domain").filter(|domain| *domain != "vpc") {
        let message = format!("Value ({domain}) for parameter domain is invalid.");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    check_border(context, params)?;
    let tags = tags::specified(params, "elastic-ip", &[])?;
    if context.ec2.addresses.len() as u64 >= context.settings.quota("elastic-ips") {
        let message = "The maximum number of addresses has been reached.";
        return Err(AwsError::new("AddressLimitExceeded", message));
    }
    let id = ids::ec2("eipalloc");
    let ip = free_public_ip(context.ec2);
    tags::set(context.ec2, &id, tags)?;
    let mut xml = Xml::new();
    xml.text("publicIp", ip).text("domain", "vpc").text("allocationId", &id);
    xml.text("publicIpv4Pool", "amazon").text("networkBorderGroup", context.region);
    context.ec2.addresses.insert(id.clone(), Address { id, made: context.now, ip, association: None });
    Ok(xml)
}

/// There is one network border group, of the region's own name.
fn check_border(context: &Context<'_>, params: &Params<'_>) -> Result<(), AwsError> {
    match params.get("NetworkBorderGroup").filter(|group| *group != context.region) {
        Some(group) => Err(AwsError::not_modelled(format_args!("the network border group {group}"))),
        None => Ok(()),
    }
}

fn release(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    check_border(context, params)?;
    let address = match (params.get("AllocationId"), params.get("PublicIp")) {
        (Some(id), None) => find(context, id)?,
        (None, Some(ip)) => {
            let message = "You must specify an allocation id when releasing a VPC elastic IP address";
            return Err(by_ip_alone(context, ip, AwsError::new("InvalidParameterValue", message)));
        }
        (Some(_), Some(_)) => return Err(not_both("allocation")),
        (None, None) => {
            return Err(AwsError::new("MissingParameter", "Either public IP or allocation id must be specified."));
        }
    };
    if address.association.is_some() {
        let message = format!("Address '{}' is in use.", address.ip);
        return Err(AwsError::new("InvalidIPAddress.InUse", message));
    }
    let id = address.id.clone();
    context.ec2.addresses.remove(&id);
    context.ec2.tags.remove(&id);
    Ok(done())
}

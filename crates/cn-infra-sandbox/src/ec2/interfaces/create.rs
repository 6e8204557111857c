//! Making interfaces.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::super::{Subnet, addresses, security_groups, subnets};
use super::Interface;
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;

/// What a new interface shall be.
#[derive(Clone, Debug, Default)]
pub struct NewInterface<'a> {
    /// Its subnet; `None`: a default subnet.
    pub subnet: Option<&'a str>,
    /// A zone, where no subnet is given.
    pub zone: Option<&'a str>,
    /// Ids of groups; none: the VPC's default group.
    pub groups: Vec<String>,
    /// Names of groups, of the default VPC.
    pub group_names: Vec<String>,
    /// Whether AWS assigns a public address; `None`: as the subnet says.
    pub public: Option<bool>,
    /// Its address; `None`: the next free one.
    pub private_ip: Option<Ipv4Addr>,
    /// About it.
    pub description: String,
}

/// Makes an interface: checks subnet and groups, chooses its addresses. It is attached to nothing yet.
///
/// # Errors
/// `InvalidSubnetID.NotFound`, `InvalidGroup.NotFound`, `InvalidParameterValue` and what else RunInstances says of them.
pub fn create(context: &mut Context<'_>, new: &NewInterface<'_>) -> Result<String, AwsError> {
    let subnet = chosen_subnet(context, new)?;
    let groups = chosen_groups(context, &subnet, new)?;
    let private_ip = chosen_ip(context, &subnet, new.private_ip)?;
    let id = ids::ec2("eni");
    let wants_public = new.public.unwrap_or(subnet.map_public_ip);
    let interface = Interface {
        id: id.clone(),
        made: context.now,
        vpc: subnet.vpc,
        subnet: subnet.id,
        zone: subnet.zone,
        private_ip,
        mac: mac(),
        groups,
        description: new.description.clone(),
        source_dest_check: true,
        attachment: None,
        wants_public,
        auto_assigned: wants_public.then(|| addresses::free_public_ip(context.ec2)),
        token: None,
    };
    context.ec2.interfaces.insert(id.clone(), interface);
    Ok(id)
}

fn chosen_subnet(context: &Context<'_>, new: &NewInterface<'_>) -> Result<Subnet, AwsError> {
    let Some(id) = new.subnet else { return subnets::default(context, new.zone).cloned() };
    let subnet = subnets::find(context, id)?;
    match new.zone {
        Some(zone) if zone != subnet.zone => {
            let message = format!("The subnet '{id}' is in the availability zone {}, not in {zone}", subnet.zone);
            Err(AwsError::new("InvalidParameterValue", message))
        }
        _ => Ok(subnet.clone()),
    }
}

fn chosen_groups(context: &Context<'_>, subnet: &Subnet, new: &NewInterface<'_>) -> Result<Vec<String>, AwsError> {
    let mut groups = new.groups.clone();
    if !new.group_names.is_empty() && new.subnet.is_some() {
        let message = "The parameter groupName cannot be used with the parameter subnet";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    for name in &new.group_names {
        groups.push(security_groups::find_named(context, name)?.id.clone());
    }
    security_groups::of_interface(context, &subnet.vpc, &groups)
}

/// The address asked for, else the next free one.
fn chosen_ip(context: &Context<'_>, subnet: &Subnet, wanted: Option<Ipv4Addr>) -> Result<Ipv4Addr, AwsError> {
    let in_subnet = context.ec2.interfaces.values().filter(|interface| interface.subnet == subnet.id);
    let used: BTreeSet<_> = in_subnet.map(|interface| interface.private_ip).collect();
    let invalid = |why: String| Err(AwsError::new("InvalidParameterValue", why));
    match wanted {
        None => {
            let mut free = subnet.cidr.hosts().filter(|ip| !subnet.is_reserved(*ip) && !used.contains(ip));
            free.next().ok_or_else(|| {
                let message = format!("There are not enough free addresses in subnet '{}'.", subnet.id);
                AwsError::new("InsufficientFreeAddressesInSubnet", message)
            })
        }
        Some(ip) if !subnet.cidr.contains(&ip) => {
            invalid(format!("Address {ip} does not fall within the subnet's address range"))
        }
        Some(ip) if subnet.is_reserved(ip) => invalid(format!("Address {ip} is in subnet's reserved address range")),
        Some(ip) if used.contains(&ip) => {
            Err(AwsError::new("InvalidIPAddress.InUse", format!("Address {ip} is in use.")))
        }
        Some(ip) => Ok(ip),
    }
}

/// A hardware address of those that everyone may give out.
fn mac() -> String {
    let tail: Vec<_> = std::iter::repeat_with(|| format!("{:02x}", fastrand::u8(..))).take(5).collect();
    format!("06:{}", tail.join(":"))
}

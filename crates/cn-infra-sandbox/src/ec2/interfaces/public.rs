//! The public addresses of interfaces, and the names of addresses.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::super::{Address, Ec2};
use crate::context::Context;
use crate::xml::Xml;

/// The public address of an interface.
#[derive(Clone, Copy, Debug)]
pub struct PublicAddress<'a> {
    /// The address.
    pub ip: Ipv4Addr,
    /// The elastic IP that it is; `None`: AWS assigned it.
    pub elastic: Option<&'a Address>,
}

/// The public addresses of all interfaces that have one, by the interface's id.
pub fn public_addresses(ec2: &Ec2) -> BTreeMap<&str, PublicAddress<'_>> {
    let assigned = ec2.interfaces.values().filter_map(|interface| {
        Some((interface.id.as_str(), PublicAddress { ip: interface.auto_assigned?, elastic: None }))
    });
    let elastic = ec2.addresses.values().filter_map(|address| {
        let interface = &address.association.as_ref()?.interface;
        Some((interface.as_str(), PublicAddress { ip: address.ip, elastic: Some(address) }))
    });
    assigned.chain(elastic).collect()
}

impl PublicAddress<'_> {
    /// Whose address it is: the account's, or `amazon`.
    pub fn owner<'a>(&self, account: &'a str) -> &'a str {
        if self.elastic.is_some() { account } else { "amazon" }
    }

    /// Writes `association` as DescribeInstances tells it. `names`: whether the VPC gives public addresses names.
    pub fn write(&self, xml: &mut Xml, context: &Context<'_>, names: bool) {
        xml.element("association", |xml| self.write_members(xml, context, names));
    }

    pub(super) fn write_members(&self, xml: &mut Xml, context: &Context<'_>, names: bool) {
        let name = if names { public_dns(context.region, self.ip) } else { String::new() };
        xml.text("publicIp", self.ip).text("publicDnsName", name).text("ipOwnerId", self.owner(context.account));
    }
}

/// The name of a private address: `ip-172-31-0-4.us-west-2.compute.internal`.
pub fn private_dns(region: &str, ip: Ipv4Addr) -> String {
    let place = if region == "us-east-1" { "ec2".to_owned() } else { format!("{region}.compute") };
    format!("ip-{}.{place}.internal", dashed(ip))
}

/// The name of a public address: `ec2-198-18-0-4.us-west-2.compute.amazonaws.com`.
pub fn public_dns(region: &str, ip: Ipv4Addr) -> String {
    let place = if region == "us-east-1" { "compute-1".to_owned() } else { format!("{region}.compute") };
    format!("ec2-{}.{place}.amazonaws.com", dashed(ip))
}

fn dashed(ip: Ipv4Addr) -> String {
    ip.to_string().replace('.', "-")
}

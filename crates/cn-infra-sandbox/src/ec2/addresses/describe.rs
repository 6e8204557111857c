//! Telling of elastic IPs.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::filter::{any, one};
use super::super::{Ec2, Filters, Interface, chosen, tags};
use super::{Address, Association, find_public, not_found};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

const FILTERS: &[&str] = &[
    "allocation-id",
    "association-id",
    "domain",
    "instance-id",
    "network-border-group",
    "network-interface-id",
    "network-interface-owner-id",
    "private-ip-address",
    "public-ip",
];

/// AWS tells all addresses at once: there are no pages.
pub(super) fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?.only(FILTERS)?;
    let is_there = |address: &Address| context.can_see(address.made);
    let mut wanted = params.list("PublicIp").into_iter();
    let ips = wanted.try_fold(BTreeSet::new(), |mut ips, ip| {
        ips.insert(find_public(context, ip)?.ip);
        Ok::<_, AwsError>(ips)
    })?;
    let mut found = Vec::new();
    for address in chosen(&context.ec2.addresses, &params.list("AllocationId"), is_there, not_found)? {
        let tags = context.ec2.tags.get(&address.id);
        let is_asked_for = ips.is_empty() || ips.contains(&address.ip);
        if is_asked_for && filters.keep(tags, |name| property(address, context, name))? {
            found.push(address);
        }
    }
    let mut xml = Xml::new();
    xml.items("addressesSet", found, |xml, address| write(xml, context, address));
    Ok(xml)
}

/// The interface that an address points at.
fn interface<'a>(address: &Address, ec2: &'a Ec2) -> Option<&'a Interface> {
    ec2.interfaces.get(&address.association.as_ref()?.interface)
}

fn property<'a>(address: &'a Address, context: &'a Context<'_>, name: &str) -> Option<Vec<Cow<'a, str>>> {
    let association = address.association.as_ref();
    match name {
        "allocation-id" => one(&address.id),
        "association-id" => any(association.map(|association| &association.id)),
        "domain" => one("vpc"),
        "instance-id" => any(interface(address, context.ec2).and_then(Interface::instance)),
        "network-border-group" => one(context.region),
        "network-interface-id" => any(association.map(|association| &association.interface)),
        "network-interface-owner-id" => any(association.map(|_| context.account)),
        "private-ip-address" => any(association.map(|association| association.private_ip.to_string())),
        "public-ip" => one(address.ip.to_string()),
        _ => None,
    }
}

fn write(xml: &mut Xml, context: &Context<'_>, address: &Address) {
    xml.some("instanceId", interface(address, context.ec2).and_then(Interface::instance));
    xml.text("publicIp", address.ip).text("allocationId", &address.id).text("domain", "vpc");
    if let Some(Association { id, interface, private_ip }) = &address.association {
        xml.text("associationId", id).text("networkInterfaceId", interface);
        xml.text("networkInterfaceOwnerId", context.account).text("privateIpAddress", private_ip);
    }
    xml.text("publicIpv4Pool", "amazon").text("networkBorderGroup", context.region);
    tags::write(xml, context.ec2.tags.get(&address.id));
}

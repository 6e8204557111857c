//! Telling of interfaces.

use std::borrow::Cow;

use super::super::filter::{any, one};
use super::super::{Filters, Page, chosen, security_groups, tags, zones};
use super::{Interface, PublicAddress, not_found, private_dns, public_addresses};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

const FILTERS: &[&str] = &[
    "addresses.association.owner-id",
    "addresses.association.public-ip",
    "addresses.primary",
    "addresses.private-ip-address",
    "association.allocation-id",
    "association.association-id",
    "association.ip-owner-id",
    "association.public-ip",
    "attachment.attach-time",
    "attachment.attachment-id",
    "attachment.delete-on-termination",
    "attachment.device-index",
    "attachment.instance-id",
    "attachment.instance-owner-id",
    "attachment.status",
    "availability-zone",
    "description",
    "group-id",
    "group-name",
    "interface-type",
    "mac-address",
    "network-interface-id",
    "owner-id",
    "private-dns-name",
    "private-ip-address",
    "requester-managed",
    "source-dest-check",
    "status",
    "subnet-id",
    "vpc-id",
];

pub(super) fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(FILTERS)?, Page::of(params, 5..=1000)?);
    let publics = public_addresses(context.ec2);
    let is_there = |interface: &Interface| context.can_see(interface.made);
    let mut found = Vec::new();
    for row in chosen(&context.ec2.interfaces, &params.list("NetworkInterfaceId"), is_there, not_found)? {
        let told = Told { row, public: publics.get(row.id.as_str()).copied(), context };
        if filters.keep(context.ec2.tags.get(&row.id), |name| told.property(name))? {
            found.push(told);
        }
    }
    let (found, token) = page.cut(found, |told| &told.row.id);
    let mut xml = Xml::new();
    xml.items("networkInterfaceSet", found, |xml, told| told.write(xml)).some("nextToken", token);
    Ok(xml)
}

/// An interface with all that is told of it.
pub(super) struct Told<'a> {
    pub row: &'a Interface,
    pub public: Option<PublicAddress<'a>>,
    pub context: &'a Context<'a>,
}

impl<'a> Told<'a> {
    fn status(&self) -> &'static str {
        if self.row.attachment.is_some() { "in-use" } else { "available" }
    }

    fn property(&self, name: &str) -> Option<Vec<Cow<'a, str>>> {
        let row = self.row;
        match name {
            "network-interface-id" => one(&row.id),
            "vpc-id" => one(&row.vpc),
            "subnet-id" => one(&row.subnet),
            "availability-zone" => one(&row.zone),
            "description" => one(&row.description),
            "group-id" => any(&row.groups),
            "group-name" => {
                let groups = row.groups.iter().filter_map(|id| self.context.ec2.groups.get(id));
                any(groups.map(|group| &group.name))
            }
            "interface-type" => one("interface"),
            "mac-address" => one(&row.mac),
            "owner-id" => one(self.context.account),
            "private-ip-address" | "addresses.private-ip-address" => one(row.private_ip.to_string()),
            "addresses.primary" => one("true"),
            "private-dns-name" => one(private_dns(self.context.region, row.private_ip)),
            "requester-managed" => one("false"),
            "source-dest-check" => one(row.source_dest_check.to_string()),
            "status" => one(self.status()),
            _ => match name.strip_prefix("attachment.") {
                Some(name) => self.attachment(name),
                None => self.association(name.strip_prefix("addresses.").unwrap_or(name).strip_prefix("association.")?),
            },
        }
    }

    fn attachment(&self, name: &str) -> Option<Vec<Cow<'a, str>>> {
        let attachment = self.row.attachment.as_ref();
        match name {
            "attachment-id" => any(attachment.map(|attachment| &attachment.id)),
            "instance-id" => any(attachment.map(|attachment| &attachment.instance)),
            "instance-owner-id" => any(attachment.map(|_| self.context.account)),
            "device-index" => any(attachment.map(|attachment| attachment.device_index.to_string())),
            "delete-on-termination" => any(attachment.map(|attachment| attachment.delete_on_termination.to_string())),
            "attach-time" => any(attachment.map(|attachment| attachment.since.to_string())),
            "status" => any(attachment.map(|_| "attached")),
            _ => None,
        }
    }

    fn association(&self, name: &str) -> Option<Vec<Cow<'a, str>>> {
        let elastic = self.public.and_then(|public| public.elastic);
        match name {
            "public-ip" => any(self.public.map(|public| public.ip.to_string())),
            "ip-owner-id" | "owner-id" => any(self.public.map(|public| public.owner(self.context.account))),
            "allocation-id" => any(elastic.map(|address| &address.id)),
            "association-id" => any(elastic.and_then(|address| address.association.as_ref()).map(|there| &there.id)),
            _ => None,
        }
    }

    pub fn write(&self, xml: &mut Xml) {
        let Self { row, public: _, context } = self;
        let name = private_dns(context.region, row.private_ip);
        xml.text("networkInterfaceId", &row.id).text("subnetId", &row.subnet).text("vpcId", &row.vpc);
        xml.text("availabilityZone", &row.zone)
            .text("availabilityZoneId", zones::id(&row.zone))
            .text("description", &row.description);
        xml.text("ownerId", context.account).text("requesterManaged", false).text("status", self.status());
        xml.text("macAddress", &row.mac).text("privateIpAddress", row.private_ip).text("privateDnsName", &name);
        xml.text("sourceDestCheck", row.source_dest_check).text("interfaceType", "interface");
        security_groups::write_set(xml, context.ec2, &row.groups);
        self.write_attachment(xml);
        self.write_association(xml);
        xml.items("ipv6AddressesSet", None::<()>, |_, ()| ());
        xml.items("privateIpAddressesSet", [()], |xml, ()| {
            xml.text("privateIpAddress", row.private_ip).text("privateDnsName", &name).text("primary", true);
            self.write_association(xml);
        });
        tags::write(xml, context.ec2.tags.get(&row.id));
    }

    fn write_attachment(&self, xml: &mut Xml) {
        let Some(attachment) = &self.row.attachment else { return };
        xml.element("attachment", |xml| {
            xml.text("attachmentId", &attachment.id).text("instanceId", &attachment.instance);
            xml.text("instanceOwnerId", self.context.account).text("deviceIndex", attachment.device_index);
            xml.text("networkCardIndex", 0).text("status", "attached").text("attachTime", attachment.since);
            xml.text("deleteOnTermination", attachment.delete_on_termination);
        });
    }

    fn write_association(&self, xml: &mut Xml) {
        let Some(public) = self.public else { return };
        let names = self.context.ec2.vpcs.get(&self.row.vpc).is_some_and(|vpc| vpc.dns_hostnames);
        xml.element("association", |xml| {
            public.write_members(xml, self.context, names);
            if let Some(address) = public.elastic {
                xml.text("allocationId", &address.id);
                xml.some("associationId", address.association.as_ref().map(|association| &association.id));
            }
        });
    }
}

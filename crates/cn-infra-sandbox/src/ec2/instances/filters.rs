//! What instances have for the filters of DescribeInstances.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>

use std::borrow::Cow;

use super::super::filter::{any, one};
use super::super::interfaces::{self, Interface};
use super::super::volumes::{self, Volume};
use super::super::zones;
use super::State;
use super::view::View;

type Values<'a> = Option<Vec<Cow<'a, str>>>;

/// The names that are known.
pub const FILTERS: &[&str] = &[
    "architecture",
    "availability-zone",
    "availability-zone-id",
    "block-device-mapping.attach-time",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.status",
    "block-device-mapping.volume-id",
    "client-token",
    "dns-name",
    "ebs-optimized",
    "ena-support",
    "enclave-options.enabled",
    "group-id",
    "group-name",
    "hibernation-options.configured",
    "hypervisor",
    "iam-instance-profile.arn",
    "iam-instance-profile.id",
    "image-id",
    "instance-id",
    "instance-lifecycle",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "instance.group-id",
    "instance.group-name",
    "ip-address",
    "ipv6-address",
    "kernel-id",
    "key-name",
    "launch-index",
    "launch-time",
    "metadata-options.http-endpoint",
    "metadata-options.http-protocol-ipv4",
    "metadata-options.http-protocol-ipv6",
    "metadata-options.http-put-response-hop-limit",
    "metadata-options.http-tokens",
    "metadata-options.instance-metadata-tags",
    "metadata-options.state",
    "monitoring-state",
    "network-interface.addresses.association.ip-owner-id",
    "network-interface.addresses.association.public-ip",
    "network-interface.addresses.private-ip-address",
    "network-interface.association.allocation-id",
    "network-interface.association.association-id",
    "network-interface.association.ip-owner-id",
    "network-interface.association.public-ip",
    "network-interface.attachment.attach-time",
    "network-interface.attachment.attachment-id",
    "network-interface.attachment.delete-on-termination",
    "network-interface.attachment.device-index",
    "network-interface.attachment.instance-id",
    "network-interface.attachment.status",
    "network-interface.availability-zone",
    "network-interface.description",
    "network-interface.group-id",
    "network-interface.group-name",
    "network-interface.mac-address",
    "network-interface.network-interface-id",
    "network-interface.owner-id",
    "network-interface.private-ip-address",
    "network-interface.source-dest-check",
    "network-interface.status",
    "network-interface.subnet-id",
    "network-interface.vpc-id",
    "outpost-arn",
    "owner-id",
    "placement-group-name",
    "platform",
    "platform-details",
    "private-dns-name",
    "private-ip-address",
    "product-code",
    "ramdisk-id",
    "reason",
    "requester-id",
    "reservation-id",
    "root-device-name",
    "root-device-type",
    "source-dest-check",
    "spot-instance-request-id",
    "state-reason-code",
    "state-reason-message",
    "subnet-id",
    "tenancy",
    "usage-operation",
    "virtualization-type",
    "vpc-id",
];

/// What an instance has for a filter's name.
pub fn property<'a>(view: &View<'a>, name: &str) -> Values<'a> {
    if let Some(name) = name.strip_prefix("block-device-mapping.") {
        return of_disks(view, name);
    }
    if let Some(name) = name.strip_prefix("network-interface.") {
        return of_interfaces(view, name);
    }
    if let Some(name) = name.strip_prefix("metadata-options.") {
        return view.instance.metadata.property(name, view.context.now);
    }
    of_instance(view, name)
        .or_else(|| of_state(view, name))
        .or_else(|| of_primary(view, name))
        .or_else(|| constant(name))
}

fn of_instance<'a>(view: &View<'a>, name: &str) -> Values<'a> {
    let (context, instance) = (view.context, view.instance);
    match name {
        "instance-id" => one(&instance.id),
        "reservation-id" => one(&instance.reservation),
        "owner-id" => one(context.account),
        "image-id" => one(&instance.image),
        "instance-type" => one(&instance.kind),
        "key-name" => any(instance.key.as_ref()),
        "client-token" => any(instance.token.as_ref()),
        "launch-index" => one(instance.launch_index.to_string()),
        "launch-time" => one(format!("{:.3}", instance.launched)),
        "architecture" => one(&instance.architecture),
        "root-device-name" => one(&instance.root_device),
        "availability-zone" => one(&instance.zone),
        "availability-zone-id" => one(zones::id(&instance.zone)),
        "ebs-optimized" => one(instance.ebs_optimized.to_string()),
        "hibernation-options.configured" => one(instance.hibernation.to_string()),
        "iam-instance-profile.arn" => any(view.profile.map(|profile| &profile.arn)),
        "iam-instance-profile.id" => any(view.profile.map(|profile| &profile.profile)),
        _ => None,
    }
}

fn of_state<'a>(view: &View<'a>, name: &str) -> Values<'a> {
    let reason = view.instance.reason.as_ref();
    match name {
        "instance-state-name" => one(view.state().name()),
        "instance-state-code" => one(view.state().code().to_string()),
        "monitoring-state" => one(view.instance.monitoring.at(view.context.now).name()),
        "reason" => one(view.transition()),
        "state-reason-code" if view.state() == State::Pending => one("pending"),
        "state-reason-code" => any(reason.map(|reason| &reason.code)),
        "state-reason-message" => any(reason.map(|reason| &reason.message)),
        _ => None,
    }
}

fn of_primary<'a>(view: &View<'a>, name: &str) -> Values<'a> {
    let primary = view.primary();
    match name {
        "vpc-id" => any(primary.map(|primary| &primary.vpc)),
        "subnet-id" => any(primary.map(|primary| &primary.subnet)),
        "private-ip-address" => any(primary.map(|primary| primary.private_ip.to_string())),
        "private-dns-name" => one(view.private_dns()),
        "ip-address" => any(primary.and_then(|primary| view.public(primary)).map(|public| public.ip.to_string())),
        "dns-name" => one(view.public_dns()),
        "source-dest-check" => any(primary.map(|primary| primary.source_dest_check.to_string())),
        "instance.group-id" | "group-id" => any(primary.into_iter().flat_map(|primary| &primary.groups)),
        "instance.group-name" | "group-name" => any(primary.into_iter().flat_map(|primary| group_names(view, primary))),
        _ => None,
    }
}

/// What is the same for all instances, or what none has.
fn constant(name: &str) -> Values<'static> {
    match name {
        "ena-support" => one("true"),
        "hypervisor" => one("xen"),
        "virtualization-type" => one("hvm"),
        "root-device-type" => one("ebs"),
        "tenancy" => one("default"),
        "platform-details" => one("Linux/UNIX"),
        "usage-operation" => one("RunInstances"),
        "enclave-options.enabled" => one("false"),
        "instance-lifecycle"
        | "ipv6-address"
        | "kernel-id"
        | "outpost-arn"
        | "placement-group-name"
        | "platform"
        | "product-code"
        | "ramdisk-id"
        | "requester-id"
        | "spot-instance-request-id" => Some(Vec::new()),
        _ => None,
    }
}

fn group_names<'a>(view: &View<'a>, interface: &'a Interface) -> impl Iterator<Item = &'a String> {
    let context = view.context;
    interface.groups.iter().filter_map(|group| context.ec2.groups.get(group)).map(|group| &group.name)
}

fn of_disks<'a>(view: &View<'a>, name: &str) -> Values<'a> {
    let now = view.context.now;
    let value: fn(&Volume, &volumes::Attachment, jiff::Timestamp) -> String = match name {
        "volume-id" => |volume, _, _| volume.id.clone(),
        "device-name" => |_, attachment, _| attachment.device.clone(),
        "status" => |_, attachment, now| attachment.state.at(now).name().to_owned(),
        "attach-time" => |_, attachment, _| format!("{:.3}", attachment.since),
        "delete-on-termination" => |_, attachment, _| attachment.delete_on_termination.to_string(),
        _ => return None,
    };
    any(view.volumes.iter().map(|(volume, attachment)| value(volume, attachment, now)))
}

fn of_interfaces<'a>(view: &View<'a>, name: &str) -> Values<'a> {
    let own = |value: fn(&'a Interface) -> Cow<'a, str>| any(view.interfaces.iter().map(|interface| value(interface)));
    let attachment = |value: fn(&interfaces::Attachment) -> String| {
        any(view.interfaces.iter().filter_map(|interface| interface.attachment.as_ref()).map(value))
    };
    let public = || view.interfaces.iter().filter_map(|interface| view.public(interface));
    match name {
        "network-interface-id" => own(|interface| Cow::from(&interface.id)),
        "subnet-id" => own(|interface| Cow::from(&interface.subnet)),
        "vpc-id" => own(|interface| Cow::from(&interface.vpc)),
        "availability-zone" => own(|interface| Cow::from(&interface.zone)),
        "description" => own(|interface| Cow::from(&interface.description)),
        "mac-address" => own(|interface| Cow::from(&interface.mac)),
        "source-dest-check" => own(|interface| Cow::from(interface.source_dest_check.to_string())),
        "private-ip-address" | "addresses.private-ip-address" => {
            own(|interface| Cow::from(interface.private_ip.to_string()))
        }
        "status" => own(|_| Cow::from("in-use")),
        "owner-id" => any(view.interfaces.iter().map(|_| view.context.account)),
        "group-id" => any(view.interfaces.iter().flat_map(|interface| &interface.groups)),
        "group-name" => any(view.interfaces.iter().flat_map(|interface| group_names(view, interface))),
        "attachment.attachment-id" => attachment(|attachment| attachment.id.clone()),
        "attachment.instance-id" => attachment(|attachment| attachment.instance.clone()),
        "attachment.device-index" => attachment(|attachment| attachment.device_index.to_string()),
        "attachment.delete-on-termination" => attachment(|attachment| attachment.delete_on_termination.to_string()),
        "attachment.attach-time" => attachment(|attachment| format!("{:.3}", attachment.since)),
        "attachment.status" => attachment(|_| "attached".to_owned()),
        "association.public-ip" | "addresses.association.public-ip" => {
            any(public().map(|public| public.ip.to_string()))
        }
        "association.ip-owner-id" | "addresses.association.ip-owner-id" => {
            any(public().map(|public| public.owner(view.context.account)))
        }
        "association.allocation-id" => any(public().filter_map(|public| public.elastic).map(|address| &address.id)),
        "association.association-id" => {
            let elastic = public().filter_map(|public| public.elastic?.association.as_ref());
            any(elastic.map(|association| &association.id))
        }
        _ => None,
    }
}

//! How instances are told: what hangs on them is joined once for an answer.

use std::collections::{BTreeMap, HashMap};

use super::super::instance_types::InstanceType;
use super::super::interfaces::{self, Interface, PublicAddress};
use super::super::profile_associations::ProfileAssociation;
use super::super::security_groups;
use super::super::volumes::{self, Volume};
use super::super::{tags, zones};
use super::{Instance, Reason, State};
use crate::context::Context;
use crate::xml::Xml;

/// What hangs on instances, by the instance's id.
#[derive(Debug, Default)]
pub struct Attached<'a> {
    volumes: HashMap<&'a str, Vec<(&'a Volume, &'a volumes::Attachment)>>,
    interfaces: HashMap<&'a str, Vec<&'a Interface>>,
    public: BTreeMap<&'a str, PublicAddress<'a>>,
    profiles: HashMap<&'a str, &'a ProfileAssociation>,
}

impl<'a> Attached<'a> {
    /// What hangs on all instances.
    pub fn of(context: &'a Context<'_>) -> Self {
        let mut volumes = HashMap::<_, Vec<_>>::new();
        for volume in context.ec2.volumes.values() {
            if let Some(attachment) = volume.attached(context.now) {
                volumes.entry(attachment.instance.as_str()).or_default().push((volume, attachment));
            }
        }
        for attached in volumes.values_mut() {
            attached.sort_by(|(_, one), (_, other)| one.device.cmp(&other.device));
        }
        Self { volumes, public: interfaces::public_addresses(context.ec2), ..Self::at_launch(context) }
    }

    /// The same without volumes and public addresses.
    pub fn at_launch(context: &'a Context<'_>) -> Self {
        let mut interfaces = HashMap::<_, Vec<_>>::new();
        for interface in context.ec2.interfaces.values() {
            if let Some(instance) = interface.instance() {
                interfaces.entry(instance).or_default().push(interface);
            }
        }
        for attached in interfaces.values_mut() {
            attached.sort_by_key(|interface| interface.attachment.as_ref().map(|attachment| attachment.device_index));
        }
        let profiles = context.ec2.profile_associations.values().filter(|association| association.holds());
        let profiles = profiles.map(|association| (association.instance.as_str(), association)).collect();
        Self { interfaces, profiles, ..Self::default() }
    }
}

/// One instance with what hangs on it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The call.
    pub context: &'a Context<'a>,
    /// The row.
    pub instance: &'a Instance,
    /// Its volumes, by device.
    pub volumes: &'a [(&'a Volume, &'a volumes::Attachment)],
    /// Its interfaces, the primary one first.
    pub interfaces: &'a [&'a Interface],
    public: &'a BTreeMap<&'a str, PublicAddress<'a>>,
    /// Its profile.
    pub profile: Option<&'a ProfileAssociation>,
}

impl<'a> View<'a> {
    /// Looks up what hangs on an instance.
    pub fn new(context: &'a Context<'a>, attached: &'a Attached<'a>, instance: &'a Instance) -> Self {
        let id = instance.id.as_str();
        Self {
            context,
            instance,
            volumes: attached.volumes.get(id).map_or(&[], Vec::as_slice),
            interfaces: attached.interfaces.get(id).map_or(&[], Vec::as_slice),
            public: &attached.public,
            profile: attached.profiles.get(id).copied(),
        }
    }

    /// Its state at the time of the call.
    pub fn state(&self) -> State {
        self.instance.state.at(self.context.now)
    }

    /// The primary interface; a terminated instance has none.
    pub fn primary(&self) -> Option<&'a Interface> {
        self.interfaces.first().copied()
    }

    /// The public address of an interface.
    pub fn public(&self, interface: &Interface) -> Option<&'a PublicAddress<'a>> {
        self.public.get(interface.id.as_str())
    }

    /// Its private name; empty without an interface.
    pub fn private_dns(&self) -> String {
        let region = self.context.region;
        self.primary().map(|primary| interfaces::private_dns(region, primary.private_ip)).unwrap_or_default()
    }

    /// Its public name; empty without a public address, or where the VPC gives none.
    pub fn public_dns(&self) -> String {
        let named = self.primary().filter(|primary| self.has_names(primary));
        let public = named.and_then(|primary| self.public(primary));
        public.map(|public| interfaces::public_dns(self.context.region, public.ip)).unwrap_or_default()
    }

    fn has_names(&self, interface: &Interface) -> bool {
        self.context.ec2.vpcs.get(&interface.vpc).is_some_and(|vpc| vpc.dns_hostnames)
    }

    /// What stands in `reason`: empty while it runs.
    pub fn transition(&self) -> String {
        let reason = self.instance.reason.as_ref();
        reason.map(|Reason { at, .. }| format!("User initiated ({})", at.strftime("%F %T GMT"))).unwrap_or_default()
    }
}

/// Writes a reservation with those of its instances that are given.
pub fn write_reservation(
    xml: &mut Xml,
    context: &Context<'_>,
    attached: &Attached<'_>,
    reservation: &str,
    instances: &[&Instance],
) {
    xml.text("reservationId", reservation).text("ownerId", context.account);
    xml.items("groupSet", [(); 0], |_, ()| ());
    xml.items("instancesSet", instances, |xml, instance| write(xml, &View::new(context, attached, instance)));
}

fn write(xml: &mut Xml, view: &View<'_>) {
    let Instance { id, launch_index, launched, image, architecture, root_device, kind, key, .. } = view.instance;
    xml.text("instanceId", id).text("imageId", image);
    write_state(xml, "instanceState", view.state());
    xml.text("privateDnsName", view.private_dns()).text("dnsName", view.public_dns());
    xml.text("reason", view.transition()).some("keyName", key.as_ref()).text("amiLaunchIndex", launch_index);
    xml.items("productCodes", [(); 0], |_, ()| ());
    xml.text("instanceType", kind).text("launchTime", format_args!("{launched:.3}"));
    write_placement(xml, view);
    xml.element("monitoring", |xml| {
        xml.text("state", view.instance.monitoring.at(view.context.now).name());
    });
    write_primary(xml, view);
    write_reason(xml, view);
    xml.text("architecture", architecture).text("rootDeviceType", "ebs").text("rootDeviceName", root_device);
    xml.items("blockDeviceMapping", view.volumes, |xml, (volume, attachment)| {
        write_disk(xml, view, volume, attachment);
    });
    xml.text("virtualizationType", "hvm");
    xml.text("clientToken", view.instance.token.as_deref().unwrap_or_default());
    tags::write(xml, view.context.ec2.tags.get(id));
    xml.text("hypervisor", "xen");
    if let Some(profile) = view.profile {
        xml.element("iamInstanceProfile", |xml| {
            xml.text("arn", &profile.arn).text("id", &profile.profile);
        });
    }
    xml.items("networkInterfaceSet", view.interfaces, |xml, interface| write_interface(xml, view, interface));
    write_options(xml, view);
}

/// Writes a state's number and name.
pub fn write_state(xml: &mut Xml, name: &str, state: State) {
    xml.element(name, |xml| {
        xml.text("code", state.code()).text("name", state.name());
    });
}

fn write_placement(xml: &mut Xml, view: &View<'_>) {
    let zone = &view.instance.zone;
    xml.element("placement", |xml| {
        xml.text("availabilityZone", zone).text("availabilityZoneId", zones::id(zone));
        xml.text("groupName", "").text("tenancy", "default");
    });
}

/// What an instance tells of its primary interface as its own.
fn write_primary(xml: &mut Xml, view: &View<'_>) {
    let Some(primary) = view.primary() else {
        security_groups::write_set(xml, view.context.ec2, &[]);
        return;
    };
    xml.text("subnetId", &primary.subnet).text("vpcId", &primary.vpc).text("privateIpAddress", primary.private_ip);
    xml.some("ipAddress", view.public(primary).map(|public| public.ip));
    xml.text("sourceDestCheck", primary.source_dest_check);
    security_groups::write_set(xml, view.context.ec2, &primary.groups);
}

fn write_reason(xml: &mut Xml, view: &View<'_>) {
    let told = match (view.state(), &view.instance.reason) {
        (State::Pending, _) => Some(("pending", "pending")),
        (_, Some(Reason { code, message, .. })) => Some((code.as_str(), message.as_str())),
        (_, None) => None,
    };
    if let Some((code, message)) = told {
        xml.element("stateReason", |xml| {
            xml.text("code", code).text("message", message);
        });
    }
}

/// Writes a disk as instances tell it.
pub fn write_disk(xml: &mut Xml, view: &View<'_>, volume: &Volume, attachment: &volumes::Attachment) {
    xml.text("deviceName", &attachment.device).element("ebs", |xml| {
        xml.text("volumeId", &volume.id).text("status", attachment.state.at(view.context.now).name());
        xml.text("attachTime", format_args!("{:.3}", attachment.since));
        xml.text("deleteOnTermination", attachment.delete_on_termination);
    });
}

fn write_interface(xml: &mut Xml, view: &View<'_>, interface: &Interface) {
    let Interface { id, vpc, subnet, private_ip, mac, groups, description, source_dest_check, attachment, .. } =
        interface;
    let (context, public) = (view.context, view.public(interface));
    let name = interfaces::private_dns(context.region, *private_ip);
    xml.text("networkInterfaceId", id).text("subnetId", subnet).text("vpcId", vpc).text("description", description);
    xml.text("ownerId", context.account).text("status", "in-use").text("macAddress", mac);
    xml.text("privateIpAddress", private_ip).text("privateDnsName", &name).text("sourceDestCheck", source_dest_check);
    security_groups::write_set(xml, context.ec2, groups);
    if let Some(attachment) = attachment {
        xml.element("attachment", |xml| {
            xml.text("attachmentId", &attachment.id).text("deviceIndex", attachment.device_index);
            xml.text("status", "attached").text("attachTime", format_args!("{:.3}", attachment.since));
            xml.text("deleteOnTermination", attachment.delete_on_termination).text("networkCardIndex", 0);
        });
    }
    let association = |xml: &mut Xml| {
        if let Some(public) = public {
            public.write(xml, context, view.has_names(interface));
        }
    };
    association(xml);
    xml.items("privateIpAddressesSet", [private_ip], |xml, ip| {
        xml.text("privateIpAddress", ip).text("privateDnsName", &name).text("primary", true);
        association(xml);
    });
    xml.items("ipv6AddressesSet", [(); 0], |_, ()| ()).text("interfaceType", "interface");
}

fn write_options(xml: &mut Xml, view: &View<'_>) {
    let Instance { kind, ebs_optimized, hibernation, metadata, launched, .. } = view.instance;
    xml.text("ebsOptimized", ebs_optimized).text("enaSupport", true);
    if let Some(kind) = InstanceType::named(kind) {
        xml.element("cpuOptions", |xml| {
            xml.text("coreCount", kind.cores()).text("threadsPerCore", kind.threads());
        });
    }
    xml.element("capacityReservationSpecification", |xml| {
        xml.text("capacityReservationPreference", "open");
    });
    xml.element("hibernationOptions", |xml| {
        xml.text("configured", hibernation);
    });
    xml.element("metadataOptions", |xml| metadata.write(xml, view.context.now));
    xml.element("enclaveOptions", |xml| {
        xml.text("enabled", false);
    });
    xml.text("platformDetails", "Linux/UNIX").text("usageOperation", "RunInstances");
    xml.text("usageOperationUpdateTime", format_args!("{:.3}", view.instance.made.min(*launched)));
    xml.element("privateDnsNameOptions", |xml| {
        xml.text("hostnameType", "ip-name").text("enableResourceNameDnsARecord", false);
        xml.text("enableResourceNameDnsAAAARecord", false);
    });
    xml.element("maintenanceOptions", |xml| {
        xml.text("autoRecovery", "default");
    });
}

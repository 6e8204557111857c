//! Network interfaces: what a server's addresses and groups belong to.

mod change;
mod create;
mod describe;
mod public;

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use create::{NewInterface, create};
pub use public::{PublicAddress, private_dns, public_addresses, public_dns};

use super::instances::State;
use super::{ClientToken, Ec2, Instance, addresses, security_groups};
use crate::context::{Context, Operation};
use crate::error::AwsError;

/// The operations on interfaces.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("AttachNetworkInterface", &["DeviceIndex", "InstanceId", "NetworkInterfaceId"], change::attach),
    Operation::new("CreateNetworkInterface", &["SubnetId"], change::create_one),
    Operation::new("DeleteNetworkInterface", &["NetworkInterfaceId"], change::delete_one),
    Operation::new("DescribeNetworkInterfaces", &[], describe::describe),
    Operation::new("DetachNetworkInterface", &["AttachmentId"], change::detach),
    Operation::new("ModifyNetworkInterfaceAttribute", &["NetworkInterfaceId"], change::modify),
];

/// A row of the interfaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interface {
    /// `eni-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// Its VPC.
    pub vpc: String,
    /// Its subnet.
    pub subnet: String,
    /// The subnet's availability zone.
    pub zone: String,
    /// Its address in the subnet.
    pub private_ip: Ipv4Addr,
    /// Its hardware address, for example `06:1f:…`.
    pub mac: String,
    /// Ids of its security groups, in the order given.
    pub groups: Vec<String>,
    /// What the caller wrote about it.
    pub description: String,
    /// Whether packets to others are dropped. True unless changed.
    pub source_dest_check: bool,
    /// The server it belongs to.
    pub attachment: Option<Attachment>,
    /// Whether the subnet or the launch asked for a public address.
    pub wants_public: bool,
    /// The public address that AWS assigned to it: lost for good when an elastic IP arrives or the server stops.
    /// The elastic IP of an interface is found in the addresses.
    pub auto_assigned: Option<Ipv4Addr>,
    /// What it was asked for with, if it was made by itself.
    pub token: Option<ClientToken>,
}

impl Interface {
    /// The server it belongs to.
    pub fn instance(&self) -> Option<&str> {
        self.attachment.as_ref().map(|attachment| attachment.instance.as_str())
    }
}

/// Where an interface is attached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// `eni-attach-…`
    pub id: String,
    /// The instance.
    pub instance: String,
    /// 0 is the primary interface.
    pub device_index: u32,
    /// Since when.
    pub since: Timestamp,
    /// Whether it goes with the instance.
    pub delete_on_termination: bool,
}

/// What AWS says of an id that no interface has.
pub fn not_found(id: &str) -> AwsError {
    AwsError::new("InvalidNetworkInterfaceID.NotFound", format!("The networkInterface ID '{id}' does not exist"))
}

/// An interface that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Interface, AwsError> {
    context.ec2.interfaces.get(id).filter(|interface| context.can_see(interface.made)).ok_or_else(|| not_found(id))
}

/// The interfaces of an instance, the primary one first.
pub fn of_instance<'a>(ec2: &'a Ec2, instance: &str) -> Vec<&'a Interface> {
    let mut interfaces: Vec<_> =
        ec2.interfaces.values().filter(|interface| interface.instance() == Some(instance)).collect();
    interfaces.sort_by_key(|interface| interface.attachment.as_ref().map(|attachment| attachment.device_index));
    interfaces
}

/// Gives an interface other groups.
///
/// # Errors
/// As [`create`].
pub fn set_groups(context: &mut Context<'_>, id: &str, groups: &[String]) -> Result<(), AwsError> {
    let vpc = find(context, id)?.vpc.clone();
    let groups = security_groups::of_interface(context, &vpc, groups)?;
    if let Some(interface) = context.ec2.interfaces.get_mut(id) {
        interface.groups = groups;
    }
    Ok(())
}

/// Deletes an interface; an elastic IP on it stays allocated, without association.
pub fn delete(context: &mut Context<'_>, id: &str) {
    remove(context.ec2, id);
}

fn remove(ec2: &mut Ec2, id: &str) {
    addresses::leave_interface(ec2, id);
    ec2.interfaces.remove(id);
    ec2.tags.remove(id);
}

/// The server is terminated: interfaces that go with it are deleted, others are detached.
pub fn ended(ec2: &mut Ec2, instance: &str) {
    for id in ec2.interfaces.keys_where(|interface| interface.instance() == Some(instance)) {
        let Some(interface) = ec2.interfaces.get_mut(&id) else { continue };
        interface.auto_assigned = None;
        let attachment = interface.attachment.take();
        if attachment.is_some_and(|attachment| attachment.delete_on_termination) {
            remove(ec2, &id);
        }
    }
}

/// The server has stopped: its auto-assigned address is gone.
pub fn stopped(context: &mut Context<'_>, instance: &str) {
    for id in context.ec2.interfaces.keys_where(|interface| interface.instance() == Some(instance)) {
        if let Some(interface) = context.ec2.interfaces.get_mut(&id) {
            interface.auto_assigned = None;
        }
    }
}

/// The server runs again: where the subnet or the launch asked for one, it has a new auto-assigned address, unless an
/// elastic IP is there or it has a second interface.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html>
pub fn started(context: &mut Context<'_>, instance: &str) {
    let [interface] = of_instance(context.ec2, instance)[..] else { return };
    let id = interface.id.clone();
    let has_one = interface.auto_assigned.is_some() || addresses::of_interface(context.ec2, &id).is_some();
    if !interface.wants_public || has_one {
        return;
    }
    let ip = addresses::free_public_ip(context.ec2);
    if let Some(interface) = context.ec2.interfaces.get_mut(&id) {
        interface.auto_assigned = Some(ip);
    }
}

/// An elastic IP has left an interface: where its server runs or starts, it has a new auto-assigned address, as if it had
/// started.
pub fn elastic_left(context: &mut Context<'_>, id: &str) {
    let instance = context.ec2.interfaces.get(id).and_then(Interface::instance);
    let runs = |instance: &Instance| matches!(instance.state.at(context.now), State::Pending | State::Running);
    let running = instance.and_then(|id| context.ec2.instances.get(id)).filter(|instance| runs(instance));
    if let Some(instance) = running.map(|instance| instance.id.clone()) {
        started(context, &instance);
    }
}

//! Network interfaces: what a server's addresses and groups belong to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::context::{Context, Operation};
use crate::error::AwsError;

/// The operations on interfaces.
pub const OPERATIONS: &[Operation] = &[];

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
    pub private_ip: std::net::Ipv4Addr,
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
    /// The public address that AWS assigned to it: lost for good when an elastic IP arrives or the server stops.
    /// The elastic IP of an interface is found in the addresses.
    pub auto_assigned: Option<std::net::Ipv4Addr>,
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
    pub private_ip: Option<std::net::Ipv4Addr>,
    /// About it.
    pub description: String,
}

/// Makes an interface: checks subnet and groups, chooses its addresses. It is attached to nothing yet.
///
/// # Errors
/// `InvalidSubnetID.NotFound`, `InvalidGroup.NotFound`, `InvalidParameterValue` and what else RunInstances says of them.
pub fn create(_context: &mut Context<'_>, _new: &NewInterface<'_>) -> Result<String, AwsError> {
    Err(AwsError::not_modelled("network interfaces"))
}

/// Deletes an interface; an elastic IP on it stays allocated, without association.
pub fn delete(_context: &mut Context<'_>, _id: &str) {}

/// The server has stopped: its auto-assigned address is gone.
pub fn stopped(_context: &mut Context<'_>, _instance: &str) {}

/// The server runs again: where the subnet or the launch asked for one, it has a new auto-assigned address, unless an
/// elastic IP is there.
pub fn started(_context: &mut Context<'_>, _instance: &str) {}

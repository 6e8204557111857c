//! Elastic IPs.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Ec2;
use crate::context::Operation;

/// The operations on elastic IPs.
pub const OPERATIONS: &[Operation] = &[];

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

//! What a rule is: a row for each source or destination.

use std::fmt;

use ipnet::{Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids;

/// A row of the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// `sgr-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// The group that has it.
    pub group: String,
    /// What it allows, which no other rule of the group does.
    pub allows: Allows,
    /// What the caller wrote about it.
    pub description: Option<String>,
}

/// What a rule allows. Two rules of a group that allow the same are one to AWS, whatever their descriptions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Allows {
    /// Whether it is about traffic that goes out.
    pub egress: bool,
    /// Which traffic.
    pub traffic: Traffic,
    /// With whom.
    pub peer: Peer,
}

/// A protocol and its ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Traffic {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1` for all.
    pub protocol: String,
    /// The first and the last port, or ICMP's type and code, -1 being all; `None` for other protocols.
    pub ports: Option<(i32, i32)>,
}

/// With whom a rule allows traffic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Peer {
    /// IPv4 addresses.
    Ipv4(Ipv4Net),
    /// IPv6 addresses.
    Ipv6(Ipv6Net),
    /// The members of a group, by its id.
    Group(String),
    /// The entries of a prefix list, by its id.
    PrefixList(String),
}

impl Traffic {
    /// Any traffic at all.
    pub fn all() -> Self {
        Self { protocol: "-1".to_owned(), ports: None }
    }
}

impl Rule {
    /// A rule that was not there before.
    pub fn new(group: &str, allows: Allows, made: Timestamp) -> Self {
        Self { id: ids::ec2("sgr"), made, group: group.to_owned(), allows, description: None }
    }

    /// Whether its peer is this group.
    pub fn names(&self, group: &str) -> bool {
        matches!(&self.allows.peer, Peer::Group(id) if id == group)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(cidr) => cidr.fmt(out),
            Self::Ipv6(cidr) => cidr.fmt(out),
            Self::Group(id) | Self::PrefixList(id) => out.write_str(id),
        }
    }
}

//! One rule as a file says it, and the rules that AWS makes of it: one for each peer.

use std::collections::BTreeMap;

use cn_infra_core::resource::Problem;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::icmp::Icmp;
use super::peer::Peer;
use super::traffic::{self, Ports, Protocol, Said, Traffic};
use super::until::Until;

/// Rules of one direction, by the names that the file gives them.
pub type Rules = BTreeMap<String, Rule>;

/// What is let through, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `all`, or the IANA number of another protocol. Default: `tcp`, where ports are given.
    /// `icmp` is for the rule's IPv4 peers alone, `icmpv6` for its IPv6 peers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// The port, for `tcp` and `udp`; `port` or `ports`, never both.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "traffic::read_port")]
    pub port: Option<u16>,
    /// Instead of `port`: a range, both ends included: `"8000-8010"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// The messages, for `icmp` and `icmpv6`: `"all"`, a name such as `"echo-request"`, `"TYPE"` or `"TYPE/CODE"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp: Option<Icmp>,
    /// Who may come in; `[]` is nobody. Required in `ingress`, refused in `egress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<Peer>>,
    /// Where it may go; `[]` is nowhere. Required in `egress`, refused in `ingress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<Peer>>,
    /// Past this time the rule counts as absent: the next apply removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// What consoles show beside the rule, at most 255 characters. Default: the rule's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Whether a rule is about what comes in or what goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

/// A rule as AWS identifies it within a group and direction: the description is no part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AwsRule {
    pub traffic: Traffic,
    /// In canonical form.
    pub peer: Peer,
}

impl AwsRule {
    /// Whether its protocol is one of its peer's version of IP.
    pub fn lets_through(&self) -> bool {
        match (self.traffic.protocol, &self.peer) {
            (Protocol::Icmp, Peer::Cidr(cidr)) => cidr.addr().is_ipv4(),
            (Protocol::Icmpv6, Peer::Cidr(cidr)) => cidr.addr().is_ipv6(),
            _ => true,
        }
    }
}

impl Direction {
    pub const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    /// The field that holds its rules.
    pub fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The field that holds a rule's peers, and the one that it must not have.
    pub fn peer_fields(self) -> (&'static str, &'static str) {
        match self {
            Self::Ingress => ("from", "to"),
            Self::Egress => ("to", "from"),
        }
    }
}

impl Rule {
    /// A rule in the one form in which desired and live are compared.
    pub(super) fn canonical(direction: Direction, traffic: Traffic, peers: Vec<Peer>) -> Self {
        let Said { port, ports, icmp } = traffic.said();
        let (from, to) = match direction {
            Direction::Ingress => (Some(peers), None),
            Direction::Egress => (None, Some(peers)),
        };
        Self { protocol: Some(traffic.protocol), port, ports, icmp, from, to, until: None, description: None }
    }

    /// Whom the rule is about, as it was written.
    pub(super) fn peers(&self, direction: Direction) -> &[Peer] {
        let peers = match direction {
            Direction::Ingress => &self.from,
            Direction::Egress => &self.to,
        };
        peers.as_deref().unwrap_or_default()
    }

    /// The same, to change.
    pub(super) fn peers_mut(&mut self, direction: Direction) -> Option<&mut Vec<Peer>> {
        match direction {
            Direction::Ingress => self.from.as_mut(),
            Direction::Egress => self.to.as_mut(),
        }
    }

    /// Whether the rule's time is over.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|Until(until)| until <= now)
    }

    /// What the rule lets through, or the field that does not say it.
    pub(super) fn traffic(&self) -> Result<Traffic, Problem> {
        let has_port = self.port.is_some() || self.ports.is_some();
        let Some(protocol) = self.protocol.or(has_port.then_some(Protocol::Tcp)) else {
            return Err(Problem::new("protocol", "neither port, ports nor protocol says what the rule lets through")
                .hint("write `port = 443`, or `protocol = \"all\"`"));
        };
        match protocol {
            Protocol::Tcp | Protocol::Udp => self.port_traffic(protocol),
            Protocol::Icmp | Protocol::Icmpv6 => self.icmp_traffic(protocol),
            Protocol::Number(_) | Protocol::All => self.whole_traffic(protocol),
        }
    }

    /// The AWS rules that a rule of a file asks for. AWS would take ICMP from an IPv6 network as well, and let nothing
    /// through by it: a network may hold both versions, so each protocol takes its own.
    pub(crate) fn asked_for(&self, direction: Direction) -> impl Iterator<Item = AwsRule> {
        self.expanded(direction).filter(AwsRule::lets_through)
    }

    /// The AWS rules that it stands for; none while it does not say its traffic.
    pub(super) fn expanded(&self, direction: Direction) -> impl Iterator<Item = AwsRule> {
        let traffic = self.traffic().ok();
        let of = move |peer: &Peer| Some(AwsRule { traffic: traffic?, peer: peer.canonical() });
        self.peers(direction).iter().filter_map(of)
    }

    fn port_traffic(&self, protocol: Protocol) -> Result<Traffic, Problem> {
        if self.icmp.is_some() {
            return Err(Problem::new("icmp", format!("{protocol} has ports, not ICMP types")));
        }
        match (self.port, self.ports) {
            (Some(port), None) => Ok(Traffic::ports(protocol, Ports { first: port, last: port })),
            (None, Some(ports)) => Ok(Traffic::ports(protocol, ports)),
            (Some(_), Some(_)) => Err(Problem::new("ports", "both port and ports are given").hint("leave one out")),
            (None, None) => Err(Problem::new("protocol", format!("a rule for {protocol} must say its ports"))
                .hint("write `port = 443`, or `ports = \"0-65535\"` for all")),
        }
    }

    fn icmp_traffic(&self, protocol: Protocol) -> Result<Traffic, Problem> {
        self.no_ports(protocol)?;
        let Some(icmp) = self.icmp else {
            return Err(Problem::new("protocol", format!("a rule for {protocol} must say which messages"))
                .hint("write `icmp = \"echo-request\"`, or `icmp = \"all\"`"));
        };
        Traffic::icmp(protocol, icmp)
            .ok_or_else(|| Problem::new("icmp", format!("{protocol} has no message named \"{icmp}\"")))
    }

    fn whole_traffic(&self, protocol: Protocol) -> Result<Traffic, Problem> {
        self.no_ports(protocol)?;
        if self.icmp.is_some() {
            return Err(Problem::new("icmp", "ICMP types go with `protocol = \"icmp\"` or `\"icmpv6\"`"));
        }
        Ok(Traffic::all_of(protocol))
    }

    fn no_ports(&self, protocol: Protocol) -> Result<(), Problem> {
        let field = if self.port.is_some() { "port" } else { "ports" };
        if self.port.is_none() && self.ports.is_none() {
            return Ok(());
        }
        let what = if protocol == Protocol::All { "every protocol".to_owned() } else { protocol.to_string() };
        Err(Problem::new(field, format!("a rule for {what} has no ports")).hint("leave it out, or write tcp or udp"))
    }
}

/// How rules are shown that no name of the file stands for: one entry for each traffic and description.
///
/// The keys hold no dot, since they are part of a field's path.
pub(super) fn unnamed(
    direction: Direction,
    rules: impl IntoIterator<Item = (AwsRule, Option<String>)>,
) -> impl Iterator<Item = (String, Rule)> {
    let mut groups: BTreeMap<Traffic, BTreeMap<Option<String>, Vec<Peer>>> = BTreeMap::new();
    for (AwsRule { traffic, peer }, description) in rules {
        groups.entry(traffic).or_default().entry(description).or_default().push(peer);
    }
    groups.into_iter().flat_map(move |(traffic, by_description)| {
        by_description.into_iter().enumerate().map(move |(index, (description, mut peers))| {
            peers.sort_unstable();
            peers.dedup();
            let number = if index == 0 { String::new() } else { format!(" ({})", index + 1) };
            let rule = Rule { description, ..Rule::canonical(direction, traffic, peers) };
            (format!("(unnamed) {traffic}{number}"), rule)
        })
    })
}

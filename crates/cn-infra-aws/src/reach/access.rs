//! Who may reach what: sources for every protocol and port, as a set that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::Bound::{Excluded, Unbounded};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::sources::Sources;
use super::traffic::Traffic;
use crate::security_group::{AwsRule, Direction, Protocol, SecurityGroup};

/// Who may reach what, through one or more security groups together.
///
/// Rules only ever allow, and all groups of a network interface count together: AWS, "Security group rules" in the VPC
/// User Guide. So access is a union of sets, and sets can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Protocols that differ from the rest.
    named: BTreeMap<Protocol, Lanes>,
    /// Every other protocol.
    rest: Lanes,
}

/// Ranges of ports in order, each with somebody who reaches it; none overlaps another, and no two that touch are equal.
type Lanes = Vec<(u16, u16, Sources)>;

impl Access {
    /// Nobody reaches anything.
    pub const fn none() -> Self {
        Self { named: BTreeMap::new(), rest: Lanes::new() }
    }

    /// What the ingress rules of a group let in; a rule past its `until` counts as absent.
    pub fn of_group(group: &SecurityGroup, now: Timestamp) -> Self {
        let rules = group.ingress.iter().flat_map(|rules| rules.values()).filter(|rule| !rule.is_expired(now));
        rules.flat_map(|rule| rule.asked_for(Direction::Ingress)).fold(
            Self::none(),
            |access, AwsRule { traffic, peer }| {
                access.union(&Self::of(Traffic::of_rule(traffic), Sources::of_peer(&peer)))
            },
        )
    }

    /// Some sources reach some traffic.
    pub fn of(traffic: Traffic, sources: Sources) -> Self {
        let Traffic { protocol, first, last } = traffic;
        let lanes = if sources.is_empty() { Lanes::new() } else { vec![(first, last, sources)] };
        let mut access = Self::none();
        match protocol {
            Protocol::All => access.rest = lanes,
            protocol => drop(access.named.insert(protocol, lanes)),
        }
        access
    }

    /// Whatever either lets in.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.join(other, Sources::union)
    }

    /// What this one lets in and the other does not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.join(other, Sources::without)
    }

    /// What both let in.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        self.join(other, Sources::common)
    }

    /// Whether it lets nobody in.
    pub fn is_empty(&self) -> bool {
        self.lanes().next().is_none()
    }

    /// Whom a change shuts out for a moment although both its ends let them in: empty at every instant of a change that
    /// adds before it takes away.
    #[must_use]
    pub fn cut_off(before: &Self, now: &Self, after: &Self) -> Self {
        before.common(after).without(now)
    }

    /// What is reached, and by whom; `all else` is last.
    pub fn lanes(&self) -> impl Iterator<Item = (Traffic, &Sources)> {
        let named = self.named.iter().flat_map(|(protocol, lanes)| lanes.iter().map(move |lane| (*protocol, lane)));
        let rest = self.rest.iter().map(|lane| (Protocol::All, lane));
        named
            .chain(rest)
            .map(|(protocol, (first, last, sources))| (Traffic { protocol, first: *first, last: *last }, sources))
    }

    /// Who reaches a port of a protocol.
    pub fn sources(&self, protocol: Protocol, port: u16) -> Sources {
        at(self.of_protocol(protocol), port).cloned().unwrap_or_default()
    }

    /// Whether an address reaches a port.
    pub fn lets(&self, address: IpAddr, protocol: Protocol, port: u16) -> bool {
        at(self.of_protocol(protocol), port).is_some_and(|sources| sources.contains(address))
    }

    /// Only what reaches some traffic.
    #[must_use]
    pub fn only(&self, traffic: Traffic) -> Self {
        let lanes = self.of_protocol(traffic.protocol).iter();
        let within = lanes.filter(|(first, last, _)| *first <= traffic.last && traffic.first <= *last);
        within.fold(Self::none(), |access, (first, last, sources)| {
            let (first, last) = (traffic.first.max(*first), traffic.last.min(*last));
            access.union(&Self::of(Traffic { first, last, ..traffic }, sources.clone()))
        })
    }

    /// Whatever either lets in, and who reaches it by the one and by the other.
    pub fn beside<'a>(&'a self, other: &'a Self) -> Vec<(Traffic, Sources, Sources)> {
        let named = self
            .protocols(other)
            .into_iter()
            .map(|protocol| (protocol, self.of_protocol(protocol), other.of_protocol(protocol)));
        let all = named.chain([(Protocol::All, &self.rest, &other.rest)]);
        let of = |sources: Option<&Sources>| sources.cloned().unwrap_or_default();
        all.flat_map(|(protocol, one, other)| {
            let segments = segments(one, other).into_iter();
            segments.map(move |(first, last, one, other)| (Traffic { protocol, first, last }, of(one), of(other)))
        })
        .collect()
    }

    fn protocols(&self, other: &Self) -> BTreeSet<Protocol> {
        self.named.keys().chain(other.named.keys()).copied().collect()
    }

    fn of_protocol(&self, protocol: Protocol) -> &Lanes {
        self.named.get(&protocol).unwrap_or(&self.rest)
    }

    fn join(&self, other: &Self, each: fn(&Sources, &Sources) -> Sources) -> Self {
        let rest = join(&self.rest, &other.rest, each);
        let joined = |protocol| (protocol, join(self.of_protocol(protocol), other.of_protocol(protocol), each));
        let named = self.protocols(other).into_iter().map(joined).filter(|(_, lanes)| *lanes != rest).collect();
        Self { named, rest }
    }
}

/// As a list of what is reached, and by whom.
impl Serialize for Access {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Lane<'a> {
            traffic: Traffic,
            from: &'a Sources,
        }
        serializer.collect_seq(self.lanes().map(|(traffic, from)| Lane { traffic, from }))
    }
}

fn at(lanes: &Lanes, port: u16) -> Option<&Sources> {
    lanes.iter().find(|(first, last, _)| (*first..=*last).contains(&port)).map(|(_, _, sources)| sources)
}

/// Between two edges nothing changes in either: the ports of both, and who reaches them.
fn segments<'a>(one: &'a Lanes, other: &'a Lanes) -> Vec<(u16, u16, Option<&'a Sources>, Option<&'a Sources>)> {
    let lanes = || one.iter().chain(other);
    let starts = lanes().map(|(first, _, _)| *first);
    let ends = lanes().filter_map(|(_, last, _)| last.checked_add(1));
    let edges: BTreeSet<u16> = starts.chain(ends).collect();
    let next = |first: &u16| edges.range((Excluded(first), Unbounded)).next().map_or(u16::MAX, |next| next - 1);
    let segments = edges.iter().map(|first| (*first, next(first), at(one, *first), at(other, *first)));
    segments.filter(|(_, _, one, other)| one.is_some() || other.is_some()).collect()
}

fn join(one: &Lanes, other: &Lanes, each: fn(&Sources, &Sources) -> Sources) -> Lanes {
    let (nobody, mut joined) = (Sources::nobody(), Lanes::new());
    for (first, last, one, other) in segments(one, other) {
        let sources = each(one.unwrap_or(&nobody), other.unwrap_or(&nobody));
        match joined.last_mut() {
            _ if sources.is_empty() => {}
            Some((_, end, same)) if end.checked_add(1) == Some(first) && *same == sources => *end = last,
            _ => joined.push((first, last, sources)),
        }
    }
    joined
}

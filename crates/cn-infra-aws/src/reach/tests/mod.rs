//! Set arithmetic against brute force: whether an address reaches a port, rule by rule.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cn_infra_core::environment::Networks;
use jiff::Timestamp;
use proptest::prelude::*;

use super::matrix::in_words;
use super::{Access, Cell, Matrix, Reach, Sources, Target, Traffic, changes};
use crate::security_group::{Peer, Protocol, Rule, SecurityGroup};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn group(rules: Vec<Rule>) -> SecurityGroup {
    let named = rules.into_iter().enumerate().map(|(number, rule)| (format!("r{number}"), rule));
    SecurityGroup { ingress: Some(named.collect()), ..SecurityGroup::default() }
}

fn rule(protocol: &str, ports: Option<&str>, from: &[&str]) -> Rule {
    Rule {
        protocol: Some(protocol.parse().unwrap()),
        ports: ports.filter(|_| !protocol.starts_with("icmp")).map(|ports| ports.parse().unwrap()),
        icmp: protocol.starts_with("icmp").then(|| ports.unwrap_or("all").parse().unwrap()),
        from: Some(from.iter().map(|peer| peer.parse().unwrap()).collect()),
        ..Rule::default()
    }
}

/// Whether one rule lets an address in, as AWS says it: protocol, port and CIDR match.
fn lets(rule: &Rule, address: IpAddr, protocol: Protocol, port: u16) -> bool {
    let of_protocol = match rule.protocol.unwrap() {
        Protocol::All => true,
        Protocol::Icmp if address.is_ipv6() => false,
        named => named == protocol && rule.ports.is_none_or(|ports| (ports.first..=ports.last).contains(&port)),
    };
    of_protocol && rule.from.iter().flatten().any(|peer| matches!(peer, Peer::Cidr(cidr) if cidr.contains(&address)))
}

/// Few bits, so that CIDRs meet.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0u8..8).prop_map(|low| IpAddr::V4(Ipv4Addr::new(10, 0, 0, low * 32))),
        (0u8..4).prop_map(|low| IpAddr::V4(Ipv4Addr::new(low * 80, 1, 2, 3))),
        (0u16..8).prop_map(|low| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, low << 13, 0, 0, 0, 0, 1))),
    ]
}

fn cidr() -> impl Strategy<Value = String> {
    (address(), prop_oneof![Just(0u8), Just(1), Just(27), Just(25), Just(32)]).prop_map(|(address, length)| {
        let length = if address.is_ipv6() && length > 1 { length + 8 } else { length };
        format!("{address}/{length}")
    })
}

const PORTS: [u16; 8] = [0, 1, 22, 80, 81, 443, 8080, 65535];

fn any_rule() -> impl Strategy<Value = Rule> {
    let protocol =
        prop_oneof![4 => Just("tcp"), 1 => Just("udp"), 1 => Just("all"), 1 => Just("50"), 1 => Just("icmp")];
    let peers = prop::collection::vec(cidr(), 0..3);
    (protocol, prop::sample::select(&PORTS[..]), prop::sample::select(&PORTS[..]), peers).prop_map(
        |(protocol, one, other, peers)| {
            let ports = format!("{}-{}", one.min(other), one.max(other));
            let ports = ["tcp", "udp"].contains(&protocol).then_some(ports.as_str());
            rule(protocol, ports, &peers.iter().map(String::as_str).collect::<Vec<_>>())
        },
    )
}

fn any_group() -> impl Strategy<Value = SecurityGroup> {
    prop::collection::vec(any_rule(), 0..5).prop_map(group)
}

fn brute(group: &SecurityGroup, address: IpAddr, protocol: Protocol, port: u16) -> bool {
    group.ingress.iter().flatten().any(|(_, rule)| lets(rule, address, protocol, port))
}

fn samples() -> impl Strategy<Value = (IpAddr, Protocol, u16)> {
    let protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Icmp, Protocol::Number(50), Protocol::Number(51)];
    (address(), prop::sample::select(protocols.to_vec()), prop::sample::select(&PORTS[..]))
}

proptest! {
    #[test]
    fn access_is_what_the_rules_say_one_by_one(
        one in any_group(), other in any_group(), (address, protocol, port) in samples(),
    ) {
        let (a, b) = (Access::of_group(&one, NOW), Access::of_group(&other, NOW));
        let (in_a, in_b) = (brute(&one, address, protocol, port), brute(&other, address, protocol, port));
        prop_assert_eq!(a.lets(address, protocol, port), in_a);
        prop_assert_eq!(a.union(&b).lets(address, protocol, port), in_a || in_b);
        prop_assert_eq!(a.without(&b).lets(address, protocol, port), in_a && !in_b);
        prop_assert_eq!(a.common(&b).lets(address, protocol, port), in_a && in_b);
    }

    #[test]
    fn equal_meaning_is_equal_value(one in any_group(), other in any_group()) {
        let (a, b) = (Access::of_group(&one, NOW), Access::of_group(&other, NOW));
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.without(&b).union(&a.common(&b)), a.clone());
        prop_assert!(a.without(&a.union(&b)).is_empty());
        prop_assert_eq!(a.union(&a), a);
    }

    #[test]
    fn cidrs_are_just_the_addresses(texts in prop::collection::vec(cidr(), 0..6), (address, ..) in samples()) {
        let cidrs: Vec<ipnet::IpNet> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let sources = Sources::of_cidrs(&cidrs);
        prop_assert_eq!(sources.contains(address), cidrs.iter().any(|cidr| cidr.contains(&address)));
        prop_assert_eq!(&Sources::of_cidrs(&sources.cidrs()), &sources);
        prop_assert!(sources.cidrs().len() <= texts.len());
    }

    #[test]
    fn adding_before_taking_away_cuts_nobody_off(one in any_group(), other in any_group()) {
        let (before, after) = (Access::of_group(&one, NOW), Access::of_group(&other, NOW));
        prop_assert!(Access::cut_off(&before, &before.union(&after), &after).is_empty());
        prop_assert!(Access::cut_off(&before, &before, &after).is_empty());
        // The other way round: whoever both let in is out between the calls, unless nobody is.
        let between = before.without(&before);
        prop_assert_eq!(Access::cut_off(&before, &between, &after), before.common(&after));
    }
}

fn reach(rules: Vec<Rule>) -> Reach {
    let access = Access::of_group(&group(rules), NOW);
    Reach { targets: [("instance.web".to_owned(), Target { access, ..Target::default() })].into() }
}

fn networks() -> Networks {
    let networks = [
        ("ana", vec!["198.51.100.7/32"]),
        ("developers", vec!["198.51.100.7/32", "203.0.113.0/28"]),
        ("everyone", vec!["0.0.0.0/0", "::/0"]),
        ("visitors", vec!["0.0.0.0/0", "::/0"]),
    ];
    Networks(
        networks
            .into_iter()
            .map(|(name, cidrs)| (name.into(), cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect()))
            .collect(),
    )
}

#[test]
fn sources_are_told_in_the_files_words() {
    let words = |peers: &[&str]| {
        let sources = peers.iter().map(|peer| Sources::of_peer(&peer.parse().unwrap()));
        in_words(&sources.fold(Sources::nobody(), |all, one| all.union(&one)), &networks())
    };
    assert_eq!(words(&[]), "nobody");
    assert_eq!(words(&["0.0.0.0/0", "::/0", "192.0.2.1/32"]), "everyone");
    assert_eq!(words(&["0.0.0.0/0"]), "everyone over IPv4");
    assert_eq!(words(&["203.0.113.0/28", "198.51.100.7/32", "security_group.web"]), "developers, security_group.web");
    assert_eq!(words(&["198.51.100.7/32", "192.0.2.0/25", "192.0.2.128/25"]), "ana, 192.0.2.0/24");
    assert_eq!(words(&["203.0.113.0/29"]), "203.0.113.0/29");
}

#[test]
fn a_matrix_has_a_row_for_everybody_and_both_sides_of_a_change() {
    let before = reach(vec![
        rule("tcp", Some("22-22"), &["203.0.113.0/28", "198.51.100.7/32"]),
        rule("tcp", Some("80-80"), &["0.0.0.0/0", "::/0"]),
        rule("icmp", Some("echo-request"), &["0.0.0.0/0"]),
    ]);
    let after = reach(vec![
        rule("tcp", Some("22-22"), &["198.51.100.7/32", "192.0.2.9/32", "security_group.db"]),
        rule("tcp", Some("80-80"), &["0.0.0.0/0", "::/0"]),
        rule("icmp", Some("echo-request"), &["0.0.0.0/0"]),
    ]);
    let matrix = Matrix::of(&before, &after, &networks());
    let traffic: Vec<_> = matrix.columns[0].traffic.iter().map(ToString::to_string).collect();
    assert_eq!(traffic, ["tcp 22", "tcp 80", "icmp echo-request"]);
    let who: Vec<_> = matrix.rows.iter().map(|row| row.who.as_str()).collect();
    assert_eq!(who, ["everyone, visitors", "developers", "ana", "security_group.db", "192.0.2.9/32"]);
    let of = |row: usize| matrix.rows[row].cells[0].clone();
    let (all, none, part, v4) = (Cell::All, Cell::None, Cell::Part, Cell::Ipv4);
    assert_eq!(of(0), [[part, part], [all, all], [v4, v4]]);
    assert_eq!(of(1), [[all, part], [all, all], [all, all]]);
    assert_eq!(of(2), [[all, all], [all, all], [all, all]]);
    assert_eq!(of(3), [[none, all], [none, none], [none, none]]);
    assert_eq!(of(4), [[none, all], [all, all], [all, all]]);
    assert!(!matrix.is_still() && Matrix::of(&after, &after, &networks()).is_still());
    let changed: Vec<_> = changes(&before, &after).iter().map(|change| change.traffic).collect();
    assert_eq!(changed, [Traffic::tcp(22)]);
}

#[test]
fn every_protocol_is_told_beside_those_that_differ() {
    let lanes = |rules| {
        Access::of_group(&group(rules), NOW).lanes().map(|(traffic, _)| traffic.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(lanes(vec![rule("all", None, &["10.0.0.0/8"])]), ["all else"]);
    let beside = vec![rule("all", None, &["10.0.0.0/8"]), rule("tcp", Some("80-80"), &["192.0.2.0/24"])];
    assert_eq!(lanes(beside), ["tcp 0-79", "tcp 80", "tcp 81-65535", "all else"]);
    let messages =
        vec![rule("icmp", Some("3/4"), &["10.0.0.0/8"]), rule("icmp", Some("echo-request"), &["10.0.0.0/8"])];
    assert_eq!(lanes(messages), ["icmp 3/4", "icmp echo-request"]);
}

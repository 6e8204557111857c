//! The rules of a live group in the words of a file: named, and with networks in the place of their CIDRs.

use std::collections::BTreeMap;

use cn_infra_core::address::is_name;
use cn_infra_core::export::{Exporting, free};

use super::peer::Peer;
use super::rule::{AwsRule, Direction, Rule, Rules};
use super::traffic::{Protocol, Traffic};

/// The services by whose name rules are known: IANA's registry of ports.
const SERVICES: [(u16, &str); 6] =
    [(22, "ssh"), (80, "http"), (443, "https"), (1433, "mssql"), (3306, "mysql"), (5432, "postgres")];

/// Names the rules of one direction.
///
/// A description that can be a name is one: it is what a rule without a description of its own is sent with. What has
/// none gets the name of its traffic.
pub(super) fn named(direction: Direction, live: &Rules, exporting: &Exporting<'_>) -> Rules {
    let mut named = Rules::new();
    let (mut by_description, mut unnamed): (Groups, Groups) = groups(direction, live)
        .into_iter()
        .partition(|((_, description), _)| description.as_deref().is_some_and(is_name));
    // What has no description joins what has the same traffic and a name: AWS describes no rule of its own making.
    for ((traffic, _), peers) in &mut by_description {
        peers.extend(unnamed.remove(&(*traffic, None)).into_iter().flatten());
    }
    for ((traffic, description), peers) in by_description {
        match description {
            Some(name) if !named.contains_key(&name) => {
                named.insert(name, rule(direction, traffic, peers, exporting));
            }
            description => unnamed.entry((traffic, description)).or_default().extend(peers),
        }
    }
    for ((traffic, description), peers) in unnamed {
        let name = free(&name_of(traffic), |name| named.contains_key(name));
        named.insert(name, Rule { description, ..rule(direction, traffic, peers, exporting) });
    }
    named
}

type Groups = BTreeMap<(Traffic, Option<String>), Vec<Peer>>;

fn groups(direction: Direction, live: &Rules) -> Groups {
    let mut groups = Groups::new();
    for rule in live.values() {
        for AwsRule { traffic, peer } in rule.expanded(direction) {
            groups.entry((traffic, rule.description.clone())).or_default().push(peer);
        }
    }
    groups
}

fn rule(direction: Direction, traffic: Traffic, peers: Vec<Peer>, exporting: &Exporting<'_>) -> Rule {
    let mut rule = Rule::canonical(direction, traffic, said(peers, exporting));
    // What the file need not say: ports are those of TCP unless it says otherwise.
    if traffic.protocol == Protocol::Tcp {
        rule.protocol = None;
    }
    rule
}

/// Networks first, then what no network stands for.
fn said(peers: Vec<Peer>, exporting: &Exporting<'_>) -> Vec<Peer> {
    let (mut cidrs, mut others) = (Vec::new(), Vec::new());
    for peer in peers {
        match peer {
            Peer::Cidr(cidr) => cidrs.push(cidr),
            other => others.push(other),
        }
    }
    cidrs.sort_unstable();
    others.sort_unstable();
    let (networks, cidrs) = exporting.in_networks(cidrs);
    let networks = networks.into_iter().map(|name| Peer::Network(name.to_owned()));
    networks.chain(cidrs.into_iter().map(Peer::Cidr)).chain(others).collect()
}

/// `ssh`, `tcp-8080`, `udp-8000-8010`, `icmp-echo-request`, `all`.
fn name_of(traffic: Traffic) -> String {
    let service = SERVICES.iter().find(|(port, _)| traffic == Traffic::of_port(*port));
    if let Some((_, name)) = service {
        return (*name).to_owned();
    }
    let text = traffic.to_string().replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
    if is_name(&text) { text } else { format!("protocol-{text}") }
}

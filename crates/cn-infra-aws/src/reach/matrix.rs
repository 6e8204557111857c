//! Reach as rows and columns: who, and what of which server, before and after.

use std::collections::BTreeSet;

use cn_infra_core::environment::Networks;
use ipnet::IpNet;
use serde::Serialize;

use super::names::Names;
use super::sources::Sources;
use super::traffic::Traffic;
use super::{Access, Exposure, Reach, Target};

/// Who reaches what, before and after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Servers and databases.
    pub columns: Vec<Column>,
    /// Networks, the widest first; then groups and prefix lists; then CIDRs without a name.
    pub rows: Vec<Row>,
}

/// A server or database, and what anybody reaches of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// What the file calls it.
    pub target: String,
    /// Whether it has a public address, after the change.
    pub exposure: Exposure,
    /// Its groups, after the change.
    pub groups: BTreeSet<String>,
    /// Its groups whose rules are not known.
    pub unknown: BTreeSet<String>,
    /// What is reached of it by somebody, before or after.
    pub traffic: Vec<Traffic>,
}

/// Somebody, and what they reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// A network's names, a group, a prefix list or a CIDR.
    pub who: String,
    /// The addresses, where they are known.
    pub cidrs: Vec<IpNet>,
    /// For each column, for each of its traffic: before and after.
    pub cells: Vec<Vec<[Cell; 2]>>,
}

/// How much of somebody reaches something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// All of it.
    All,
    /// All its IPv4 addresses, none of IPv6.
    Ipv4,
    /// All its IPv6 addresses, none of IPv4.
    Ipv6,
    /// Some of its addresses.
    Part,
    /// Nothing.
    None,
}

/// Something whose reach changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The server or database.
    pub target: String,
    /// What of it.
    pub traffic: Traffic,
    /// Who reached it.
    pub before: Sources,
    /// Who will.
    pub after: Sources,
}

/// Whatever is reached by others after than before.
pub fn changes(before: &Reach, after: &Reach) -> Vec<Change> {
    let mut changes = Vec::new();
    for target in targets(before, after) {
        let segments = access(before, target).beside(access(after, target)).into_iter();
        let moved = segments.filter(|(_, before, after)| before != after);
        changes.extend(moved.map(|(traffic, before, after)| Change {
            target: target.to_owned(),
            traffic,
            before,
            after,
        }));
    }
    changes
}

/// Sources in the file's words: names of networks and groups, and CIDRs where there are none.
pub fn in_words(sources: &Sources, networks: &Networks) -> String {
    Names::of(networks).words(sources)
}

impl Matrix {
    /// The matrix of a change; of one reach, if both are the same.
    pub fn of(before: &Reach, after: &Reach, networks: &Networks) -> Self {
        let segments: Vec<_> = targets(before, after)
            .into_iter()
            .map(|target| (target, access(before, target).beside(access(after, target))))
            .collect();
        let columns = segments.iter().map(|(target, segments)| column(before, after, target, segments)).collect();
        let rows = somebody(&segments.iter().flat_map(|(_, segments)| segments), networks);
        let cells = |who: &Sources| {
            let of = |(_, before, after): &Segment| [cell(who, before), cell(who, after)];
            segments.iter().map(|(_, segments)| segments.iter().map(of).collect()).collect()
        };
        let rows = rows.into_iter().map(|(who, cidrs, sources)| Row { who, cidrs, cells: cells(&sources) }).collect();
        Self { columns, rows }
    }

    /// Whether before and after are the same.
    pub fn is_still(&self) -> bool {
        self.rows.iter().flat_map(|row| row.cells.iter().flatten()).all(|[before, after]| before == after)
    }
}

type Segment = (Traffic, Sources, Sources);

fn targets<'a>(before: &'a Reach, after: &'a Reach) -> BTreeSet<&'a str> {
    before.targets.keys().chain(after.targets.keys()).map(String::as_str).collect()
}

fn access<'a>(reach: &'a Reach, target: &str) -> &'a Access {
    static NOTHING: Access = Access::none();
    reach.targets.get(target).map_or(&NOTHING, |target| &target.access)
}

fn column(before: &Reach, after: &Reach, target: &str, segments: &[Segment]) -> Column {
    let there = after.targets.get(target).or_else(|| before.targets.get(target));
    let Target { groups, unknown, exposure, access: _ } = there.cloned().unwrap_or_default();
    let traffic = segments.iter().map(|(traffic, _, _)| *traffic).collect();
    Column { target: target.to_owned(), exposure, groups, unknown, traffic }
}

/// Everybody that there is a row for.
fn somebody<'a>(
    segments: &(impl Iterator<Item = &'a Segment> + Clone),
    networks: &Networks,
) -> Vec<(String, Vec<IpNet>, Sources)> {
    let names = Names::of(networks);
    let all = || segments.clone().flat_map(|(_, before, after)| [before, after]);
    let others: BTreeSet<_> = all().flat_map(Sources::others).collect();
    let others = others.into_iter().map(|peer| (peer.to_string(), Vec::new(), Sources::of_peer(peer)));
    let cidrs_left: BTreeSet<_> = all().flat_map(|sources| names.unnamed(sources)).collect();
    let unnamed = cidrs_left.into_iter().map(|cidr| (cidr.to_string(), vec![cidr], Sources::of_cidrs([&cidr])));
    let networks =
        names.networks.iter().map(|network| (network.name.clone(), network.cidrs.clone(), network.sources.clone()));
    networks.chain(others).chain(unnamed).collect()
}

fn cell(who: &Sources, reaches: &Sources) -> Cell {
    let common = who.common(reaches);
    let (v4, v6) = (who.ipv4(), who.ipv6());
    if common.is_empty() {
        Cell::None
    } else if common == *who {
        Cell::All
    } else if common == v4 {
        Cell::Ipv4
    } else if common == v6 {
        Cell::Ipv6
    } else {
        Cell::Part
    }
}

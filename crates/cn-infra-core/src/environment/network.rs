//! `[networks]`: names for CIDRs, which may name each other.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;
use toml::de::DeValue;

use super::graph;
use super::header::NAME_FORM;
use super::nearest::did_you_mean;
use super::report::Report;
use super::table::Entry;
use super::{Networks, Written, WrittenList};
use crate::address::is_name;
use crate::document::Document;

/// One network as the file says it.
#[derive(Default)]
struct Network<'a> {
    cidrs: Vec<IpNet>,
    loose: Vec<&'a str>,
    names: Vec<(&'a str, Entry<'a>)>,
}

/// What `[networks]` says.
#[derive(Default)]
pub(super) struct Read {
    /// The networks, names within them expanded.
    pub networks: Networks,
    /// The CIDRs that have bits set beyond their prefix: as written, with the network they stand in.
    pub loose: Vec<(String, String)>,
    /// The networks that are another's name.
    meanings: BTreeMap<String, String>,
}

/// Expands names within names. What is wrong is reported and left out.
pub(super) fn read<'a>(entries: &BTreeMap<&'a str, Entry<'a>>, report: &mut Report<'a>) -> Read {
    let networks: Vec<_> = entries.values().map(|entry| network(*entry, entries, report)).collect();
    let numbers: BTreeMap<_, _> = entries.keys().enumerate().map(|(number, name)| (*name, number)).collect();
    let members =
        |network: &Network<'_>| network.names.iter().filter_map(|(name, _)| numbers.get(name).copied()).collect();
    let needs: Vec<Vec<usize>> = networks.iter().map(members).collect();
    let order = graph::order(&needs);
    for cycle in &order.cycles {
        report_cycle(cycle, &networks, &numbers, entries, report);
    }
    let mut expanded: Vec<Vec<IpNet>> = vec![Vec::new(); networks.len()];
    for number in order.nodes {
        let mut cidrs = networks[number].cidrs.clone();
        for needed in &needs[number] {
            cidrs.extend_from_slice(&expanded[*needed]);
        }
        cidrs.sort_unstable();
        cidrs.dedup();
        expanded[number] = cidrs;
    }
    let names = || entries.keys().map(|name| (*name).to_owned());
    let loose = names().zip(&networks).flat_map(|(name, network)| {
        network.loose.iter().map(move |text| (name.clone(), (*text).to_owned())).collect::<Vec<_>>()
    });
    let meanings = names().zip(&networks).filter_map(|(name, network)| match &network.names[..] {
        [(other, _)] if network.cidrs.is_empty() => Some((name, (*other).to_owned())),
        _ => None,
    });
    Read { loose: loose.collect(), meanings: meanings.collect(), networks: Networks(names().zip(expanded).collect()) }
}

fn report_cycle<'a>(
    cycle: &[usize],
    networks: &[Network<'a>],
    numbers: &BTreeMap<&str, usize>,
    entries: &BTreeMap<&'a str, Entry<'a>>,
    report: &mut Report<'a>,
) {
    let names: Vec<_> = entries.keys().copied().collect();
    let path: Vec<_> = cycle.iter().chain(cycle.first()).map(|number| format!("`{}`", names[*number])).collect();
    let (Some(first), second) = (cycle.first(), cycle.get(1).or(cycle.first())) else { return };
    let item = networks[*first].names.iter().find(|(name, _)| numbers.get(name) == second);
    if let Some((_, item)) = item {
        report.error(item.at_value(), format!("a network contains itself: {}", path.join(" → ")));
    }
}

fn network<'a>(entry: Entry<'a>, known: &BTreeMap<&'a str, Entry<'a>>, report: &mut Report<'a>) -> Network<'a> {
    let name = entry.name();
    if !is_name(name) {
        report.error(entry.at_key(), format!("`{name}` is no name for a network")).hint(NAME_FORM);
    }
    let items = match entry.value.get_ref() {
        DeValue::String(_) => vec![entry],
        DeValue::Array(_) => entry.list("a network", report).unwrap_or_default(),
        other => {
            let what = super::table::describe(other);
            let message = format!("the network `{name}` must be a list of CIDRs and names, not {what}");
            report.error(entry.at_value(), message);
            return Network::default();
        }
    };
    let mut network = Network::default();
    for item in items {
        let Some(text) = item.filled_text("a member of a network", report) else { continue };
        match member(text, known) {
            Ok(Member::Cidr(cidr)) => {
                network.cidrs.push(cidr.trunc());
                network.loose.extend((cidr != cidr.trunc()).then_some(text));
            }
            Ok(Member::Name) => network.names.push((text, item)),
            Err((message, hint)) => report.error(item.at_value(), message).maybe_hint(hint),
        }
    }
    network
}

/// The lists of texts that the expansion of networks changed, as they were before.
pub(super) fn written(before: &Document, expanded: &Document, read: &Read) -> Written {
    let mut lists = Vec::new();
    for (field, value) in &before.0 {
        collect(&mut vec![field], value, expanded.0.get(field), &mut lists);
    }
    let list = |members: Vec<String>| match &members[..] {
        [only] => WrittenList { meaning: read.meanings.get(only).cloned(), members },
        _ => WrittenList { members, meaning: None },
    };
    lists.into_iter().map(|(path, members)| (path, list(members))).collect()
}

fn collect<'d>(
    path: &mut Vec<&'d str>,
    before: &'d Value,
    expanded: Option<&Value>,
    into: &mut Vec<(String, Vec<String>)>,
) {
    match before {
        _ if Some(before) == expanded => {}
        Value::Object(fields) => {
            for (key, value) in fields {
                path.push(key);
                collect(path, value, expanded.and_then(|table| table.get(key)), into);
                path.pop();
            }
        }
        Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            into.extend(texts.map(|texts| (path.join("."), texts)));
        }
        _ => {}
    }
}

enum Member {
    Cidr(IpNet),
    Name,
}

/// What a text in `[networks]` means, or why nothing.
fn member(text: &str, known: &BTreeMap<&str, Entry<'_>>) -> Result<Member, (String, Option<String>)> {
    if let Ok(cidr) = text.parse::<IpNet>() {
        return Ok(Member::Cidr(cidr));
    }
    if known.contains_key(text) {
        return Ok(Member::Name);
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        return Err((format!("`{text}` is an address, not a CIDR"), Some(format!("write `{text}/{bits}`"))));
    }
    if is_name(text) && !text.starts_with("pl-") && !text.starts_with("sg-") {
        let hint = did_you_mean(text, "there are", known.keys().copied());
        return Err((format!("there is no network `{text}`"), hint));
    }
    if is_name(text) || text.split_once('.').is_some_and(|(kind, _)| is_name(kind)) {
        let hint = "name groups and prefix lists in the rule itself";
        return Err((format!("`{text}` is no CIDR and no network"), Some(hint.into())));
    }
    Err((format!("`{text}` is no CIDR: {}", why_no_cidr(text)), Some("write one like `203.0.113.0/28`".into())))
}

fn why_no_cidr(text: &str) -> String {
    let Some((address, length)) = text.split_once('/') else { return "the prefix length is missing".into() };
    match address.parse::<IpAddr>() {
        _ if length.is_empty() => "the prefix length is missing".into(),
        Err(_) => format!("`{address}` is no IP address"),
        Ok(address) => {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            format!("the prefix length `{length}` is not a number from 0 to {bits}")
        }
    }
}

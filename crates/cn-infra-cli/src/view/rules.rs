//! Rules of security groups and lists of sources, in the words of the file: names of networks instead of CIDRs.

use std::borrow::Cow;

use cn_infra_core::environment::Networks;
use ipnet::IpNet;
use serde_json::{Map, Value};

use super::value;

/// One source of a rule: a network with what it stands for, or a CIDR, group or prefix list as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The network's name, or the source itself.
    pub name: String,
    /// What the network stands for; empty where the name says all.
    pub members: Vec<String>,
}

impl Source {
    /// `developers (198.51.100.7/32, 203.0.113.0/28)`.
    pub fn text(&self) -> String {
        if self.members.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, self.members.join(", ")) }
    }
}

/// A list that names CIDRs, as few networks as possible first; `None` for any other list.
pub fn sources(list: &[Value], networks: &Networks) -> Option<Vec<Source>> {
    let texts: Vec<&str> = list.iter().map(Value::as_str).collect::<Option<_>>()?;
    let mut cidrs: Vec<IpNet> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    if cidrs.is_empty() {
        return None;
    }
    let mut sources = take_networks(&mut cidrs, networks);
    let rest = |text: &&&str| text.parse().map_or(true, |cidr: IpNet| cidrs.contains(&cidr));
    sources.extend(texts.iter().filter(rest).map(|text| Source { name: (*text).to_owned(), members: Vec::new() }));
    Some(sources)
}

/// Takes the largest networks whose members are all there; of equal ones the first by name.
fn take_networks(cidrs: &mut Vec<IpNet>, networks: &Networks) -> Vec<Source> {
    let mut by_size: Vec<_> = networks.0.iter().filter(|(_, members)| !members.is_empty()).collect();
    by_size.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let mut taken = Vec::new();
    for (name, members) in by_size {
        if members.iter().all(|member| cidrs.contains(member)) {
            cidrs.retain(|cidr| !members.contains(cidr));
            taken.push(Source { name: name.clone(), members: members.iter().map(ToString::to_string).collect() });
        }
    }
    taken
}

/// The networks, without those that stand for just the same CIDRs as one that is written.
pub fn as_written<'a>(networks: &'a Networks, written: impl Iterator<Item = &'a String>) -> Cow<'a, Networks> {
    let written: Vec<_> = written.filter_map(|name| Some((name, networks.get(name)?))).collect();
    if written.is_empty() {
        return Cow::Borrowed(networks);
    }
    let kept = networks.0.iter().filter(|(name, cidrs)| {
        written.iter().any(|(written, _)| written == name) || written.iter().all(|(_, same)| *same != &cidrs[..])
    });
    Cow::Owned(Networks(kept.map(|(name, cidrs)| (name.clone(), cidrs.clone())).collect()))
}

/// Whether a table is a rule: it says from where or to where.
pub fn is_rule(fields: &Map<String, Value>) -> bool {
    fields.contains_key("from") || fields.contains_key("to")
}

/// A rule in one line: `tcp 22 from developers (198.51.100.7/32)`.
pub fn rule(fields: &Map<String, Value>, networks: &Networks) -> String {
    let protocol = fields.get("protocol").map_or_else(|| "tcp".to_owned(), |value| value::inline(value, networks));
    let mut words = vec![if protocol == "all" { "everything".to_owned() } else { protocol }];
    let of = |name: &str| fields.get(name).map(|value| value::inline(value, networks));
    words.extend(["port", "ports", "icmp"].into_iter().filter_map(of));
    for direction in ["from", "to"] {
        words.extend(of(direction).map(|sources| format!("{direction} {sources}")));
    }
    words.extend(of("until").map(|until| format!("until {until}")));
    words.extend(of("description").map(|description| format!("“{description}”")));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::networks;
    use serde_json::json;

    fn shown(list: &Value) -> String {
        value::inline(list, &networks())
    }

    #[test]
    fn sources_bear_the_names_of_networks() {
        assert_eq!(shown(&json!(["0.0.0.0/0", "::/0"])), "everyone (0.0.0.0/0, ::/0)");
        assert_eq!(
            shown(&json!(["203.0.113.0/28", "198.51.100.7/32"])),
            "developers (198.51.100.7/32, 203.0.113.0/28)"
        );
        assert_eq!(shown(&json!(["198.51.100.7/32"])), "ana (198.51.100.7/32)");
        assert_eq!(shown(&json!(["192.0.2.1/32", "security_group.web"])), "192.0.2.1/32, security_group.web");
        assert_eq!(
            shown(&json!(["192.0.2.1/32", "203.0.113.0/28", "198.51.100.7/32"])),
            "developers (198.51.100.7/32, 203.0.113.0/28), 192.0.2.1/32"
        );
    }

    #[test]
    fn a_rule_reads_as_a_phrase() {
        let fields = |rule: Value| rule.as_object().cloned().unwrap();
        let shown = |value| rule(&fields(value), &networks());
        assert_eq!(shown(json!({ "port": 22, "from": ["198.51.100.7/32"] })), "tcp 22 from ana (198.51.100.7/32)");
        assert_eq!(shown(json!({ "protocol": "all", "to": ["192.0.2.0/24"] })), "everything to 192.0.2.0/24");
        assert_eq!(
            shown(json!({ "protocol": "icmp", "icmp": "echo-request", "from": ["pl-0abc"] })),
            "icmp echo-request from pl-0abc"
        );
        assert_eq!(
            shown(
                json!({ "port": 5432, "from": ["security_group.web"], "until": "2026-12-24T18:00:00Z", "description": "alpha" })
            ),
            "tcp 5432 from security_group.web until 2026-12-24T18:00:00Z “alpha”"
        );
    }
}

//! What is wrong with the rules of a file, and what deserves a remark.

use std::collections::BTreeSet;

use cn_infra_core::address::is_name;
use cn_infra_core::check::{Context, Finding, Severity};
use cn_infra_core::resource::Problem;
use ipnet::IpNet;
use jiff::{Timestamp, Unit};

use super::SecurityGroup;
use super::peer::Peer;
use super::rule::{AwsRule, Direction, Rule, Rules};
use super::traffic::Protocol;
use super::until::Until;

/// AWS's default quota "Inbound or outbound rules per security group"; IPv4 and IPv6 are counted apart.
const RULES_PER_DIRECTION: usize = 60;

/// What is wrong with a group.
pub(super) fn validate(group: &SecurityGroup, each: &mut dyn FnMut(Problem)) {
    if let Some(problem) = group.description.as_deref().and_then(|text| description_problem("description", text)) {
        each(problem);
    }
    for direction in Direction::BOTH {
        let Some(rules) = group.rules(direction) else { continue };
        for (name, rule) in rules {
            let path = format!("{}.{name}", direction.field());
            for Problem { path: field, message, hint } in rule_problems(direction, name, rule) {
                let path = if field.is_empty() { path.clone() } else { format!("{path}.{field}") };
                each(Problem { path, message, hint });
            }
        }
        quota_problems(direction, rules).for_each(&mut *each);
    }
}

/// Problems of one rule; paths are within the rule.
fn rule_problems(direction: Direction, name: &str, rule: &Rule) -> Vec<Problem> {
    let (peers, other) = direction.peer_fields();
    let (has_peers, has_other) = match direction {
        Direction::Ingress => (rule.from.is_some(), rule.to.is_some()),
        Direction::Egress => (rule.to.is_some(), rule.from.is_some()),
    };
    let mut problems = Vec::new();
    if !is_name(name) {
        let message = format!("{name:?} is no name for a rule: write a letter, then letters, digits, `_` or `-`");
        problems.push(Problem::new("", message));
    }
    problems.extend(rule.traffic().err());
    if has_other {
        let message = format!("rules of {} have `{peers}`, not `{other}`", direction.field());
        problems.push(Problem::new(other, message).hint(format!("write `{peers}`")));
    } else if !has_peers {
        let message = format!("the rule does not say `{peers}`");
        problems
            .push(Problem::new("", message).hint(format!("write `{peers} = [\"0.0.0.0/0\", \"::/0\"]` for everyone")));
    }
    problems.extend(other_version(direction, rule));
    problems.extend(rule.description.as_deref().and_then(|text| description_problem("description", text)));
    problems
}

/// A rule whose peers are all of the version of IP that its protocol is not for would be none at all.
fn other_version(direction: Direction, rule: &Rule) -> Option<Problem> {
    let any = rule.expanded(direction).next()?;
    if rule.asked_for(direction).next().is_some() {
        return None;
    }
    let (is, other) = if any.traffic.protocol == Protocol::Icmp { ("IPv4", "icmpv6") } else { ("IPv6", "icmp") };
    let message = format!("{} is for {is}, and no peer of the rule is", any.traffic.protocol);
    Some(Problem::new("protocol", message).hint(format!("write `protocol = \"{other}\"`")))
}

/// AWS allows 255 characters of a small set, in a group's description and in a rule's.
fn description_problem(path: &str, text: &str) -> Option<Problem> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if let Some(wrong) = text.chars().find(|c| !allowed(*c)) {
        let hint = "letters without accents, digits, spaces and ._-:/()#,@[]+=&;{}!$* are allowed";
        return Some(
            Problem::new(path, format!("AWS does not allow the character {wrong} in a description")).hint(hint),
        );
    }
    let length = text.len();
    (length > 255).then(|| Problem::new(path, format!("AWS allows 255 characters in a description, this has {length}")))
}

/// Whether a direction has more rules than AWS's quota allows. A group or prefix list counts for either version.
fn quota_problems(direction: Direction, rules: &Rules) -> impl Iterator<Item = Problem> {
    let expanded: BTreeSet<_> = rules.values().flat_map(|rule| rule.asked_for(direction)).collect();
    let counts_for = |rule: &&AwsRule, version: &str| match &rule.peer {
        Peer::Cidr(IpNet::V4(_)) => version == "IPv4",
        Peer::Cidr(IpNet::V6(_)) => version == "IPv6",
        Peer::Group(_) | Peer::PrefixList(_) => true,
        Peer::Network(_) => false,
    };
    ["IPv4", "IPv6"].into_iter().filter_map(move |version| {
        let count = expanded.iter().filter(|rule| counts_for(rule, version)).count();
        (count > RULES_PER_DIRECTION).then(|| {
            let message = format!("{count} {version} rules, one for each peer: AWS allows {RULES_PER_DIRECTION}");
            Problem::new(direction.field(), message)
                .hint("put the addresses into a prefix list, or the rules into two groups")
        })
    })
}

/// CN101: a CIDR with host bits. CN102: a rule that is expired but still there.
pub(super) fn check(group: &SecurityGroup, context: &Context<'_, SecurityGroup>, each: &mut dyn FnMut(Finding)) {
    for direction in Direction::BOTH {
        let Some(rules) = group.rules(direction) else { continue };
        for (name, rule) in rules {
            rule.peers(direction).iter().filter_map(|peer| not_canonical(direction, name, peer)).for_each(&mut *each);
        }
        if let Some(live) = context.live.and_then(|live| live.rules(direction)) {
            still_open(direction, rules, live, context.situation.now).for_each(&mut *each);
        }
    }
}

fn not_canonical(direction: Direction, name: &str, peer: &Peer) -> Option<Finding> {
    let canonical = peer.canonical();
    (*peer != canonical).then(|| {
        let message = format!("{} rule {name}: {peer} means all of {canonical} to AWS", direction.field());
        let hint = format!("write \"{canonical}\", or the single address with /32 (IPv6: /128)");
        Finding::new("CN101", Severity::Warning, message).hint(hint)
    })
}

fn still_open(direction: Direction, rules: &Rules, live: &Rules, now: Timestamp) -> impl Iterator<Item = Finding> {
    let expand = move |rule: &Rule| rule.asked_for(direction).collect::<Vec<_>>();
    let there: BTreeSet<_> = live.values().flat_map(|rule| rule.expanded(direction)).collect();
    let wanted: BTreeSet<_> = rules.values().filter(|rule| !rule.is_expired(now)).flat_map(expand).collect();
    rules.iter().filter_map(move |(name, rule)| {
        let Until(until) = rule.until.filter(|_| rule.is_expired(now))?;
        expand(rule).iter().any(|aws| there.contains(aws) && !wanted.contains(aws)).then(|| {
            let message = format!("{} rule {name}: expired {} ago, still open", direction.field(), age(until, now));
            Finding::new("CN102", Severity::Warning, message).hint("apply, then take the rule out of the file")
        })
    })
}

/// How long ago, in its largest unit that tells something.
fn age(then: Timestamp, now: Timestamp) -> String {
    let minutes = now.since((Unit::Minute, then)).map_or(0, |span| span.get_minutes());
    match minutes {
        ..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

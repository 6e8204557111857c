//! Changes of rules that lock somebody out: held back until they are silenced.
//!
//! CN103: the last rule of a group goes. CN105: port 22 is closed to whoever plans. CN106: it is closed to somebody, and
//! whether that is whoever plans is not known.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cn_infra_core::check::{Context, Finding, Severity};
use ipnet::IpNet;

use super::SecurityGroup;
use super::peer::Peer;
use super::rule::{AwsRule, Direction, Rule};
use super::traffic::Protocol;

/// Port 22 is closed to somebody, and nobody said whether the operator is among them.
pub const CLOSES_SSH: &str = "CN106";

/// The port of SSH.
const SSH: i32 = 22;

pub(super) fn check(group: &SecurityGroup, context: &Context<'_, SecurityGroup>, each: &mut dyn FnMut(Finding)) {
    let live = context.live.and_then(|live| live.ingress.as_ref());
    let (Some(wanted), Some(live)) = (&group.ingress, live) else { return };
    // Rules that go out are left alone: a new group has one that nobody wrote.
    if wanted.is_empty() && !live.is_empty() {
        let message = "the file has no ingress rule any more, and the group has: nothing could come in";
        each(Finding::new("CN103", Severity::Error, message).hint("write the rules that stay").blocking("ingress"));
    }
    let now = context.situation.now;
    let (before, after) = (may_ssh(live.values()), may_ssh(wanted.values().filter(|rule| !rule.is_expired(now))));
    let closed: Vec<_> = before.iter().filter(|cidr| !after.iter().any(|open| open.contains(*cidr))).collect();
    if closed.is_empty() {
        return;
    }
    let lets = |cidrs: &BTreeSet<IpNet>, ip: &IpAddr| cidrs.iter().any(|cidr| cidr.contains(ip));
    match context.situation.my_ip {
        Some(ip) if lets(&before, &ip) && !lets(&after, &ip) => {
            let message = format!("port 22 would be closed to {ip}, your own address");
            let hint = "let it in by an ingress rule; another group of the server's may, which is not looked at";
            each(Finding::new("CN105", Severity::Error, message).hint(hint).blocking("ingress"));
        }
        Some(_) => {}
        None => {
            let closed: Vec<_> = closed.iter().map(ToString::to_string).collect();
            let message = format!("port 22 is closed to {}: whether you are there is not known", closed.join(", "));
            let hint = "give your address: --my-ip ADDRESS, or name a service that tells it: CN_INFRA_MY_IP_URL";
            each(Finding::new(CLOSES_SSH, Severity::Warning, message).hint(hint));
        }
    }
}

/// The CIDRs that rules let in at port 22.
fn may_ssh<'a>(rules: impl Iterator<Item = &'a Rule>) -> BTreeSet<IpNet> {
    let expanded = rules.flat_map(|rule| rule.expanded(Direction::Ingress).collect::<Vec<_>>());
    expanded.filter_map(|rule| of_ssh(&rule)).collect()
}

fn of_ssh(rule: &AwsRule) -> Option<IpNet> {
    let AwsRule { traffic, peer } = rule;
    let covers = match traffic.protocol {
        Protocol::All => true,
        Protocol::Tcp => (traffic.from..=traffic.to).contains(&SSH),
        _ => false,
    };
    match peer {
        Peer::Cidr(cidr) if covers => Some(*cidr),
        _ => None,
    }
}

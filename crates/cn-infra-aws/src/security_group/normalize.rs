//! Desired and live rules in the file's names: AWS has no names, so a live rule is known by what it lets through.

use std::collections::{BTreeMap, BTreeSet};

use cn_infra_core::address::is_name;
use jiff::Timestamp;

use super::peer::Peer;
use super::rule::{AwsRule, Direction, Rule, Rules, unnamed};
use super::traffic::Traffic;

/// Brings the rules of one direction into a form in which equal meaning is equal value.
///
/// Desired loses what lets nobody through: rules that are expired or without peers, and ICMP for the other version of
/// IP. Live gets the names of
/// desired; what nothing matches keeps a name that it has, or is shown as `(unnamed) tcp 8080`.
pub(super) fn normalize(direction: Direction, desired: &mut Option<Rules>, live: &mut Option<Rules>, now: Timestamp) {
    let wishes = Wishes::of(direction, desired.as_ref(), now);
    if let Some(live) = live {
        *live = wishes.name(direction, live);
    }
    if let Some(desired) = desired {
        desired.retain(|name, rule| wishes.open.contains_key(name.as_str()) || rule.traffic().is_err());
        for (name, Wish { traffic, peers, description: _ }) in wishes.open {
            if let Some(rule) = desired.get_mut(&name) {
                let Rule { until, description, .. } = std::mem::take(rule);
                let peers = peers.into_iter().collect();
                *rule = Rule { until, description, ..Rule::canonical(direction, traffic, peers) };
            }
        }
    }
}

/// The rules of the file, by name.
struct Wishes {
    /// Those that let somebody through.
    open: BTreeMap<String, Wish>,
    /// Those that are expired or have no peers.
    closed: BTreeMap<String, Wish>,
}

struct Wish {
    traffic: Traffic,
    peers: BTreeSet<Peer>,
    description: Option<String>,
}

/// Where a live rule is shown.
enum Place<'a> {
    /// Under every name that wants it; the first decides on its description.
    Wanted(Vec<&'a str>),
    /// Under the name nearest to it, as something that is too much there.
    Extra(&'a str),
    /// Under no name.
    Unnamed,
}

/// A live rule before it is named.
struct Found {
    rule: AwsRule,
    key: String,
    description: Option<String>,
}

/// What is shown of live under one name.
#[derive(Default)]
struct Named {
    peers: BTreeSet<Peer>,
    /// Of the rules whose description this name decides on.
    decided: Vec<Option<String>>,
    /// Of all.
    any: Option<String>,
}

impl Wishes {
    fn of(direction: Direction, desired: Option<&Rules>, now: Timestamp) -> Self {
        let mut wishes = Self { open: BTreeMap::new(), closed: BTreeMap::new() };
        for (name, rule) in desired.into_iter().flatten() {
            let Ok(traffic) = rule.traffic() else { continue };
            let peers: BTreeSet<_> = rule.asked_for(direction).map(|aws| aws.peer).collect();
            let is_closed = rule.is_expired(now) || peers.is_empty();
            let into = if is_closed { &mut wishes.closed } else { &mut wishes.open };
            into.insert(name.clone(), Wish { traffic, peers, description: rule.description.clone() });
        }
        wishes
    }

    /// Live rules under the file's names.
    fn name(&self, direction: Direction, live: &Rules) -> Rules {
        let found = found(direction, live);
        let mut entries: BTreeMap<(&str, Traffic), Named> = BTreeMap::new();
        let mut rest = Vec::new();
        for Found { rule, key, description } in &found {
            let mut add = |name, decides: bool| {
                let entry = entries.entry((name, rule.traffic)).or_default();
                entry.peers.insert(rule.peer.clone());
                entry.decided.extend(decides.then(|| description.clone()));
                entry.any = entry.any.take().or_else(|| description.clone());
            };
            match self.place(rule, key) {
                Place::Wanted(by) => by.iter().enumerate().for_each(|(index, name)| add(name, index == 0)),
                Place::Extra(name) => add(name, false),
                Place::Unnamed => rest.push((rule.clone(), description.clone())),
            }
        }
        let rules = entries.into_iter().map(|((name, traffic), entry)| {
            let description = match self.open.get(name) {
                Some(wish) => wish.description.as_ref().map(|wanted| entry.description_beside(wanted)),
                None => entry.any,
            };
            let peers = entry.peers.into_iter().collect();
            (name.to_owned(), Rule { description, ..Rule::canonical(direction, traffic, peers) })
        });
        rules.chain(unnamed(direction, rest)).collect()
    }

    /// The order of the questions makes naming twice the same as naming once: the closed rules are known only the first
    /// time, so afterwards the name they gave has to hold by itself.
    fn place<'a>(&'a self, rule: &AwsRule, key: &'a str) -> Place<'a> {
        let lists = |wish: &Wish| wish.traffic == rule.traffic && wish.peers.contains(&rule.peer);
        let lets = |wish: &Wish| wish.traffic == rule.traffic;
        let wanted = names(&self.open, lists);
        if !wanted.is_empty() {
            return Place::Wanted(wanted);
        }
        let is_free = |key: &str| !self.open.contains_key(key) && self.closed.get(key).is_none_or(lets);
        let kept = || Some(key).filter(|key| is_name(key) && is_free(key));
        let extra = names(&self.closed, lists).first().copied();
        let extra = extra.or_else(kept).or_else(|| names(&self.open, lets).first().copied());
        let extra = extra.or_else(|| names(&self.closed, lets).first().copied());
        extra.map_or(Place::Unnamed, Place::Extra)
    }
}

impl Named {
    /// The wanted description if all rules have it, or one that differs.
    fn description_beside(&self, wanted: &str) -> String {
        let decided = self.decided.iter().map(|description| description.as_deref().unwrap_or_default());
        decided.into_iter().find(|description| *description != wanted).unwrap_or(wanted).to_owned()
    }
}

fn names(wishes: &BTreeMap<String, Wish>, which: impl Fn(&Wish) -> bool) -> Vec<&str> {
    wishes.iter().filter(|(_, wish)| which(wish)).map(|(name, _)| name.as_str()).collect()
}

/// The AWS rules of a table; one that stands under two names counts once.
fn found(direction: Direction, live: &Rules) -> Vec<Found> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (key, rule) in live {
        for aws in rule.expanded(direction) {
            if seen.insert(aws.clone()) {
                found.push(Found { rule: aws, key: key.clone(), description: rule.description.clone() });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;

//! Telling of groups, with their rules as permissions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::filter::{any, one};
use super::super::{Ec2, Filters, Page, chosen, tags};
use super::{Group, Peer, Rule, Traffic, check_id, find_named, not_found};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

pub(super) fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?, Page::of(params, 5..=1000)?);
    let mut rules = BTreeMap::<&str, Vec<&Rule>>::new();
    for rule in context.ec2.rules.values().filter(|rule| context.can_see(rule.made)) {
        rules.entry(&rule.group).or_default().push(rule);
    }
    let rules = |group: &Group| rules.get(group.id.as_str()).map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for group in asked_for(context, params)? {
        let property = |name: &str| property(group, rules(group), context.ec2, name);
        if filters.keep(context.ec2.tags.get(&group.id), property)? {
            found.push(group);
        }
    }
    let (found, token) = page.cut(found, |group| &group.id);
    let mut xml = Xml::new();
    xml.items("securityGroupInfo", found, |xml, group| write(xml, context, group, rules(group)));
    xml.some("nextToken", token);
    Ok(xml)
}

/// The groups of the ids and names given, else all.
fn asked_for<'a>(context: &'a Context<'_>, params: &Params<'_>) -> Result<Vec<&'a Group>, AwsError> {
    let (ids, names) = (params.list("GroupId"), params.list("GroupName"));
    ids.iter().try_for_each(|id| check_id(id))?;
    let of_names: Result<Vec<_>, _> = names.iter().map(|name| Ok(find_named(context, name)?.id.as_str())).collect();
    let ids: Vec<_> = ids.into_iter().chain(of_names?).collect();
    chosen(&context.ec2.groups, &ids, |group| context.can_see(group.made), not_found)
}

fn property<'a>(group: &'a Group, rules: &[&'a Rule], ec2: &'a Ec2, name: &str) -> Option<Vec<Cow<'a, str>>> {
    match name {
        "description" => one(&group.description),
        "group-id" => one(&group.id),
        "group-name" => one(&group.name),
        "owner-id" => one(&group.owner),
        "vpc-id" => one(&group.vpc),
        _ => {
            let (name, egress) = match name.strip_prefix("egress.") {
                Some(name) => (name, true),
                None => (name, false),
            };
            let name = name.strip_prefix("ip-permission.")?;
            let rules = rules.iter().filter(|rule| rule.allows.egress == egress);
            rules.map(|rule| of_rule(rule, group, ec2, name)).collect::<Option<Vec<_>>>().map(|all| all.concat())
        }
    }
}

fn of_rule<'a>(rule: &'a Rule, group: &'a Group, ec2: &'a Ec2, name: &str) -> Option<Vec<Cow<'a, str>>> {
    let Traffic { protocol, ports } = &rule.allows.traffic;
    let peer = &rule.allows.peer;
    let named = match peer {
        Peer::Group(id) => ec2.groups.get(id),
        _ => None,
    };
    match name {
        "protocol" => one(protocol),
        "from-port" => any(ports.map(|(from, _)| from.to_string())),
        "to-port" => any(ports.map(|(_, to)| to.to_string())),
        "cidr" => any(matches!(peer, Peer::Ipv4(_)).then(|| peer.to_string())),
        "ipv6-cidr" => any(matches!(peer, Peer::Ipv6(_)).then(|| peer.to_string())),
        "prefix-list-id" => any(matches!(peer, Peer::PrefixList(_)).then(|| peer.to_string())),
        "group-id" => any(named.map(|named| &named.id)),
        "group-name" => any(named.map(|named| &named.name)),
        "user-id" => any(named.map(|_| &group.owner)),
        _ => None,
    }
}

fn write(xml: &mut Xml, context: &Context<'_>, group: &Group, rules: &[&Rule]) {
    let of = |egress| rules.iter().copied().filter(move |rule| rule.allows.egress == egress);
    xml.text("ownerId", &group.owner).text("groupId", &group.id).text("groupName", &group.name);
    xml.text("groupDescription", &group.description).text("vpcId", &group.vpc);
    xml.text("securityGroupArn", group.arn(context.region));
    write_permissions(xml, "ipPermissions", &group.owner, of(false));
    write_permissions(xml, "ipPermissionsEgress", &group.owner, of(true));
    tags::write(xml, context.ec2.tags.get(&group.id));
}

/// Writes rules as permissions: those of the same traffic are one, with a list for each kind of peer.
pub(super) fn write_permissions<'a>(xml: &mut Xml, name: &str, owner: &str, rules: impl Iterator<Item = &'a Rule>) {
    let mut permissions = BTreeMap::<&Traffic, Vec<&Rule>>::new();
    for rule in rules {
        permissions.entry(&rule.allows.traffic).or_default().push(rule);
    }
    xml.items(name, permissions, |xml, (traffic, mut rules)| {
        rules.sort_by_key(|rule| &rule.allows.peer);
        xml.text("ipProtocol", &traffic.protocol);
        if let Some((from, to)) = traffic.ports {
            xml.text("fromPort", from).text("toPort", to);
        }
        let mut write = |list: &str, member: &str, is_of: fn(&Peer) -> bool| {
            let rules = rules.iter().filter(|rule| is_of(&rule.allows.peer));
            xml.items(list, rules, |xml, rule| {
                if list == "groups" {
                    xml.text("userId", owner);
                }
                xml.text(member, &rule.allows.peer).some("description", rule.description.as_ref());
            });
        };
        write("groups", "groupId", |peer| matches!(peer, Peer::Group(_)));
        write("ipRanges", "cidrIp", |peer| matches!(peer, Peer::Ipv4(_)));
        write("ipv6Ranges", "cidrIpv6", |peer| matches!(peer, Peer::Ipv6(_)));
        write("prefixListIds", "prefixListId", |peer| matches!(peer, Peer::PrefixList(_)));
    });
}

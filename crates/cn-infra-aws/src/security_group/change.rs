//! Bringing a group's rules to what is wanted: at most one Authorize and one Revoke for each direction.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types as aws;
use cn_infra_core::address::Ref;
use cn_infra_core::manager::{ErrorClass, ManageError};
use ipnet::IpNet;

use super::SecurityGroup;
use super::peer::Peer;
use super::rule::{AwsRule, Direction, Rules};
use super::traffic::Traffic;
use crate::error::failed;

/// Brings the rules of every managed direction to what is wanted.
pub(super) async fn set_rules(ec2: &Client, id: &str, desired: &SecurityGroup) -> Result<(), ManageError> {
    let mut there = read(ec2, id).await?;
    for direction in Direction::BOTH {
        let Some(rules) = desired.rules(direction) else { continue };
        let wanted = wanted(direction, rules)?;
        match send(ec2, id, direction, &Work::of(direction, &wanted, &there)).await {
            // Authorize and Revoke are all or nothing, so one rule that somebody else added or removed after the
            // reading fails the call: with a new reading the rest is sent.
            Err(error) if has_moved(&error) => {
                there = read(ec2, id).await?;
                send(ec2, id, direction, &Work::of(direction, &wanted, &there)).await?;
            }
            other => other?,
        }
    }
    Ok(())
}

/// Removes every rule, so that no group is held by the rule of another.
pub(super) async fn revoke_all(ec2: &Client, id: &str) -> Result<(), ManageError> {
    let there = read(ec2, id).await?;
    for direction in Direction::BOTH {
        revoke(ec2, id, direction, &Work::of(direction, &BTreeMap::new(), &there).extra).await?;
    }
    Ok(())
}

/// What a wanted rule says of itself.
#[derive(Debug)]
pub(super) struct Text {
    description: String,
    /// The file says it; otherwise it is the rule's name, and what is there stays.
    is_written: bool,
}

/// A rule that is there.
#[derive(Debug)]
pub(super) struct There {
    pub id: String,
    pub direction: Direction,
    /// `None`: a rule that no file can say, which is therefore too much.
    pub rule: Option<AwsRule>,
    pub description: Option<String>,
}

/// What has to be sent for one direction.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Rules to add, with their descriptions.
    pub missing: BTreeMap<AwsRule, String>,
    /// Ids of rules to remove.
    pub extra: Vec<String>,
    /// Ids of rules that stay, with a new description.
    pub described: Vec<(String, String)>,
}

impl Work {
    pub fn of(direction: Direction, wanted: &BTreeMap<AwsRule, Text>, there: &[There]) -> Self {
        let mut missing: BTreeMap<_, _> = wanted.iter().collect();
        let mut work = Self::default();
        for There { id, direction: _, rule, description } in there.iter().filter(|there| there.direction == direction) {
            match rule.as_ref().and_then(|rule| missing.remove(rule)) {
                None => work.extra.push(id.clone()),
                Some(text) if text.is_written && description.as_deref().unwrap_or_default() != text.description => {
                    work.described.push((id.clone(), text.description.clone()));
                }
                Some(_) => {}
            }
        }
        work.missing = missing.into_iter().map(|(rule, text)| (rule.clone(), text.description.clone())).collect();
        work
    }
}

/// The AWS rules of a table. Where two names want the same one, the first decides on its description.
pub(super) fn wanted(direction: Direction, rules: &Rules) -> Result<BTreeMap<AwsRule, Text>, ManageError> {
    let mut wanted = BTreeMap::new();
    for (name, rule) in rules {
        rule.traffic().map_err(|problem| invalid(direction, name, &problem.message))?;
        for aws in rule.expanded(direction) {
            if let Peer::Network(network) = &aws.peer {
                return Err(invalid(direction, name, &format!("the network {network} was not expanded")));
            }
            let description = rule.description.clone();
            let is_written = description.is_some();
            let text = Text { description: description.unwrap_or_else(|| name.clone()), is_written };
            wanted.entry(aws).or_insert(text);
        }
    }
    Ok(wanted)
}

fn invalid(direction: Direction, name: &str, message: &str) -> ManageError {
    ManageError::new(ErrorClass::Invalid, format!("{} rule {name}: {message}", direction.field()))
}

/// Whether the group's rules are no longer those that were read.
fn has_moved(error: &ManageError) -> bool {
    matches!(error.code.as_deref(), Some("InvalidPermission.Duplicate" | "InvalidSecurityGroupRuleId.NotFound"))
}

async fn send(ec2: &Client, id: &str, direction: Direction, work: &Work) -> Result<(), ManageError> {
    let Work { missing, extra, described } = work;
    match authorize(ec2, id, direction, missing).await {
        // At the quota there is no room for old and new at once. Revoking first cuts off for a moment whoever both
        // allow, so it is done only where nothing else works.
        Err(error) if is_full(&error) && !extra.is_empty() => {
            revoke(ec2, id, direction, extra).await?;
            authorize(ec2, id, direction, missing).await?;
        }
        other => {
            other?;
            revoke(ec2, id, direction, extra).await?;
        }
    }
    describe(ec2, id, direction, described).await
}

fn is_full(error: &ManageError) -> bool {
    error.code.as_deref() == Some("RulesPerSecurityGroupLimitExceeded")
}

/// The rules that are there, with their ids.
async fn read(ec2: &Client, group: &str) -> Result<Vec<There>, ManageError> {
    let of_group = aws::Filter::builder().name("group-id").values(group).build();
    let pages = ec2.describe_security_group_rules().filters(of_group).into_paginator().page_size(1000);
    let rules: Result<Vec<_>, _> = pages.items().send().collect().await;
    let rules = rules.map_err(|error| failed("DescribeSecurityGroupRules", error))?;
    Ok(rules.into_iter().filter_map(there).collect())
}

fn there(rule: aws::SecurityGroupRule) -> Option<There> {
    let direction = if rule.is_egress? { Direction::Egress } else { Direction::Ingress };
    let traffic = Traffic::of_aws(rule.ip_protocol.as_deref()?, rule.from_port, rule.to_port);
    let cidr = rule.cidr_ipv4.or(rule.cidr_ipv6).and_then(|cidr| cidr.parse().ok()).map(Peer::Cidr);
    let group = rule.referenced_group_info.and_then(|group| group.group_id).map(|id| Peer::Group(Ref::foreign(id)));
    let peer = cidr.or(group).or(rule.prefix_list_id.map(Peer::PrefixList));
    let rule_of = |(traffic, peer): (Traffic, Peer)| AwsRule { traffic, peer: peer.canonical() };
    Some(There {
        id: rule.security_group_rule_id?,
        direction,
        rule: traffic.zip(peer).map(rule_of),
        description: rule.description,
    })
}

async fn authorize(
    ec2: &Client,
    id: &str,
    direction: Direction,
    rules: &BTreeMap<AwsRule, String>,
) -> Result<(), ManageError> {
    if rules.is_empty() {
        return Ok(());
    }
    let permissions = Some(permissions(rules));
    match direction {
        Direction::Ingress => {
            let call = ec2.authorize_security_group_ingress().group_id(id).set_ip_permissions(permissions);
            call.send().await.map(|_| ()).map_err(|error| failed("AuthorizeSecurityGroupIngress", error))
        }
        Direction::Egress => {
            let call = ec2.authorize_security_group_egress().group_id(id).set_ip_permissions(permissions);
            call.send().await.map(|_| ()).map_err(|error| failed("AuthorizeSecurityGroupEgress", error))
        }
    }
}

async fn revoke(ec2: &Client, id: &str, direction: Direction, rules: &[String]) -> Result<(), ManageError> {
    if rules.is_empty() {
        return Ok(());
    }
    let rules = Some(rules.to_vec());
    match direction {
        Direction::Ingress => {
            let call = ec2.revoke_security_group_ingress().group_id(id).set_security_group_rule_ids(rules);
            call.send().await.map(|_| ()).map_err(|error| failed("RevokeSecurityGroupIngress", error))
        }
        Direction::Egress => {
            let call = ec2.revoke_security_group_egress().group_id(id).set_security_group_rule_ids(rules);
            call.send().await.map(|_| ()).map_err(|error| failed("RevokeSecurityGroupEgress", error))
        }
    }
}

/// Changes descriptions alone: `ModifySecurityGroupRules` would have to repeat, and so could change, the rule itself.
async fn describe(
    ec2: &Client,
    id: &str,
    direction: Direction,
    rules: &[(String, String)],
) -> Result<(), ManageError> {
    if rules.is_empty() {
        return Ok(());
    }
    let of = |(id, text): &(String, String)| {
        aws::SecurityGroupRuleDescription::builder().security_group_rule_id(id).description(text).build()
    };
    let rules = Some(rules.iter().map(of).collect());
    match direction {
        Direction::Ingress => {
            let call = ec2.update_security_group_rule_descriptions_ingress().group_id(id);
            let answer = call.set_security_group_rule_descriptions(rules).send().await;
            answer.map(|_| ()).map_err(|error| failed("UpdateSecurityGroupRuleDescriptionsIngress", error))
        }
        Direction::Egress => {
            let call = ec2.update_security_group_rule_descriptions_egress().group_id(id);
            let answer = call.set_security_group_rule_descriptions(rules).send().await;
            answer.map(|_| ()).map_err(|error| failed("UpdateSecurityGroupRuleDescriptionsEgress", error))
        }
    }
}

/// The rules in the form of an Authorize: one permission for each traffic.
fn permissions(rules: &BTreeMap<AwsRule, String>) -> Vec<aws::IpPermission> {
    let mut by_traffic: BTreeMap<Traffic, aws::builders::IpPermissionBuilder> = BTreeMap::new();
    for (AwsRule { traffic, peer }, description) in rules {
        let permission = by_traffic.remove(traffic).unwrap_or_else(|| permission(*traffic));
        by_traffic.insert(*traffic, with_peer(permission, peer, description));
    }
    by_traffic.into_values().map(aws::builders::IpPermissionBuilder::build).collect()
}

fn permission(traffic: Traffic) -> aws::builders::IpPermissionBuilder {
    let Traffic { protocol, from, to } = traffic;
    let permission = aws::IpPermission::builder().ip_protocol(protocol.aws());
    if traffic == Traffic::all_of(protocol) && !protocol.is_icmp() {
        return permission;
    }
    permission.from_port(from).to_port(to)
}

fn with_peer(
    permission: aws::builders::IpPermissionBuilder,
    peer: &Peer,
    description: &str,
) -> aws::builders::IpPermissionBuilder {
    let text = Some(description).filter(|text| !text.is_empty()).map(str::to_owned);
    match peer {
        Peer::Cidr(IpNet::V4(cidr)) => {
            let range = aws::IpRange::builder().cidr_ip(cidr.to_string()).set_description(text);
            permission.ip_ranges(range.build())
        }
        Peer::Cidr(IpNet::V6(cidr)) => {
            let range = aws::Ipv6Range::builder().cidr_ipv6(cidr.to_string()).set_description(text);
            permission.ipv6_ranges(range.build())
        }
        Peer::PrefixList(id) => {
            permission.prefix_list_ids(aws::PrefixListId::builder().prefix_list_id(id).set_description(text).build())
        }
        // While a step runs references are ids; `wanted` refuses a network that was not expanded.
        Peer::Group(_) | Peer::Network(_) => {
            let pair = aws::UserIdGroupPair::builder().group_id(peer.to_string()).set_description(text);
            permission.user_id_group_pairs(pair.build())
        }
    }
}

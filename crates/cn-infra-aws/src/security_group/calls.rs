//! The calls for rules, each in its two directions.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types as aws;
use aws_sdk_ec2::types::builders::IpPermissionBuilder;
use cn_infra_core::address::Ref;
use cn_infra_core::manager::ManageError;
use ipnet::IpNet;

use super::change::There;
use super::peer::Peer;
use super::rule::{AwsRule, Direction};
use super::traffic::Traffic;
use crate::error::failed;

/// The rules that are there, with their ids.
pub(super) async fn read(ec2: &Client, group: &str) -> Result<Vec<There>, ManageError> {
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

/// Adds rules, all or none, each with its description.
pub(super) async fn authorize(
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

/// Removes rules by their ids, all or none.
pub(super) async fn revoke(ec2: &Client, id: &str, direction: Direction, rules: &[String]) -> Result<(), ManageError> {
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
pub(super) async fn describe(
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
    let mut by_traffic: BTreeMap<Traffic, IpPermissionBuilder> = BTreeMap::new();
    for (AwsRule { traffic, peer }, description) in rules {
        let permission = by_traffic.remove(traffic).unwrap_or_else(|| permission(*traffic));
        by_traffic.insert(*traffic, with_peer(permission, peer, description));
    }
    by_traffic.into_values().map(IpPermissionBuilder::build).collect()
}

fn permission(traffic: Traffic) -> IpPermissionBuilder {
    let Traffic { protocol, from, to } = traffic;
    let permission = aws::IpPermission::builder().ip_protocol(protocol.aws());
    if traffic == Traffic::all_of(protocol) && !protocol.is_icmp() {
        return permission;
    }
    permission.from_port(from).to_port(to)
}

fn with_peer(permission: IpPermissionBuilder, peer: &Peer, description: &str) -> IpPermissionBuilder {
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

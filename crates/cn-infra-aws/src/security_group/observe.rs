//! Reading security groups: the rules are in the same answer.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types as aws;
use cn_infra_core::address::{PhysicalId, Ref};
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::{ManageError, Wanted};
use cn_infra_core::owner::Owner;

use super::peer::Peer;
use super::rule::{AwsRule, Direction, Rules, unnamed};
use super::traffic::Traffic;
use super::{SecurityGroup, Vpc};
use crate::ec2_filter::of_ids;
use crate::ec2_tags;
use crate::error::failed;

/// All groups of the region, or at least those asked for.
pub(super) async fn groups(
    ec2: &Client,
    only: Option<&BTreeSet<PhysicalId>>,
) -> Result<Vec<aws::SecurityGroup>, ManageError> {
    let pages = ec2.describe_security_groups().set_filters(of_ids("group-id", only)).into_paginator().page_size(1000);
    let groups: Result<Vec<_>, _> = pages.items().send().collect().await;
    groups.map_err(|error| failed("DescribeSecurityGroups", error))
}

/// The id of the region's default VPC.
pub(super) async fn default_vpc(ec2: &Client) -> Result<Option<String>, ManageError> {
    let is_default = aws::Filter::builder().name("is-default").values("true").build();
    let answer = ec2.describe_vpcs().filters(is_default).send().await;
    let vpcs = answer.map_err(|error| failed("DescribeVpcs", error))?.vpcs.unwrap_or_default();
    Ok(vpcs.into_iter().find_map(|vpc| vpc.vpc_id))
}

/// One group as AWS reports it.
pub(super) fn observed(
    group: aws::SecurityGroup,
    default_vpc: Option<&str>,
    declared: &[Wanted<SecurityGroup>],
) -> Option<Observed<SecurityGroup>> {
    let id = PhysicalId(group.group_id?);
    let tags = ec2_tags::from_tags(&group.tags.unwrap_or_default());
    let outputs = [("id", Some(id.0.clone())), ("vpc", group.vpc_id.clone()), ("arn", group.security_group_arn)];
    let outputs = outputs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let owner = Owner::of(&tags);
    let wanted = declared.iter().find(|wanted| {
        owner.as_ref() == Some(&wanted.owner)
            || wanted.adopt.as_ref() == Some(&id)
            || group.group_name.as_ref() == Some(&wanted.name)
    });
    let live = SecurityGroup {
        description: group.description,
        vpc: group
            .vpc_id
            .map(|vpc| shown_vpc(vpc, default_vpc, wanted.and_then(|wanted| wanted.resource.vpc.as_ref()))),
        ingress: Some(rules(Direction::Ingress, group.ip_permissions.unwrap_or_default())),
        egress: Some(rules(Direction::Egress, group.ip_permissions_egress.unwrap_or_default())),
    };
    Some(Observed {
        id,
        aliases: Vec::new(),
        name: group.group_name,
        token: None,
        tags,
        live,
        readiness: Readiness::Ready,
        unfinished: None,
        outputs,
    })
}

/// The default VPC is shown as `default`, unless the declaring file writes its id.
fn shown_vpc(id: String, default: Option<&str>, written: Option<&Vpc>) -> Vpc {
    let is_written = matches!(written, Some(Vpc::Id(written)) if *written == id);
    if default == Some(&id) && !is_written { Vpc::Default } else { Vpc::Id(id) }
}

/// The rules of one direction; they have no names yet.
fn rules(direction: Direction, permissions: Vec<aws::IpPermission>) -> Rules {
    unnamed(direction, permissions.into_iter().flat_map(aws_rules)).collect()
}

/// The rules of a permission, each with its description.
fn aws_rules(permission: aws::IpPermission) -> Vec<(AwsRule, Option<String>)> {
    let protocol = permission.ip_protocol.as_deref().unwrap_or("-1");
    let Some(traffic) = Traffic::of_aws(protocol, permission.from_port, permission.to_port) else {
        tracing::warn!(protocol, "a rule of an unknown protocol is not shown");
        return Vec::new();
    };
    let ipv4 = permission.ip_ranges.into_iter().flatten().map(|range| (cidr(range.cidr_ip), range.description));
    let ipv6 = permission.ipv6_ranges.into_iter().flatten().map(|range| (cidr(range.cidr_ipv6), range.description));
    let groups = permission.user_id_group_pairs.into_iter().flatten();
    let groups = groups.map(|pair| (pair.group_id.map(|id| Peer::Group(Ref::foreign(id))), pair.description));
    let lists = permission.prefix_list_ids.into_iter().flatten();
    let lists = lists.map(|list| (list.prefix_list_id.map(Peer::PrefixList), list.description));
    ipv4.chain(ipv6)
        .chain(groups)
        .chain(lists)
        .filter_map(|(peer, description)| {
            Some((AwsRule { traffic, peer: peer?.canonical() }, description.filter(|text| !text.is_empty())))
        })
        .collect()
}

fn cidr(text: Option<String>) -> Option<Peer> {
    text?.parse().ok().map(Peer::Cidr)
}

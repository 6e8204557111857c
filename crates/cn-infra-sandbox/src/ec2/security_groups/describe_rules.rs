//! Telling of rules one by one.

use super::super::filter::one;
use super::super::{Filters, Page, chosen, tags};
use super::{Peer, Rule, rule_not_found};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

pub(super) fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?.only(&["group-id", "security-group-rule-id"])?;
    let page = Page::of(params, 5..=1000)?;
    let is_there = |rule: &Rule| context.can_see(rule.made);
    let mut found = Vec::new();
    for rule in chosen(&context.ec2.rules, &params.list("SecurityGroupRuleId"), is_there, rule_not_found)? {
        let property = |name: &str| match name {
            "group-id" => one(&rule.group),
            "security-group-rule-id" => one(&rule.id),
            _ => None,
        };
        if filters.keep(context.ec2.tags.get(&rule.id), property)? {
            found.push(rule);
        }
    }
    let (found, token) = page.cut(found, |rule| &rule.id);
    let mut xml = Xml::new();
    xml.items("securityGroupRuleSet", found, |xml, rule| write(xml, context, rule)).some("nextToken", token);
    Ok(xml)
}

/// Writes which traffic of which group a rule is about. Where there are no ports, they are told as -1.
pub(super) fn write_traffic(xml: &mut Xml, rule: &Rule) {
    let (from, to) = rule.allows.traffic.ports.unwrap_or((-1, -1));
    xml.text("securityGroupRuleId", &rule.id).text("groupId", &rule.group).text("isEgress", rule.allows.egress);
    xml.text("ipProtocol", &rule.allows.traffic.protocol).text("fromPort", from).text("toPort", to);
}

/// Writes a rule.
pub(super) fn write(xml: &mut Xml, context: &Context<'_>, rule: &Rule) {
    let owner = context.account;
    write_traffic(xml, rule);
    xml.text("groupOwnerId", owner);
    match &rule.allows.peer {
        Peer::Ipv4(cidr) => xml.text("cidrIpv4", cidr),
        Peer::Ipv6(cidr) => xml.text("cidrIpv6", cidr),
        Peer::PrefixList(id) => xml.text("prefixListId", id),
        Peer::Group(id) => xml.element("referencedGroupInfo", |xml| {
            xml.text("groupId", id).text("userId", owner);
        }),
    };
    xml.some("description", rule.description.as_ref());
    let arn = format!("arn:aws:ec2:{}:{owner}:security-group-rule/{}", context.region, rule.id);
    xml.text("securityGroupRuleArn", arn);
    tags::write(xml, context.ec2.tags.get(&rule.id));
}

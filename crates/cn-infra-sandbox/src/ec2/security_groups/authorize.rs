//! Adding rules to a group.

use std::collections::BTreeSet;

use super::super::{Ec2, tags};
use super::{Allows, Group, Peer, Rule, asked_for, describe_rules, permission};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

pub(super) fn ingress(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    authorize(context, params, false)
}

pub(super) fn egress(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    authorize(context, params, true)
}

/// All rules of a call, or none.
fn authorize(context: &mut Context<'_>, params: &Params<'_>, egress: bool) -> Result<Xml, AwsError> {
    let group = asked_for(context, params)?.clone();
    let asked = permission::read(context, params, &group, egress)?;
    if asked.is_empty() {
        return Err(AwsError::new("MissingParameter", "The request must contain the parameter ipPermissions"));
    }
    let tags = tags::specified(params, "security-group-rule", &[])?;
    check_new(context.ec2, &group, asked.iter().map(|asked| &asked.allows))?;
    let mut rules = Vec::new();
    for asked in asked {
        let mut rule = Rule::new(&group.id, asked.allows, context.now);
        rule.description = asked.description;
        tags::set(context.ec2, &rule.id, tags.clone())?;
        context.ec2.rules.insert(rule.id.clone(), rule.clone());
        rules.push(rule);
    }
    check_quota(context, &group.id, egress)?;
    let mut xml = Xml::new();
    xml.text("return", true).items("securityGroupRuleSet", rules, |xml, rule| {
        describe_rules::write(xml, context, &rule);
    });
    Ok(xml)
}

/// A rule that is there already is a duplicate, whatever its description.
fn check_new<'a>(ec2: &Ec2, group: &Group, asked: impl Iterator<Item = &'a Allows>) -> Result<(), AwsError> {
    let there: BTreeSet<_> =
        ec2.rules.values().filter(|rule| rule.group == group.id).map(|rule| &rule.allows).collect();
    let mut in_call = BTreeSet::new();
    for allows in asked {
        if there.contains(allows) {
            return Err(duplicate(allows));
        }
        if !in_call.insert(allows) {
            let message = "The same permission must not appear multiple times";
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    }
    Ok(())
}

/// What AWS says of a rule that is there already.
pub(super) fn duplicate(allows: &Allows) -> AwsError {
    let Allows { egress: _, traffic, peer } = allows;
    let protocol = if traffic.protocol == "-1" { "ALL".to_owned() } else { traffic.protocol.to_uppercase() };
    let ports = traffic.ports.map_or_else(String::new, |(from, to)| format!(", from port: {from}, to port: {to}"));
    let message = format!("the specified rule \"peer: {peer}, {protocol}{ports}, ALLOW\" already exists");
    AwsError::new("InvalidPermission.Duplicate", message)
}

/// The quota holds for each direction, and for IPv4 and IPv6 apart. A rule with a group counts as one of each; one with a
/// prefix list as many as the list may have entries.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups>
pub(super) fn check_quota(context: &Context<'_>, group: &str, egress: bool) -> Result<(), AwsError> {
    let rules = context.ec2.rules.values().filter(|rule| rule.group == group && rule.allows.egress == egress);
    let (mut ipv4, mut ipv6) = (0, 0);
    for rule in rules {
        match &rule.allows.peer {
            Peer::Ipv4(_) => ipv4 += 1,
            Peer::Ipv6(_) => ipv6 += 1,
            Peer::Group(_) => (ipv4, ipv6) = (ipv4 + 1, ipv6 + 1),
            Peer::PrefixList(id) => match context.ec2.prefix_lists.get(id) {
                Some(list) if list.is_ipv6 => ipv6 += list.weight(),
                Some(list) => ipv4 += list.weight(),
                None => {}
            },
        }
    }
    if ipv4.max(ipv6) > context.settings.quota("rules-per-group") {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(AwsError::new("RulesPerSecurityGroupLimitExceeded", message));
    }
    Ok(())
}

//! Changing rules that are there: what they allow, under their ids, and what is written about them.

use std::mem::discriminant;

use super::super::done;
use super::authorize::{check_quota, duplicate};
use super::permission::{self, description, ipv4, ipv6, prefix_list, same_vpc};
use super::revoke::not_there;
use super::traffic::traffic;
use super::{Allows, Group, Peer, Rule, asked_for, find, find_rule};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// A change is a whole new rule under the old id; only the direction and the kind of peer stay.
pub(super) fn rules(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let group = asked_for(context, params)?.clone();
    let mut changed = Vec::new();
    for update in params.structures("SecurityGroupRule") {
        let id = update.require("SecurityGroupRuleId")?;
        let rule = find_any_rule(context, &group, id)?.clone();
        let changed_rule = modified(context, &group, rule, &update.structure("SecurityGroupRule"))?;
        context.ec2.rules.insert(id, changed_rule.clone());
        changed.push(changed_rule);
    }
    for rule in &changed {
        let is_twin = |other: &Rule| other.group == group.id && other.id != rule.id && other.allows == rule.allows;
        if context.ec2.rules.values().any(is_twin) {
            return Err(duplicate(&rule.allows));
        }
    }
    for egress in [false, true] {
        if changed.iter().any(|rule| rule.allows.egress == egress) {
            check_quota(context, &group.id, egress)?;
        }
    }
    Ok(done())
}

fn find_any_rule<'a>(context: &'a Context<'_>, group: &Group, id: &str) -> Result<&'a Rule, AwsError> {
    find_rule(context, group, false, id).or_else(|_| find_rule(context, group, true, id))
}

fn modified(context: &Context<'_>, group: &Group, old: Rule, params: &Params<'_>) -> Result<Rule, AwsError> {
    let mut peers = Vec::new();
    if let Some(cidr) = params.get("CidrIpv4") {
        peers.push(Peer::Ipv4(ipv4(cidr)?));
    }
    if let Some(cidr) = params.get("CidrIpv6") {
        peers.push(Peer::Ipv6(ipv6(cidr)?));
    }
    if let Some(id) = params.get("PrefixListId") {
        peers.push(prefix_list(context, id)?);
    }
    if let Some(id) = params.get("ReferencedGroupId") {
        let named = find(context, id)?;
        same_vpc(named, group)?;
        peers.push(Peer::Group(named.id.clone()));
    }
    let Ok([peer]) = <[Peer; 1]>::try_from(peers) else {
        let message = "Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be specified.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    };
    if discriminant(&peer) != discriminant(&old.allows.peer) {
        let message = format!("The type of the source or destination of {} cannot be changed.", old.id);
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let allows = Allows { egress: old.allows.egress, traffic: traffic(params)?, peer };
    Ok(Rule { allows, description: description(params)?, ..old })
}

pub(super) fn ingress_descriptions(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    descriptions(context, params, false)
}

pub(super) fn egress_descriptions(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    descriptions(context, params, true)
}

/// Sets descriptions; where none is given, the rule has none any more.
fn descriptions(context: &mut Context<'_>, params: &Params<'_>, egress: bool) -> Result<Xml, AwsError> {
    let group = asked_for(context, params)?.clone();
    let mut described = Vec::new();
    for one in params.structures("SecurityGroupRuleDescription") {
        let rule = find_rule(context, &group, egress, one.require("SecurityGroupRuleId")?)?;
        described.push((rule.id.clone(), description(&one)?));
    }
    for permission::Asked { allows, description } in permission::read(context, params, &group, egress)? {
        let is_it = |rule: &&Rule| rule.group == group.id && rule.allows == allows;
        let rule = context.ec2.rules.values().find(is_it).ok_or_else(not_there)?;
        described.push((rule.id.clone(), description));
    }
    if described.is_empty() {
        let message = "The request must contain the parameter ipPermissions or securityGroupRuleDescriptions";
        return Err(AwsError::new("MissingParameter", message));
    }
    for (id, description) in described {
        if let Some(rule) = context.ec2.rules.get_mut(&id) {
            rule.description = description;
        }
    }
    Ok(done())
}

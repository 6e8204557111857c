//! Taking rules out of a group.

use super::super::vpc;
use super::describe_rules::write_traffic;
use super::permission::{self, Asked};
use super::{Group, Peer, Rule, asked_for, describe, find_rule};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

pub(super) fn ingress(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    revoke(context, params, false)
}

pub(super) fn egress(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    revoke(context, params, true)
}

fn revoke(context: &mut Context<'_>, params: &Params<'_>, egress: bool) -> Result<Xml, AwsError> {
    let group = asked_for(context, params)?.clone();
    let ids = params.list("SecurityGroupRuleId");
    let asked = permission::read(context, params, &group, egress)?;
    let (revoked, unknown) = match (ids.is_empty(), asked.is_empty()) {
        (false, true) => {
            let rules: Result<Vec<_>, _> =
                ids.iter().map(|id| find_rule(context, &group, egress, id).cloned()).collect();
            (rules?, Vec::new())
        }
        (true, false) => matching(context, &group, asked)?,
        (true, true) => {
            let message = "The request must contain the parameter ipPermissions or securityGroupRuleIds";
            return Err(AwsError::new("MissingParameter", message));
        }
        (false, false) => {
            let message = "The parameter securityGroupRuleIds cannot be used with a rule's values";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
    };
    for rule in &revoked {
        context.ec2.rules.remove(&rule.id);
        context.ec2.tags.remove(&rule.id);
    }
    let mut xml = Xml::new();
    xml.text("return", true);
    if !unknown.is_empty() {
        let unknown: Vec<_> =
            unknown.into_iter().map(|asked| Rule::new(&group.id, asked.allows, context.now)).collect();
        describe::write_permissions(&mut xml, "unknownIpPermissionSet", context.account, unknown.iter());
    }
    xml.items("revokedSecurityGroupRuleSet", revoked, |xml, rule| write(xml, &rule));
    Ok(xml)
}

/// The rules that allow what is asked for, and what no rule allows. Of a group in the default VPC AWS tells the latter;
/// of another it refuses the call.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html>
fn matching(context: &Context<'_>, group: &Group, asked: Vec<Asked>) -> Result<(Vec<Rule>, Vec<Asked>), AwsError> {
    let is_default_vpc = vpc::default_id(context.ec2) == Some(&group.vpc);
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for asked in asked {
        let is_it = |rule: &&Rule| rule.group == group.id && rule.allows == asked.allows;
        match context.ec2.rules.values().find(is_it) {
            Some(rule) => found.push(rule.clone()),
            None if is_default_vpc => unknown.push(asked),
            None => return Err(not_there()),
        }
    }
    Ok((found, unknown))
}

/// What AWS says of values that no rule of the group has.
pub(super) fn not_there() -> AwsError {
    AwsError::new("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

fn write(xml: &mut Xml, rule: &Rule) {
    write_traffic(xml, rule);
    let name = match &rule.allows.peer {
        Peer::Ipv4(_) => "cidrIpv4",
        Peer::Ipv6(_) => "cidrIpv6",
        Peer::Group(_) => "referencedGroupId",
        Peer::PrefixList(_) => "prefixListId",
    };
    xml.text(name, &rule.allows.peer).some("description", rule.description.as_ref());
}

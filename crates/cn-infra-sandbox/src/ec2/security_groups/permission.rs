//! Reading what callers ask a rule to allow.

use ipnet::{Ipv4Net, Ipv6Net};

use super::super::prefix_lists;
use super::traffic::{invalid, traffic};
use super::{Allows, Group, Peer, Traffic, find, find_named};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;

/// A rule that a caller names, by what it allows.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub allows: Allows,
    pub description: Option<String>,
}

/// Reads `IpPermissions`, or the flat parameters of former times, which only ingress knows: a rule for each peer.
pub(super) fn read(
    context: &Context<'_>,
    params: &Params<'_>,
    group: &Group,
    egress: bool,
) -> Result<Vec<Asked>, AwsError> {
    let mut asked = Vec::new();
    for permission in params.structures("IpPermissions") {
        asked.extend(of_permission(context, &permission, group, egress)?);
    }
    if !egress {
        let flat = flat(context, params)?;
        if !flat.is_empty() && !asked.is_empty() {
            let message = "The parameter ipPermissions cannot be used with the parameters of a single rule";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        asked.extend(flat);
    }
    Ok(asked)
}

/// A permission has a list of each kind of peer.
fn of_permission(
    context: &Context<'_>,
    permission: &Params<'_>,
    group: &Group,
    egress: bool,
) -> Result<Vec<Asked>, AwsError> {
    let traffic = traffic(permission)?;
    let mut peers = Vec::new();
    for range in permission.structures("IpRanges") {
        peers.push((Peer::Ipv4(ipv4(range.require("CidrIp")?)?), description(&range)?));
    }
    for range in permission.structures("Ipv6Ranges") {
        peers.push((Peer::Ipv6(ipv6(range.require("CidrIpv6")?)?), description(&range)?));
    }
    for pair in permission.structures("Groups") {
        peers.push((Peer::Group(named_group(context, &pair, group)?), description(&pair)?));
    }
    for list in permission.structures("PrefixListIds") {
        peers.push((prefix_list(context, list.require("PrefixListId")?)?, description(&list)?));
    }
    if peers.is_empty() {
        let message = "A permission must name at least one network, group or prefix list";
        return Err(AwsError::new("InvalidPermission.Malformed", message));
    }
    let asked = |(peer, description)| Asked { allows: Allows { egress, traffic: traffic.clone(), peer }, description };
    Ok(peers.into_iter().map(asked).collect())
}

/// One network, or all TCP, UDP and ICMP from a group of the default VPC.
fn flat(context: &Context<'_>, params: &Params<'_>) -> Result<Vec<Asked>, AwsError> {
    let asked = |traffic, peer| Asked { allows: Allows { egress: false, traffic, peer }, description: None };
    let has_traffic = ["IpProtocol", "FromPort", "ToPort", "CidrIp"].iter().any(|name| params.has(name));
    match params.get("SourceSecurityGroupName") {
        Some(_) if has_traffic => {
            let message = "The parameter sourceSecurityGroupName cannot be used with a protocol, ports or a CIDR";
            Err(AwsError::new("InvalidParameterCombination", message))
        }
        Some(name) => {
            check_owner(context, params.get("SourceSecurityGroupOwnerId"), name)?;
            let peer = Peer::Group(find_named(context, name)?.id.clone());
            let all = [("tcp", (0, 65535)), ("udp", (0, 65535)), ("icmp", (-1, -1))];
            let traffic = all.map(|(protocol, ports)| Traffic { protocol: protocol.to_owned(), ports: Some(ports) });
            Ok(traffic.into_iter().map(|traffic| asked(traffic, peer.clone())).collect())
        }
        None if has_traffic => {
            let peer = Peer::Ipv4(ipv4(params.require("CidrIp")?)?);
            Ok(vec![asked(traffic(params)?, peer)])
        }
        None => Ok(Vec::new()),
    }
}

/// AWS keeps the network of an address: `100.68.0.18/18` is `100.68.0.0/18`.
pub(super) fn ipv4(text: &str) -> Result<Ipv4Net, AwsError> {
    text.parse::<Ipv4Net>().map(|cidr| cidr.trunc()).map_err(|_| invalid(format!("CIDR block {text} is malformed")))
}

/// As [`ipv4`].
pub(super) fn ipv6(text: &str) -> Result<Ipv6Net, AwsError> {
    text.parse::<Ipv6Net>().map(|cidr| cidr.trunc()).map_err(|_| invalid(format!("CIDR block {text} is malformed")))
}

/// A prefix list that is there.
pub(super) fn prefix_list(context: &Context<'_>, id: &str) -> Result<Peer, AwsError> {
    prefix_lists::find(context, id).map(|list| Peer::PrefixList(list.id.clone()))
}

/// A group of the same VPC, by its id, or in the default VPC by its name.
fn named_group(context: &Context<'_>, pair: &Params<'_>, group: &Group) -> Result<String, AwsError> {
    let named = match (pair.get("GroupId"), pair.get("GroupName")) {
        (Some(id), _) => find(context, id)?,
        (None, Some(name)) => find_named(context, name)?,
        (None, None) => return Err(AwsError::new("MissingParameter", "Source group ID missing.")),
    };
    check_owner(context, pair.get("UserId"), &named.id)?;
    same_vpc(named, group)?;
    match pair.get("VpcId").filter(|vpc| *vpc != named.vpc) {
        Some(vpc) => Err(invalid(format!("The security group '{}' is not in the VPC '{vpc}'", named.id))),
        None => Ok(named.id.clone()),
    }
}

/// Refuses a group of another VPC: the sandbox has no peering.
pub(super) fn same_vpc(named: &Group, group: &Group) -> Result<(), AwsError> {
    if named.vpc == group.vpc {
        return Ok(());
    }
    let message = "You have specified two resources that belong to different networks.";
    Err(AwsError::new("InvalidGroup.NotFound", message))
}

fn check_owner(context: &Context<'_>, owner: Option<&str>, group: &str) -> Result<(), AwsError> {
    match owner.filter(|owner| *owner != context.account) {
        Some(_) => Err(super::not_found(group)),
        None => Ok(()),
    }
}

/// Reads `Description`; an empty one is none.
pub(super) fn description(params: &Params<'_>) -> Result<Option<String>, AwsError> {
    let Some(text) = params.get("Description").filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > 255 || !is_plain(text) {
        return Err(invalid(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: \
             a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        ));
    }
    Ok(Some(text.to_owned()))
}

/// Whether a text has only the characters that AWS allows in names and descriptions of groups and rules.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c))
}

//! Making, changing and deleting the account's prefix lists.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::super::security_groups::Peer;
use super::super::{ClientToken, tags};
use super::{AWS, PrefixList, find, invalid, write};
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// A list of the account's own, to be changed.
fn find_own(context: &Context<'_>, id: &str) -> Result<PrefixList, AwsError> {
    let list = find(context, id)?;
    if list.owner == AWS {
        let message = format!("The prefix list '{id}' is managed by AWS.");
        return Err(AwsError::new("OperationNotPermitted", message));
    }
    Ok(list.clone())
}

pub(super) fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let token = ClientToken::of(params);
    if let Some(token) = &token {
        let made = token.made(context.ec2.prefix_lists.values(), |list| list.token.as_ref())?.cloned();
        if let Some(made) = made {
            params.accept_all();
            return Ok(keep(context, made, "create-complete"));
        }
    }
    let family = params.require("AddressFamily")?;
    let is_ipv6 = match family {
        "IPv4" => false,
        "IPv6" => true,
        _ => return Err(invalid(format!("The address family '{family}' is not valid."))),
    };
    let name = params.require("PrefixListName")?;
    if name.chars().count() > 255 || name.starts_with("com.amazonaws") {
        return Err(invalid("A prefix list name has at most 255 characters and does not start with com.amazonaws."));
    }
    let mut list = PrefixList {
        id: ids::ec2("pl"),
        made: context.now,
        owner: context.account.to_owned(),
        name: name.to_owned(),
        is_ipv6,
        max_entries: max_entries(params)?,
        versions: vec![BTreeMap::new()],
        token,
    };
    add(&mut list, &params.structures("Entry"))?;
    tags::set(context.ec2, &list.id, tags::specified(params, "prefix-list", &[])?)?;
    Ok(keep(context, list, "create-in-progress"))
}

fn max_entries(params: &Params<'_>) -> Result<Option<u64>, AwsError> {
    let max = params.number::<u64>("MaxEntries")?;
    match max.filter(|max| !(1..=1000).contains(max)) {
        Some(max) => Err(invalid(format!("MaxEntries is from 1 to 1000, not {max}."))),
        None => Ok(max),
    }
}

/// Adds entries to the newest version.
fn add(list: &mut PrefixList, given: &[Params<'_>]) -> Result<(), AwsError> {
    let (is_ipv6, max) = (list.is_ipv6, list.max_entries.unwrap_or(u64::MAX));
    let Some(entries) = list.versions.last_mut() else { return Ok(()) };
    for entry in given {
        let cidr = cidr(entry.require("Cidr")?, is_ipv6)?;
        let description = entry.get("Description").filter(|text| !text.is_empty()).map(str::to_owned);
        if description.as_ref().is_some_and(|text| text.chars().count() > 255) {
            return Err(invalid("The description of an entry has at most 255 characters."));
        }
        entries.insert(cidr, description);
    }
    if entries.len() as u64 > max {
        let message = format!("The prefix list can have at most {max} entries.");
        return Err(AwsError::new("PrefixListMaxEntriesExceeded", message));
    }
    Ok(())
}

fn cidr(text: &str, is_ipv6: bool) -> Result<IpNet, AwsError> {
    let cidr = text.parse::<IpNet>().ok().filter(|cidr| matches!(cidr, IpNet::V6(_)) == is_ipv6);
    cidr.map(|cidr| cidr.trunc()).ok_or_else(|| invalid(format!("The CIDR '{text}' is not valid.")))
}

/// A new version has the entries of the last one, with changes; `CurrentVersion` guards against changes of others.
pub(super) fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut list = find_own(context, params.require("PrefixListId")?)?;
    let current = params.number::<usize>("CurrentVersion")?;
    if current.is_some_and(|current| current != list.versions.len()) {
        let message = format!("The prefix list has the version {}.", list.versions.len());
        return Err(AwsError::new("PrefixListVersionMismatch", message));
    }
    let (added, removed) = (params.structures("AddEntry"), params.structures("RemoveEntry"));
    list.max_entries = max_entries(params)?.or(list.max_entries);
    if let Some(name) = params.get("PrefixListName") {
        name.clone_into(&mut list.name);
    }
    if !added.is_empty() || !removed.is_empty() {
        if current.is_none() {
            return Err(AwsError::new("MissingParameter", "The request must contain the parameter CurrentVersion"));
        }
        let mut entries = list.versions.last().cloned().unwrap_or_default();
        for entry in removed {
            let text = entry.require("Cidr")?;
            let missing = || invalid(format!("The prefix list has no entry '{text}'."));
            entries.remove(&cidr(text, list.is_ipv6)?).ok_or_else(missing)?;
        }
        list.versions.push(entries);
    }
    add(&mut list, &added)?;
    Ok(keep(context, list, "modify-in-progress"))
}

/// Stores a list and answers it, in the state of a change that has just begun.
fn keep(context: &mut Context<'_>, list: PrefixList, state: &str) -> Xml {
    let mut xml = Xml::new();
    xml.element("prefixList", |xml| write(xml, context, &list, state));
    context.ec2.prefix_lists.insert(list.id.clone(), list);
    xml
}

/// A list that a rule names stays.
pub(super) fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let list = find_own(context, params.require("PrefixListId")?)?;
    let named = Peer::PrefixList(list.id.clone());
    if context.ec2.rules.values().any(|rule| rule.allows.peer == named) {
        let message = format!("The prefix list '{}' is referenced by security group rules.", list.id);
        return Err(AwsError::new("DependencyViolation", message));
    }
    context.ec2.prefix_lists.remove(&list.id);
    let mut xml = Xml::new();
    xml.element("prefixList", |xml| write(xml, context, &list, "delete-in-progress"));
    context.ec2.tags.remove(&list.id);
    Ok(xml)
}

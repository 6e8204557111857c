//! Prefix lists: the account's own, and those of AWS's services.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::filter::one;
use super::{ClientToken, Ec2, Filters, Page, chosen, tags};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on prefix lists.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateManagedPrefixList", &["AddressFamily", "MaxEntries", "PrefixListName"], create),
    Operation::new("DeleteManagedPrefixList", &["PrefixListId"], delete),
    Operation::new("DescribeManagedPrefixLists", &[], describe),
    Operation::new("DescribePrefixLists", &[], describe_of_services),
    Operation::new("GetManagedPrefixListEntries", &["PrefixListId"], entries),
    Operation::new("ModifyManagedPrefixList", &["PrefixListId"], modify),
];

/// A row of the prefix lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrefixList {
    /// `pl-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// The account, or [`AWS`].
    pub owner: String,
    /// Its name. Several lists may have one name.
    pub name: String,
    /// Whether its entries are IPv6 networks.
    pub is_ipv6: bool,
    /// How many entries it may have: as many rules it counts as where a rule names it. AWS tells none of its own lists.
    pub max_entries: Option<u64>,
    /// The entries of each version, the first version first: network and description.
    pub versions: Vec<BTreeMap<IpNet, Option<String>>>,
    /// What it was asked for with.
    pub token: Option<ClientToken>,
}

impl PrefixList {
    /// The entries now.
    fn entries(&self) -> impl Iterator<Item = (&IpNet, &Option<String>)> {
        self.versions.last().into_iter().flatten()
    }

    fn family(&self) -> &'static str {
        if self.is_ipv6 { "IPv6" } else { "IPv4" }
    }

    /// As how many rules it counts, where a rule names it. S3's and DynamoDB's lists have weight 1.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>
    pub fn weight(&self) -> u64 {
        self.max_entries.unwrap_or(1)
    }
}

/// The owner of the lists of AWS's services.
const AWS: &str = "AWS";

/// The lists of services, with networks that they have in us-west-2.
const OF_SERVICES: &[(&str, &[&str])] =
    &[("dynamodb", &["35.71.64.0/22", "52.119.252.0/22"]), ("s3", &["3.5.76.0/22", "18.34.48.0/20", "52.92.128.0/17"])];

/// Makes the lists of AWS's services.
pub fn begin(ec2: &mut Ec2, region: &str) {
    for (service, networks) in OF_SERVICES {
        let list = PrefixList {
            id: format!("pl-{:08x}", fastrand::u32(..)),
            made: Timestamp::UNIX_EPOCH,
            owner: AWS.to_owned(),
            name: format!("com.amazonaws.{region}.{service}"),
            is_ipv6: false,
            max_entries: None,
            versions: vec![networks.iter().filter_map(|text| Some((text.parse().ok()?, None))).collect()],
            token: None,
        };
        ec2.prefix_lists.insert(list.id.clone(), list);
    }
}

fn not_found(id: &str) -> AwsError {
    AwsError::new("InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist"))
}

/// A list that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a PrefixList, AwsError> {
    context.ec2.prefix_lists.get(id).filter(|list| context.can_see(list.made)).ok_or_else(|| not_found(id))
}

/// A list of the account's own, to be changed.
fn find_own(context: &Context<'_>, id: &str) -> Result<PrefixList, AwsError> {
    let list = find(context, id)?;
    if list.owner == AWS {
        let message = format!("The prefix list '{id}' is managed by AWS.");
        return Err(AwsError::new("OperationNotPermitted", message));
    }
    Ok(list.clone())
}

fn invalid(why: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", why)
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
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
fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
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
fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let list = find_own(context, params.require("PrefixListId")?)?;
    let named = super::security_groups::Peer::PrefixList(list.id.clone());
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

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?.only(&["owner-id", "prefix-list-id", "prefix-list-name"])?;
    let (found, token) = Page::of(params, 1..=100)?.cut(found(context, params, &filters, |_| true)?, |list| &list.id);
    let mut xml = Xml::new();
    let state = |list: &PrefixList| if list.versions.len() > 1 { "modify-complete" } else { "create-complete" };
    xml.items("prefixListSet", found, |xml, list| write(xml, context, list, state(list))).some("nextToken", token);
    Ok(xml)
}

/// The former call, which tells the lists of AWS's services alone, with their networks.
fn describe_of_services(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?.only(&["prefix-list-id", "prefix-list-name"])?;
    let found = found(context, params, &filters, |list| list.owner == AWS)?;
    let (found, token) = Page::of(params, 1..=1000)?.cut(found, |list| &list.id);
    let mut xml = Xml::new();
    xml.items("prefixListSet", found, |xml, list| {
        xml.text("prefixListId", &list.id).text("prefixListName", &list.name);
        xml.element("cidrSet", |xml| {
            for (cidr, _) in list.entries() {
                xml.text("item", cidr);
            }
        });
    });
    xml.some("nextToken", token);
    Ok(xml)
}

fn found<'a>(
    context: &'a Context<'_>,
    params: &Params<'_>,
    filters: &Filters,
    which: impl Fn(&PrefixList) -> bool,
) -> Result<Vec<&'a PrefixList>, AwsError> {
    let is_there = |list: &PrefixList| context.can_see(list.made) && which(list);
    let mut found = Vec::new();
    for list in chosen(&context.ec2.prefix_lists, &params.list("PrefixListId"), is_there, not_found)? {
        let property = |name: &str| -> Option<Vec<Cow<'_, str>>> {
            match name {
                "owner-id" => one(&list.owner),
                "prefix-list-id" => one(&list.id),
                "prefix-list-name" => one(&list.name),
                _ => None,
            }
        };
        if filters.keep(context.ec2.tags.get(&list.id), property)? {
            found.push(list);
        }
    }
    Ok(found)
}

fn write(xml: &mut Xml, context: &Context<'_>, list: &PrefixList, state: &str) {
    let account = if list.owner == AWS { "aws" } else { &list.owner };
    xml.text("prefixListId", &list.id).text("prefixListName", &list.name).text("addressFamily", list.family());
    xml.text("prefixListArn", format!("arn:aws:ec2:{}:{account}:prefix-list/{}", context.region, list.id));
    xml.text("state", state).text("ownerId", &list.owner);
    if let Some(max) = list.max_entries {
        xml.text("maxEntries", max).text("version", list.versions.len());
    }
    tags::write(xml, context.ec2.tags.get(&list.id));
}

fn entries(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let list = find(context, params.require("PrefixListId")?)?;
    let version = params.number::<usize>("TargetVersion")?.unwrap_or(list.versions.len());
    let unknown = || invalid(format!("The prefix list '{}' has no version {version}.", list.id));
    let entries = version.checked_sub(1).and_then(|index| list.versions.get(index)).ok_or_else(unknown)?;
    let entries = entries.iter().map(|(cidr, description)| (cidr.to_string(), description)).collect();
    let (entries, token) = Page::of(params, 1..=100)?.cut(entries, |(cidr, _)| cidr);
    let mut xml = Xml::new();
    xml.items("entrySet", entries, |xml, (cidr, description)| {
        xml.text("cidr", cidr).some("description", description.as_ref());
    });
    xml.some("nextToken", token);
    Ok(xml)
}

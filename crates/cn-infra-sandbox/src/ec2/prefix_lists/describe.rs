//! Telling of prefix lists and their entries.

use std::borrow::Cow;

use super::super::filter::one;
use super::super::{Filters, Page, chosen};
use super::{AWS, PrefixList, find, invalid, not_found, write};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

pub(super) fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?.only(&["owner-id", "prefix-list-id", "prefix-list-name"])?;
    let (found, token) = Page::of(params, 1..=100)?.cut(found(context, params, &filters, |_| true)?, |list| &list.id);
    let mut xml = Xml::new();
    let state = |list: &PrefixList| if list.versions.len() > 1 { "modify-complete" } else { "create-complete" };
    xml.items("prefixListSet", found, |xml, list| write(xml, context, list, state(list))).some("nextToken", token);
    Ok(xml)
}

/// The former call, which tells the lists of AWS's services alone, with their networks.
pub(super) fn describe_of_services(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
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

pub(super) fn entries(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
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

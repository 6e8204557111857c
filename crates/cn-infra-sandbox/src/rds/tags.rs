//! Tags of RDS's objects, which are named by ARN.

use super::filter::Filters;
use super::{Rds, names, parameter_groups, snapshots, subnet_groups};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::tags::{self, Tags, fits, is_reserved};
use crate::xml::Xml;

/// The operations on tags.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("AddTagsToResource", &["ResourceName", "Tags"], add),
    Operation::new("RemoveTagsFromResource", &["ResourceName", "TagKeys"], remove),
    Operation::new("ListTagsForResource", &["ResourceName"], list),
];

/// No object bears more. <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html>
const MAX_TAGS: usize = 50;

/// Reads `Tags.Tag.N.Key` and `…Value`.
///
/// # Errors
/// `InvalidParameterValue` for a key of AWS's own, or one or a value that is too long; too many tags.
pub fn read(params: &Params<'_>) -> Result<Tags, AwsError> {
    params.get("Tags"); // An empty list is sent as an empty text.
    limited(tags::read(params.structures("Tags.Tag"), check)?)
}

fn check(key: &str, value: &str) -> Result<(), AwsError> {
    let why = if is_reserved(key) {
        "Tag keys that begin with aws: are reserved."
    } else if !fits(key, 128) || !fits(value, 256) {
        "A tag's key has at most 128 characters, its value at most 256: letters, digits, spaces and _ . : / = + - @."
    } else {
        return Ok(());
    };
    Err(AwsError::new("InvalidParameterValue", format!("Invalid tag {key}: {why}")))
}

fn limited(tags: Tags) -> Result<Tags, AwsError> {
    if tags.len() > MAX_TAGS {
        return Err(AwsError::new("InvalidParameterValue", format!("A resource has at most {MAX_TAGS} tags.")));
    }
    Ok(tags)
}

/// Writes a `TagList`.
pub fn write(xml: &mut Xml, tags: &Tags) {
    tags::write(xml, "TagList", tags);
}

/// The tags of the object that an ARN names.
///
/// # Errors
/// `InvalidParameterValue` where it is no ARN of an object here, or the object's own NotFound.
fn of<'a>(context: &'a mut Context<'_>, params: &Params<'_>) -> Result<&'a mut Tags, AwsError> {
    let arn = params.require("ResourceName")?;
    let invalid = || AwsError::new("InvalidParameterValue", format!("Invalid resource name: {arn}"));
    let here = names::arn(context.region, context.account, "", "");
    let here = here.trim_end_matches(':');
    let rest = arn.strip_prefix(here).and_then(|rest| rest.strip_prefix(':')).ok_or_else(invalid)?;
    let (kind, name) = rest.split_once(':').ok_or_else(invalid)?;
    let Rds { databases, snapshots, parameter_groups, subnet_groups } = &mut *context.rds;
    let (tags, not_found): (_, fn(&str) -> AwsError) = match kind {
        "db" => (databases.get_mut(name).map(|row| &mut row.tags), super::database::not_found),
        "snapshot" => (snapshots.get_mut(name).map(|row| &mut row.tags), snapshots::not_found),
        "pg" => (parameter_groups.get_mut(name).map(|row| &mut row.tags), parameter_groups::not_found),
        "subgrp" => (subnet_groups.get_mut(name).map(|row| &mut row.tags), subnet_groups::not_found),
        _ => return Err(invalid()),
    };
    tags.ok_or_else(|| not_found(name))
}

fn add(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let new = read(params)?;
    let tags = of(context, params)?;
    tags.extend(new);
    limited(tags.clone())?;
    Ok(Xml::new())
}

fn remove(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let keys = names::list(params, "TagKeys", "member").unwrap_or_default();
    of(context, params)?.retain(|key, _| !keys.contains(key));
    Ok(Xml::new())
}

fn list(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    Filters::of(params)?.only(&[])?;
    let mut xml = Xml::new();
    write(&mut xml, of(context, params)?);
    Ok(xml)
}

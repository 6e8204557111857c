//! Tags of every kind of object, kept in one table by the object's id.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Ec2, Filters, Page};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::tags::{Tags, is_reserved, read};
use crate::xml::Xml;

/// The operations on tags.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateTags", &["ResourceId", "Tag"], create),
    Operation::new("DeleteTags", &["ResourceId"], delete),
    Operation::new("DescribeTags", &[], describe),
];

/// Each kind of object that can bear tags: the prefix of its ids, the name in `ResourceType`, how an id that is not
/// there is told, and when an object that is there was made.
struct Taggable {
    prefix: &'static str,
    resource: &'static str,
    not_found: &'static str,
    made: fn(&Ec2, &str) -> Option<Timestamp>,
}

const TAGGABLE: &[Taggable] = &[
    Taggable {
        prefix: "eipalloc-",
        resource: "elastic-ip",
        not_found: "InvalidAllocationID.NotFound",
        made: |ec2, id| ec2.addresses.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "i-",
        resource: "instance",
        not_found: "InvalidInstanceID.NotFound",
        made: |ec2, id| ec2.instances.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "key-",
        resource: "key-pair",
        not_found: "InvalidKeyPair.NotFound",
        made: |ec2, id| ec2.key_pairs.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "eni-",
        resource: "network-interface",
        not_found: "InvalidNetworkInterfaceID.NotFound",
        made: |ec2, id| ec2.interfaces.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "pl-",
        resource: "prefix-list",
        not_found: "InvalidPrefixListID.NotFound",
        made: |ec2, id| ec2.prefix_lists.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "sg-",
        resource: "security-group",
        not_found: "InvalidGroup.NotFound",
        made: |ec2, id| ec2.groups.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "sgr-",
        resource: "security-group-rule",
        not_found: "InvalidSecurityGroupRuleId.NotFound",
        made: |ec2, id| ec2.rules.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "snap-",
        resource: "snapshot",
        not_found: "InvalidSnapshot.NotFound",
        made: |ec2, id| ec2.snapshots.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "subnet-",
        resource: "subnet",
        not_found: "InvalidSubnetID.NotFound",
        made: |ec2, id| ec2.subnets.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "vol-",
        resource: "volume",
        not_found: "InvalidVolume.NotFound",
        made: |ec2, id| ec2.volumes.get(id).map(|row| row.made),
    },
    Taggable {
        prefix: "vpc-",
        resource: "vpc",
        not_found: "InvalidVpcID.NotFound",
        made: |ec2, id| ec2.vpcs.get(id).map(|row| row.made),
    },
];

/// No object bears more, those of AWS's own not counted. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
const MAX_TAGS: usize = 50;

/// Reads the tags that `TagSpecification.N` has for `resource`: create calls take them along. Specifications for the
/// resources in `others` are left for whoever makes those.
pub fn specified(params: &Params<'_>, resource: &str, others: &[&str]) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for specification in params.structures("TagSpecification") {
        let of = specification.require("ResourceType")?;
        if of == resource {
            tags.extend(read(specification.structures("Tag"), check)?);
        } else if !others.contains(&of) {
            return Err(AwsError::new(
                "InvalidParameterValue",
                format!("'{of}' is not a valid taggable resource type for this operation."),
            ));
        }
    }
    Ok(tags)
}

fn check(key: &str, value: &str) -> Result<(), AwsError> {
    let invalid = |why: String| Err(AwsError::new("InvalidParameterValue", why));
    if is_reserved(key) {
        return invalid("Tag keys starting with 'aws:' are reserved for internal use".to_owned());
    }
    if key.chars().count() > 127 {
        return invalid("Tag key exceeds the maximum length of 127 characters".to_owned());
    }
    if value.chars().count() > 255 {
        return invalid("Tag value exceeds the maximum length of 255 characters".to_owned());
    }
    Ok(())
}

/// Adds tags to an object.
pub fn set(ec2: &mut Ec2, id: &str, tags: Tags) -> Result<(), AwsError> {
    if tags.is_empty() {
        return Ok(());
    }
    if ec2.tags.get(id).is_none() {
        ec2.tags.insert(id, Tags::new());
    }
    let Some(there) = ec2.tags.get_mut(id) else { return Ok(()) };
    there.extend(tags);
    if there.len() > MAX_TAGS {
        return Err(AwsError::new("TagLimitExceeded", "The maximum number of tags per resource has been reached."));
    }
    Ok(())
}

/// Writes an object's `tagSet`.
pub fn write(xml: &mut Xml, tags: Option<&Tags>) {
    xml.items("tagSet", tags.into_iter().flatten(), |xml, (key, value)| {
        xml.text("key", key).text("value", value);
    });
}

/// The kind of an object that can be seen.
fn resource(context: &Context<'_>, id: &str) -> Result<&'static Taggable, AwsError> {
    let invalid = || AwsError::new("InvalidID", format!("The ID '{id}' is not valid"));
    let kind = TAGGABLE.iter().find(|kind| id.starts_with(kind.prefix)).ok_or_else(invalid)?;
    let not_found = || AwsError::new(kind.not_found, format!("The {} ID '{id}' does not exist", kind.resource));
    let made = (kind.made)(context.ec2, id).filter(|made| context.can_see(*made));
    made.map(|_| kind).ok_or_else(not_found)
}

fn create(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let tags = read(params.structures("Tag"), check)?;
    for id in params.list("ResourceId") {
        resource(context, id)?;
        set(context.ec2, id, tags.clone())?;
    }
    Ok(super::done())
}

/// A tag given with a value is deleted only if it has this value; without any tag, all go.
fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let given: Vec<_> = params.structures("Tag").iter().map(|tag| (tag.get("Key"), tag.get("Value"))).collect();
    for id in params.list("ResourceId") {
        resource(context, id)?;
        if let Some(tags) = context.ec2.tags.get_mut(id) {
            let goes = |key: &str, value: &str| {
                given.is_empty() || given.iter().any(|(k, v)| *k == Some(key) && v.is_none_or(|v| v == value))
            };
            tags.retain(|key, value| is_reserved(key) || !goes(key, value));
        }
    }
    Ok(super::done())
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?, Page::of(params, 5..=1000)?);
    let mut rows = Vec::new();
    for (id, tags) in context.ec2.tags.iter() {
        let Some(kind) = TAGGABLE.iter().find(|kind| id.starts_with(kind.prefix)) else { continue };
        for (key, value) in tags {
            let property = |name: &str| match name {
                "key" => Some(vec![Cow::from(key.clone())]),
                "value" => Some(vec![Cow::from(value.clone())]),
                "resource-id" => Some(vec![Cow::from(id.clone())]),
                "resource-type" => Some(vec![Cow::from(kind.resource)]),
                _ => None,
            };
            if filters.keep(Some(&Tags::from([(key.clone(), value.clone())])), property)? {
                rows.push((format!("{id} {key}"), id, kind.resource, key, value));
            }
        }
    }
    let (rows, token) = page.cut(rows, |row| &row.0);
    let mut xml = Xml::new();
    xml.items("tagSet", rows, |xml, (_, id, resource, key, value)| {
        xml.text("resourceId", id).text("resourceType", resource).text("key", key).text("value", value);
    });
    xml.some("nextToken", token);
    Ok(xml)
}

//! Tags of EC2 objects: the SDK's form of them, in a create call, and changed afterwards.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use cn_infra_core::manager::{ManageError, TagChange};
use cn_infra_core::owner::Tags;

use crate::error::failed;

/// Tags in the SDK's form, by key.
pub(crate) fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as an object bears them.
pub(crate) fn from_tags(tags: &[Tag]) -> Tags {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    tags.iter().map(|tag| (text(tag.key()), text(tag.value()))).collect()
}

/// Tags for an object of a type that a create call makes.
pub(crate) fn tag_specification(of: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(of).set_tags(Some(to_tags(tags))).build()
}

/// Sets and removes tags of one object: at most one call each.
pub(crate) async fn apply(ec2: &Client, id: &str, change: &TagChange) -> Result<(), ManageError> {
    let TagChange { set, remove } = change;
    if !set.is_empty() {
        let call = ec2.create_tags().resources(id).set_tags(Some(to_tags(set)));
        call.send().await.map_err(|error| failed("CreateTags", error))?;
    }
    if !remove.is_empty() {
        // A key without a value is removed whatever its value.
        let keys = remove.iter().map(|key| Tag::builder().key(key).build()).collect();
        let call = ec2.delete_tags().resources(id).set_tags(Some(keys));
        call.send().await.map_err(|error| failed("DeleteTags", error))?;
    }
    Ok(())
}

//! Tags of RDS objects, and the one in which an instance remembers its final snapshot.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::Tag;
use cn_infra_core::manager::{ManageError, TagChange};
use cn_infra_core::owner::Tags;
use cn_infra_core::value::OrNone;

use super::DbInstance;
use crate::error::failed;

/// The field `final_snapshot`. It has to stand on the instance: when that is deleted, its block has left the file.
pub(super) const FINAL_SNAPSHOT: &str = "cn-infra:final-snapshot";

/// Tags in the SDK's form, by key.
pub(super) fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as an object bears them.
pub(super) fn from_tags(tags: &[Tag]) -> Tags {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    tags.iter().map(|tag| (text(tag.key()), text(tag.value()))).collect()
}

/// The value of [`FINAL_SNAPSHOT`] that a resource asks for.
pub(super) fn final_snapshot(resource: &DbInstance) -> Option<(String, String)> {
    let value = match resource.final_snapshot.as_ref()? {
        OrNone::None => "none",
        OrNone::Some(name) => name,
    };
    Some((FINAL_SNAPSHOT.to_owned(), value.to_owned()))
}

/// The field as the tags of an instance tell it.
pub(super) fn final_snapshot_of(tags: &Tags) -> Option<OrNone<String>> {
    let value = tags.get(FINAL_SNAPSHOT)?;
    Some(if value == "none" { OrNone::None } else { OrNone::Some(value.clone()) })
}

/// Sets and removes tags of one object: at most one call each.
pub(super) async fn apply(rds: &Client, arn: &str, change: &TagChange) -> Result<(), ManageError> {
    let TagChange { set, remove } = change;
    if !set.is_empty() {
        let call = rds.add_tags_to_resource().resource_name(arn).set_tags(Some(to_tags(set)));
        call.send().await.map_err(|error| failed("AddTagsToResource", error))?;
    }
    if !remove.is_empty() {
        let keys = remove.iter().cloned().collect();
        let call = rds.remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(keys));
        call.send().await.map_err(|error| failed("RemoveTagsFromResource", error))?;
    }
    Ok(())
}

//! A bucket's tags. Each put replaces the whole set.

use http::Method;

use super::{change, none, read};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};
use crate::tags::{self, Tags, fits, is_reserved};
use crate::xml::Element;

/// The operations on tags.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketTagging", Method::GET, On::Bucket, "tagging", get),
    Operation::new("PutBucketTagging", Method::PUT, On::Bucket, "tagging", put),
    Operation::new("DeleteBucketTagging", Method::DELETE, On::Bucket, "tagging", delete),
];

/// How many tags a bucket may bear. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html>
pub const MAX_TAGS: usize = 50;

/// Reads the tags of a `TagSet`, or of a member `Tags`.
///
/// # Errors
/// `MalformedXML`; `InvalidTag` for keys and values that S3 does not take.
pub fn tag_set(set: &Element) -> Result<Tags, AwsError> {
    set.only(&[], &["Tag"])?;
    let mut tags = Tags::new();
    for tag in &set.children {
        let (key, value) = pair(tag)?;
        if tags.insert(key.clone(), value).is_some() {
            return Err(invalid("Cannot provide multiple Tags with the same key", &key));
        }
    }
    Ok(tags)
}

/// Reads one tag.
///
/// # Errors
/// As [`tag_set`].
pub fn pair(tag: &Element) -> Result<(String, String), AwsError> {
    tag.only(&["Key", "Value"], &[])?;
    let (key, value) = (tag.require("Key")?, tag.require("Value")?);
    check_pair(key, value)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Refuses a key or a value that no tag of S3 has.
///
/// # Errors
/// `InvalidTag`
pub fn check_pair(key: &str, value: &str) -> Result<(), AwsError> {
    if key.is_empty() || !fits(key, 128) {
        return Err(invalid("The TagKey you have provided is invalid", key));
    }
    if !fits(value, 256) {
        return Err(invalid("The TagValue you have provided is invalid", key).detail("TagValue", value));
    }
    Ok(())
}

/// `InvalidTag`, and which.
pub fn invalid(message: &str, key: &str) -> AwsError {
    AwsError::new("InvalidTag", message).detail("TagKey", key)
}

/// Refuses what a bucket's tags cannot become: AWS's own, whose keys begin with `aws:`, stay as they are.
///
/// # Errors
/// `InvalidTag`, `BadRequest` for too many.
pub fn check(wanted: &Tags, live: &Tags) -> Result<(), AwsError> {
    if wanted.len() > MAX_TAGS {
        return Err(AwsError::new("BadRequest", format!("Bucket tags cannot be greater than {MAX_TAGS}")));
    }
    let system = |tags: &Tags| -> Tags { tags.clone().into_iter().filter(|(key, _)| is_reserved(key)).collect() };
    let (wanted, live) = (system(wanted), system(live));
    if let Some((key, _)) = wanted.iter().find(|(key, value)| live.get(*key) != Some(value)) {
        return Err(invalid("System tags cannot be added/updated by requester", key));
    }
    match live.keys().find(|key| !wanted.contains_key(*key)) {
        Some(key) => Err(invalid("System tags cannot be removed by requester", key)),
        None => Ok(()),
    }
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let tags = &read(context, ask)?.tags;
    if tags.is_empty() {
        return Err(none("NoSuchTagSet", "The TagSet does not exist", ask));
    }
    Ok(document("Tagging", |xml| tags::write(xml, "TagSet", tags)))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = bucket(context, ask)?;
    let tagging = body::read(ask, "Tagging")?;
    tagging.only(&["TagSet"], &[])?;
    let tags = tag_set(tagging.child("TagSet").ok_or_else(body::malformed)?)?;
    check(&tags, &bucket.configuration.tags)?;
    change(context, ask)?.tags = tags;
    Ok(empty(204))
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.tags.retain(|key, _| is_reserved(key));
    Ok(empty(204))
}

//! The tags of objects.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

use super::metadata::set;
use super::payload::Payload;
use super::{Pairs, invalid_argument};
use super::{lookup, place};
use crate::error::AwsError;
use crate::s3::configuration::tagging::{check_pair, invalid};
use crate::s3::{Answer, Ask, Context, body, bucket, document, empty};
use crate::tags::{self, is_reserved};
use crate::xml::Element;

/// How many tags an object may bear.
const MAX_TAGS: usize = 10;

/// The tags in the header `x-amz-tagging`: a query string.
///
/// # Errors
/// `InvalidArgument` for a key given twice; else as [`checked`].
pub fn given(ask: &Ask<'_>) -> Result<Pairs, AwsError> {
    let Some(text) = ask.header("x-amz-tagging") else { return Ok(Pairs::default()) };
    let tags = form_urlencoded::parse(text.as_bytes()).map(|(key, value)| (key.into(), value.into())).collect();
    checked(tags).map_err(|error| match error.message.as_str() {
        TWICE => {
            let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters \
                           without tag name duplicates.";
            invalid_argument(message, "x-amz-tagging", text)
        }
        _ => error,
    })
}

const TWICE: &str = "Cannot provide multiple Tags with the same key";

/// Tags by their keys.
///
/// # Errors
/// `BadRequest` for more than 10; `InvalidTag` for keys and values that S3 does not take, and for a key given twice.
fn checked(mut tags: Vec<(Box<str>, Box<str>)>) -> Result<Pairs, AwsError> {
    if tags.len() > MAX_TAGS {
        return Err(AwsError::new("BadRequest", format!("Object tags cannot be greater than {MAX_TAGS}")));
    }
    tags.sort();
    for (key, value) in &tags {
        check_pair(key, value)?;
        if is_reserved(key) {
            return Err(invalid("System tags cannot be added/updated by requester", key));
        }
    }
    match tags.windows(2).find(|two| two[0].0 == two[1].0) {
        Some(two) => Err(invalid(TWICE, &two[0].0)),
        None => Ok(tags.into()),
    }
}

/// GetObjectTagging.
pub fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = place(context, ask, "s3:GetObjectTagging")?;
    let versioned = bucket.configuration.versioning.is_some();
    let version = lookup::version(context.s3.objects.index(&ask.bucket), &ask.key, ask.param("versionId"))?;
    let mut response = document("Tagging", |xml| {
        tags::write(xml, "TagSet", version.details().tags.iter().map(|(key, value)| (key, value)));
    });
    if versioned {
        set(&mut response, "x-amz-version-id", &version.id());
    }
    Ok(response)
}

/// PutObjectTagging: replaces the whole set.
pub fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    place(context, ask, "s3:PutObjectTagging")?;
    let payload = Payload::of(ask)?;
    let tags = read(&Element::parse(&payload.bytes).ok_or_else(body::malformed)?)?;
    change(context, ask, tags, 200)
}

fn read(tagging: &Element) -> Result<Pairs, AwsError> {
    let set = tagging.child("TagSet").filter(|_| tagging.name == "Tagging").ok_or_else(body::malformed)?;
    let mut tags = Vec::new();
    for tag in &set.children {
        let (Some(key), Some(value), "Tag") = (tag.get("Key"), tag.get("Value"), tag.name.as_str()) else {
            return Err(body::malformed());
        };
        tags.push((key.into(), value.into()));
    }
    checked(tags)
}

/// DeleteObjectTagging.
pub fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    place(context, ask, "s3:DeleteObjectTagging")?;
    change(context, ask, Pairs::default(), 204)
}

fn change(context: &mut Context<'_>, ask: &Ask<'_>, tags: Pairs, status: u16) -> Answer {
    let versioned = bucket(context, ask)?.configuration.versioning.is_some();
    let version = lookup::version_mut(context, ask)?;
    version.details_mut().tags = tags;
    let mut response = empty(status);
    if versioned {
        set(&mut response, "x-amz-version-id", &version.id());
    }
    Ok(response)
}

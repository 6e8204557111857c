//! What a put says of an object beside its bytes, and how a read tells it again: headers of HTTP, and the user's own.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};

use super::encryption;
use super::version::Details;
use super::{Pairs, acl, tagging};
use crate::error::AwsError;
use crate::s3::{Ask, Bucket, Context};

/// Headers that are kept as they were given. The journal has their places in this list: append only.
const HEADERS: [&str; 7] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-amz-website-redirect-location",
];

/// The place of a header that a copy never takes over.
const REDIRECT: u8 = 6;

/// Names and values of the user's own metadata have at most so many bytes together.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
const MAX_METADATA: usize = 2048;

/// Headers that AWS has and the sandbox does not model.
const UNMODELLED: &[&str] = &[
    "x-amz-bypass-governance-retention",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-mfa",
    "x-amz-object-annotation-directive",
    "x-amz-object-lock-event-hold",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-optional-object-attributes",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-write-offset-bytes",
    "x-amz-checksum-sha512",
    "x-amz-checksum-md5",
    "x-amz-checksum-xxhash64",
    "x-amz-checksum-xxhash3",
    "x-amz-checksum-xxhash128",
];

/// Refuses headers that the sandbox does not model.
///
/// # Errors
/// `NotImplemented`.
pub fn refuse_unmodelled(ask: &Ask<'_>) -> Result<(), AwsError> {
    match ask.request.parts.headers.keys().find(|name| UNMODELLED.contains(&name.as_str())) {
        Some(name) => Err(AwsError::not_modelled(format!("the header {name}"))),
        None => Ok(()),
    }
}

/// All that a request's headers say of a new object: metadata, tags, access control list, encryption.
///
/// # Errors
/// `MetadataTooLarge`, and what tags, lists and encryption are refused with.
pub fn given(context: &Context<'_>, ask: &Ask<'_>, bucket: &Bucket) -> Result<Details, AwsError> {
    Ok(Details {
        headers: headers(ask),
        metadata: metadata(ask)?,
        tags: tagging::given(ask)?,
        acl: acl::given(context, ask, bucket)?,
        encryption: encryption::given(context, ask, bucket)?,
        parts: Box::default(),
    })
}

/// The headers of HTTP that are kept.
pub fn headers(ask: &Ask<'_>) -> Box<[(u8, Box<str>)]> {
    let places = HEADERS.iter().zip(0_u8..);
    let given = places.filter_map(|(name, place)| Some((place, text_of(ask.request.parts.headers.get(*name)?))));
    given.map(|(place, value)| (place, without_framing(place, &value))).filter(|(_, value)| !value.is_empty()).collect()
}

/// `aws-chunked` is how the body came, not what the object is.
fn without_framing(place: u8, value: &str) -> Box<str> {
    if HEADERS[usize::from(place)] != "content-encoding" {
        return value.into();
    }
    let codings = value.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked" && !coding.is_empty());
    codings.collect::<Vec<_>>().join(",").into()
}

/// Whether a header belongs to the copy itself, whatever it takes over.
pub fn is_own(place: u8) -> bool {
    place == REDIRECT
}

/// The headers of an object that a copy takes over.
pub fn copied_headers(details: &Details) -> Box<[(u8, Box<str>)]> {
    details.headers.iter().filter(|(place, _)| !is_own(*place)).cloned().collect()
}

/// The user's own metadata.
///
/// # Errors
/// `MetadataTooLarge`.
pub fn metadata(ask: &Ask<'_>) -> Result<Pairs, AwsError> {
    let mut all: Vec<(Box<str>, Box<str>)> = Vec::new();
    for name in ask.request.parts.headers.keys() {
        let Some(own) = name.as_str().strip_prefix("x-amz-meta-") else { continue };
        let values: Vec<_> = ask.request.parts.headers.get_all(name).iter().map(text_of).collect();
        all.push((own.into(), values.join(",").into()));
    }
    let size: usize = all.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MAX_METADATA {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        let error = AwsError::new("MetadataTooLarge", message).detail("Size", size.to_string());
        return Err(error.detail("MaxSizeAllowed", MAX_METADATA.to_string()));
    }
    Ok(all.into())
}

fn text_of(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Tells metadata as a read does: an object put without a type is `binary/octet-stream`.
pub fn tell(details: &Details, response: &mut Response<Bytes>) {
    set(response, "content-type", "binary/octet-stream");
    for (place, value) in &details.headers {
        set(response, HEADERS.get(usize::from(*place)).copied().unwrap_or_default(), value);
    }
    for (name, value) in &details.metadata {
        set(response, &format!("x-amz-meta-{name}"), value);
    }
    if !details.tags.is_empty() {
        set(response, "x-amz-tagging-count", &details.tags.len().to_string());
    }
    encryption::tell(details, response);
}

/// Sets a header of an answer; what cannot stand in one is left out.
pub fn set(response: &mut Response<Bytes>, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        response.headers_mut().insert(name, value);
    }
}

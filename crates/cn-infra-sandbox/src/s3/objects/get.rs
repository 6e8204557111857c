//! GetObject and HeadObject.

use bytes::Bytes;
use http::Response;

use super::conditions::{self, Read};
use super::metadata::{self, set};
use super::range::{self, Range};
use super::version::Version;
use super::{answer, lookup, place};
use crate::error::AwsError;
use crate::s3::configuration::Versioning;
use crate::s3::{Answer, Ask, Context, empty};

/// Headers of the answer that the query can set.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
const OVERRIDES: &[(&str, &str)] = &[
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
    ("response-content-language", "content-language"),
    ("response-content-type", "content-type"),
    ("response-expires", "expires"),
];

/// GetObject.
pub fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let versioning = place(context, ask, "s3:GetObject")?.configuration.versioning;
    let objects = &context.s3.objects;
    let version = lookup::version(objects.index(&ask.bucket), &ask.key, ask.param("versionId"))?;
    refuse_archived(version)?;
    let (mut response, range) = head_of(ask, version, versioning)?;
    if let Some(Range { start, length }) = range {
        set(&mut response, "content-length", &length.to_string());
        *response.body_mut() = objects.blobs.read(&version.content.part(start, length))?;
    }
    Ok(response)
}

/// HeadObject: the answer of GetObject without its body.
pub fn head(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let versioning = place(context, ask, "s3:GetObject")?.configuration.versioning;
    let version = lookup::version(context.s3.objects.index(&ask.bucket), &ask.key, ask.param("versionId"))?;
    let (mut response, range) = head_of(ask, version, versioning)?;
    if let Some(range) = range {
        set(&mut response, "content-length", &range.length.to_string());
    }
    Ok(response)
}

/// All but the body, and what of the object that is; `None`: it has none, since the client has the object already.
fn head_of(
    ask: &Ask<'_>,
    version: &Version,
    versioning: Option<Versioning>,
) -> Result<(Response<Bytes>, Option<Range>), AwsError> {
    if conditions::read(ask, &conditions::READ, version)? == Read::NotModified {
        let mut response = empty(304);
        answer::read(&mut response, version, versioning);
        return Ok((response, None));
    }
    let (size, range) = (version.size(), range::of(ask, version)?);
    let mut response = empty(if range.is_some() { 206 } else { 200 });
    metadata::tell(version.details(), &mut response);
    answer::read(&mut response, version, versioning);
    set(&mut response, "accept-ranges", "bytes");
    if !version.class.is_standard() {
        set(&mut response, "x-amz-storage-class", version.class.name());
    }
    if let Some(range) = range {
        set(&mut response, "content-range", &range.content_range(size));
    }
    if ask.param("partNumber").is_some() && !version.details().parts.is_empty() {
        set(&mut response, "x-amz-mp-parts-count", &version.details().parts.len().to_string());
    }
    let whole = range.is_none_or(|range| range.length == size);
    if whole && ask.header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED")) {
        answer::checksum(&mut response, version);
    }
    for (param, header) in OVERRIDES {
        if let Some(value) = ask.param(param) {
            set(&mut response, header, value);
        }
    }
    Ok((response, Some(range.unwrap_or(Range { start: 0, length: size }))))
}

/// Archived objects must be restored first, which the sandbox does not model.
pub fn refuse_archived(version: &Version) -> Result<(), AwsError> {
    if !version.class.is_archive() {
        return Ok(());
    }
    let error = AwsError::new("InvalidObjectState", "The operation is not valid for the object's storage class");
    Err(error.status(403).detail("StorageClass", version.class.name()))
}

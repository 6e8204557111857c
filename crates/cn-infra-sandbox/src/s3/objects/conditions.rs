//! Conditional requests: `If-Match` and its like, for reads, for the sources of copies, and for writes.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::lookup::no_such_key;
use super::version::{ETag, Version};
use crate::error::AwsError;
use crate::s3::Ask;

/// What a conditional read comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// It is carried out.
    Goes,
    /// The client has it already: 304.
    NotModified,
}

/// The names of the four headers of a read, or of a copy's source.
#[derive(Debug)]
pub struct Names {
    matches: &'static str,
    /// That which is not fulfilled where a copy's source is "not modified".
    pub none_match: &'static str,
    modified_since: &'static str,
    unmodified_since: &'static str,
}

/// Those of a read.
pub const READ: Names = Names {
    matches: "If-Match",
    none_match: "If-None-Match",
    modified_since: "If-Modified-Since",
    unmodified_since: "If-Unmodified-Since",
};

/// Those of a copy's source.
pub const COPY: Names = Names {
    matches: "x-amz-copy-source-If-Match",
    none_match: "x-amz-copy-source-If-None-Match",
    modified_since: "x-amz-copy-source-If-Modified-Since",
    unmodified_since: "x-amz-copy-source-If-Unmodified-Since",
};

/// Judges a conditional read. A tag that matches outweighs a time: `If-Unmodified-Since` counts only without `If-Match`,
/// `If-Modified-Since` only without `If-None-Match`.
///
/// # Errors
/// `PreconditionFailed`, 412.
pub fn read(ask: &Ask<'_>, names: &Names, version: &Version) -> Result<Read, AwsError> {
    let modified_after = |name: &str| {
        let time = ask.header(name).and_then(|text| rfc2822::parse(text).ok());
        time.map(|time| version.modified > time.timestamp().as_second())
    };
    match ask.header(names.matches) {
        Some(tags) if !any(tags, &version.etag) => return Err(failed(names.matches)),
        None if modified_after(names.unmodified_since) == Some(true) => return Err(failed(names.unmodified_since)),
        _ => {}
    }
    let has_it = match ask.header(names.none_match) {
        Some(tags) => any(tags, &version.etag),
        None => modified_after(names.modified_since) == Some(false),
    };
    Ok(if has_it { Read::NotModified } else { Read::Goes })
}

/// Whether a list of tags, or `*`, means this one.
fn any(tags: &str, etag: &ETag) -> bool {
    tags.split(',').any(|tag| tag.trim() == "*" || etag.is(tag.trim().trim_start_matches("W/")))
}

/// Judges a conditional write over `current`, the object that is there.
///
/// # Errors
/// `PreconditionFailed` (412); `NoSuchKey` (404) where a tag is to match and there is no object; `NotImplemented` (501) for
/// forms of the headers that S3 has none of.
pub fn write(ask: &Ask<'_>, current: Option<&Version>) -> Result<(), AwsError> {
    let current = current.filter(|version| !version.marker);
    match (ask.header("If-Match"), ask.header("If-None-Match")) {
        (None, None) => Ok(()),
        (None, Some("*")) if current.is_none() => Ok(()),
        (None, Some("*")) => Err(failed("If-None-Match")),
        (Some(tag), None) if tag != "*" => match current {
            None => Err(no_such_key(&ask.key)),
            Some(version) if version.etag.is(tag) => Ok(()),
            Some(_) => Err(failed("If-Match")),
        },
        (matches, _) => {
            let header = if matches.is_some() { "If-Match" } else { "If-None-Match" };
            let message = "A header you provided implies functionality that is not implemented";
            Err(AwsError::new("NotImplemented", message).status(501).detail("Header", header))
        }
    }
}

/// Judges a conditional deletion: the tag is one, or `*`, "if there is such an object".
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>
///
/// # Errors
/// `PreconditionFailed` (412); `NoSuchKey` (404) where there is no object.
pub fn delete(tag: Option<&str>, key: &str, current: Option<&Version>) -> Result<(), AwsError> {
    match (tag, current.filter(|version| !version.marker)) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(no_such_key(key)),
        (Some(tag), Some(version)) if tag == "*" || version.etag.is(tag) => Ok(()),
        (Some(_), Some(_)) => Err(failed("If-Match")),
    }
}

/// `PreconditionFailed`, 412.
pub fn failed(condition: &'static str) -> AwsError {
    let message = "At least one of the pre-conditions you specified did not hold";
    AwsError::new("PreconditionFailed", message).status(412).detail("Condition", condition)
}

/// A time as in HTTP headers: `Mon, 30 Nov 2026 12:00:00 GMT`.
pub fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A time as in S3's documents: `2026-11-30T12:00:00.000Z`.
pub fn iso_date(time: Timestamp) -> String {
    format!("{time:.3}")
}

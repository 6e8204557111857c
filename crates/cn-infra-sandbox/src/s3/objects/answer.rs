//! What answers about objects have in common.

use bytes::Bytes;
use http::Response;

use super::metadata::set;
use super::version::Version;
use super::{conditions, encryption};
use crate::s3::configuration::Versioning;

/// Of a write: tag, encryption, and the version's id where it has one of its own.
pub fn written(response: &mut Response<Bytes>, version: &Version, versioning: Option<Versioning>) {
    set(response, "etag", &version.etag.quoted());
    encryption::tell(version.details(), response);
    if versioning == Some(Versioning::Enabled) {
        set(response, "x-amz-version-id", &version.id());
    }
}

/// Of a read: tag, time, and the version's id in a bucket that ever was versioned.
pub fn read(response: &mut Response<Bytes>, version: &Version, versioning: Option<Versioning>) {
    set(response, "etag", &version.etag.quoted());
    set(response, "last-modified", &conditions::http_date(version.modified()));
    if versioning.is_some() {
        set(response, "x-amz-version-id", &version.id());
    }
}

/// The checksum, and of what it is one.
pub fn checksum(response: &mut Response<Bytes>, version: &Version) {
    if let Some(checksum) = &version.checksum {
        set(response, checksum.algorithm().header(), &checksum.to_string());
        set(response, "x-amz-checksum-type", checksum.kind());
    }
}

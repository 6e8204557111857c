//! Multipart uploads: begun, filled with parts in any order, completed to an object or aborted.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

mod complete;
mod create;
mod list;
mod part;

use serde::{Deserialize, Serialize};

pub use complete::complete;
pub use create::{abort, create};
pub use list::{list_parts, list_uploads};
pub use part::{copy_part, upload_part};

use super::Objects;
use super::blobs::Content;
use super::checksum::{Algorithm, Digest};
use super::storage_class::StorageClass;
use super::version::{Details, ETag};
use crate::error::AwsError;
use crate::s3::{Ask, Context};

/// An upload that is neither completed nor aborted. In the order of buckets, keys, and times they were begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    /// The upload id.
    pub id: String,
    /// The bucket.
    pub bucket: String,
    /// The key that the object will have.
    pub key: String,
    /// When it was begun, in seconds since 1970.
    pub initiated: i64,
    /// The object's storage class.
    pub class: StorageClass,
    /// The object's metadata, tags, access control list and encryption.
    pub details: Details,
    /// The checksum that was asked for. `None`: S3's own choice, CRC64NVME of the whole object.
    pub checksum: Option<(Algorithm, Kind)>,
}

/// Of what an object's checksum is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Of its bytes.
    FullObject,
    /// Of its parts' checksums.
    Composite,
}

impl Kind {
    /// As in headers.
    pub fn name(self) -> &'static str {
        super::checksum::kind(self == Self::Composite)
    }
}

/// A part that was uploaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its number, from 1 to 10,000.
    pub number: u16,
    /// Its entity tag.
    pub etag: ETag,
    /// Its bytes.
    pub content: Content,
    /// When it came, in seconds since 1970.
    pub modified: i64,
    /// Its checksum, by the upload's algorithm.
    pub digest: Digest,
}

/// The row of an upload: those of a key follow each other, the oldest first. No bucket's name has a slash.
fn row(bucket: &str, key: &str, id: &str) -> String {
    format!("{bucket}/{key}\0{id}")
}

/// The row of a part.
fn part_row(id: &str, number: u16) -> String {
    format!("{id}/{number:05}")
}

/// The upload that a request names.
///
/// # Errors
/// `NoSuchUpload`, 404.
fn upload<'a>(context: &'a Context<'_>, ask: &Ask<'_>) -> Result<&'a Upload, AwsError> {
    let id = ask.param("uploadId").unwrap_or_default();
    context.s3.objects.uploads.get(&row(&ask.bucket, &ask.key, id)).ok_or_else(|| {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                       aborted or completed.";
        AwsError::new("NoSuchUpload", message).status(404).detail("UploadId", id)
    })
}

/// The uploads of a bucket.
pub fn of_bucket<'a>(objects: &'a Objects, bucket: &str) -> impl Iterator<Item = &'a Upload> + use<'a> {
    let prefix = format!("{bucket}/");
    let rows = objects.uploads.from(&prefix).take_while(move |(row, _)| row.starts_with(&prefix));
    rows.map(|(_, upload)| upload)
}

/// The parts of an upload, by number.
fn parts<'a>(objects: &'a Objects, id: &str) -> impl Iterator<Item = &'a Part> + use<'a> {
    let prefix = format!("{id}/");
    let rows = objects.parts.from(&prefix).take_while(move |(row, _)| row.starts_with(&prefix));
    rows.map(|(_, part)| part)
}

/// Forgets an upload and its parts.
fn forget(context: &mut Context<'_>, ask: &Ask<'_>, id: &str) {
    let numbers: Vec<_> = parts(&context.s3.objects, id).map(|part| part.number).collect();
    context.s3.objects.uploads.remove(&row(&ask.bucket, &ask.key, id));
    for number in numbers {
        context.s3.objects.parts.remove(&part_row(id, number));
    }
}

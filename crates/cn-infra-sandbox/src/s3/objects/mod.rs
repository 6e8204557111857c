//! Objects: what they are, where their bytes are, and the operations on them.
//!
//! `blobs` has the bytes, `index` has what is where; the other files are concepts of S3, and its operations.

mod acl;
mod answer;
mod attributes;
mod blobs;
mod checksum;
mod chunked;
mod conditions;
mod copy;
mod delete;
mod delete_many;
mod encryption;
mod get;
mod index;
mod list;
mod list_versions;
mod lookup;
mod metadata;
mod multipart;
mod page;
mod payload;
mod put;
mod range;
mod source;
mod storage_class;
mod tagging;
mod version;
mod walk;

use std::collections::BTreeMap;

use http::Method;

pub use blobs::Blobs;
use index::Index;
use multipart::{Part, Upload};
pub use payload::Payload;

use super::buckets::denied;
use super::configuration::policy::denies;
use super::{Ask, Bucket, Context, On, Operation, S3, bucket};
use crate::error::AwsError;
use crate::table::{Rows, Table};

/// The operations on objects.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("PutObject", Method::PUT, On::Object, "", put::put),
    Operation::new("CopyObject", Method::PUT, On::Object, "", copy::copy).copying(),
    Operation::new("GetObject", Method::GET, On::Object, "", get::get),
    Operation::new("HeadObject", Method::HEAD, On::Object, "", get::head),
    Operation::new("GetObjectAttributes", Method::GET, On::Object, "attributes", attributes::get),
    Operation::new("DeleteObject", Method::DELETE, On::Object, "", delete::delete),
    Operation::new("DeleteObjects", Method::POST, On::Bucket, "delete", delete_many::delete),
    Operation::new("ListObjects", Method::GET, On::Bucket, "", list::list),
    Operation::new("ListObjectsV2", Method::GET, On::Bucket, "list-type", list::list_v2),
    Operation::new("ListObjectVersions", Method::GET, On::Bucket, "versions", list_versions::list),
    Operation::new("GetObjectAcl", Method::GET, On::Object, "acl", acl::get),
    Operation::new("PutObjectAcl", Method::PUT, On::Object, "acl", acl::put),
    Operation::new("GetObjectTagging", Method::GET, On::Object, "tagging", tagging::get),
    Operation::new("PutObjectTagging", Method::PUT, On::Object, "tagging", tagging::put),
    Operation::new("DeleteObjectTagging", Method::DELETE, On::Object, "tagging", tagging::delete),
    Operation::new("CreateMultipartUpload", Method::POST, On::Object, "uploads", multipart::create),
    Operation::new("UploadPart", Method::PUT, On::Object, "uploadId", multipart::upload_part),
    Operation::new("UploadPartCopy", Method::PUT, On::Object, "uploadId", multipart::copy_part).copying(),
    Operation::new("CompleteMultipartUpload", Method::POST, On::Object, "uploadId", multipart::complete),
    Operation::new("AbortMultipartUpload", Method::DELETE, On::Object, "uploadId", multipart::abort),
    Operation::new("ListParts", Method::GET, On::Object, "uploadId", multipart::list_parts),
    Operation::new("ListMultipartUploads", Method::GET, On::Bucket, "uploads", multipart::list_uploads),
];

/// Names and values, as few bytes as can be.
pub type Pairs = Box<[(Box<str>, Box<str>)]>;

/// The objects of all buckets.
#[derive(Debug, Default)]
pub struct Objects {
    /// By the bucket's name.
    indexes: BTreeMap<String, Index>,
    /// The bucket whose objects the running request changes: a request changes those of one.
    touched: Option<String>,
    /// Multipart uploads that are neither completed nor aborted.
    pub uploads: Table<Upload>,
    /// Their parts.
    pub parts: Table<Part>,
    /// How many uploads were begun since the sandbox runs.
    begun: u64,
    /// The bytes.
    pub blobs: Blobs,
}

/// Whether there is anything in a bucket: versions, delete markers, unfinished uploads. Only an empty one can be deleted.
pub fn holds_any(s3: &S3, bucket: &str) -> bool {
    let objects = &s3.objects;
    !objects.index(bucket).is_empty() || multipart::of_bucket(objects, bucket).next().is_some()
}

static NONE: Index = Index::new();

impl Objects {
    /// The objects of a bucket.
    pub fn index(&self, bucket: &str) -> &Index {
        self.indexes.get(bucket).unwrap_or(&NONE)
    }

    /// The objects of a bucket, to be changed.
    pub fn index_mut(&mut self, bucket: &str) -> &mut Index {
        if self.touched.as_deref() != Some(bucket) {
            self.touched = Some(bucket.to_owned());
        }
        self.indexes.entry(bucket.to_owned()).or_default()
    }

    /// The tables that the running request can have changed: not the millions of rows that it has not.
    pub fn tables(&mut self) -> Vec<(String, &mut dyn Rows)> {
        let mut tables: Vec<(String, &mut dyn Rows)> =
            vec![("uploads".to_owned(), &mut self.uploads), ("parts".to_owned(), &mut self.parts)];
        if let Some(bucket) = self.touched.take()
            && let Some(index) = self.indexes.get_mut(&bucket)
        {
            tables.push((format!("objects/{bucket}"), index));
        }
        tables
    }

    /// All tables, for a snapshot.
    pub fn all_tables(&mut self) -> Vec<(String, &mut dyn Rows)> {
        let Self { indexes, uploads, parts, .. } = self;
        let indexes = indexes.iter_mut().map(|(bucket, index)| (format!("objects/{bucket}"), index as &mut dyn Rows));
        let others: [(String, &mut dyn Rows); 2] = [("uploads".to_owned(), uploads), ("parts".to_owned(), parts)];
        indexes.chain(others).collect()
    }

    /// The table of a name.
    pub fn table(&mut self, name: &str) -> Option<&mut dyn Rows> {
        match name.strip_prefix("objects/") {
            Some(bucket) => Some(self.indexes.entry(bucket.to_owned()).or_default()),
            None if name == "uploads" => Some(&mut self.uploads),
            None if name == "parts" => Some(&mut self.parts),
            None => None,
        }
    }

    /// Forgets all objects; their bytes stay.
    pub fn forget(&mut self) {
        let blobs = std::mem::take(&mut self.blobs);
        *self = Self { blobs, ..Self::default() };
    }
}

/// Keys have at most so many bytes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
const MAX_KEY: usize = 1024;

/// The bucket that a request is for, which permits `action` (`s3:PutObject`) there.
///
/// # Errors
/// As [`bucket`]; `KeyTooLongError`; `NotImplemented` for headers that the sandbox does not model; `AccessDenied` (403).
fn place<'a>(context: &'a Context<'_>, ask: &Ask<'_>, action: &str) -> Result<&'a Bucket, AwsError> {
    let bucket = reached(context, ask)?;
    permit(bucket, action, &ask.key, ask.param("versionId").is_some())?;
    Ok(bucket)
}

fn reached<'a>(context: &'a Context<'_>, ask: &Ask<'_>) -> Result<&'a Bucket, AwsError> {
    metadata::refuse_unmodelled(ask)?;
    check_key(&ask.key)?;
    bucket(context, ask)
}

/// Refuses what the bucket's policy denies. What is done to a version by its id is an action of its own.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
fn permit(bucket: &Bucket, action: &str, key: &str, by_version: bool) -> Result<(), AwsError> {
    let Some(policy) = &bucket.configuration.policy else { return Ok(()) };
    let action = if by_version { action.replace("Object", "ObjectVersion") } else { action.to_owned() };
    let resource = if key.is_empty() { bucket.arn() } else { format!("{}/{key}", bucket.arn()) };
    if denies(policy, &bucket.owner, &action, &resource) { Err(denied()) } else { Ok(()) }
}

fn check_key(key: &str) -> Result<(), AwsError> {
    if key.len() <= MAX_KEY {
        return Ok(());
    }
    let error = AwsError::new("KeyTooLongError", "Your key is too long");
    Err(error.detail("Size", key.len().to_string()).detail("MaxSizeAllowed", MAX_KEY.to_string()))
}

/// `InvalidRequest`.
fn invalid_request(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidRequest", message)
}

/// `InvalidArgument`, and which.
fn invalid_argument(message: impl Into<String>, name: &str, value: &str) -> AwsError {
    AwsError::new("InvalidArgument", message).detail("ArgumentName", name).detail("ArgumentValue", value)
}

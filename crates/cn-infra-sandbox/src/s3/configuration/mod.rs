//! How a bucket is configured. Each file has one aspect: what it is, its rules, how it is read and written.

mod access;
mod encryption;
mod versioning;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use access::{Ownership, PublicAccessBlock};
pub use encryption::{Algorithm, Encryption};
pub use versioning::Versioning;

/// The configuration of one bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `None`: never enabled.
    pub versioning: Option<Versioning>,
    /// Who owns what others put in. `None`: ownership controls were deleted, which counts as `ObjectWriter`.
    pub ownership: Option<Ownership>,
    /// What is refused of public access. `None`: it was deleted, and nothing is.
    pub public_access_block: Option<PublicAccessBlock>,
    /// How objects are encrypted that do not say how.
    pub encryption: Encryption,
}

impl Configuration {
    /// That of a new bucket, since 2023: ACLs disabled, all public access blocked, encrypted by S3's own keys.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html>
    pub fn new() -> Self {
        Self {
            tags: BTreeMap::new(),
            versioning: None,
            ownership: Some(Ownership::BucketOwnerEnforced),
            public_access_block: Some(PublicAccessBlock::all(true)),
            encryption: Encryption::default(),
        }
    }
}

/// A configuration that was replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Former {
    /// When it was.
    pub replaced: Timestamp,
    /// What it was.
    pub configuration: Configuration,
}

//! Buckets: what one is, and who may use it in which region.

mod access;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use access::{bucket, bucket_mut};

use super::Operation;
use super::configuration::{Configuration, Former};

/// The operations on buckets.
pub const OPERATIONS: &[Operation] = &[];

/// A row of the buckets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name, unique among all accounts.
    pub name: String,
    /// The account that owns it.
    pub owner: String,
    /// Where it is, for example `us-west-2`.
    pub region: String,
    /// When it was made.
    pub made: Timestamp,
    /// How it is configured now.
    pub configuration: Configuration,
    /// What readers can still see instead, the oldest first.
    pub former: Vec<Former>,
}

impl Bucket {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.name)
    }
}

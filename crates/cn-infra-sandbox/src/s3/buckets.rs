//! Buckets.

use serde::{Deserialize, Serialize};

use super::Operation;

/// The operations on buckets.
pub const OPERATIONS: &[Operation] = &[];

/// A row of the buckets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub owner: String,
}

//! Objects.

use super::{Operation, S3};

/// The operations on objects.
pub const OPERATIONS: &[Operation] = &[];

/// Whether there is anything in a bucket: objects, versions, delete markers.
pub fn holds_any(_s3: &S3, _bucket: &str) -> bool {
    false
}

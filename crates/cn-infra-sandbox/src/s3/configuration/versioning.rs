//! Whether a bucket keeps former versions of its objects.

use serde::{Deserialize, Serialize};

/// A bucket that was versioned once is never unversioned again.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    /// Every put makes a version.
    Enabled,
    /// New objects have the version `null`; former versions stay.
    Suspended,
}

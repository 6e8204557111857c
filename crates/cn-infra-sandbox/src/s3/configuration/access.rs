//! Who owns what is put into a bucket, and what is refused of public access.

use serde::{Deserialize, Serialize};

/// Who owns what others put in. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ownership {
    /// The bucket's owner, always; ACLs are disabled.
    BucketOwnerEnforced,
    /// The bucket's owner, where the put says `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Whoever puts it.
    ObjectWriter,
}

/// What is refused or ignored of public access.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
#[allow(clippy::struct_excessive_bools, reason = "four switches that stand for themselves")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Calls that would make ACLs public are refused.
    pub block_public_acls: bool,
    /// Public ACLs do not count.
    pub ignore_public_acls: bool,
    /// Public policies are refused.
    pub block_public_policy: bool,
    /// A public policy counts for the account alone.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four alike.
    pub const fn all(on: bool) -> Self {
        Self { block_public_acls: on, ignore_public_acls: on, block_public_policy: on, restrict_public_buckets: on }
    }

    /// What is refused by either.
    pub const fn or(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }
}

//! Lists that have a name. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>

use super::{Acl, Grant, Grantee, Permission, canonical_id};

impl Acl {
    /// The list of a name. `owner` owns what the list is for; `bucket_owner` the bucket that it is in, or is: both are
    /// accounts. Names that are for objects alone mean `private` for a bucket, whose owner is its own.
    pub fn canned(name: &str, owner: &str, bucket_owner: &str) -> Option<Self> {
        use Grantee::{AllUsers, AuthenticatedUsers, LogDelivery};
        use Permission::{FullControl, Read, ReadAcp, Write};
        let more = match name {
            "private" => vec![],
            "public-read" => vec![Grant::of(AllUsers, Read)],
            "public-read-write" => vec![Grant::of(AllUsers, Read), Grant::of(AllUsers, Write)],
            "authenticated-read" => vec![Grant::of(AuthenticatedUsers, Read)],
            "log-delivery-write" => vec![Grant::of(LogDelivery, Write), Grant::of(LogDelivery, ReadAcp)],
            "bucket-owner-read" | "bucket-owner-full-control" if owner == bucket_owner => vec![],
            "bucket-owner-read" => vec![Grant::of(Grantee::Account(canonical_id(bucket_owner)), Read)],
            "bucket-owner-full-control" => vec![Grant::of(Grantee::Account(canonical_id(bucket_owner)), FullControl)],
            _ => return None,
        };
        let mut acl = Self::private(owner);
        acl.grants.extend(more);
        Some(acl)
    }
}

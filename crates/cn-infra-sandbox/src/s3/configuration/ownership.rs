//! Who owns what is put into a bucket.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{change, none, read};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};

/// The operations on ownership controls.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketOwnershipControls", Method::GET, On::Bucket, "ownershipControls", get),
    Operation::new("PutBucketOwnershipControls", Method::PUT, On::Bucket, "ownershipControls", put),
    Operation::new("DeleteBucketOwnershipControls", Method::DELETE, On::Bucket, "ownershipControls", delete),
];

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

impl Ownership {
    const fn name(self) -> &'static str {
        match self {
            Self::BucketOwnerEnforced => "BucketOwnerEnforced",
            Self::BucketOwnerPreferred => "BucketOwnerPreferred",
            Self::ObjectWriter => "ObjectWriter",
        }
    }

    /// The ownership of a name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::BucketOwnerEnforced, Self::BucketOwnerPreferred, Self::ObjectWriter];
        all.into_iter().find(|ownership| ownership.name() == name)
    }
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let message = "The bucket ownership controls were not found";
    let missing = || none("OwnershipControlsNotFoundError", message, ask);
    let ownership = read(context, ask)?.ownership.ok_or_else(missing)?;
    Ok(document("OwnershipControls", |xml| {
        xml.element("Rule", |xml| {
            xml.text("ObjectOwnership", ownership.name());
        });
    }))
}

/// ACLs cannot be disabled while the bucket's grants others anything.
fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = bucket(context, ask)?;
    let ownership = wanted(ask)?;
    if ownership == Ownership::BucketOwnerEnforced && bucket.configuration.acl.grants_others(&bucket.owner) {
        return Err(acl_with_enforced_ownership());
    }
    change(context, ask)?.ownership = Some(ownership);
    Ok(empty(200))
}

/// `InvalidBucketAclWithObjectOwnership`.
pub fn acl_with_enforced_ownership() -> AwsError {
    let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    AwsError::new("InvalidBucketAclWithObjectOwnership", message)
}

fn wanted(ask: &Ask<'_>) -> Result<Ownership, AwsError> {
    let controls = body::read(ask, "OwnershipControls")?;
    controls.only(&["Rule"], &[])?;
    let rule = controls.child("Rule").ok_or_else(body::malformed)?;
    rule.only(&["ObjectOwnership"], &[])?;
    Ownership::named(rule.require("ObjectOwnership")?).ok_or_else(body::malformed)
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.ownership = None;
    Ok(empty(204))
}

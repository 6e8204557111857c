//! The access control list of the bucket itself.

use http::Method;

use super::{Ownership, blocked, change, read};
use crate::error::AwsError;
use crate::s3::acl;
use crate::s3::buckets::denied;
use crate::s3::{Answer, Ask, Context, On, Operation, bucket, document, empty};

/// The operations on the ACL.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketAcl", Method::GET, On::Bucket, "acl", get),
    Operation::new("PutBucketAcl", Method::PUT, On::Bucket, "acl", put),
];

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let acl = &read(context, ask)?.acl;
    Ok(document("AccessControlPolicy", |xml| acl::write(xml, acl, context.account)))
}

/// With ACLs disabled none is taken, not even that which is so.
fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = bucket(context, ask)?;
    let acl = acl::wanted(ask, &bucket.owner)?;
    if bucket.configuration.ownership == Some(Ownership::BucketOwnerEnforced) {
        return Err(AwsError::new("AccessControlListNotSupported", "The bucket does not allow ACLs"));
    }
    if acl.is_public() && blocked(context, bucket).block_public_acls {
        return Err(denied());
    }
    change(context, ask)?.acl = acl;
    Ok(empty(200))
}

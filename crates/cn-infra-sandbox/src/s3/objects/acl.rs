//! The access control lists of objects.

use super::metadata::set;
use super::payload::Payload;
use super::{lookup, place};
use crate::error::AwsError;
use crate::s3::acl::{self, Acl};
use crate::s3::buckets::denied;
use crate::s3::configuration::{Ownership, blocked};
use crate::s3::{Answer, Ask, Bucket, Context, document, empty};

/// The list that a new object gets by the headers of its put; `None`: the owner's alone.
///
/// # Errors
/// `AccessControlListNotSupported` where ACLs are disabled and the list is any but `bucket-owner-full-control`;
/// `AccessDenied` (403) for a public one under `BlockPublicAcls`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
pub fn given(context: &Context<'_>, ask: &Ask<'_>, bucket: &Bucket) -> Result<Option<Box<Acl>>, AwsError> {
    let Some(acl) = acl::given(ask, &bucket.owner, &bucket.owner)? else { return Ok(None) };
    let full_control = ask.header("x-amz-acl").is_none_or(|name| name == "bucket-owner-full-control");
    let of_owner = acl == Acl::private(&bucket.owner);
    if bucket.configuration.ownership == Some(Ownership::BucketOwnerEnforced) && !(of_owner && full_control) {
        return Err(not_supported());
    }
    refuse_public(context, bucket, &acl)?;
    Ok((!of_owner).then(|| Box::new(acl)))
}

fn not_supported() -> AwsError {
    AwsError::new("AccessControlListNotSupported", "The bucket does not allow ACLs")
}

fn refuse_public(context: &Context<'_>, bucket: &Bucket, acl: &Acl) -> Result<(), AwsError> {
    if acl.is_public() && blocked(context, bucket).block_public_acls { Err(denied()) } else { Ok(()) }
}

/// GetObjectAcl.
pub fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = place(context, ask, "s3:GetObjectAcl")?;
    let version = lookup::version(context.s3.objects.index(&ask.bucket), &ask.key, ask.param("versionId"))?;
    let private = Acl::private(&bucket.owner);
    let acl = version.details().acl.as_deref().unwrap_or(&private);
    let mut response = document("AccessControlPolicy", |xml| acl::write(xml, acl, &bucket.owner));
    if bucket.configuration.versioning.is_some() {
        set(&mut response, "x-amz-version-id", &version.id());
    }
    Ok(response)
}

/// PutObjectAcl: by canned name, by grants in headers, or by a document.
pub fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = place(context, ask, "s3:PutObjectAcl")?;
    lookup::version(context.s3.objects.index(&ask.bucket), &ask.key, ask.param("versionId"))?;
    Payload::of(ask)?;
    let acl = acl::wanted(ask, &bucket.owner)?;
    let enforced = bucket.configuration.ownership == Some(Ownership::BucketOwnerEnforced);
    if enforced {
        return Err(not_supported());
    }
    refuse_public(context, bucket, &acl)?;
    let (of_owner, versioned) = (acl == Acl::private(&bucket.owner), bucket.configuration.versioning.is_some());
    let version = lookup::version_mut(context, ask)?;
    version.details_mut().acl = (!of_owner).then(|| Box::new(acl));
    let mut response = empty(200);
    if versioned {
        set(&mut response, "x-amz-version-id", &version.id());
    }
    Ok(response)
}

//! Which action of policies each operation on buckets is.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>

use super::denies;
use crate::error::AwsError;
use crate::s3::buckets::denied;
use crate::s3::{Ask, Context};

/// Operations whose actions have other names, without `s3:`.
const RENAMED: &[(&str, &str)] = &[
    ("DeleteBucketCors", "PutBucketCORS"),
    ("DeleteBucketEncryption", "PutEncryptionConfiguration"),
    ("DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    ("DeleteBucketOwnershipControls", "PutBucketOwnershipControls"),
    ("DeleteBucketTagging", "PutBucketTagging"),
    ("DeletePublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("GetBucketEncryption", "GetEncryptionConfiguration"),
    ("GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"),
    ("GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("HeadBucket", "ListBucket"),
    ("PutBucketEncryption", "PutEncryptionConfiguration"),
    ("PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"),
    ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
];

/// What an account's root may always do to its own buckets, so that nobody is locked out.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html>
const OF_THE_ROOT: &[&str] = &["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"];

/// Refuses an operation on a bucket, by its name, that the bucket's policy denies. Operations on objects see to it
/// themselves, as one can be about many.
///
/// # Errors
/// `AccessDenied` (403).
pub fn permit(context: &Context<'_>, ask: &Ask<'_>, operation: &str) -> Result<(), AwsError> {
    let Some(bucket) = context.s3.buckets.get(&ask.bucket) else { return Ok(()) };
    let Some(policy) = bucket.configuration.policy.as_ref() else { return Ok(()) };
    let is_here = bucket.region == context.region && bucket.owner == context.account;
    if !is_here || OF_THE_ROOT.contains(&operation) {
        return Ok(());
    }
    let renamed = RENAMED.iter().find(|(name, _)| *name == operation).map(|(_, action)| *action);
    let action = format!("s3:{}", renamed.unwrap_or(operation));
    if denies(policy, &bucket.owner, &action, &bucket.arn()) { Err(denied()) } else { Ok(()) }
}

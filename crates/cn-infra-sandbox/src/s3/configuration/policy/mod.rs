//! The bucket's policy: checked as S3 does it, kept in S3's words, public or not.
//!
//! Callers are the account's own, so only what it denies everybody counts.

mod actions;
mod conditions;
mod deny;
mod grammar;
mod operations;
mod principals;
mod public;

use http::Method;
use serde_json::Value;

pub use deny::denies;
pub use operations::permit;

use super::{blocked, change, none, read};
use crate::error::AwsError;
use crate::s3::buckets::denied;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};
use crate::service::answer;

/// The operations on the policy.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketPolicy", Method::GET, On::Bucket, "policy", get),
    Operation::new("GetBucketPolicyStatus", Method::GET, On::Bucket, "policyStatus", status),
    Operation::new("PutBucketPolicy", Method::PUT, On::Bucket, "policy", put),
    Operation::new("DeleteBucketPolicy", Method::DELETE, On::Bucket, "policy", delete),
];

/// No policy is larger, in bytes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>
const MAX_SIZE: usize = 20 * 1024;

fn stored<'a>(context: &'a Context<'_>, ask: &Ask<'_>) -> Result<&'a Value, AwsError> {
    let missing = || none("NoSuchBucketPolicy", "The bucket policy does not exist", ask);
    read(context, ask)?.policy.as_ref().ok_or_else(missing)
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let mut policy = stored(context, ask)?.clone();
    principals::tell(&mut policy, context.iam);
    Ok(answer(200, "application/json", policy.to_string()))
}

fn status(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let is_public = public::is_public(stored(context, ask)?);
    Ok(document("PolicyStatus", |xml| {
        xml.text("IsPublic", is_public);
    }))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = bucket(context, ask)?;
    let text = body::bytes(ask)?;
    if text.len() > MAX_SIZE {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    let mut policy = grammar::policy(&text, bucket)?;
    principals::keep(&mut policy, context.iam)?;
    if public::is_public(&policy) && blocked(context, bucket).block_public_policy {
        return Err(denied());
    }
    change(context, ask)?.policy = Some(policy);
    Ok(empty(204))
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.policy = None;
    Ok(empty(204))
}

fn malformed(message: impl Into<String>) -> AwsError {
    AwsError::new("MalformedPolicy", message)
}

/// The members of a value that is a list or stands for a list of one.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

/// The statements of a policy.
fn statements(policy: &Value) -> &[Value] {
    policy.get("Statement").map_or(&[], items)
}

//! Whether a caller gets to a bucket: it must be there, in the region that is called, of the expected owner, and his.

use super::Bucket;
use crate::error::AwsError;
use crate::s3::{Ask, Context};

/// The bucket that a request is for.
///
/// # Errors
/// `NoSuchBucket` (404); `PermanentRedirect` (301), or `AuthorizationHeaderMalformed` (400) at the global endpoint, where it
/// is in another region, with the header `x-amz-bucket-region`; `AccessDenied` (403) where it belongs to another account,
/// or to another than `x-amz-expected-bucket-owner` says; `InvalidBucketOwnerAWSAccountID` where that is no account.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>
pub fn bucket<'a>(context: &'a Context<'_>, ask: &Ask<'_>) -> Result<&'a Bucket, AwsError> {
    let bucket = existing(context, ask)?;
    if bucket.region != context.region {
        return Err(elsewhere(bucket, context.region, ask));
    }
    permitted(context, ask, bucket)
}

/// As [`bucket`], in whichever region it is.
///
/// # Errors
/// As [`bucket`], but for the region.
pub fn bucket_of_any_region<'a>(context: &'a Context<'_>, ask: &Ask<'_>) -> Result<&'a Bucket, AwsError> {
    permitted(context, ask, existing(context, ask)?)
}

fn existing<'a>(context: &'a Context<'_>, ask: &Ask<'_>) -> Result<&'a Bucket, AwsError> {
    context.s3.buckets.get(&ask.bucket).ok_or_else(|| no_such_bucket(&ask.bucket))
}

fn permitted<'a>(context: &Context<'_>, ask: &Ask<'_>, bucket: &'a Bucket) -> Result<&'a Bucket, AwsError> {
    let expected = ask.header("x-amz-expected-bucket-owner");
    if expected.is_some_and(|owner| owner.len() != 12 || !owner.bytes().all(|byte| byte.is_ascii_digit())) {
        let message = "The value of the expected bucket owner parameter must be an AWS account ID";
        return Err(AwsError::new("InvalidBucketOwnerAWSAccountID", message));
    }
    if expected.is_some_and(|owner| owner != bucket.owner) || bucket.owner != context.account {
        return Err(denied().header("x-amz-bucket-region", &bucket.region));
    }
    Ok(bucket)
}

/// `NoSuchBucket`, 404.
pub fn no_such_bucket(name: &str) -> AwsError {
    AwsError::new("NoSuchBucket", "The specified bucket does not exist").status(404).detail("BucketName", name)
}

/// `AccessDenied`, 403.
pub fn denied() -> AwsError {
    AwsError::new("AccessDenied", "Access Denied").status(403)
}

/// A regional endpoint redirects; the global one knows the bucket, and finds the signature's region wrong.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html>
fn elsewhere(bucket: &Bucket, called: &str, ask: &Ask<'_>) -> AwsError {
    let Bucket { name, region, .. } = bucket;
    let is_global = ask.request.host().ends_with("s3.amazonaws.com");
    let error = if is_global {
        let message =
            format!("The authorization header is malformed; the region '{called}' is wrong; expecting '{region}'");
        AwsError::new("AuthorizationHeaderMalformed", message).detail("Region", region)
    } else {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        let endpoint = format!("{name}.s3.{region}.amazonaws.com");
        AwsError::new("PermanentRedirect", message).status(301).detail("Endpoint", endpoint).detail("Bucket", name)
    };
    error.header("x-amz-bucket-region", region)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::request::Request;
    use crate::s3::configuration::Configuration;

    #[test]
    fn a_bucket_elsewhere_is_told_by_its_region_at_every_endpoint() {
        let bucket = Bucket {
            name: "media".to_owned(),
            owner: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            made: Timestamp::UNIX_EPOCH,
            configuration: Configuration::new("123456789012"),
            former: Vec::new(),
        };
        for (host, code, status) in [
            ("media.s3.us-east-1.amazonaws.com", "PermanentRedirect", 301),
            ("127.0.0.1:5000", "PermanentRedirect", 301),
            ("media.s3.amazonaws.com", "AuthorizationHeaderMalformed", 400),
        ] {
            let parts = http::Request::get("/").header("host", host).body(()).expect("a request").into_parts().0;
            let request = Request { parts, body: Bytes::new() };
            let error = elsewhere(&bucket, "us-east-1", &Ask::of(&request));
            assert_eq!((error.code.as_ref(), error.status), (code, status), "{host}");
            assert_eq!(error.headers, [("x-amz-bucket-region", "eu-west-1".to_owned())]);
        }
    }
}

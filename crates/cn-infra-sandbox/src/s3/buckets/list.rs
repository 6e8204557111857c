//! Listing buckets. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE as BASE64;

use super::Bucket;
use crate::error::AwsError;
use crate::s3::acl::canonical_id;
use crate::s3::{Answer, Ask, Context, document};

/// What a page holds at most, and without `max-buckets`.
const PAGE: usize = 10_000;

/// All buckets of the caller's account, of all regions, by name. Regions are told where any parameter is given.
pub fn list(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let Page { size, after, prefix, region } = Page::of(context, ask)?;
    let is_wanted = |bucket: &&Bucket| {
        bucket.owner == context.account
            && bucket.name.starts_with(prefix.unwrap_or_default())
            && region.is_none_or(|region| region == bucket.region)
            && after.as_ref().is_none_or(|after| bucket.name > *after)
    };
    let mut buckets: Vec<_> = context.s3.buckets.values().filter(is_wanted).take(size + 1).collect();
    let has_more = buckets.len() > size;
    buckets.truncate(size);
    let token = has_more.then(|| buckets.last().map(|bucket| BASE64.encode(&bucket.name))).flatten();
    let has_parameters =
        ["max-buckets", "continuation-token", "prefix", "bucket-region"].iter().any(|name| ask.param(name).is_some());
    Ok(document("ListAllMyBucketsResult", |xml| {
        xml.element("Owner", |xml| {
            xml.text("ID", canonical_id(context.account));
        });
        xml.list("Buckets", "Bucket", buckets, |xml, bucket| {
            xml.text("Name", &bucket.name).text("CreationDate", bucket.made.strftime("%Y-%m-%dT%H:%M:%S.000Z"));
            xml.some("BucketRegion", has_parameters.then_some(&bucket.region));
        });
        xml.some("ContinuationToken", token).some("Prefix", prefix);
    }))
}

/// Which buckets are asked for.
struct Page<'a> {
    size: usize,
    after: Option<String>,
    prefix: Option<&'a str>,
    region: Option<&'a str>,
}

impl<'a> Page<'a> {
    fn of(context: &Context<'_>, ask: &'a Ask<'_>) -> Result<Self, AwsError> {
        let invalid = |name: &'static str, value: &str, message: &str| {
            AwsError::new("InvalidArgument", message).detail("ArgumentName", name).detail("ArgumentValue", value)
        };
        let size = |text: &str| {
            let size = text.parse().ok().filter(|size| (1..=PAGE).contains(size));
            size.ok_or_else(|| invalid("max-buckets", text, "max-buckets must be between 1 and 10000"))
        };
        let after = |token: &str| {
            let name = BASE64.decode(token).ok().and_then(|name| String::from_utf8(name).ok());
            name.ok_or_else(|| invalid("continuation-token", token, "The continuation token provided is incorrect"))
        };
        let region = ask.param("bucket-region").filter(|region| !region.is_empty());
        if let Some(region) = region.filter(|region| *region != context.region) {
            let message = "The bucket-region must be the region of the endpoint that the request is sent to";
            return Err(invalid("bucket-region", region, message));
        }
        Ok(Self {
            size: ask.param("max-buckets").map(size).transpose()?.unwrap_or(PAGE),
            after: ask.param("continuation-token").map(after).transpose()?,
            prefix: ask.param("prefix").filter(|prefix| !prefix.is_empty()),
            region,
        })
    }
}

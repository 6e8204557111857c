//! The object that a copy is made of.

use percent_encoding::percent_decode_str;

use super::conditions::{self, Read};
use super::get::refuse_archived;
use super::version::Version;
use super::{check_key, invalid_argument, invalid_request, lookup, permit};
use crate::error::AwsError;
use crate::s3::buckets::{denied, no_such_bucket};
use crate::s3::configuration::Versioning;
use crate::s3::{Ask, Context};

/// What `x-amz-copy-source` names.
#[derive(Debug)]
pub struct Source {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, where one is named.
    pub version: Option<String>,
}

impl Source {
    /// Reads `bucket/key` or `/bucket/key`, URL-encoded, `?versionId=…` after it.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn of(ask: &Ask<'_>) -> Result<Self, AwsError> {
        let text = ask.header("x-amz-copy-source").unwrap_or_default();
        let invalid = |message: &str| invalid_argument(message, "x-amz-copy-source", text);
        if text.starts_with("arn:") {
            return Err(AwsError::not_modelled("access points as the source of a copy"));
        }
        let (path, version) = match text.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (text, None),
        };
        let decoded = percent_decode_str(path.trim_start_matches('/')).decode_utf8();
        let decoded = decoded.map_err(|_| invalid("Invalid copy source encoding."))?;
        let (bucket, key) = decoded.trim_start_matches('/').split_once('/').unwrap_or_default();
        if bucket.is_empty() || key.is_empty() {
            return Err(invalid("Invalid copy source object key"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version })
    }

    /// The version that is copied, and whether its bucket is versioned. Every region is within reach.
    ///
    /// # Errors
    /// `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion` (404); `AccessDenied` (403) for other accounts' buckets, and for others
    /// than `x-amz-source-expected-bucket-owner` says; `PreconditionFailed` (412); `InvalidObjectState` for archived ones.
    pub fn find<'a>(
        &self,
        context: &'a Context<'_>,
        ask: &Ask<'_>,
    ) -> Result<(&'a Version, Option<Versioning>), AwsError> {
        let bucket = context.s3.buckets.get(&self.bucket).ok_or_else(|| no_such_bucket(&self.bucket))?;
        let is_expected = ask.header("x-amz-source-expected-bucket-owner").is_none_or(|owner| owner == bucket.owner);
        if !is_expected || bucket.owner != context.account {
            return Err(denied());
        }
        check_key(&self.key)?;
        permit(bucket, "s3:GetObject", &self.key, self.version.is_some())?;
        let index = context.s3.objects.index(&self.bucket);
        let version = lookup::version(index, &self.key, self.version.as_deref());
        let version = version.map_err(|error| match error.code.as_ref() {
            "MethodNotAllowed" => invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by version id.",
            ),
            _ => error,
        })?;
        if conditions::read(ask, &conditions::COPY, version)? == Read::NotModified {
            return Err(conditions::failed(conditions::COPY.none_match));
        }
        refuse_archived(version)?;
        Ok((version, bucket.configuration.versioning))
    }
}

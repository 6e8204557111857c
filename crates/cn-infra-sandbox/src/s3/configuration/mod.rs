//! How a bucket is configured. Each file has one aspect: what it is, its rules, how it is read and written.

pub mod access;
pub mod acl;
pub mod cors;
pub mod encryption;
pub mod lifecycle;
pub mod logging;
pub mod ownership;
pub mod policy;
pub mod tagging;
pub mod versioning;
pub mod website;
mod writers;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use access::{PublicAccessBlock, blocked};
pub use encryption::{Algorithm, Encryption};
pub use ownership::Ownership;
pub use versioning::Versioning;
pub use writers::Writers;

use super::acl::Acl;
use super::{Ask, Bucket, Context, bucket};
use crate::error::AwsError;
use cors::CorsRule;
use lifecycle::Lifecycle;
use logging::Logging;
use website::Website;

/// The configuration of one bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Its tags; without any there is no tag set.
    pub tags: BTreeMap<String, String>,
    /// `None`: never enabled.
    pub versioning: Option<Versioning>,
    /// Who owns what others put in. `None`: ownership controls were deleted, which counts as `ObjectWriter`.
    pub ownership: Option<Ownership>,
    /// What is refused of public access. `None`: it was deleted, and nothing is.
    pub public_access_block: Option<PublicAccessBlock>,
    /// How objects are encrypted that do not say how.
    pub encryption: Encryption,
    /// The policy, in S3's words, with roles by their unique ids.
    pub policy: Option<Value>,
    /// Rules for requests from other origins; without any there is no configuration.
    pub cors: Vec<CorsRule>,
    /// What becomes of objects as they age.
    pub lifecycle: Option<Lifecycle>,
    /// Who is granted what on the bucket itself.
    pub acl: Acl,
    /// Where access logs go.
    pub logging: Option<Logging>,
    /// How the bucket is served as a website.
    pub website: Option<Website>,
}

impl Configuration {
    /// That of a new bucket of an account, since 2023: ACLs disabled, all public access blocked, encrypted by S3's own
    /// keys. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html>
    pub fn new(owner: &str) -> Self {
        Self {
            tags: BTreeMap::new(),
            versioning: None,
            ownership: Some(Ownership::BucketOwnerEnforced),
            public_access_block: Some(PublicAccessBlock::all(true)),
            encryption: Encryption::default(),
            policy: None,
            cors: Vec::new(),
            lifecycle: None,
            acl: Acl::private(owner),
            logging: None,
            website: None,
        }
    }
}

/// A configuration that was replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Former {
    /// When it was.
    pub replaced: Timestamp,
    /// What it was.
    pub configuration: Configuration,
}

impl Former {
    /// Whether it can still be what a reader sees.
    fn lingers(&self, context: &Context<'_>) -> bool {
        let delay = SignedDuration::try_from_secs_f64(context.settings.consistency_delay).unwrap_or_default();
        context.now.duration_since(self.replaced) < delay
    }
}

/// The configuration that a request reads: bucket configuration is eventually consistent, so for the time that the
/// settings say after a change, it is the one before.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
pub fn read<'a>(context: &'a Context<'_>, ask: &Ask<'_>) -> Result<&'a Configuration, AwsError> {
    let Bucket { configuration, former, .. } = bucket(context, ask)?;
    let seen = former.iter().find(|former| former.lingers(context));
    Ok(seen.map_or(configuration, |former| &former.configuration))
}

/// The configuration that a request changes; what it was can be seen for a while.
///
/// # Errors
/// As [`bucket`]; `OperationAborted` (409) while another change of it is in flight.
pub fn change<'a>(context: &'a mut Context<'_>, ask: &Ask<'_>) -> Result<&'a mut Configuration, AwsError> {
    let bucket = bucket(context, ask)?;
    let mut former = bucket.former.clone();
    former.push(Former { replaced: context.now, configuration: bucket.configuration.clone() });
    former.retain(|former| former.lingers(context));
    context.s3.writers.begin(&ask.bucket, context.in_flight)?;
    let gone = || super::buckets::no_such_bucket(&ask.bucket);
    let bucket = context.s3.buckets.get_mut(&ask.bucket).ok_or_else(gone)?;
    bucket.former = former;
    Ok(&mut bucket.configuration)
}

/// What a reading answers where nothing of the kind is configured.
fn none(code: &'static str, message: &str, ask: &Ask<'_>) -> AwsError {
    AwsError::new(code, message).status(404).detail("BucketName", &ask.bucket)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use jiff::SignedDuration;
    use sha2::{Digest, Sha256};

    use crate::settings::Settings;
    use crate::{Reply, Request, Sandbox, SandboxOptions};

    fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Reply {
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20261130/us-east-1/s3/aws4_request, Signature=0";
        let request = http::Request::builder().method(method).uri(path);
        let digest = STANDARD.encode(Sha256::digest(body));
        let request = request.header("authorization", scope).header("x-amz-checksum-sha256", digest);
        let parts = request.body(()).expect("a request").into_parts().0;
        sandbox.handle(&Request { parts, body: Bytes::copy_from_slice(body.as_bytes()) })
    }

    fn status(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> u16 {
        ask(sandbox, method, path, body).response.status().as_u16()
    }

    fn tagging(value: &str) -> String {
        format!("<Tagging><TagSet><Tag><Key>a</Key><Value>{value}</Value></Tag></TagSet></Tagging>")
    }

    fn sandbox(settings: Settings) -> Sandbox {
        let sandbox = Sandbox::new(SandboxOptions { speed: 0.0, settings, ..SandboxOptions::default() });
        assert_eq!(status(&sandbox, "PUT", "/media", ""), 200);
        sandbox
    }

    #[test]
    fn a_reader_sees_each_former_configuration_for_the_time_that_is_set() {
        let sandbox = sandbox(Settings { consistency_delay: 5.0, ..Settings::default() });
        let seen = || {
            let body = ask(&sandbox, "GET", "/media?tagging", "").response.into_body();
            let text = String::from_utf8(body.to_vec()).expect("text");
            ["one", "two", "NoSuchTagSet"].into_iter().find(|what| text.contains(what))
        };
        assert_eq!(status(&sandbox, "PUT", "/media?tagging", &tagging("one")), 204);
        sandbox.advance(SignedDuration::from_secs(3)).expect("kept");
        assert_eq!(status(&sandbox, "PUT", "/media?tagging", &tagging("two")), 204);
        assert_eq!(seen(), Some("NoSuchTagSet"));
        sandbox.advance(SignedDuration::from_secs(2)).expect("kept");
        assert_eq!(seen(), Some("one"));
        sandbox.advance(SignedDuration::from_secs(3)).expect("kept");
        assert_eq!(seen(), Some("two"));
    }

    #[test]
    fn a_change_is_refused_until_the_one_before_is_answered() {
        let sandbox = sandbox(Settings { latency: 0.001, ..Settings::default() });
        let first = ask(&sandbox, "PUT", "/media?tagging", &tagging("one"));
        assert_eq!(status(&sandbox, "PUT", "/media?tagging", &tagging("two")), 409);
        assert_eq!(status(&sandbox, "GET", "/media?tagging", ""), 200);
        drop(first);
        assert_eq!(status(&sandbox, "PUT", "/media?tagging", &tagging("two")), 204);
    }
}

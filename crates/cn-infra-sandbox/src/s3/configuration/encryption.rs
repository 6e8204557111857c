//! How objects are encrypted that do not say how themselves.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{change, read};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};
use crate::xml::Element;

/// The operations on default encryption.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketEncryption", Method::GET, On::Bucket, "encryption", get),
    Operation::new("PutBucketEncryption", Method::PUT, On::Bucket, "encryption", put),
    Operation::new("DeleteBucketEncryption", Method::DELETE, On::Bucket, "encryption", delete),
];

/// Default encryption. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// With which kind of keys.
    pub algorithm: Algorithm,
    /// The KMS key as it was given: id, alias or ARN. `None`: the account's `aws/s3`.
    pub key: Option<String>,
    /// Whether a key of the bucket's stands between KMS and the objects.
    pub bucket_key: bool,
    /// Kinds of encryption that puts may not ask for: `SSE-C`, or `NONE`.
    pub blocked: Vec<String>,
}

/// Kinds of server-side encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// S3's own keys.
    #[default]
    #[serde(rename = "AES256")]
    Aes256,
    /// Keys in KMS.
    #[serde(rename = "aws:kms")]
    Kms,
    /// Keys in KMS, two layers.
    #[serde(rename = "aws:kms:dsse")]
    KmsDsse,
}

impl Algorithm {
    /// As it is in headers and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Kms => "aws:kms",
            Self::KmsDsse => "aws:kms:dsse",
        }
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Aes256, Self::Kms, Self::KmsDsse].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl Encryption {
    fn of(configuration: &Element) -> Result<Self, AwsError> {
        configuration.only(&["Rule"], &[])?;
        let rule = configuration.child("Rule").ok_or_else(body::malformed)?;
        rule.only(&["ApplyServerSideEncryptionByDefault", "BucketKeyEnabled", "BlockedEncryptionTypes"], &[])?;
        let mut encryption = Self { bucket_key: rule.flag("BucketKeyEnabled")?.unwrap_or_default(), ..Self::default() };
        if let Some(default) = rule.child("ApplyServerSideEncryptionByDefault") {
            default.only(&["SSEAlgorithm", "KMSMasterKeyID"], &[])?;
            encryption.algorithm = Algorithm::named(default.require("SSEAlgorithm")?).ok_or_else(body::malformed)?;
            encryption.key = default.get("KMSMasterKeyID").filter(|key| !key.is_empty()).map(str::to_owned);
        }
        if let Some(blocked) = rule.child("BlockedEncryptionTypes") {
            blocked.only(&[], &["EncryptionType"])?;
            encryption.blocked = blocked.texts("EncryptionType");
        }
        encryption.check()
    }

    fn check(self) -> Result<Self, AwsError> {
        let invalid = |message: &str| Err(AwsError::new("InvalidArgument", message));
        if self.algorithm == Algorithm::Aes256 && self.key.is_some() {
            return invalid("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms");
        }
        if self.algorithm == Algorithm::KmsDsse && self.bucket_key {
            return invalid("Bucket Key is not supported with aws:kms:dsse");
        }
        if self.blocked.iter().any(|kind| !matches!(kind.as_str(), "NONE" | "SSE-C")) {
            return Err(body::malformed());
        }
        Ok(self)
    }
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let Encryption { algorithm, key, bucket_key, blocked } = &read(context, ask)?.encryption;
    Ok(document("ServerSideEncryptionConfiguration", |xml| {
        xml.element("Rule", |xml| {
            xml.element("ApplyServerSideEncryptionByDefault", |xml| {
                xml.text("SSEAlgorithm", algorithm.name()).some("KMSMasterKeyID", key.as_ref());
            });
            xml.text("BucketKeyEnabled", bucket_key);
            if !blocked.is_empty() {
                xml.element("BlockedEncryptionTypes", |xml| {
                    for kind in blocked {
                        xml.text("EncryptionType", kind);
                    }
                });
            }
        });
    }))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    let encryption = Encryption::of(&body::read(ask, "ServerSideEncryptionConfiguration")?)?;
    change(context, ask)?.encryption = encryption;
    Ok(empty(200))
}

/// Objects are always encrypted: without a configuration, by S3's own keys.
fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.encryption = Encryption::default();
    Ok(empty(204))
}

//! How objects are encrypted that do not say how themselves.

use serde::{Deserialize, Serialize};

/// Default encryption. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// With which kind of keys.
    pub algorithm: Algorithm,
    /// The KMS key as it was given: id, alias or ARN. `None`: the account's `aws/s3`.
    pub key: Option<String>,
    /// Whether a key of the bucket's stands between KMS and the objects.
    pub bucket_key: bool,
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

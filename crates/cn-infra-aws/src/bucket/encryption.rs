//! How new objects are encrypted when the upload does not say.

use std::borrow::Cow;
use std::fmt;

use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use cn_infra_core::manager::ManageError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::target::{Target, incomplete};

/// The KMS key that S3 uses where none is named.
const S3_KEY: &str = "alias/aws/s3";

/// The default encryption of new objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// `"AES256"`: with keys of S3's own.
    Aes256,
    /// `{ kms = "alias/…" }`: with a key in KMS.
    Kms(KmsEncryption),
    /// Something that a file cannot ask for, in AWS's word: `aws:kms:dsse`.
    Other(String),
}

/// Encryption with a key in KMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KmsEncryption {
    /// The key: `alias/…`, a key id, or the ARN of either.
    pub kms: String,
    /// Whether a key of the bucket saves calls to KMS; left out: not managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_key: Option<bool>,
}

impl Encryption {
    /// Brings the live side into the words of the file, where they mean the same.
    pub(super) fn liken(&mut self, desired: &Self) {
        let (Self::Kms(live), Self::Kms(desired)) = (self, desired) else { return };
        if desired.bucket_key.is_none() {
            live.bucket_key = None;
        }
        if is_same_key(&live.kms, &desired.kms) {
            live.kms.clone_from(&desired.kms);
        }
    }

    fn of(rule: &ServerSideEncryptionRule) -> Self {
        let Some(default) = rule.apply_server_side_encryption_by_default() else { return Self::Aes256 };
        match default.sse_algorithm() {
            ServerSideEncryption::Aes256 => Self::Aes256,
            ServerSideEncryption::AwsKms => Self::Kms(KmsEncryption {
                kms: default.kms_master_key_id().unwrap_or(S3_KEY).to_owned(),
                bucket_key: Some(rule.bucket_key_enabled().unwrap_or(false)),
            }),
            other => Self::Other(other.as_str().to_owned()),
        }
    }
}

/// S3 stores a key as it was given: an alias or id may stand for the ARN that ends with it.
fn is_same_key(one: &str, other: &str) -> bool {
    let is_arn = |key: &str| key.starts_with("arn:");
    one == other || (is_arn(one) != is_arn(other) && short(one) == short(other))
}

fn short(key: &str) -> &str {
    let name = key.rsplit_once(':').map_or(key, |(_, name)| name);
    name.strip_prefix("key/").unwrap_or(name)
}

impl Serialize for Encryption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Aes256 => serializer.serialize_str("AES256"),
            Self::Kms(kms) => kms.serialize(serializer),
            Self::Other(other) => serializer.serialize_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for Encryption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EncryptionVisitor)
    }
}

struct EncryptionVisitor;

impl<'de> Visitor<'de> for EncryptionVisitor {
    type Value = Encryption;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"AES256\" or a table such as { kms = \"alias/my-key\", bucket_key = true }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Encryption, E> {
        match text {
            "AES256" => Ok(Encryption::Aes256),
            // What a live bucket may have; `validate` refuses it in a file.
            _ if text.starts_with("aws:") => Ok(Encryption::Other(text.to_owned())),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Encryption, A::Error> {
        KmsEncryption::deserialize(MapAccessDeserializer::new(map)).map(Encryption::Kms)
    }
}

impl JsonSchema for Encryption {
    fn schema_name() -> Cow<'static, str> {
        "Encryption".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kms = generator.subschema_for::<KmsEncryption>();
        json_schema!({ "anyOf": [{ "const": "AES256" }, kms] })
    }
}

impl Target<'_> {
    /// Without a configuration S3 encrypts with its own keys, as it does with every bucket since 2023.
    pub async fn read_encryption(&self) -> Result<Encryption, ManageError> {
        let rule = self.read_encryption_rule().await?;
        Ok(rule.as_ref().map_or(Encryption::Aes256, Encryption::of))
    }

    /// What the rule holds beside algorithm and key stays as it is.
    pub async fn write_encryption(&self, encryption: &Encryption) -> Result<(), ManageError> {
        let live = self.read_encryption_rule().await?;
        let configuration = ServerSideEncryptionConfiguration::builder().rules(rule(encryption, live)?);
        let configuration = configuration.build().map_err(incomplete)?;
        let call = self.s3().put_bucket_encryption().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.server_side_encryption_configuration(configuration).send().await;
        answer.map_err(|error| self.failed("PutBucketEncryption", error))?;
        Ok(())
    }

    async fn read_encryption_rule(&self) -> Result<Option<ServerSideEncryptionRule>, ManageError> {
        let call = self.s3().get_bucket_encryption().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.send().await;
        let none = "ServerSideEncryptionConfigurationNotFoundError";
        let answer = self.configured("GetBucketEncryption", none, answer)?;
        let configuration = answer.and_then(|answer| answer.server_side_encryption_configuration);
        Ok(configuration.and_then(|configuration| configuration.rules.into_iter().next()))
    }
}

/// S3 allows one rule. Members that are not modelled are those of the live one.
fn rule(
    encryption: &Encryption,
    live: Option<ServerSideEncryptionRule>,
) -> Result<ServerSideEncryptionRule, ManageError> {
    let (kept_bucket_key, blocked) =
        live.map_or((None, None), |live| (live.bucket_key_enabled, live.blocked_encryption_types));
    let default = ServerSideEncryptionByDefault::builder();
    let (default, bucket_key) = match encryption {
        Encryption::Aes256 => (default.sse_algorithm(ServerSideEncryption::Aes256), kept_bucket_key),
        Encryption::Kms(KmsEncryption { kms, bucket_key }) => {
            let key = (kms != S3_KEY).then(|| kms.clone());
            let default = default.sse_algorithm(ServerSideEncryption::AwsKms).set_kms_master_key_id(key);
            (default, bucket_key.or(kept_bucket_key))
        }
        Encryption::Other(other) => (default.sse_algorithm(other.as_str().into()), kept_bucket_key),
    };
    Ok(ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default.build().map_err(incomplete)?)
        .set_bucket_key_enabled(bucket_key)
        .set_blocked_encryption_types(blocked)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_and_says_what_is_allowed() {
        let read = |json: &str| serde_json::from_str::<Encryption>(json).map_err(|error| error.to_string());
        assert_eq!(read("\"AES256\""), Ok(Encryption::Aes256));
        let kms = KmsEncryption { kms: "alias/a".to_owned(), bucket_key: None };
        assert_eq!(read(r#"{"kms":"alias/a"}"#), Ok(Encryption::Kms(kms)));
        insta::assert_snapshot!(read("\"aes\"").unwrap_err(), @r#"invalid value: string "aes", expected "AES256" or a table such as { kms = "alias/my-key", bucket_key = true } at line 1 column 5"#);
        insta::assert_snapshot!(read("3").unwrap_err(), @r#"invalid type: integer `3`, expected "AES256" or a table such as { kms = "alias/my-key", bucket_key = true } at line 1 column 1"#);
    }

    #[test]
    fn an_alias_or_id_stands_for_the_arn_that_ends_with_it() {
        let alias = "arn:aws:kms:us-west-2:123456789012:alias/media";
        let key = "arn:aws:kms:us-west-2:123456789012:key/1234abcd";
        assert!(is_same_key(alias, "alias/media"));
        assert!(is_same_key("1234abcd", key));
        assert!(!is_same_key(key, alias));
        assert!(!is_same_key(key, "arn:aws:kms:us-west-2:999999999999:key/1234abcd"));
    }
}

//! With which key a volume is encrypted.

use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;

/// Whether a volume is encrypted, and the ARN of its key.
pub type Encryption = Option<String>;

/// Reads `Encrypted` and `KmsKeyId`. What comes from an encrypted snapshot is encrypted, with the snapshot's key unless
/// another is given.
///
/// # Errors
/// `InvalidParameterDependency` for a key without encryption.
pub fn chosen(context: &Context<'_>, params: &Params<'_>, snapshot: Encryption) -> Result<Encryption, AwsError> {
    let (encrypted, key) = (params.flag("Encrypted")?, params.get("KmsKeyId"));
    if key.is_some() && encrypted != Some(true) {
        let message = "The parameter KmsKeyId requires the parameter Encrypted to be set.";
        return Err(AwsError::new("InvalidParameterDependency", message));
    }
    Ok(match (key, snapshot) {
        (Some(key), _) => Some(arn(context, key)),
        (None, Some(key)) => Some(key),
        (None, None) if encrypted == Some(true) => Some(arn(context, "alias/aws/ebs")),
        (None, None) => None,
    })
}

/// AWS tells a key's ARN, however it was given: as an id, an ARN, or an alias, which stands for some key.
fn arn(context: &Context<'_>, key: &str) -> String {
    if key.starts_with("arn:") && !key.contains(":alias/") {
        return key.to_owned();
    }
    let alias = key.rsplit_once(":alias/").map(|(_, name)| name).or_else(|| key.strip_prefix("alias/"));
    let id = alias.map_or_else(|| key.to_owned(), |alias| key_of(context, alias));
    format!("arn:aws:kms:{}:{}:key/{id}", context.region, context.account)
}

/// An id that depends on account, region and alias alone.
fn key_of(context: &Context<'_>, alias: &str) -> String {
    let digest = Sha256::digest(format!("{} {} {alias}", context.account, context.region));
    let hex = ids::hex(&digest[..16]);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

//! Names of RDS's objects: their rules, their ARNs, and what is derived from them.

use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;

/// An identifier in the form that RDS keeps it in, lower case: a letter, then letters, digits and single hyphens, none
/// at the end.
///
/// # Errors
/// `InvalidParameterValue`; `parameter` is named in it.
pub fn identifier(parameter: &str, text: &str, longest: usize) -> Result<String, AwsError> {
    let good = (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.ends_with('-')
        && !text.contains("--");
    if good {
        return Ok(text.to_ascii_lowercase());
    }
    let message = format!(
        "The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only \
         ASCII letters, digits, and hyphens; must not end with a hyphen or contain two consecutive hyphens; and have \
         at most {longest} characters."
    );
    Err(AwsError::new("InvalidParameterValue", message))
}

/// `arn:aws:rds:REGION:ACCOUNT:KIND:NAME`
pub fn arn(region: &str, account: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:rds:{region}:{account}:{kind}:{name}")
}

/// The name at the end of an ARN of this account and region, or the name itself, in lower case.
pub fn of_arn(context: &Context<'_>, kind: &str, text: &str) -> String {
    let here = arn(context.region, context.account, kind, "");
    text.strip_prefix(&here).unwrap_or(text).to_ascii_lowercase()
}

/// The label that the endpoints of one account and region have in common.
pub fn endpoint_label(region: &str, account: &str) -> String {
    let hash = Sha256::digest(format!("endpoint {account} {region}"));
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |byte: &u8| letters.get(usize::from(*byte) % letters.len()).copied().unwrap_or(b'a');
    std::iter::once('c').chain(hash.iter().take(11).map(letter).map(char::from)).collect()
}

/// The ARN of a KMS key: of AWS's own for RDS unless another is asked for by ARN, id or alias.
pub fn kms_key(region: &str, account: &str, asked: Option<&str>) -> String {
    let key = asked.unwrap_or("alias/aws/rds");
    if key.starts_with("arn:") && !key.contains(":alias/") {
        return key.to_owned();
    }
    let id = match key.rsplit_once("alias/") {
        // Which key an alias stands for, KMS would know; it is the same one each time.
        Some((_, alias)) => uuid(&format!("key {account} {region} {alias}")),
        None => key.to_owned(),
    };
    format!("arn:aws:kms:{region}:{account}:key/{id}")
}

/// The same UUID each time for the same text.
pub fn uuid(text: &str) -> String {
    let hash = Sha256::digest(text);
    let hex = format!("{:032x}", hash.first_chunk().map_or(0, |first| u128::from_be_bytes(*first)));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The texts of a list `name.entry.N`; `None` where it is not given at all. An empty list is sent as an empty text.
pub fn list(params: &Params<'_>, name: &str, entry: &str) -> Option<Vec<String>> {
    params.has(name).then(|| {
        params.get(name);
        params.list(&format!("{name}.{entry}")).into_iter().map(str::to_owned).collect()
    })
}

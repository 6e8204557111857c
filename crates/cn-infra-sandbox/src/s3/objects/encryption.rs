//! How an object is encrypted: as its put says, else as its bucket does.

use bytes::Bytes;
use http::Response;

use super::metadata::set;
use super::version::Details;
use super::{invalid_argument, invalid_request};
use crate::error::AwsError;
use crate::s3::configuration::{Algorithm, Encryption};
use crate::s3::{Ask, Bucket, Context};

/// The encryption of a new object; `None`: S3's own keys.
///
/// # Errors
/// `InvalidArgument` for an algorithm that S3 has not, or a key without KMS.
pub fn given(context: &Context<'_>, ask: &Ask<'_>, bucket: &Bucket) -> Result<Option<Box<Encryption>>, AwsError> {
    let default = &bucket.configuration.encryption;
    let named = ask.header("x-amz-server-side-encryption");
    let algorithm = match named {
        None => default.algorithm,
        Some(name) => Algorithm::named(name).ok_or_else(|| {
            let message = "The encryption method specified is not supported";
            invalid_argument(message, "x-amz-server-side-encryption", name)
        })?,
    };
    let key = ask.header("x-amz-server-side-encryption-aws-kms-key-id");
    if algorithm == Algorithm::Aes256 {
        if key.is_some() {
            let message = "x-amz-server-side-encryption-aws-kms-key-id is valid only with aws:kms or aws:kms:dsse";
            return Err(invalid_request(message));
        }
        return Ok(None);
    }
    let default_key = default.key.as_deref().filter(|_| named.is_none());
    let bucket_key = match ask.header("x-amz-server-side-encryption-bucket-key-enabled") {
        Some(text) => text.eq_ignore_ascii_case("true"),
        None => default.bucket_key,
    };
    let key = Some(key_arn(context, key.or(default_key)));
    Ok(Some(Box::new(Encryption { algorithm, key, bucket_key, blocked: Vec::new() })))
}

/// The ARN of a key as it was given; S3 tells ARNs. Without one: the account's `aws/s3`, which has the same id in the
/// sandbox at all times.
fn key_arn(context: &Context<'_>, key: Option<&str>) -> String {
    let of = |id: &str| format!("arn:aws:kms:{}:{}:{id}", context.region, context.account);
    match key {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(alias) if alias.starts_with("alias/") => of(alias),
        Some(id) => of(&format!("key/{id}")),
        None => of("key/5a5a5a5a-0000-4000-8000-000000000053"),
    }
}

/// Tells how an object is encrypted.
pub fn tell(details: &Details, response: &mut Response<Bytes>) {
    let Some(encryption) = &details.encryption else {
        return set(response, "x-amz-server-side-encryption", Algorithm::Aes256.name());
    };
    set(response, "x-amz-server-side-encryption", encryption.algorithm.name());
    if let Some(key) = &encryption.key {
        set(response, "x-amz-server-side-encryption-aws-kms-key-id", key);
    }
    if encryption.bucket_key {
        set(response, "x-amz-server-side-encryption-bucket-key-enabled", "true");
    }
}

//! PutObject.

use super::blobs::Content;
use super::checksum::Checksum;
use super::payload::Payload;
use super::storage_class::StorageClass;
use super::version::{Details, ETag, Version};
use super::{answer, conditions, metadata, place};
use crate::error::AwsError;
use crate::s3::configuration::Versioning;
use crate::s3::{Answer, Ask, Context, empty};

/// The largest object that is put as a whole, or copied as one: 5 GiB.
pub const MAX_WHOLE: u64 = 5 << 30;

/// PutObject.
pub fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = place(context, ask, "s3:PutObject")?;
    let details = metadata::given(context, ask, bucket)?;
    let class = StorageClass::parse(ask.header("x-amz-storage-class"))?;
    let versioning = bucket.configuration.versioning;
    let payload = Payload::of(ask)?;
    if payload.bytes.len() as u64 > MAX_WHOLE {
        return Err(too_large());
    }
    conditions::write(ask, context.s3.objects.index(&ask.bucket).current(&ask.key))?;
    let stored = Content::One(context.s3.objects.blobs.append(&payload.bytes)?);
    let checksum = Some(Checksum::whole(payload.kept()));
    let etag = tag(payload.md5, &details);
    let made =
        Version { etag, content: stored, class, checksum, details: details.some(), ..Version::marker(context.now) };
    let version = store(context, ask, versioning, made);
    let mut response = empty(200);
    answer::written(&mut response, version, versioning);
    answer::checksum(&mut response, version);
    Ok(response)
}

/// The entity tag of bytes: their MD5, but under KMS, where it tells nothing of them.
pub fn tag(md5: [u8; 16], details: &Details) -> ETag {
    ETag::whole(if details.encryption.is_some() { fastrand::u128(..).to_be_bytes() } else { md5 })
}

/// Makes a version the current one of its key.
pub fn store<'a>(
    context: &'a mut Context<'_>,
    ask: &Ask<'_>,
    versioning: Option<Versioning>,
    version: Version,
) -> &'a Version {
    let object = Version { marker: false, ..version };
    context.s3.objects.index_mut(&ask.bucket).add(&ask.key, object, versioning == Some(Versioning::Enabled))
}

fn too_large() -> AwsError {
    let error = AwsError::new("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
    error.detail("MaxSizeAllowed", MAX_WHOLE.to_string())
}

//! CopyObject: another name for the same bytes.

use md5::{Digest as _, Md5};

use super::blobs::{Blobs, Content};
use super::checksum::{Algorithm, Checksum, Digest};
use super::conditions::{self, iso_date};
use super::metadata::set;
use super::put::{MAX_WHOLE, store, tag};
use super::source::Source;
use super::storage_class::StorageClass;
use super::version::{Details, Version};
use super::{answer, invalid_argument, invalid_request, metadata, place};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Bucket, Context, document};

/// CopyObject.
pub fn copy(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = place(context, ask, "s3:PutObject")?;
    let versioning = bucket.configuration.versioning;
    let source = Source::of(ask)?;
    let replaces = directive(ask, "x-amz-metadata-directive")?;
    let (version, of) = source.find(context, ask)?;
    refuse_too_large(version)?;
    refuse_unchanged(ask, &source, replaces)?;
    conditions::write(ask, context.s3.objects.index(&ask.bucket).current(&ask.key))?;
    let details = details(context, ask, bucket, version, replaces)?;
    let class = StorageClass::parse(ask.header("x-amz-storage-class"))?;
    let algorithm = match ask.header("x-amz-checksum-algorithm") {
        Some(name) => Some(Algorithm::named(name)?),
        None => version.checksum.as_ref().map(Checksum::algorithm),
    };
    let (md5, digest) =
        sums(&context.s3.objects.blobs, version, &version.content, algorithm.unwrap_or(Algorithm::Crc64Nvme))?;
    let (stored, copied) = (version.content.clone(), version.id());
    let (etag, checksum) = (tag(md5, &details), Some(Checksum::whole(digest)));
    let made =
        Version { etag, content: stored, class, checksum, details: details.some(), ..Version::marker(context.now) };
    let version = store(context, ask, versioning, made);
    let mut response = document("CopyObjectResult", |xml| {
        xml.text("LastModified", iso_date(version.modified())).text("ETag", version.etag.quoted());
        if let Some(checksum) = &version.checksum {
            checksum.write(xml);
        }
    });
    answer::written(&mut response, version, versioning);
    response.headers_mut().remove("etag");
    if of.is_some() {
        set(&mut response, "x-amz-copy-source-version-id", &copied);
    }
    Ok(response)
}

/// Whether `COPY`, the default, or `REPLACE` is asked for.
fn directive(ask: &Ask<'_>, name: &str) -> Result<bool, AwsError> {
    match ask.header(name) {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(value) => {
            let what = if name.contains("tagging") { "tagging" } else { "metadata" };
            Err(invalid_argument(format!("Unknown {what} directive."), name, value))
        }
    }
}

fn refuse_too_large(source: &Version) -> Result<(), AwsError> {
    if source.size() <= MAX_WHOLE {
        return Ok(());
    }
    let message = "The specified copy source is larger than the maximum allowable size for a copy source";
    Err(invalid_request(format!("{message}: {MAX_WHOLE}")))
}

/// A copy onto the object itself must change something, for which metadata, class, redirect and encryption count.
fn refuse_unchanged(ask: &Ask<'_>, source: &Source, replaces: bool) -> Result<(), AwsError> {
    let changes = ["x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption"];
    let is_itself = source.bucket == ask.bucket && source.key == ask.key && source.version.is_none();
    if !is_itself || replaces || changes.iter().any(|name| ask.header(name).is_some()) {
        return Ok(());
    }
    Err(invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's \
         metadata, storage class, website redirect location or encryption attributes.",
    ))
}

/// Metadata and tags as the directives say; the access control list and encryption are never copied.
fn details(
    context: &Context<'_>,
    ask: &Ask<'_>,
    bucket: &Bucket,
    source: &Version,
    replaces: bool,
) -> Result<Details, AwsError> {
    let mut details = metadata::given(context, ask, bucket)?;
    if !replaces {
        let redirect = std::mem::take(&mut details.headers).into_iter().filter(|(place, _)| metadata::is_own(*place));
        details.headers = metadata::copied_headers(source.details()).into_iter().chain(redirect).collect();
        details.metadata.clone_from(&source.details().metadata);
    }
    if !directive(ask, "x-amz-tagging-directive")? {
        details.tags.clone_from(&source.details().tags);
    }
    Ok(details)
}

/// Content larger than this is not read for its MD5: its entity tag is one of what it is made of. AWS calls tags opaque.
const MAX_HASHED: u64 = 32 << 20;

/// The MD5 and a checksum of content that is all or a part of `version`'s: known ones where they are of just these bytes.
///
/// # Errors
/// `InternalError`: the bytes cannot be read.
pub fn sums(
    blobs: &Blobs,
    version: &Version,
    content: &Content,
    algorithm: Algorithm,
) -> Result<([u8; 16], Digest), AwsError> {
    let whole = *content == version.content;
    let md5 = version.md5().filter(|_| whole);
    let md5 = md5.or_else(|| (content.size() > MAX_HASHED).then(|| Md5::digest(format!("{content:?}")).into()));
    let digest = version.checksum.as_ref().filter(|checksum| whole && checksum.parts == 0);
    let digest = digest.map(|checksum| &checksum.digest).filter(|digest| digest.algorithm() == algorithm);
    if let (Some(md5), Some(digest)) = (md5, digest) {
        return Ok((md5, digest.clone()));
    }
    let (mut hash, mut running) = (Md5::new(), algorithm.begin());
    blobs.each(content, |bytes| {
        if md5.is_none() {
            hash.update(bytes);
        }
        if digest.is_none() {
            running.update(bytes);
        }
    })?;
    let digest = digest.cloned().unwrap_or_else(|| running.end());
    Ok((md5.unwrap_or_else(|| hash.finalize().into()), digest))
}

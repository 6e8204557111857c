//! UploadPart and UploadPartCopy.

use super::{Kind, Part, Upload, part_row, upload};
use crate::error::AwsError;
use crate::s3::objects::blobs::Content;
use crate::s3::objects::checksum::{Algorithm, Digest};
use crate::s3::objects::conditions::iso_date;
use crate::s3::objects::copy::sums;
use crate::s3::objects::metadata::set;
use crate::s3::objects::payload::Payload;
use crate::s3::objects::put::{MAX_WHOLE, tag};
use crate::s3::objects::source::Source;
use crate::s3::objects::version::{ETag, Version};
use crate::s3::objects::{encryption, invalid_argument, invalid_request, place};
use crate::s3::{Answer, Ask, Context, document, empty};

/// UploadPart. A part that was there already is replaced.
pub fn upload_part(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    place(context, ask, "s3:PutObject")?;
    let number = number(ask)?;
    let upload = upload(context, ask)?;
    let payload = Payload::of(ask)?;
    let digest = digest(upload, &payload)?;
    let etag = tag(payload.md5, &upload.details);
    let mut response = empty(200);
    set(&mut response, "etag", &etag.quoted());
    let told = payload.digest.as_ref().unwrap_or(&digest);
    set(&mut response, told.algorithm().header(), &told.to_string());
    encryption::tell(&upload.details, &mut response);
    let id = upload.id.clone();
    let stored = Content::One(context.s3.objects.blobs.append(&payload.bytes)?);
    keep(context, &id, number, etag, stored, digest);
    Ok(response)
}

fn keep(context: &mut Context<'_>, id: &str, number: u16, etag: ETag, stored: Content, digest: Digest) {
    let part = Part { number, etag, content: stored, modified: context.now.as_second(), digest };
    context.s3.objects.parts.insert(part_row(id, number), part);
}

fn number(ask: &Ask<'_>) -> Result<u16, AwsError> {
    let text = ask.param("partNumber").unwrap_or_default();
    text.parse().ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        invalid_argument(message, "partNumber", text)
    })
}

/// The checksum that is kept of a part: by the upload's algorithm, which a part's own must not differ from, and which
/// must come with it where the object's is made of those of the parts.
fn digest(upload: &Upload, payload: &Payload) -> Result<Digest, AwsError> {
    let Some((algorithm, kind)) = upload.checksum else { return Ok(Algorithm::Crc64Nvme.of(&payload.bytes)) };
    let sent = payload.digest.as_ref().map(Digest::algorithm);
    if sent == Some(algorithm) || (sent.is_none() && kind == Kind::FullObject) {
        return Ok(payload.digest.clone().unwrap_or_else(|| algorithm.of(&payload.bytes)));
    }
    let sent = sent.map_or_else(|| "null".to_owned(), |sent| sent.name().to_ascii_lowercase());
    let expected = algorithm.name().to_ascii_lowercase();
    let message = "Checksum Type mismatch occurred";
    Err(invalid_request(format!("{message}, expected checksum Type: {expected}, actual checksum Type: {sent}")))
}

/// UploadPartCopy: a part that is all or a run of another object's bytes.
pub fn copy_part(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    place(context, ask, "s3:PutObject")?;
    let number = number(ask)?;
    let upload = upload(context, ask)?;
    let source = Source::of(ask)?;
    let (version, versioning) = source.find(context, ask)?;
    let stored = run(ask, version)?;
    let algorithm = upload.checksum.map_or(Algorithm::Crc64Nvme, |(algorithm, _)| algorithm);
    let (md5, digest) = sums(&context.s3.objects.blobs, version, &stored, algorithm)?;
    let etag = tag(md5, &upload.details);
    let mut response = document("CopyPartResult", |xml| {
        xml.text("LastModified", iso_date(context.now)).text("ETag", etag.quoted());
        if upload.checksum.is_some() {
            xml.text(algorithm.element(), &digest);
        }
    });
    encryption::tell(&upload.details, &mut response);
    if versioning.is_some() {
        set(&mut response, "x-amz-copy-source-version-id", &version.id());
    }
    let id = upload.id.clone();
    keep(context, &id, number, etag, stored, digest);
    Ok(response)
}

/// What of the source is copied: `x-amz-copy-source-range`, else all; at most 5 GiB.
fn run(ask: &Ask<'_>, version: &Version) -> Result<Content, AwsError> {
    let size = version.size();
    let content = match ask.header("x-amz-copy-source-range") {
        None => version.content.clone(),
        Some(text) => {
            let invalid = |message: String| invalid_argument(message, "x-amz-copy-source-range", text);
            let bounds = text.strip_prefix("bytes=").and_then(|bounds| bounds.split_once('-'));
            let bounds = bounds.and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
            let (first, last) = bounds.filter(|(first, last)| first <= last).ok_or_else(|| {
                invalid(
                    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are \
                     the zero-based offsets of the first and last bytes to copy"
                        .to_owned(),
                )
            })?;
            if last >= size {
                return Err(invalid(format!("Range specified is not valid for source object of size: {size}")));
            }
            version.content.part(first, last - first + 1)
        }
    };
    if content.size() > MAX_WHOLE {
        let message = "The specified copy source is larger than the maximum allowable size for a copy source";
        return Err(invalid_request(format!("{message}: {MAX_WHOLE}")));
    }
    Ok(content)
}

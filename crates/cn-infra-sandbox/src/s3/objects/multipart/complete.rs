//! CompleteMultipartUpload.

use md5::{Digest as _, Md5};

use super::{Kind, Part, Upload, forget, part_row, upload};
use crate::error::AwsError;
use crate::s3::objects::blobs::Content;
use crate::s3::objects::checksum::{Algorithm, Checksum, Digest};
use crate::s3::objects::put::store;
use crate::s3::objects::version::{ETag, PartOf, Version};
use crate::s3::objects::{answer, conditions, invalid_request, place};
use crate::s3::{Answer, Ask, Context, body, document};
use crate::xml::Element;

/// All parts but the last have at least so many bytes: 5 MiB.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
const MIN_PART: u64 = 5 << 20;

/// No upload has more parts.
const MAX_PARTS: usize = 10_000;

/// CompleteMultipartUpload.
pub fn complete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let versioning = place(context, ask, "s3:PutObject")?.configuration.versioning;
    let upload = upload(context, ask)?.clone();
    let parts = listed(context, ask, &upload)?;
    conditions::write(ask, context.s3.objects.index(&ask.bucket).current(&ask.key))?;
    let checksum = checksum(&upload, &parts)?;
    check_sent(ask, &upload, &parts, &checksum)?;
    let made = object(context, &upload, &parts, checksum);
    forget(context, ask, &upload.id);
    let region = context.region;
    let version = store(context, ask, versioning, made);
    let mut response = document("CompleteMultipartUploadResult", |xml| {
        let Upload { bucket, key, .. } = &upload;
        xml.text("Location", format!("https://{bucket}.s3.{region}.amazonaws.com/{key}"));
        xml.text("Bucket", bucket).text("Key", key).text("ETag", version.etag.quoted());
        if let Some(checksum) = &version.checksum {
            checksum.write(xml);
        }
    });
    answer::written(&mut response, version, versioning);
    response.headers_mut().remove("etag");
    Ok(response)
}

/// The parts that the request lists, each as it was uploaded.
fn listed(context: &Context<'_>, ask: &Ask<'_>, upload: &Upload) -> Result<Vec<Part>, AwsError> {
    let request = Element::parse(&ask.request.body).filter(|request| request.name == "CompleteMultipartUpload");
    let request = request.ok_or_else(body::malformed)?;
    let named: Vec<_> = request.all("Part").collect();
    if named.is_empty() || named.len() > MAX_PARTS {
        return Err(body::malformed());
    }
    let mut parts: Vec<Part> = Vec::with_capacity(named.len());
    for element in named {
        let number = element.get("PartNumber").and_then(|text| text.trim().parse().ok()).ok_or_else(body::malformed)?;
        if parts.last().is_some_and(|last| last.number >= number) {
            let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(AwsError::new("InvalidPartOrder", message).detail("UploadId", &upload.id));
        }
        let part = context.s3.objects.parts.get(&part_row(&upload.id, number));
        parts.push(part.filter(|part| is_meant(element, part)).cloned().ok_or_else(|| invalid_part(upload, element))?);
        require_checksum(upload, element, number)?;
    }
    match parts[..parts.len() - 1].iter().find(|part| part.content.size() < MIN_PART) {
        Some(part) => Err(too_small(part)),
        None => Ok(parts),
    }
}

/// Whether tag and checksum are those of the part, as far as they are given.
fn is_meant(element: &Element, part: &Part) -> bool {
    let algorithm = part.digest.algorithm();
    let same_checksum = element.get(algorithm.element()).is_none_or(|text| text.trim() == part.digest.to_string());
    same_checksum && element.get("ETag").is_some_and(|tag| part.etag.is(tag))
}

fn invalid_part(upload: &Upload, element: &Element) -> AwsError {
    let message = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the \
                   specified entity tag may not match the part's entity tag.";
    let detail = |name| element.get(name).unwrap_or_default();
    let error = AwsError::new("InvalidPart", message).detail("UploadId", &upload.id);
    error.detail("PartNumber", detail("PartNumber")).detail("ETag", detail("ETag"))
}

fn require_checksum(upload: &Upload, element: &Element, number: u16) -> Result<(), AwsError> {
    match upload.checksum {
        Some((algorithm, Kind::Composite)) if element.get(algorithm.element()).is_none() => {
            let name = algorithm.name().to_ascii_lowercase();
            Err(invalid_request(format!(
                "The upload was created using a {name} checksum. The complete request must include the checksum for each \
                 part. It was missing for part {number} in the request."
            )))
        }
        _ => Ok(()),
    }
}

fn too_small(part: &Part) -> AwsError {
    let message = "Your proposed upload is smaller than the minimum allowed size";
    let error = AwsError::new("EntityTooSmall", message).detail("ProposedSize", part.content.size().to_string());
    let error = error.detail("MinSizeAllowed", MIN_PART.to_string());
    error.detail("PartNumber", part.number.to_string()).detail("ETag", part.etag.to_string())
}

/// The object's checksum, from those of the parts.
fn checksum(upload: &Upload, parts: &[Part]) -> Result<Checksum, AwsError> {
    let (algorithm, kind) = upload.checksum.unwrap_or((Algorithm::Crc64Nvme, Kind::FullObject));
    if kind == Kind::Composite {
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.digest.bytes()).collect();
        return Ok(Checksum { digest: algorithm.of(&bytes), parts: count(parts) });
    }
    let none = algorithm.of(&[]);
    let joined = parts.iter().try_fold(none, |digest: Digest, part| digest.then(&part.digest, part.content.size()));
    let impossible = || invalid_request(format!("{} has no checksum of a whole object.", algorithm.name()));
    joined.map(Checksum::whole).ok_or_else(impossible)
}

fn count(parts: &[Part]) -> u16 {
    u16::try_from(parts.len()).unwrap_or(u16::MAX)
}

/// What the request says of the whole object must be so.
fn check_sent(ask: &Ask<'_>, upload: &Upload, parts: &[Part], checksum: &Checksum) -> Result<(), AwsError> {
    let size: u64 = parts.iter().map(|part| part.content.size()).sum();
    if let Some(text) = ask.header("x-amz-mp-object-size")
        && text.parse() != Ok(size)
    {
        let message = "The provided 'x-amz-mp-object-size' header value";
        return Err(invalid_request(format!("{message} {text} does not match what was computed: {size}")));
    }
    if let Some(kind) = ask.header("x-amz-checksum-type")
        && kind != checksum.kind()
    {
        let of = upload.checksum.map_or("null", |(_, kind)| kind.name());
        return Err(invalid_request(format!(
            "The upload was created using the {of} checksum mode. The complete request must use the same checksum mode."
        )));
    }
    let algorithm = checksum.algorithm();
    match ask.header(algorithm.header()) {
        Some(text) if text != checksum.to_string() && text != checksum.digest.to_string() => {
            let name = algorithm.name().to_ascii_lowercase();
            Err(AwsError::new("BadDigest", format!("The {name} you specified did not match the calculated checksum.")))
        }
        _ => Ok(()),
    }
}

/// The object: its parts' bytes one after the other, none of them copied.
fn object(context: &Context<'_>, upload: &Upload, parts: &[Part], checksum: Checksum) -> Version {
    let md5s: Vec<u8> = parts.iter().flat_map(|part| part.etag.md5).collect();
    let mut details = upload.details.clone();
    let own = |part: &Part| (checksum.parts > 0).then(|| part.digest.clone());
    let of = |part: &Part| PartOf { number: part.number, size: part.content.size(), digest: own(part) };
    details.parts = parts.iter().map(of).collect();
    Version {
        etag: ETag { md5: Md5::digest(&md5s).into(), parts: count(parts) },
        content: Content::joined(parts.iter().map(|part| &part.content)),
        class: upload.class,
        checksum: Some(checksum),
        details: details.some(),
        ..Version::marker(context.now)
    }
}

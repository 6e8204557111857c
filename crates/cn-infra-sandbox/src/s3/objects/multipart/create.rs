//! CreateMultipartUpload and AbortMultipartUpload.

use super::{Kind, Upload, forget, row, upload};
use crate::error::AwsError;
use crate::s3::objects::checksum::Algorithm;
use crate::s3::objects::metadata::{self, set};
use crate::s3::objects::storage_class::StorageClass;
use crate::s3::objects::{encryption, invalid_request, place};
use crate::s3::{Answer, Ask, Context, document, empty};

/// CreateMultipartUpload.
pub fn create(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = place(context, ask, "s3:PutObject")?;
    let details = metadata::given(context, ask, bucket)?;
    let class = StorageClass::parse(ask.header("x-amz-storage-class"))?;
    let checksum = checksum(ask)?;
    let id = new_id(context);
    let mut response = document("InitiateMultipartUploadResult", |xml| {
        xml.text("Bucket", &ask.bucket).text("Key", &ask.key).text("UploadId", &id);
    });
    encryption::tell(&details, &mut response);
    if let Some((algorithm, kind)) = checksum {
        set(&mut response, "x-amz-checksum-algorithm", algorithm.name());
        set(&mut response, "x-amz-checksum-type", kind.name());
    }
    let row = row(&ask.bucket, &ask.key, &id);
    let (bucket, key, initiated) = (ask.bucket.clone(), ask.key.clone(), context.now.as_second());
    context.s3.objects.uploads.insert(row, Upload { id, bucket, key, initiated, class, details, checksum });
    Ok(response)
}

/// Ids sort by the time and the order in which uploads were begun.
fn new_id(context: &mut Context<'_>) -> String {
    let objects = &mut context.s3.objects;
    objects.begun += 1;
    format!(
        "{:012x}{:08x}{:016x}{:016x}",
        context.now.as_millisecond(),
        objects.begun,
        fastrand::u64(..),
        fastrand::u64(..)
    )
}

/// The checksum that is asked for: CRC64NVME is one of the whole object, the SHAs of the parts' checksums, the other CRCs
/// either, of the parts' unless told otherwise.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
fn checksum(ask: &Ask<'_>) -> Result<Option<(Algorithm, Kind)>, AwsError> {
    let kind = match ask.header("x-amz-checksum-type") {
        None => None,
        Some("FULL_OBJECT") => Some(Kind::FullObject),
        Some("COMPOSITE") => Some(Kind::Composite),
        Some(_) => return Err(invalid_request("Value for x-amz-checksum-type header is invalid.")),
    };
    let Some(name) = ask.header("x-amz-checksum-algorithm") else {
        if kind.is_some() {
            let message = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
            return Err(invalid_request(message));
        }
        return Ok(None);
    };
    let algorithm = Algorithm::named(name)?;
    let default = if algorithm == Algorithm::Crc64Nvme { Kind::FullObject } else { Kind::Composite };
    let kind = kind.unwrap_or(default);
    let is_possible = match kind {
        Kind::FullObject => algorithm.is_crc(),
        Kind::Composite => algorithm != Algorithm::Crc64Nvme,
    };
    if is_possible {
        return Ok(Some((algorithm, kind)));
    }
    let (kind, name) = (kind.name(), algorithm.name().to_ascii_lowercase());
    Err(invalid_request(format!("The {kind} checksum type cannot be used with the {name} checksum algorithm.")))
}

/// AbortMultipartUpload.
pub fn abort(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    place(context, ask, "s3:AbortMultipartUpload")?;
    let id = upload(context, ask)?.id.clone();
    forget(context, ask, &id);
    Ok(empty(204))
}

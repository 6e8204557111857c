//! DeleteObjects: up to 1,000 keys, each with an outcome of its own.

use super::delete::{Deleted, one};
use super::payload::Payload;
use super::version::{Version, VersionId};
use super::{check_key, conditions, invalid_request, permit, reached};
use crate::error::AwsError;
use crate::faults::KeyFaults;
use crate::s3::configuration::Versioning;
use crate::s3::{Answer, Ask, Context, body, bucket, document};
use crate::xml::{Element, Xml};

/// How many keys one request may name. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const MAX_KEYS: usize = 1000;

/// DeleteObjects.
pub fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let versioning = reached(context, ask)?.configuration.versioning;
    let payload = Payload::of(ask)?;
    if payload.digest.is_none() && ask.header("content-md5").is_none() {
        return Err(invalid_request("Missing required header for this request: Content-MD5 OR x-amz-checksum-*"));
    }
    let request = Element::parse(&payload.bytes).filter(|request| request.name == "Delete");
    let request = request.ok_or_else(body::malformed)?;
    let named: Vec<_> = request.all("Object").collect();
    let all_keyed = named.iter().all(|object| object.get("Key").is_some_and(|key| !key.is_empty()));
    if named.is_empty() || named.len() > MAX_KEYS || !all_keyed {
        return Err(body::malformed());
    }
    let quiet = request.get("Quiet").is_some_and(|text| text.trim() == "true");
    let faults = ask.request.parts.extensions.get::<KeyFaults>();
    let fault_of = |n: usize| faults.and_then(|KeyFaults(faults)| faults.get(n)?.clone());
    Ok(document("DeleteResult", |xml| {
        for (n, object) in named.into_iter().enumerate() {
            match fault_of(n).map_or_else(|| carry_out(context, ask, versioning, object), Err) {
                Ok(_) if quiet => {}
                Ok(deleted) => write_deleted(xml, object, &deleted),
                Err(error) => write_error(xml, object, &error),
            }
        }
    }))
}

fn carry_out(
    context: &mut Context<'_>,
    ask: &Ask<'_>,
    versioning: Option<Versioning>,
    object: &Element,
) -> Result<Deleted, AwsError> {
    let key = object.get("Key").unwrap_or_default();
    check_key(key)?;
    permit(bucket(context, ask)?, "s3:DeleteObject", key, object.child("VersionId").is_some())?;
    if object.child("LastModifiedTime").is_some() || object.child("Size").is_some() {
        return Err(AwsError::not_modelled("conditions that only directory buckets have"));
    }
    let no_version = || AwsError::new("NoSuchVersion", "The specified version does not exist.");
    let id = object.get("VersionId").map(|id| VersionId::parse(id).ok_or_else(no_version)).transpose()?;
    conditions::delete(object.get("ETag"), key, context.s3.objects.index(&ask.bucket).current(key))?;
    let marker = Version::marker(context.now);
    Ok(one(context.s3.objects.index_mut(&ask.bucket), versioning, key, id, marker))
}

fn write_deleted(xml: &mut Xml, object: &Element, deleted: &Deleted) {
    xml.element("Deleted", |xml| {
        xml.some("Key", object.get("Key")).some("VersionId", object.get("VersionId"));
        if deleted.marker {
            xml.text("DeleteMarker", true).some("DeleteMarkerVersionId", deleted.version.as_deref());
        }
    });
}

fn write_error(xml: &mut Xml, object: &Element, error: &AwsError) {
    xml.element("Error", |xml| {
        xml.some("Key", object.get("Key")).some("VersionId", object.get("VersionId"));
        xml.text("Code", &error.code).text("Message", &error.message);
    });
}

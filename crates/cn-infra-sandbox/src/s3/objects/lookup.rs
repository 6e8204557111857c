//! Which version of an object a request means.

use super::index::Index;
use super::invalid_argument;
use super::version::{Version, VersionId};
use crate::error::AwsError;
use crate::s3::{Ask, Context};

/// The version of a key that is read: the current one, or that of `id`.
///
/// # Errors
/// `NoSuchKey` (404), also where the current version is a delete marker; `NoSuchVersion` (404), or `InvalidArgument` for what
/// cannot be an id; `MethodNotAllowed` (405) for a delete marker by its id.
pub fn version<'a>(index: &'a Index, key: &str, id: Option<&str>) -> Result<&'a Version, AwsError> {
    let Some(id) = id else {
        let current = index.current(key).ok_or_else(|| no_such_key(key))?;
        return if current.marker { Err(deleted(no_such_key(key), current)) } else { Ok(current) };
    };
    let found = index.version(key, parse_id(id)?).ok_or_else(|| no_such_version(key, id))?;
    if found.marker {
        let message = "The specified method is not allowed against this resource.";
        let error = AwsError::new("MethodNotAllowed", message).status(405).detail("ResourceType", "DeleteMarker");
        return Err(deleted(error.header("allow", "DELETE"), found));
    }
    Ok(found)
}

/// Reads a version id.
///
/// # Errors
/// `InvalidArgument` where no version can have it.
pub fn parse_id(id: &str) -> Result<VersionId, AwsError> {
    let message = if id.is_empty() { "Version id cannot be the empty string" } else { "Invalid version id specified" };
    VersionId::parse(id).ok_or_else(|| invalid_argument(message, "versionId", id))
}

fn deleted(error: AwsError, marker: &Version) -> AwsError {
    let modified = super::conditions::http_date(marker.modified());
    error
        .header("x-amz-delete-marker", "true")
        .header("x-amz-version-id", marker.id())
        .header("last-modified", modified)
}

/// `NoSuchKey`, 404.
pub fn no_such_key(key: &str) -> AwsError {
    AwsError::new("NoSuchKey", "The specified key does not exist.").status(404).detail("Key", key)
}

/// `NoSuchVersion`, 404.
pub fn no_such_version(key: &str, id: &str) -> AwsError {
    let error = AwsError::new("NoSuchVersion", "The specified version does not exist.").status(404);
    error.detail("Key", key).detail("VersionId", id)
}

/// As [`version`], to be changed.
///
/// # Errors
/// As [`version`].
pub fn version_mut<'a>(context: &'a mut Context<'_>, ask: &Ask<'_>) -> Result<&'a mut Version, AwsError> {
    let objects = &mut context.s3.objects;
    let seq = version(objects.index(&ask.bucket), &ask.key, ask.param("versionId"))?.seq;
    objects.index_mut(&ask.bucket).change(&ask.key, seq).ok_or_else(|| no_such_key(&ask.key))
}

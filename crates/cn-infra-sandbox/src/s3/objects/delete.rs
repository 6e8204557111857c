//! DeleteObject.

use super::index::Index;
use super::lookup::parse_id;
use super::metadata::set;
use super::version::{Version, VersionId};
use super::{conditions, place};
use crate::error::AwsError;
use crate::s3::configuration::Versioning;
use crate::s3::{Answer, Ask, Context, empty};

/// What a deletion did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Whether a delete marker was made, or removed.
    pub marker: bool,
    /// The version that was made or removed; `None` in a bucket that was never versioned.
    pub version: Option<String>,
}

/// DeleteObject.
pub fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    if ask.header("x-amz-if-match-last-modified-time").is_some() || ask.header("x-amz-if-match-size").is_some() {
        return Err(AwsError::not_modelled("conditions that only directory buckets have"));
    }
    let versioning = place(context, ask, "s3:DeleteObject")?.configuration.versioning;
    let id = ask.param("versionId").map(parse_id).transpose()?;
    conditions::delete(ask.header("if-match"), &ask.key, context.s3.objects.index(&ask.bucket).current(&ask.key))?;
    let marker = Version::marker(context.now);
    let deleted = one(context.s3.objects.index_mut(&ask.bucket), versioning, &ask.key, id, marker);
    let mut response = empty(204);
    if deleted.marker {
        set(&mut response, "x-amz-delete-marker", "true");
    }
    if let Some(version) = deleted.version.as_deref().or(ask.param("versionId")) {
        set(&mut response, "x-amz-version-id", version);
    }
    Ok(response)
}

/// Deletes one version for good, where its id is given; else the object: in a bucket that is, or was, versioned by a delete
/// marker, which under suspended versioning takes the place of the version `null`. What is not there is deleted already.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html>
pub fn one(
    index: &mut Index,
    versioning: Option<Versioning>,
    key: &str,
    id: Option<VersionId>,
    marker: Version,
) -> Deleted {
    match (id, versioning) {
        (None, Some(versioning)) => {
            let made = index.add(key, marker, versioning == Versioning::Enabled);
            Deleted { marker: true, version: Some(made.id()) }
        }
        (id, _) => {
            let Some(version) = index.version(key, id.unwrap_or(VersionId::Null)) else { return Deleted::default() };
            let told = (versioning.is_some() || id.is_some()).then(|| version.id());
            let (seq, marker) = (version.seq, version.marker);
            index.remove(key, seq);
            Deleted { marker, version: told }
        }
    }
}

//! What is in a bucket, before it is deleted. CN405: objects.

use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{ErrorClass, ManageError, Obstacle};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::Bucket;
use super::observe::READS_IN_FLIGHT;
use super::target::Target;
use crate::session::Session;

/// Those that hold objects, which S3 refuses to delete.
pub(super) async fn obstacles(
    session: &Session,
    doomed: &[Observed<Bucket>],
) -> Result<Vec<(PhysicalId, Obstacle)>, ManageError> {
    let ids: Vec<_> = doomed.iter().map(|bucket| bucket.id.clone()).collect();
    let calls = stream::iter(ids).map(|id| async move {
        let holds = Target { session, name: &id.0 }.holds_objects().await?;
        Ok::<_, ManageError>(holds.then(|| (id, not_empty())))
    });
    let found: Vec<_> = calls.buffered(READS_IN_FLIGHT).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

fn not_empty() -> Obstacle {
    Obstacle {
        code: Some("CN405"),
        why: "the bucket holds objects, and S3 deletes only an empty one".to_owned(),
        hint: "copy what is needed, then `cn-infra bucket empty` deletes every object, version and unfinished upload"
            .to_owned(),
    }
}

impl Target<'_> {
    /// Versions count, and delete markers: a listing of objects shows neither.
    async fn holds_objects(&self) -> Result<bool, ManageError> {
        let call = self.s3().list_object_versions().bucket(self.name).max_keys(1).expected_bucket_owner(self.account());
        match call.send().await {
            Ok(answer) => Ok(!answer.versions().is_empty() || !answer.delete_markers().is_empty()),
            Err(error) => match self.failed("ListObjectVersions", error) {
                failure if failure.class == ErrorClass::Gone => Ok(false),
                failure => Err(failure),
            },
        }
    }
}

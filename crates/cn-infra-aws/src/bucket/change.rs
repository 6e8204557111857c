//! Changing and deleting a bucket.

use cn_infra_core::manager::{Change, ErrorClass, ManageError, Progress};

use super::Bucket;
use super::aspect::Aspect;
use super::target::Target;

/// Writes what differs, in the fixed order.
pub(super) async fn bucket(target: &Target<'_>, change: &Change<'_, Bucket>) -> Result<Progress, ManageError> {
    if !change.tags.is_empty() {
        target.write_tags(change.tags).await?;
    }
    let differs = Aspect::ALL.into_iter().filter(|aspect| change.touches(aspect.field()));
    target.write(differs, change.desired).await?;
    Ok(Progress::Done)
}

/// Deletes an empty bucket; one that is gone is deleted.
pub(super) async fn delete(target: &Target<'_>) -> Result<Progress, ManageError> {
    let answer = target.s3().delete_bucket().bucket(target.name).expected_bucket_owner(target.account()).send().await;
    let Err(error) = answer else { return Ok(Progress::Done) };
    let failure = target.failed("DeleteBucket", error);
    if failure.class == ErrorClass::Gone {
        return Ok(Progress::Done);
    }
    if failure.code.as_deref() == Some("BucketNotEmpty") {
        let hint = "delete every object, version, delete marker and unfinished upload of it first (S3 console: Empty)";
        return Err(ManageError { class: ErrorClass::Invalid, ..failure.hint(hint) });
    }
    Err(failure)
}

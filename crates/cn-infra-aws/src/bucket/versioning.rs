//! Whether overwritten and deleted objects are kept as versions.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use cn_infra_core::manager::ManageError;

use super::target::Target;

impl Target<'_> {
    /// Suspended, and never turned on, are both off: no new versions come to be.
    pub async fn read_versioning(&self) -> Result<bool, ManageError> {
        let call = self.s3().get_bucket_versioning().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.send().await.map_err(|error| self.failed("GetBucketVersioning", error))?;
        Ok(answer.status == Some(BucketVersioningStatus::Enabled))
    }

    /// Versioning that is on can only be suspended. Where it was never on nothing is sent: suspending would be accepted,
    /// and could not be undone.
    pub async fn write_versioning(&self, on: bool) -> Result<(), ManageError> {
        if !on && !self.read_versioning().await? {
            return Ok(());
        }
        let status = if on { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
        let configuration = VersioningConfiguration::builder().status(status).build();
        let call = self.s3().put_bucket_versioning().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.versioning_configuration(configuration).send().await;
        answer.map_err(|error| self.failed("PutBucketVersioning", error))?;
        Ok(())
    }
}

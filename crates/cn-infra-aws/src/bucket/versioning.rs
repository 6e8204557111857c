//! Whether overwritten and deleted objects are kept as versions.

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cn_infra_core::manager::ManageError;

use super::target::Target;

impl Target<'_> {
    /// Suspended, and never turned on, are both off: no new versions come to be.
    pub async fn read_versioning(&self) -> Result<bool, ManageError> {
        let call = self.s3().get_bucket_versioning().bucket(self.name).expected_bucket_owner(self.account());
        match call.send().await {
            Ok(answer) => Ok(answer.status == Some(BucketVersioningStatus::Enabled)),
            Err(error) => misnamed(&error).ok_or_else(|| self.failed("GetBucketVersioning", error)),
        }
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

/// What an answer says whose root element is not S3's `VersioningConfiguration`, so that the SDK refuses it: that of
/// moto, which is what people try this on.
fn misnamed<E>(error: &SdkError<E, HttpResponse>) -> Option<bool> {
    let body = std::str::from_utf8(error.raw_response()?.body().bytes()?).ok()?;
    body.contains("<GetBucketVersioningResponse").then(|| body.contains("<Status>Enabled</Status>"))
}

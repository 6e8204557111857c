//! Where S3 delivers the bucket's access logs.

use aws_sdk_s3::types::{BucketLoggingStatus, LoggingEnabled};
use cn_infra_core::address::Ref;
use cn_infra_core::manager::{ErrorClass, ManageError};
use cn_infra_core::value::OrNone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Bucket;
use super::target::{Target, incomplete};

/// Where access logs are delivered.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The bucket that receives them, of the same region and account: `bucket.logs`, or a bucket's name.
    pub bucket: Ref<Bucket>,
    /// How their keys begin; left out: with nothing.
    #[serde(default)]
    pub prefix: String,
}

impl Target<'_> {
    pub async fn read_logging(&self) -> Result<OrNone<Logging>, ManageError> {
        let live = self.logging().await?;
        Ok(OrNone::from_option(
            live.map(|live| Logging { bucket: Ref::foreign(live.target_bucket), prefix: live.target_prefix }),
        ))
    }

    /// Grants on the logs and the form of their keys stay as they are.
    pub async fn write_logging(&self, logging: &OrNone<Logging>) -> Result<(), ManageError> {
        let enabled = match logging {
            OrNone::None => None,
            OrNone::Some(logging) => Some(enabled(logging, self.logging().await?)?),
        };
        let status = BucketLoggingStatus::builder().set_logging_enabled(enabled).build();
        let call = self.s3().put_bucket_logging().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.bucket_logging_status(status).send().await;
        answer.map_err(|error| hint_target(self.failed("PutBucketLogging", error)))?;
        Ok(())
    }

    async fn logging(&self) -> Result<Option<LoggingEnabled>, ManageError> {
        let call = self.s3().get_bucket_logging().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.send().await.map_err(|error| self.failed("GetBucketLogging", error))?;
        Ok(answer.logging_enabled)
    }
}

fn enabled(logging: &Logging, live: Option<LoggingEnabled>) -> Result<LoggingEnabled, ManageError> {
    let Logging { bucket, prefix } = logging;
    let unresolved = || ManageError::new(ErrorClass::Invalid, format!("{bucket} has no bucket yet"));
    let (grants, format) = live.map_or((None, None), |live| (live.target_grants, live.target_object_key_format));
    LoggingEnabled::builder()
        .target_bucket(bucket.id().ok_or_else(unresolved)?)
        .target_prefix(prefix)
        .set_target_grants(grants)
        .set_target_object_key_format(format)
        .build()
        .map_err(incomplete)
}

fn hint_target(failure: ManageError) -> ManageError {
    if !matches!(failure.code.as_deref(), Some("InvalidTargetBucketForLogging" | "CrossLocationLoggingProhibited")) {
        return failure;
    }
    failure.hint(
        "the bucket that receives logs must be in the same region and account, and let logging.s3.amazonaws.com \
         put objects by its policy",
    )
}

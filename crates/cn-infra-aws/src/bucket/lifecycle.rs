//! Rules by which objects expire or move to another storage class.

use std::collections::BTreeMap;

use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::BucketLifecycleConfiguration;
use cn_infra_core::manager::ManageError;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::order::in_order_of;
use super::target::{Target, incomplete};

mod date;
mod s3;

/// One rule: which objects, and what becomes of them.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// The rule's name, unique within the bucket, at most 255 characters.
    pub id: String,
    /// Whether it is in force; left out: it is.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Only objects whose keys begin so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Only objects that bear all of these tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Only objects larger than this, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub larger_than: Option<i64>,
    /// Only objects smaller than this, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smaller_than: Option<i64>,
    /// Objects expire this many days after they were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_days: Option<i32>,
    /// Objects expire on this day, at midnight UTC: `2027-01-31`.
    #[serde(default, deserialize_with = "date::read", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expiration_date: Option<Date>,
    /// Delete markers that hide no version any more are removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired_object_delete_marker: bool,
    /// Versions expire this many days after they were replaced or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_expiration_days: Option<i32>,
    /// Moves to other storage classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
    /// Uploads in parts that were not finished are dropped this many days after they began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_incomplete_multipart_days: Option<i32>,
}

/// A move to another storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// This many days after the object was made.
    pub days: i32,
    /// STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER or DEEP_ARCHIVE.
    pub storage_class: String,
}

fn yes() -> bool {
    true
}

/// Brings live rules into the order of the file: the order of rules, and of moves within one, means nothing.
pub(super) fn liken(live: &mut [LifecycleRule], desired: &[LifecycleRule]) {
    in_order_of(live, desired, |rule| &rule.id);
    for rule in live {
        if let Some(desired) = desired.iter().find(|desired| desired.id == rule.id) {
            // An empty prefix is none.
            if desired.prefix.as_deref() == Some("") && rule.prefix.is_none() {
                rule.prefix.clone_from(&desired.prefix);
            }
            in_order_of(&mut rule.transitions, &desired.transitions, |transition| transition);
        }
    }
}

impl Target<'_> {
    pub async fn read_lifecycle(&self) -> Result<Vec<LifecycleRule>, ManageError> {
        let rules = self.lifecycle().await?.map(|live| live.rules.unwrap_or_default());
        Ok(rules.unwrap_or_default().iter().map(LifecycleRule::from).collect())
    }

    /// What live rules of the same names hold beyond the model, and the smallest size for moves, stays as it is.
    pub async fn write_lifecycle(&self, rules: &[LifecycleRule]) -> Result<(), ManageError> {
        if rules.is_empty() {
            let call = self.s3().delete_bucket_lifecycle().bucket(self.name).expected_bucket_owner(self.account());
            call.send().await.map_err(|error| self.failed("DeleteBucketLifecycle", error))?;
            return Ok(());
        }
        let live = self.lifecycle().await?;
        let (kept, smallest) =
            live.map_or((None, None), |live| (live.rules, live.transition_default_minimum_object_size));
        let kept = kept.unwrap_or_default();
        let to_s3 = |rule: &LifecycleRule| rule.to_s3(kept.iter().find(|live| live.id() == Some(&rule.id)));
        let rules = rules.iter().map(to_s3).collect::<Result<_, _>>()?;
        let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(rules));
        let configuration = configuration.build().map_err(incomplete)?;
        let call = self.s3().put_bucket_lifecycle_configuration().bucket(self.name);
        let call = call.expected_bucket_owner(self.account()).lifecycle_configuration(configuration);
        let answer = call.set_transition_default_minimum_object_size(smallest).send().await;
        answer.map_err(|error| self.failed("PutBucketLifecycleConfiguration", error))?;
        Ok(())
    }

    async fn lifecycle(&self) -> Result<Option<GetBucketLifecycleConfigurationOutput>, ManageError> {
        let call = self.s3().get_bucket_lifecycle_configuration().bucket(self.name);
        let answer = call.expected_bucket_owner(self.account()).send().await;
        self.configured("GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration", answer)
    }
}

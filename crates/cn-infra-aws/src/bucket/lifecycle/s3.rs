//! Lifecycle rules to and from S3's form. What S3 knows beyond the model is kept on the way back.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule as S3Rule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration, Tag, Transition as S3Transition,
};
use aws_smithy_types::DateTime;
use cn_infra_core::manager::ManageError;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::{LifecycleRule, Transition};
use crate::bucket::target::incomplete;

impl From<&S3Rule> for LifecycleRule {
    fn from(rule: &S3Rule) -> Self {
        let expiration = rule.expiration();
        let mut read = Self {
            id: rule.id().unwrap_or_default().to_owned(),
            enabled: *rule.status() == ExpirationStatus::Enabled,
            prefix: None,
            tags: [].into(),
            larger_than: None,
            smaller_than: None,
            expiration_days: expiration.and_then(LifecycleExpiration::days),
            expiration_date: expiration.and_then(LifecycleExpiration::date).and_then(day),
            expired_object_delete_marker: expiration
                .and_then(LifecycleExpiration::expired_object_delete_marker)
                .unwrap_or(false),
            noncurrent_expiration_days: rule
                .noncurrent_version_expiration()
                .and_then(NoncurrentVersionExpiration::noncurrent_days),
            transitions: rule.transitions().iter().filter_map(by_days).collect(),
            abort_incomplete_multipart_days: rule
                .abort_incomplete_multipart_upload()
                .and_then(AbortIncompleteMultipartUpload::days_after_initiation),
        };
        read.read_filter(rule);
        read
    }
}

impl LifecycleRule {
    /// S3 has one predicate alone, several under `And`, or the prefix of old on the rule itself.
    fn read_filter(&mut self, rule: &S3Rule) {
        #[expect(deprecated, reason = "rules from before filters still have it")]
        let on_rule = rule.prefix();
        let filter = rule.filter();
        let and = filter.and_then(LifecycleRuleFilter::and);
        let prefix =
            on_rule.or(filter.and_then(LifecycleRuleFilter::prefix)).or(and.and_then(LifecycleRuleAndOperator::prefix));
        let alone = filter.and_then(LifecycleRuleFilter::tag);
        let several = and.map_or(&[][..], LifecycleRuleAndOperator::tags);
        self.prefix = prefix.filter(|prefix| !prefix.is_empty()).map(str::to_owned);
        self.tags = alone.into_iter().chain(several).map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        self.larger_than = filter
            .and_then(LifecycleRuleFilter::object_size_greater_than)
            .or(and.and_then(LifecycleRuleAndOperator::object_size_greater_than));
        self.smaller_than = filter
            .and_then(LifecycleRuleFilter::object_size_less_than)
            .or(and.and_then(LifecycleRuleAndOperator::object_size_less_than));
    }

    /// S3's form; `live` is the rule of that name as it is, whose other members are kept.
    pub(super) fn to_s3(&self, live: Option<&S3Rule>) -> Result<S3Rule, ManageError> {
        let status = if self.enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled };
        let abort = self.abort_incomplete_multipart_days;
        S3Rule::builder()
            .id(&self.id)
            .status(status)
            .filter(self.filter()?)
            .set_expiration(self.expiration())
            .set_transitions(self.s3_transitions(live))
            .set_noncurrent_version_expiration(self.noncurrent_expiration(live))
            .set_noncurrent_version_transitions(live.and_then(|live| live.noncurrent_version_transitions.clone()))
            .set_abort_incomplete_multipart_upload(
                abort.map(|days| AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()),
            )
            .build()
            .map_err(incomplete)
    }

    fn filter(&self) -> Result<LifecycleRuleFilter, ManageError> {
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build().map_err(incomplete);
        let tags = self.tags.iter().map(tag).collect::<Result<Vec<_>, _>>()?;
        let prefix = self.prefix.clone().filter(|prefix| !prefix.is_empty());
        let others = [prefix.is_some(), self.larger_than.is_some(), self.smaller_than.is_some()];
        let predicates = tags.len() + others.into_iter().filter(|is_there| *is_there).count();
        if predicates > 1 {
            let and = LifecycleRuleAndOperator::builder()
                .set_prefix(prefix)
                .set_tags((!tags.is_empty()).then_some(tags))
                .set_object_size_greater_than(self.larger_than)
                .set_object_size_less_than(self.smaller_than);
            return Ok(LifecycleRuleFilter::builder().and(and.build()).build());
        }
        // S3 wants the filter of a rule for all objects to be there, with an empty prefix.
        let prefix = if predicates == 0 { Some(String::new()) } else { prefix };
        Ok(LifecycleRuleFilter::builder()
            .set_prefix(prefix)
            .set_tag(tags.into_iter().next())
            .set_object_size_greater_than(self.larger_than)
            .set_object_size_less_than(self.smaller_than)
            .build())
    }

    fn expiration(&self) -> Option<LifecycleExpiration> {
        let marker = self.expired_object_delete_marker.then_some(true);
        let expires = self.expiration_days.is_some() || self.expiration_date.is_some() || marker.is_some();
        expires.then(|| {
            LifecycleExpiration::builder()
                .set_days(self.expiration_days)
                .set_date(self.expiration_date.and_then(midnight))
                .set_expired_object_delete_marker(marker)
                .build()
        })
    }

    /// Ours, and those of the live rule that go by a date.
    fn s3_transitions(&self, live: Option<&S3Rule>) -> Option<Vec<S3Transition>> {
        let ours = self.transitions.iter().map(|Transition { days, storage_class }| {
            S3Transition::builder().days(*days).storage_class(storage_class.as_str().into()).build()
        });
        let kept = live.map_or(&[][..], S3Rule::transitions).iter().filter(|live| by_days(live).is_none()).cloned();
        let all: Vec<_> = ours.chain(kept).collect();
        (!all.is_empty()).then_some(all)
    }

    fn noncurrent_expiration(&self, live: Option<&S3Rule>) -> Option<NoncurrentVersionExpiration> {
        let days = self.noncurrent_expiration_days?;
        let live = live.and_then(S3Rule::noncurrent_version_expiration);
        let kept = live.and_then(NoncurrentVersionExpiration::newer_noncurrent_versions);
        Some(NoncurrentVersionExpiration::builder().noncurrent_days(days).set_newer_noncurrent_versions(kept).build())
    }
}

/// A move that goes by days; one that goes by a date is not modelled.
fn by_days(transition: &S3Transition) -> Option<Transition> {
    let storage_class = transition.storage_class()?.as_str().to_owned();
    Some(Transition { days: transition.days()?, storage_class })
}

fn day(time: &DateTime) -> Option<Date> {
    let time = jiff::Timestamp::from_second(time.secs()).ok()?;
    Some(Offset::UTC.to_datetime(time).date())
}

fn midnight(day: Date) -> Option<DateTime> {
    let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    Some(DateTime::from_secs(midnight.as_second()))
}

//! What S3 refuses of rules that keep to its schema.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::{Expiration, Filter, Noncurrent, Rule, Scope, Transition, When};
use crate::error::AwsError;

/// No name is longer.
const MAX_ID: usize = 255;
/// Newer versions that a rule can spare.
const NEWER: std::ops::RangeInclusive<i32> = 1..=100;

/// Checks all rules of a configuration.
pub fn rules(rules: &[Rule]) -> Result<(), AwsError> {
    let mut ids = BTreeSet::new();
    for rule in rules {
        if rule.id.chars().count() > MAX_ID {
            return argument(format!("ID length should not exceed allowed limit of {MAX_ID}"));
        }
        if !ids.insert(&rule.id) {
            return argument("Rule ID must be unique. Found same ID for more than one rule.");
        }
        rule.check()?;
    }
    Ok(())
}

impl Rule {
    fn check(&self) -> Result<(), AwsError> {
        let acts = self.expiration.is_some()
            || !self.transitions.is_empty()
            || self.noncurrent_expiration.is_some()
            || !self.noncurrent_transitions.is_empty()
            || self.abort_days.is_some();
        if !acts {
            return request("At least one action needs to be specified in a rule.");
        }
        self.check_scope()?;
        self.check_times()?;
        self.check_order()?;
        self.check_noncurrent()
    }

    /// Delete markers and unfinished uploads bear no tags and have no size.
    fn check_scope(&self) -> Result<(), AwsError> {
        let Scope::Filter(Filter { tags, larger_than, smaller_than, .. }) = &self.scope else {
            return Ok(());
        };
        if let (Some(larger), Some(smaller)) = (larger_than, smaller_than)
            && smaller <= larger
        {
            return request("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
        }
        let has_size = larger_than.is_some() || smaller_than.is_some();
        let what = match (tags.is_empty(), has_size) {
            (false, _) => "Tags",
            (true, true) => "Object Size",
            (true, false) => return Ok(()),
        };
        if matches!(self.expiration, Some(Expiration::Markers(_))) {
            return request(format!("ExpiredObjectDeleteMarker cannot be specified with {what}."));
        }
        if self.abort_days.is_some() {
            return request(format!("AbortIncompleteMultipartUpload cannot be specified with {what}."));
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), AwsError> {
        if let Some(Expiration::At(when)) = self.expiration {
            when.check("Expiration", 1)?;
        }
        for Transition { when, class } in &self.transitions {
            when.check("Transition", 0)?;
            if let When::Days(days) = when
                && *days < least_days(class)
            {
                return argument(format!(
                    "'Days' in Transition action must be greater than or equal to 30 for storageClass '{class}'"
                ));
            }
        }
        match self.abort_days {
            Some(days) if days < 1 => {
                argument("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
            }
            _ => Ok(()),
        }
    }

    /// Each class once, all by days or all by dates, and expiration last.
    fn check_order(&self) -> Result<(), AwsError> {
        let of = self.of();
        let classes: BTreeSet<_> = self.transitions.iter().map(|transition| &transition.class).collect();
        if classes.len() < self.transitions.len() {
            return request(format!("'StorageClass' must be different for 'Transition' actions in same 'Rule' {of}"));
        }
        let expires = match self.expiration {
            Some(Expiration::At(when)) => Some(when),
            _ => None,
        };
        let mut times = self.transitions.iter().map(|transition| transition.when).chain(expires);
        let by_days = |when: &When| matches!(when, When::Days(_));
        if let Some(first) = times.next()
            && times.any(|when| by_days(&when) != by_days(&first))
        {
            return request(format!(
                "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule {of}"
            ));
        }
        for transition in &self.transitions {
            match (expires, transition.when) {
                (Some(When::Days(end)), When::Days(days)) if end <= days => {
                    return argument(format!(
                        "'Days' in the Expiration action {of} must be greater than 'Days' in the Transition action"
                    ));
                }
                (Some(When::Date(end)), When::Date(date)) if end <= date => {
                    return argument(format!(
                        "'Date' in the Expiration action {of} must be later than 'Date' in the Transition action"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_noncurrent(&self) -> Result<(), AwsError> {
        if let Some(Noncurrent { days, newer }) = self.noncurrent_expiration {
            if days < 1 {
                return argument("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer");
            }
            self.check_newer(newer)?;
        }
        for (Noncurrent { days, newer }, class) in &self.noncurrent_transitions {
            if *days < least_days(class) {
                return argument(format!(
                    "'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to {} for \
                     storageClass '{class}'",
                    least_days(class)
                ));
            }
            self.check_newer(*newer)?;
            if let Some(end) = self.noncurrent_expiration
                && end.days <= *days
            {
                return argument(format!(
                    "'NoncurrentDays' in the NoncurrentVersionExpiration action {} must be greater than \
                     'NoncurrentDays' in the NoncurrentVersionTransition action",
                    self.of()
                ));
            }
        }
        Ok(())
    }

    fn check_newer(&self, newer: Option<i32>) -> Result<(), AwsError> {
        let Some(newer) = newer else { return Ok(()) };
        if matches!(self.scope, Scope::Prefix(_)) {
            return request("'NewerNoncurrentVersions' can only be used with a 'Filter'.");
        }
        if NEWER.contains(&newer) {
            return Ok(());
        }
        argument("'NewerNoncurrentVersions' must be between 1 and 100")
    }

    /// How S3 names a rule in what it refuses.
    fn of(&self) -> String {
        match &self.scope {
            Scope::Prefix(prefix) => format!("for prefix '{prefix}'"),
            Scope::Filter(filter) => {
                format!("for filter '(prefix={})'", filter.prefix.as_deref().unwrap_or_default())
            }
        }
    }
}

impl When {
    fn check(self, action: &str, least: i32) -> Result<(), AwsError> {
        match self {
            Self::Days(days) if days < least => {
                let kind = if least == 0 { "nonnegative" } else { "positive" };
                argument(format!("'Days' for {action} action must be a {kind} integer"))
            }
            Self::Date(date) if TimeZone::UTC.to_datetime(date).time() != jiff::civil::Time::midnight() => {
                argument("'Date' must be at midnight GMT")
            }
            Self::Days(_) | Self::Date(_) => Ok(()),
        }
    }
}

/// The classes of infrequent access take no object that is younger.
fn least_days(class: &str) -> i32 {
    if matches!(class, "STANDARD_IA" | "ONEZONE_IA") { 30 } else { 0 }
}

fn argument(message: impl Into<String>) -> Result<(), AwsError> {
    Err(AwsError::new("InvalidArgument", message))
}

fn request(message: impl Into<String>) -> Result<(), AwsError> {
    Err(AwsError::new("InvalidRequest", message))
}

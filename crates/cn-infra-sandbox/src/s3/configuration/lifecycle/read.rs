//! Rules as they come in a document.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Expiration, Filter, Noncurrent, Rule, Scope, Transition, When};
use crate::error::AwsError;
use crate::ids;
use crate::s3::body::malformed;
use crate::s3::configuration::tagging::{pair, tag_set};
use crate::xml::Element;

/// No configuration has more. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
const MAX_RULES: usize = 1000;

const CLASSES: [&str; 6] =
    ["GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"];

/// The rules of a `LifecycleConfiguration`.
pub fn rules(document: &Element) -> Result<Vec<Rule>, AwsError> {
    document.only(&[], &["Rule"])?;
    if document.children.is_empty() || document.children.len() > MAX_RULES {
        return Err(malformed());
    }
    document.children.iter().map(rule).collect()
}

/// A rule without a name gets one.
fn rule(rule: &Element) -> Result<Rule, AwsError> {
    let single = [
        "ID",
        "Status",
        "Prefix",
        "Filter",
        "Expiration",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
    ];
    rule.only(&single, &["Transition", "NoncurrentVersionTransition"])?;
    Ok(Rule {
        id: rule.get("ID").filter(|id| !id.is_empty()).map_or_else(ids::request, str::to_owned),
        enabled: match rule.require("Status")? {
            "Enabled" => true,
            "Disabled" => false,
            _ => return Err(malformed()),
        },
        scope: scope(rule)?,
        expiration: rule.child("Expiration").map(expiration).transpose()?,
        transitions: rule.all("Transition").map(transition).collect::<Result<_, _>>()?,
        noncurrent_expiration: rule.child("NoncurrentVersionExpiration").map(noncurrent_expiration).transpose()?,
        noncurrent_transitions: rule
            .all("NoncurrentVersionTransition")
            .map(noncurrent_transition)
            .collect::<Result<_, _>>()?,
        abort_days: rule.child("AbortIncompleteMultipartUpload").map(abort_days).transpose()?,
    })
}

fn scope(rule: &Element) -> Result<Scope, AwsError> {
    match (rule.get("Prefix"), rule.child("Filter")) {
        (Some(prefix), None) => Ok(Scope::Prefix(prefix.to_owned())),
        (None, Some(element)) => filter(element).map(Scope::Filter),
        _ => Err(malformed()),
    }
}

/// One condition, or several in an `And`.
fn filter(element: &Element) -> Result<Filter, AwsError> {
    element.only(&["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And"], &[])?;
    if element.children.len() > 1 {
        return Err(malformed());
    }
    let mut conditions = element;
    if let Some(and) = element.child("And") {
        and.only(&["Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"], &["Tag"])?;
        conditions = and;
    }
    let tags = match element.child("Tag") {
        Some(tag) => [pair(tag)?].into(),
        None => tag_set(&only_tags(conditions))?,
    };
    Ok(Filter {
        prefix: conditions.get("Prefix").map(str::to_owned),
        tags,
        larger_than: conditions.parsed("ObjectSizeGreaterThan")?,
        smaller_than: conditions.parsed("ObjectSizeLessThan")?,
        and: element.child("And").is_some(),
    })
}

fn only_tags(and: &Element) -> Element {
    Element { children: and.all("Tag").cloned().collect(), ..Element::default() }
}

fn expiration(element: &Element) -> Result<Expiration, AwsError> {
    element.only(&["Days", "Date", "ExpiredObjectDeleteMarker"], &[])?;
    match (element.flag("ExpiredObjectDeleteMarker")?, element.children.len()) {
        (Some(markers), 1) => Ok(Expiration::Markers(markers)),
        (None, 1) => when(element).map(Expiration::At),
        _ => Err(malformed()),
    }
}

fn transition(element: &Element) -> Result<Transition, AwsError> {
    element.only(&["Days", "Date", "StorageClass"], &[])?;
    Ok(Transition { when: when(element)?, class: class(element)? })
}

fn class(element: &Element) -> Result<String, AwsError> {
    let class = element.require("StorageClass")?;
    if CLASSES.contains(&class) { Ok(class.to_owned()) } else { Err(malformed()) }
}

fn when(element: &Element) -> Result<When, AwsError> {
    match (element.parsed("Days")?, element.get("Date")) {
        (Some(days), None) => Ok(When::Days(days)),
        (None, Some(text)) => date(text.trim()).map(When::Date).ok_or_else(malformed),
        _ => Err(malformed()),
    }
}

/// A time, or a day: its midnight.
fn date(text: &str) -> Option<Timestamp> {
    let midnight = || TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.into()).ok();
    text.parse().ok().or_else(midnight)
}

fn noncurrent_expiration(element: &Element) -> Result<Noncurrent, AwsError> {
    element.only(&["NoncurrentDays", "NewerNoncurrentVersions"], &[])?;
    noncurrent(element)
}

fn noncurrent_transition(element: &Element) -> Result<(Noncurrent, String), AwsError> {
    element.only(&["NoncurrentDays", "NewerNoncurrentVersions", "StorageClass"], &[])?;
    Ok((noncurrent(element)?, class(element)?))
}

fn noncurrent(element: &Element) -> Result<Noncurrent, AwsError> {
    let days = element.parsed("NoncurrentDays")?.ok_or_else(malformed)?;
    Ok(Noncurrent { days, newer: element.parsed("NewerNoncurrentVersions")? })
}

fn abort_days(element: &Element) -> Result<i32, AwsError> {
    element.only(&["DaysAfterInitiation"], &[])?;
    element.parsed("DaysAfterInitiation")?.ok_or_else(malformed)
}

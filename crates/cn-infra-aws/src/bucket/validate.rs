//! Rules over the fields of a bucket that their types cannot say.

use std::collections::BTreeSet;

use cn_infra_core::resource::Problem;
use cn_infra_core::value::{FileText, OrNone};

use super::access::ObjectOwnership;
use super::acl::CannedAcl;
use super::cors::CorsRule;
use super::encryption::Encryption;
use super::lifecycle::LifecycleRule;
use super::website::Website;
use super::{Bucket, policy};

/// S3's limit for a bucket policy, in bytes.
const POLICY_BYTES: usize = 20_480;
/// S3's limit for CORS rules.
const CORS_RULES: usize = 100;
/// S3's limit for lifecycle rules.
const LIFECYCLE_RULES: usize = 1_000;
const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];
const STORAGE_CLASSES: [&str; 6] =
    ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];

pub(super) fn bucket(bucket: &Bucket, each: &mut dyn FnMut(Problem)) {
    if let Some(OrNone::Some(policy)) = &bucket.policy_file {
        policy_file(policy).into_iter().for_each(&mut *each);
    }
    if let Some(Encryption::Other(other)) = &bucket.encryption {
        let allowed = "write \"AES256\" or { kms = \"alias/my-key\" }";
        each(Problem::new("encryption", format!("{other:?} cannot be asked for")).hint(allowed));
    }
    acl(bucket, each);
    cors(bucket.cors.as_deref().unwrap_or_default(), each);
    lifecycle(bucket.lifecycle.as_deref().unwrap_or_default(), each);
    if let Some(OrNone::Some(wanted)) = &bucket.website {
        website(wanted).into_iter().for_each(each);
    }
}

/// A template may become JSON only once it is filled.
fn policy_file(text: &FileText) -> Option<Problem> {
    let problem = |message: String| Some(Problem::new("policy_file", message));
    let bytes = text.as_str().len();
    if bytes > POLICY_BYTES {
        return problem(format!("the policy has {bytes} bytes, and S3 allows {POLICY_BYTES}"));
    }
    match (policy::parse(text.as_str()), text) {
        (Ok(policy), _) if policy.get("Statement").is_none() => problem("the policy has no \"Statement\"".to_owned()),
        (Ok(_), _) | (Err(_), FileText::Template(_)) => None,
        (Err(error), FileText::Text(_)) => problem(format!("the policy is not valid JSON: {error}")),
    }
}

fn acl(bucket: &Bucket, each: &mut dyn FnMut(Problem)) {
    let Some(acl) = bucket.acl else { return };
    if acl == CannedAcl::Custom {
        let hint = "write private, public-read, public-read-write, authenticated-read or log-delivery-write, or leave \
                    `acl` out to keep the one there is";
        each(Problem::new("acl", "\"custom\" cannot be asked for").hint(hint));
    }
    if bucket.object_ownership == Some(ObjectOwnership::BucketOwnerEnforced) {
        let hint = "leave `acl` out, or choose \"bucket_owner_preferred\" or \"object_writer\"";
        each(Problem::new("acl", "ACLs are off where object_ownership is \"bucket_owner_enforced\"").hint(hint));
    }
}

fn cors(rules: &[CorsRule], each: &mut dyn FnMut(Problem)) {
    if rules.len() > CORS_RULES {
        each(Problem::new("cors", format!("{} rules, and S3 allows {CORS_RULES}", rules.len())));
    }
    for (index, rule) in rules.iter().enumerate() {
        let number = index + 1;
        let mut problem = |message: String| each(Problem::new(format!("cors.{index}"), message));
        for method in rule.methods.iter().filter(|method| !METHODS.contains(&method.as_str())) {
            problem(format!("rule {number}: {method:?} is not a method that S3 knows: {}", METHODS.join(", ")));
        }
        for text in rule.origins.iter().chain(&rule.headers).filter(|text| text.matches('*').count() > 1) {
            problem(format!("rule {number}: {text:?} holds more than one *"));
        }
        if rule.origins.is_empty() || rule.methods.is_empty() {
            problem(format!("rule {number}: it needs at least one origin and one method"));
        }
    }
}

fn lifecycle(rules: &[LifecycleRule], each: &mut dyn FnMut(Problem)) {
    if rules.len() > LIFECYCLE_RULES {
        each(Problem::new("lifecycle", format!("{} rules, and S3 allows {LIFECYCLE_RULES}", rules.len())));
    }
    let mut ids = BTreeSet::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut problem = |message: &str| {
            each(Problem::new(format!("lifecycle.{index}"), format!("rule {:?}: {message}", rule.id)));
        };
        if rule.id.is_empty() || rule.id.len() > 255 {
            problem("its id must have 1 to 255 characters");
        }
        if !ids.insert(&rule.id) {
            problem("another rule has this id");
        }
        lifecycle_rule(rule, &mut problem);
    }
}

fn lifecycle_rule(rule: &LifecycleRule, problem: &mut dyn FnMut(&str)) {
    let expirations =
        [rule.expiration_days.is_some(), rule.expiration_date.is_some(), rule.expired_object_delete_marker];
    let expires = expirations.into_iter().filter(|is_set| *is_set).count();
    if expires > 1 {
        problem("it may have one of expiration_days, expiration_date and expired_object_delete_marker");
    }
    let versions_or_uploads =
        rule.noncurrent_expiration_days.is_some() || rule.abort_incomplete_multipart_days.is_some();
    if expires == 0 && !versions_or_uploads && rule.transitions.is_empty() {
        problem("it says nothing to do");
    }
    let days = [rule.expiration_days, rule.noncurrent_expiration_days, rule.abort_incomplete_multipart_days];
    if days.into_iter().flatten().any(|days| days < 1) {
        problem("days must be 1 or more");
    }
    for transition in &rule.transitions {
        if !STORAGE_CLASSES.contains(&transition.storage_class.as_str()) {
            let known = STORAGE_CLASSES.join(", ");
            problem(&format!("{:?} is not a storage class to move to: {known}", transition.storage_class));
        }
        if transition.days < 0 {
            problem("days of a transition must be 0 or more");
        }
    }
    let sizes = [rule.larger_than, rule.smaller_than];
    if sizes.into_iter().flatten().any(|bytes| bytes < 0) {
        problem("sizes must be 0 bytes or more");
    }
    let filtered = !rule.tags.is_empty() || rule.larger_than.is_some() || rule.smaller_than.is_some();
    if rule.abort_incomplete_multipart_days.is_some() && filtered {
        problem("abort_incomplete_multipart_days goes with a prefix only, not with tags or sizes");
    }
}

fn website(website: &Website) -> Option<Problem> {
    let Website { index, error, redirect_all_to, protocol } = website;
    let message = match (index, redirect_all_to) {
        (None, None) => "it needs `index` or `redirect_all_to`",
        (Some(_), Some(_)) => "`index` and `redirect_all_to` exclude each other",
        (None, Some(_)) if error.is_some() => "`error` goes with `index` only",
        (Some(_), None) if protocol.is_some() => "`protocol` goes with `redirect_all_to` only",
        (Some(index), None) if index.is_empty() || index.contains('/') => "`index` may not be empty or hold a slash",
        _ => return None,
    };
    Some(Problem::new("website", message))
}

//! What deserves a remark about a bucket although it is valid.

use std::collections::BTreeSet;

use cn_infra_core::check::{Context, Finding, Severity};
use cn_infra_core::environment::Tier;
use cn_infra_core::value::{FileText, OrNone};
use serde_json::Value;

use super::policy::audit;
use super::{Bucket, PublicAccessBlock, name, policy};

pub(super) fn bucket(desired: &Bucket, context: &Context<'_, Bucket>, each: &mut dyn FnMut(Finding)) {
    bad_name(context.situation.name).into_iter().for_each(&mut *each);
    if context.situation.tier == Tier::Production {
        overwritten(desired, context.live).into_iter().for_each(&mut *each);
    }
    let live = context.live.and_then(|live| document(live.policy_file.as_ref()));
    let wanted = document(desired.policy_file.as_ref());
    if let (Some(live), Some(_)) = (&live, &desired.policy_file) {
        lost_access(live, wanted.as_ref()).into_iter().for_each(&mut *each);
    }
    let Some(wanted) = wanted else { return };
    deleted_principals(live.iter().chain([&wanted])).into_iter().for_each(&mut *each);
    blocked_policy(desired, context.live, &wanted).into_iter().for_each(each);
}

/// A policy that can be read as one; a template that is not yet filled often can.
fn document(policy: Option<&OrNone<FileText>>) -> Option<Value> {
    policy::parse(policy?.some()?.as_str()).ok()
}

fn bad_name(name: &str) -> Option<Finding> {
    let fault = name::fault(name)?;
    let message = format!("{name:?} cannot be the name of a bucket: {fault}");
    let hint = "see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html";
    Some(Finding::new("CN401", Severity::Error, message).hint(hint))
}

/// What the file leaves out is as it is, and off on a new bucket.
fn overwritten(desired: &Bucket, live: Option<&Bucket>) -> Option<Finding> {
    let is_on = desired.versioning.or(live.and_then(|live| live.versioning)) == Some(true);
    let message = "a production bucket keeps no former versions: what is overwritten or deleted is gone";
    (!is_on).then(|| Finding::new("CN406", Severity::Warning, message).hint("set versioning = true"))
}

fn deleted_principals<'a>(policies: impl Iterator<Item = &'a Value>) -> Option<Finding> {
    let deleted: BTreeSet<_> = policies.flat_map(audit::deleted_principals).collect();
    if deleted.is_empty() {
        return None;
    }
    let ids = deleted.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!("the policy names users or roles that were deleted: {ids}");
    let hint = "AWS shows the id of a principal that is gone, and a new one of the same name is another: make sure that \
                the file names one that exists, by its ARN";
    Some(Finding::new("CN402", Severity::Warning, message).hint(hint))
}

fn lost_access(live: &Value, desired: Option<&Value>) -> Option<Finding> {
    let lost = audit::lost_access(live, desired);
    if lost.is_empty() {
        return None;
    }
    let message = format!("the change of the policy takes access away: {}", lost.join("; "));
    let hint = "make sure that nobody who is denied by it still needs the bucket";
    Some(Finding::new("CN403", Severity::Warning, message).hint(hint))
}

/// A public policy beside switches that refuse it or make it count for nobody; AWS makes new buckets with all of them.
fn blocked_policy(desired: &Bucket, live: Option<&Bucket>, policy: &Value) -> Option<Finding> {
    let statement = audit::public_statement(policy)?;
    let live_block = live.and_then(|live| live.public_access_block);
    let is_on = |of: fn(&PublicAccessBlock) -> Option<bool>| {
        desired.public_access_block.as_ref().and_then(of).or(live_block.as_ref().and_then(of))
    };
    let (severity, effect) = if is_on(|block| block.block_public_policy) == Some(true) {
        (Severity::Warning, "block_public_policy refuses it")
    } else if is_on(|block| block.restrict_public_buckets) == Some(true) {
        (Severity::Warning, "restrict_public_buckets makes it count for the account's own principals only")
    } else if live.is_none() && is_on(|block| block.block_public_policy).is_none() {
        (Severity::Note, "a new bucket refuses it: block_public_policy is on unless the file says otherwise")
    } else {
        return None;
    };
    let message = format!("the policy is public ({statement}), and {effect}");
    let hint =
        "a condition on aws:Referer does not make a policy less public: set the switch to false, or name principals";
    Some(Finding::new("CN404", severity, message).hint(hint))
}

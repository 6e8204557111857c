//! Bucket policies: compared by meaning, whatever stands in them.

use cn_infra_aws::bucket::Bucket;
use cn_infra_core::check::{Context, Situation};
use cn_infra_core::environment::Tier;
use cn_infra_core::resource::Resource;
use cn_infra_core::value::{FileText, OrNone};
use jiff::Timestamp;
use serde_json::Value;

/// Two policies, a line of three dashes between them; without one, the second has the first's statements reversed.
///
/// # Panics
/// Where a comparison contradicts itself.
pub fn policy(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (one, other) = match text.split_once("\n---\n") {
        Some((one, other)) => (one.to_owned(), other.to_owned()),
        None => (text.to_string(), reversed(&text)),
    };
    for (live, desired) in [(&one, &other), (&other, &one)] {
        judge(live, desired);
    }
    for text in [&one, &other] {
        assert_eq!(likened(text, text), *text, "a policy differs from itself");
    }
    let agree = [likened(&one, &other) == other, likened(&other, &one) == one];
    // A text that is no JSON is what it is.
    if [&one, &other].iter().all(|text| serde_json::from_str::<Value>(text).is_ok()) {
        assert_eq!(agree[0], agree[1], "{one} means {other} in one direction only");
        let shown = likened(&one, &other);
        assert_eq!(likened(&one, &shown), shown, "written otherwise, it means something else");
    }
}

/// The live policy in the words of the desired one.
fn likened(live: &str, desired: &str) -> String {
    let (mut live, mut desired) = (bucket(live), bucket(desired));
    desired.normalize(&mut live, Timestamp::UNIX_EPOCH);
    let policy = live.policy_file.and_then(|policy| policy.some().map(|text| text.as_str().to_owned()));
    policy.expect("a policy stays a policy")
}

/// Every question that is asked of policies.
fn judge(live: &str, desired: &str) {
    let (live, desired) = (bucket(live), bucket(desired));
    desired.validate(&mut |_| {});
    let situation = Situation { tier: Tier::Production, now: Timestamp::UNIX_EPOCH, name: "media", my_ip: None };
    for live in [None, Some(&live)] {
        desired.check(&Context { live, situation: &situation }, &mut |_| {});
    }
}

fn bucket(policy: &str) -> Bucket {
    Bucket { policy_file: Some(OrNone::Some(FileText::Text(policy.to_owned()))), ..Bucket::default() }
}

/// The same policy with its statements and the elements of each in another order.
fn reversed(text: &str) -> String {
    let Ok(mut policy) = serde_json::from_str::<Value>(text) else { return String::new() };
    if let Some(Value::Array(statements)) = policy.get_mut("Statement") {
        statements.reverse();
        for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
            *statement = std::mem::take(statement).into_iter().rev().collect();
        }
    }
    policy.to_string()
}

//! Whether a policy is public: whether anybody at all gets anything by it.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::{conditions, items, statements};

/// Keys whose fixed values make a grant to everybody one to somebody; in lower case.
const NARROWING: [&str; 17] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// Operators that hold for the given values alone.
const BINDING: [&str; 6] =
    ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"];

/// Whether one statement at least allows everybody something.
pub fn is_public(policy: &Value) -> bool {
    statements(policy).iter().any(|statement| {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        allows && is_for_everybody(statement) && !is_narrowed(statement)
    })
}

fn is_for_everybody(statement: &Value) -> bool {
    match statement.get("Principal") {
        None => true,
        Some(Value::Object(kinds)) => kinds.get("AWS").map_or(&[][..], items).iter().any(|who| who == "*"),
        Some(principal) => principal == "*",
    }
}

/// Operators and keys all must hold, so that one that narrows is enough.
fn is_narrowed(statement: &Value) -> bool {
    let condition = statement.get("Condition").and_then(Value::as_object);
    condition.into_iter().flatten().any(|(operator, keys)| {
        let binds = BINDING.contains(&conditions::operator(operator))
            && !operator.ends_with("IfExists")
            && !operator.starts_with("ForAllValues:");
        let mut keys = keys.as_object().into_iter().flatten();
        binds && keys.any(|(key, values)| narrows(&key.to_ascii_lowercase(), items(values)))
    })
}

fn narrows(key: &str, values: &[Value]) -> bool {
    let is_fixed = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        match key {
            "aws:sourceip" => conditions::cidr(text).is_some_and(is_narrow),
            "aws:userid" => is_fixed(text.strip_suffix(":*").unwrap_or(text)),
            _ => is_fixed(text),
        }
    };
    NARROWING.contains(&key) && !values.is_empty() && values.iter().all(is_fixed)
}

/// Without wildcards and variables.
fn is_fixed(text: &str) -> bool {
    !text.is_empty() && !text.contains(['*', '?']) && !text.contains("${")
}

/// Ranges wider than /8, or /32 of IPv6, are public.
fn is_narrow(range: IpNet) -> bool {
    range.prefix_len() >= if matches!(range.network(), IpAddr::V4(_)) { 8 } else { 32 }
}

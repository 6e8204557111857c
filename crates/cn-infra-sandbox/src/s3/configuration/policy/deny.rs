//! Whether a policy denies the account itself something: that counts against everybody, the bucket's owner included.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//!
//! Only what is sure to hold denies: a statement with conditions, or one that names whom it spares, does not.

use serde_json::Value;

use super::actions::fits;
use super::{items, statements};

/// Whether an account may not do something. `action` as in policies, `s3:DeleteObject`; `resource` is an ARN.
pub fn denies(policy: &Value, account: &str, action: &str, resource: &str) -> bool {
    statements(policy).iter().any(|statement| {
        let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
        let is_sure = statement.get("Condition").is_none();
        denies && is_sure && is_for(statement, account) && is_about(statement, action, resource)
    })
}

fn is_for(statement: &Value, account: &str) -> bool {
    let is_meant = |who: &Value| {
        let who = who.as_str().unwrap_or_default();
        who == "*" || who.ends_with(&format!(":iam::{account}:root"))
    };
    match statement.get("Principal") {
        Some(Value::Object(kinds)) => kinds.get("AWS").map_or(&[][..], items).iter().any(is_meant),
        Some(principal) => is_meant(principal),
        None => false,
    }
}

fn is_about(statement: &Value, action: &str, resource: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let names = |name: &str, text: &str, fold: fn(&str) -> String| {
        let patterns = statement.get(name).map(items)?;
        Some(patterns.iter().filter_map(Value::as_str).any(|pattern| fits(&fold(pattern), text)))
    };
    let lower = str::to_ascii_lowercase;
    let acts = names("Action", &action, lower).or_else(|| names("NotAction", &action, lower).map(|named| !named));
    let concerns = names("Resource", resource, str::to_owned)
        .or_else(|| names("NotResource", resource, str::to_owned).map(|named| !named));
    acts == Some(true) && concerns == Some(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_denied_for_sure_is_denied() {
        let statement = |more: Value| {
            let mut statement = json!({
                "Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::b/locked/*",
            });
            statement.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            json!({ "Statement": [statement] })
        };
        let denied = |more: Value, action: &str, key: &str| {
            denies(&statement(more), "123456789012", action, &format!("arn:aws:s3:::b/{key}"))
        };
        assert!(denied(json!({}), "s3:DeleteObject", "locked/a"));
        assert!(!denied(json!({}), "s3:DeleteObject", "free/a"));
        assert!(!denied(json!({}), "s3:PutObject", "locked/a"));
        assert!(denied(json!({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}), "s3:DeleteObject", "locked/a"));
        assert!(!denied(json!({"Principal": {"AWS": "arn:aws:iam::1:root"}}), "s3:DeleteObject", "locked/a"));
        assert!(!denied(json!({"Effect": "Allow"}), "s3:DeleteObject", "locked/a"));
        assert!(!denied(json!({"Condition": {}}), "s3:DeleteObject", "locked/a"));
    }
}

//! The normal form of a policy: two policies mean the same if, and only if as far as can be told, it is equal.
//!
//! Done is what AWS itself does to a policy that it stores, and what IAM's grammar says is the same:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>. Statements are never merged,
//! and `Not…` elements never turned into their opposites.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The version that counts where a policy names none.
const DEFAULT_VERSION: &str = "2008-10-17";

/// The normal form of a whole policy.
pub(super) fn normal_form(policy: &Value) -> Value {
    let Value::Object(elements) = policy else { return policy.clone() };
    let mut normal: BTreeMap<_, _> = elements.iter().map(|(name, value)| (name.clone(), top(name, value))).collect();
    normal.entry("Version".to_owned()).or_insert_with(|| json!(DEFAULT_VERSION));
    normal.into_iter().collect()
}

fn top(name: &str, value: &Value) -> Value {
    match name {
        "Statement" => set(items(value).iter().map(statement)),
        _ => value.clone(),
    }
}

/// The normal form of one statement.
pub(super) fn statement(statement: &Value) -> Value {
    let Value::Object(elements) = statement else { return statement.clone() };
    let says_something = |(name, value): &(&String, &Value)| match name.as_str() {
        "Sid" => value.as_str() != Some(""),
        "Condition" => value.as_object().is_none_or(|condition| !condition.is_empty()),
        _ => true,
    };
    sorted(elements.iter().filter(says_something).map(|(name, value)| (name.clone(), element(name, value))))
}

/// The normal form of one element of a statement.
pub(super) fn element(name: &str, value: &Value) -> Value {
    match name {
        "Action" | "NotAction" => set(items(value).iter().map(lower_case)),
        "Resource" | "NotResource" => set(items(value).iter().cloned()),
        "Principal" if value == "*" => json!({ "AWS": ["*"] }),
        "Principal" | "NotPrincipal" => each_entry(value, |_, members| set(items(members).iter().map(account))),
        "Condition" => each_entry(value, |_, keys| conditions(keys)),
        _ => value.clone(),
    }
}

/// A string stands for a list of itself alone, and so does a single statement.
pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

/// A set as a list: in one order, each member once.
fn set(members: impl Iterator<Item = Value>) -> Value {
    let by_text: BTreeMap<String, Value> = members.map(|member| (member.to_string(), member)).collect();
    by_text.into_values().collect()
}

fn sorted(entries: impl Iterator<Item = (String, Value)>) -> Value {
    entries.collect::<BTreeMap<_, _>>().into_iter().collect::<Map<_, _>>().into()
}

fn each_entry(value: &Value, normal: impl Fn(&str, &Value) -> Value) -> Value {
    match value {
        Value::Object(entries) => sorted(entries.iter().map(|(name, value)| (name.clone(), normal(name, value)))),
        other => other.clone(),
    }
}

/// The names of actions are not case-sensitive.
fn lower_case(action: &Value) -> Value {
    action.as_str().map_or_else(|| action.clone(), |action| action.to_ascii_lowercase().into())
}

/// An account is named by its number or by the ARN of its root; AWS stores the ARN.
fn account(principal: &Value) -> Value {
    let number = principal.as_str().and_then(|arn| {
        let (partition, account) = arn.strip_prefix("arn:aws")?.strip_suffix(":root")?.split_once(":iam::")?;
        let is_partition = partition.is_empty() || partition.starts_with('-');
        (is_partition && account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit())).then_some(account)
    });
    number.map_or_else(|| principal.clone(), Into::into)
}

/// The keys of one operator. Their names are not case-sensitive, but what follows a slash is: the key of a tag.
fn conditions(keys: &Value) -> Value {
    let Value::Object(keys) = keys else { return keys.clone() };
    let mut normal = BTreeMap::new();
    for (key, value) in keys {
        let (name, tag) = key.split_at(key.find('/').unwrap_or(key.len()));
        let lower = format!("{}{tag}", name.to_ascii_lowercase());
        // Twice the same key is for AWS to judge: nothing is merged.
        let key = if normal.contains_key(&lower) { key.clone() } else { lower };
        normal.insert(key, set(items(value).iter().map(text)));
    }
    normal.into_iter().collect()
}

/// Values of conditions are strings; numbers and booleans may be written without quotes.
fn text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
        other => other.clone(),
    }
}

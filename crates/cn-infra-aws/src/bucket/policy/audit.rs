//! Questions about what a policy does: who loses access, what is public, which principals are gone.

use serde_json::Value;

use super::normal::{items, statement};

/// Condition keys by which S3 takes a policy for not public, if their values are fixed.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>
const NARROWING: [&str; 14] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// The ids that stand where users or roles were named that have been deleted since.
pub(in crate::bucket) fn deleted_principals(policy: &Value) -> Vec<&str> {
    let principals = statements(policy).iter().filter_map(|statement| statement.get("Principal")?.get("AWS"));
    let mut ids: Vec<_> = principals.flat_map(items).filter_map(Value::as_str).filter(|id| is_unique_id(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// IAM's ids of users (AIDA), roles (AROA) and the sessions of both.
fn is_unique_id(principal: &str) -> bool {
    ["AIDA", "AROA"].iter().any(|prefix| principal.starts_with(prefix))
        && principal.len() >= 16
        && principal.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// What a change from one policy to another, or to none, takes away: grants that go, and denials that come.
pub(in crate::bucket) fn lost_access(live: &Value, desired: Option<&Value>) -> Vec<String> {
    let (before, after) = (normal(live), desired.map(normal).unwrap_or_default());
    let goes = |(_, old): &&Normal<'_>| is(old, "Allow") && !after.iter().any(|(_, new)| grants_all_of(new, old));
    let comes = |(_, new): &&Normal<'_>| is(new, "Deny") && !before.iter().any(|(_, old)| is_same(old, new));
    let lost = before.iter().filter(goes).map(|(written, _)| format!("{} goes", title(written)));
    let denied = after.iter().filter(comes).map(|(written, _)| format!("{} comes", title(written)));
    lost.chain(denied).collect()
}

/// A statement as it is written, and its normal form.
type Normal<'a> = (&'a Value, Value);

fn normal(policy: &Value) -> Vec<Normal<'_>> {
    statements(policy).iter().map(|written| (written, statement(written))).collect()
}

/// A statement by which anybody at all gets access, if there is one.
pub(in crate::bucket) fn public_statement(policy: &Value) -> Option<String> {
    let is_public = |(_, normal): &Normal<'_>| is(normal, "Allow") && is_for_everyone(normal) && !is_narrowed(normal);
    normal(policy).into_iter().find(is_public).map(|(written, _)| title(written))
}

fn statements(policy: &Value) -> &[Value] {
    policy.get("Statement").map_or(&[], items)
}

fn is(statement: &Value, effect: &str) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some(effect)
}

fn is_for_everyone(statement: &Value) -> bool {
    let members = statement.get("Principal").and_then(|principal| principal.get("AWS")).map_or(&[][..], items);
    statement.get("NotPrincipal").is_some() || members.iter().any(|member| member == "*")
}

/// Statements are in normal form, so that the names of keys are in lower case.
fn is_narrowed(statement: &Value) -> bool {
    let operators = statement.get("Condition").and_then(Value::as_object);
    let mut keys = operators.into_iter().flat_map(|operators| operators.values()).filter_map(Value::as_object);
    keys.any(|keys| keys.keys().any(|key| NARROWING.contains(&key.as_str())))
}

/// Whether two statements differ in their names at most.
fn is_same(one: &Value, other: &Value) -> bool {
    without(one, &["Sid"]).eq(without(other, &["Sid"]))
}

/// Whether a statement grants at least what another does, as far as lists of actions and resources tell.
fn grants_all_of(new: &Value, old: &Value) -> bool {
    let lists = ["Action", "Resource"];
    let holds = |list: &&str| {
        let (new, old) = (new.get(*list).map(items), old.get(*list).map(items));
        old.is_none_or(|old| new.is_some_and(|new| old.iter().all(|member| new.contains(member))))
    };
    let apart = ["Sid", "Action", "Resource"];
    without(new, &apart).eq(without(old, &apart)) && lists.iter().all(holds)
}

/// The elements of a statement but some.
fn without<'s>(statement: &'s Value, names: &'s [&str]) -> impl Iterator<Item = (&'s String, &'s Value)> {
    statement.as_object().into_iter().flatten().filter(|(name, _)| !names.contains(&name.as_str()))
}

/// What a reader knows a statement by: its name, or what it does.
fn title(statement: &Value) -> String {
    if let Some(sid) = statement.get("Sid").and_then(Value::as_str) {
        return format!("statement {sid:?}");
    }
    let effect = statement.get("Effect").and_then(Value::as_str).unwrap_or("statement");
    let (not, actions) = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(actions), _) => ("", items(actions)),
        (None, Some(actions)) => ("all but ", items(actions)),
        (None, None) => ("", &[][..]),
    };
    let actions: Vec<_> = actions.iter().filter_map(Value::as_str).collect();
    format!("{effect} {not}{}", actions.join(", "))
}

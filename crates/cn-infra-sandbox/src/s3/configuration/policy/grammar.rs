//! The form of a policy, and the form in which S3 tells it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::{Map, Value};

use super::actions::{self, Level};
use super::{conditions, items, malformed, principals};
use crate::error::AwsError;
use crate::s3::Bucket;

/// Reads the policy for a bucket, and brings it into S3's form: its elements in one order, a list of one as its member.
///
/// # Errors
/// `MalformedPolicy`, with what S3 says of it.
pub fn policy(text: &[u8], bucket: &Bucket) -> Result<Value, AwsError> {
    let not_json = || malformed("Policies must be valid JSON and the first byte must be '{'");
    let Ok(Value::Object(policy)) = serde_json::from_slice(text) else { return Err(not_json()) };
    if text.first() != Some(&b'{') {
        return Err(not_json());
    }
    only(&policy, &["Version", "Id", "Statement"])?;
    let version = policy.get("Version").map_or(Some("2008-10-17"), Value::as_str);
    let version = version.filter(|version| matches!(*version, "2008-10-17" | "2012-10-17"));
    let version = version.ok_or_else(|| malformed("The policy must contain a valid version string"))?;
    let listed = items(policy.get("Statement").ok_or_else(|| missing("Statement"))?);
    if listed.is_empty() {
        return Err(malformed("Could not parse the policy: Statement is empty!"));
    }
    let statements: Vec<_> = listed.iter().map(|written| statement(written, bucket)).collect::<Result<_, _>>()?;
    let mut told = Map::new();
    told.insert("Version".to_owned(), version.into());
    if let Some(id) = policy.get("Id") {
        told.insert("Id".to_owned(), text_of(id)?.into());
    }
    told.insert("Statement".to_owned(), statements.into());
    Ok(told.into())
}

const ELEMENTS: [&str; 10] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Statement",
];

fn statement(written: &Value, bucket: &Bucket) -> Result<Value, AwsError> {
    let written = written.as_object().ok_or_else(|| malformed("Invalid policy syntax."))?;
    only(written, &ELEMENTS[..9])?;
    if let Some(sid) = written.get("Sid") {
        text_of(sid)?;
    }
    let effect = text_of(written.get("Effect").ok_or_else(|| missing("Effect"))?)?;
    if !matches!(effect, "Allow" | "Deny") {
        return Err(malformed(format!("Invalid effect: {effect}")));
    }
    principals::check(one_of(written, "Principal")?.1)?;
    let (action_name, action) = one_of(written, "Action")?;
    let (resource_name, resource) = one_of(written, "Resource")?;
    let (actions, resources) = (texts(action)?, texts(resource)?);
    let levels = resources.iter().map(|resource| level(resource, bucket)).collect::<Result<Vec<_>, _>>()?;
    for pattern in actions {
        let on = actions::levels(pattern).ok_or_else(|| malformed("Policy has invalid action"))?;
        let applies = levels.iter().flatten().any(|level| on.contains(level));
        if action_name == "Action" && resource_name == "Resource" && !applies {
            return Err(malformed("Action does not apply to any resource(s) in statement"));
        }
    }
    if let Some(condition) = written.get("Condition") {
        conditions::check(condition)?;
    }
    Ok(in_order(written))
}

/// An element, or its opposite; exactly one must be there.
fn one_of<'a>(statement: &'a Map<String, Value>, name: &'static str) -> Result<(&'static str, &'a Value), AwsError> {
    match (statement.get(name), statement.get(&format!("Not{name}"))) {
        (Some(value), None) => Ok((name, value)),
        (None, Some(value)) => Ok(("", value)),
        (None, None) => Err(missing(name)),
        (Some(_), Some(_)) => Err(malformed(format!("Statement has both {name} and Not{name}"))),
    }
}

/// What a resource of this bucket names: the bucket, its objects, or by a wildcard both.
fn level(resource: &str, bucket: &Bucket) -> Result<Vec<Level>, AwsError> {
    let invalid = || malformed("Policy has invalid resource").detail("Detail", resource);
    let arn = bucket.arn();
    let (prefix, _) = arn.rsplit_once(":::").ok_or_else(invalid)?;
    let named = resource.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(":::")).ok_or_else(invalid)?;
    let (name, has_key) = named.split_once('/').map_or((named, false), |(name, _)| (name, true));
    if !actions::fits(name, &bucket.name) || name == "*" {
        return Err(invalid());
    }
    Ok(match (has_key, name.ends_with('*')) {
        (true, _) => vec![Level::Object],
        (false, false) => vec![Level::Bucket],
        (false, true) => vec![Level::Bucket, Level::Object],
    })
}

/// A text or a list of texts, not empty.
fn texts(value: &Value) -> Result<Vec<&str>, AwsError> {
    let texts = items(value).iter().map(text_of).collect::<Result<Vec<_>, _>>()?;
    if texts.is_empty() { Err(malformed("Invalid policy syntax.")) } else { Ok(texts) }
}

fn text_of(value: &Value) -> Result<&str, AwsError> {
    value.as_str().ok_or_else(|| malformed("Invalid policy syntax."))
}

fn only(object: &Map<String, Value>, known: &[&str]) -> Result<(), AwsError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(malformed(format!("Unknown field {key}"))),
        None => Ok(()),
    }
}

fn missing(name: &str) -> AwsError {
    malformed(format!("Missing required field {name}"))
}

fn in_order(statement: &Map<String, Value>) -> Value {
    let elements = ELEMENTS.iter().filter_map(|name| Some(((*name).to_owned(), told(statement.get(*name)?))));
    elements.collect::<Map<_, _>>().into()
}

/// Lists of one as their member, others sorted: their order means nothing.
fn told(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(told).collect();
            items.sort_by_cached_key(Value::to_string);
            if items.len() == 1 { items.remove(0) } else { items.into() }
        }
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), told(value))).collect::<Map<_, _>>().into()
        }
        scalar => scalar.clone(),
    }
}

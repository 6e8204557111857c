//! Values as text: what a reader of the file would recognize, in one line.

use cn_infra_core::environment::Networks;
use serde_json::{Map, Value};

use super::rules::{self, Source};

/// What stands for a value that depends on an object that is not there yet.
pub const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// What stands for an empty list or table, and for what is not there.
const NOTHING: &str = "nothing";

/// One value in one line.
pub fn inline(value: &Value, networks: &Networks) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => scalar(text),
        Value::Null => NOTHING.to_owned(),
        Value::Array(items) if items.is_empty() => NOTHING.to_owned(),
        Value::Object(fields) if fields.is_empty() => NOTHING.to_owned(),
        Value::Array(_) => items(value, networks).join(", "),
        Value::Object(fields) if rules::is_rule(fields) => rules::rule(fields, networks),
        Value::Object(fields) => template(fields).map_or_else(|| table(fields, networks), unfilled),
    }
}

/// The items of a list, each in one line; CIDRs by the networks that stand for them.
pub fn items(value: &Value, networks: &Networks) -> Vec<String> {
    match value {
        Value::Array(items) => match rules::sources(items, networks) {
            Some(sources) => sources.iter().map(Source::text).collect(),
            None => items.iter().map(|item| item_text(item, networks)).collect(),
        },
        single => vec![inline(single, networks)],
    }
}

/// The text of several lines that a value holds, if it does: a policy, user data.
pub fn text(value: &Value) -> Option<&str> {
    let text = match value {
        Value::String(text) => text,
        Value::Object(fields) => template(fields)?,
        _ => return None,
    };
    (text.contains('\n') || is_json(text)).then_some(text)
}

/// Whether a text is a JSON object or list, which reads better over several lines.
fn is_json(text: &str) -> bool {
    text.starts_with(['{', '[']) && serde_json::from_str::<Value>(text).is_ok()
}

/// The lines of a text, JSON in its usual layout: differences of layout are no differences.
pub fn lines(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => format!("{json:#}"),
        _ => text.to_owned(),
    }
}

/// A template's text, its names unfilled.
fn template(fields: &Map<String, Value>) -> Option<&str> {
    match (fields.len(), fields.get("template")) {
        (1, Some(Value::String(text))) => Some(text),
        _ => None,
    }
}

/// A template that names what only an object will tell.
fn unfilled(text: &str) -> String {
    format!("{} {KNOWN_AFTER_APPLY}", scalar(text))
}

/// A string as it is, quoted where its ends would not be seen.
pub fn scalar(text: &str) -> String {
    let lines = text.lines().count();
    if lines > 1 {
        return format!("({lines} lines)");
    }
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.is_empty() || text.trim() != text || text.contains(", ") || text.chars().any(char::is_control) {
        return Value::from(text).to_string();
    }
    text.to_owned()
}

fn table(fields: &Map<String, Value>, networks: &Networks) -> String {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name} {}", item_text(value, networks))).collect();
    pairs.join(", ")
}

/// A value within another: its own commas need a bracket.
fn item_text(value: &Value, networks: &Networks) -> String {
    let text = inline(value, networks);
    match value {
        Value::Array(items) if items.len() > 1 => format!("[{text}]"),
        Value::Object(fields) if fields.len() > 1 => format!("{{{text}}}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_as_in_the_file() {
        let networks = Networks::default();
        let shown = |value| inline(&value, &networks);
        assert_eq!(shown(json!("t2.large")), "t2.large");
        assert_eq!(shown(json!("")), r#""""#);
        assert_eq!(shown(json!(" a")), r#"" a""#);
        assert_eq!(shown(json!([])), "nothing");
        assert_eq!(shown(json!(["a", "b"])), "a, b");
        assert_eq!(shown(json!({ "size_gib": 8, "type": "gp3" })), "size_gib 8, type gp3");
        assert_eq!(
            shown(json!([{ "origins": ["*"], "methods": ["GET", "HEAD"] }])),
            "{origins *, methods [GET, HEAD]}"
        );
        assert_eq!(shown(json!({ "template": "a\nb\n" })), "(2 lines) (known after apply)");
        assert_eq!(shown(json!({ "template": "{{site}}/*" })), "{{site}}/* (known after apply)");
    }

    #[test]
    fn json_in_one_line_is_text_of_several() {
        assert!(text(&json!(r#"{"Version":"2012-10-17"}"#)).is_some());
        assert!(text(&json!("t2.large")).is_none());
        assert_eq!(lines(r#"{"a":1}"#), "{\n  \"a\": 1\n}");
    }
}

//! Serde's words for a value of the wrong type, in the words of someone who writes TOML.

use super::nearest::{list, nearest};

/// What is wrong with a value, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wording {
    pub message: String,
    pub hint: Option<String>,
}

/// Rewords an error about the field `path`, or about something within its value. `found` is the text in the file.
pub(super) fn reword(path: &str, within: bool, message: &str, found: &str) -> Wording {
    let message = message.trim_end();
    let subject = if within { format!("a value in `{path}`") } else { format!("`{path}`") };
    if let Some((_, said)) = TOML.iter().find(|(beginning, _)| message.starts_with(beginning)) {
        return Wording { message: format!("{subject} {said}"), hint: None };
    }
    if let Some((unexpected, expected)) = mismatch(message) {
        let expected = wanted(expected, message.starts_with("invalid value"));
        let message = format!("{subject} must be {expected}, not {}", given(unexpected, found));
        return Wording { message, hint: as_wanted(&expected, found) };
    }
    if let Some((what, name, known)) = unknown(message) {
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if known.is_empty() => None,
            None if what == "field" => Some(format!("it can have {}", list(known))),
            None => Some(format!("it can be {}", list(known))),
        };
        let message = match what {
            "field" => format!("{subject} has no field `{name}`"),
            _ => format!("{subject} cannot be `{name}`"),
        };
        return Wording { message, hint };
    }
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return Wording { message: format!("{subject} needs `{field}`"), hint: None };
    }
    Wording { message: format!("`{path}`: {message}"), hint: None }
}

/// What the TOML deserializer itself says, by its beginnings.
const TOML: [(&str, &str); 4] = [
    ("wanted string or table", "must be a text in quotes"),
    ("wanted exactly 1 element", "must be a text in quotes, not a table"),
    ("integer number overflowed", "is too large a number"),
    ("floating-point number overflowed", "is too large a number"),
];

/// "invalid type: X, expected Y" and "invalid value: X, expected Y".
fn mismatch(message: &str) -> Option<(&str, &str)> {
    let rest = ["invalid type: ", "invalid value: "].iter().find_map(|prefix| message.strip_prefix(prefix))?;
    rest.rsplit_once(", expected ")
}

/// "unknown field `x`, expected one of `a`, `b`", and the same of a variant.
fn unknown(message: &str) -> Option<(&str, &str, Vec<&str>)> {
    let (what, rest) = message.strip_prefix("unknown ")?.split_once(" `")?;
    let (name, rest) = rest.split_once("`, ")?;
    let known = rest.split('`').skip(1).step_by(2).collect();
    Some((what, name, known))
}

/// What is wanted. A range matters to someone whose number lies outside.
fn wanted(expected: &str, outside: bool) -> String {
    let range = match expected {
        "u32" if !outside => return "a whole number, 0 or more".into(),
        "i32" if !outside => return "a whole number".into(),
        "u8" => "0 to 255",
        "u16" => "0 to 65535",
        "u32" => "0 to 4294967295",
        "i8" => "-128 to 127",
        "i16" => "-32768 to 32767",
        "i32" => "-2147483648 to 2147483647",
        "u64" | "usize" => return "a whole number, 0 or more".into(),
        "i64" | "isize" => return "a whole number".into(),
        "f32" | "f64" => return "a number".into(),
        "a boolean" => return "true or false".into(),
        "a string" | "a borrowed string" => return "a text in quotes".into(),
        "a sequence" => return "a list".into(),
        "a map" => return "a table".into(),
        _ if expected.starts_with("struct ") => return "a table".into(),
        _ if expected.starts_with("a tuple ") => return "a list".into(),
        _ => return expected.to_owned(),
    };
    format!("a whole number from {range}")
}

fn given(unexpected: &str, found: &str) -> String {
    let quoted = |text: &str| text.trim_matches('`').to_owned();
    match unexpected.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer" | "boolean", text)) => quoted(text),
        Some(("floating", _)) => found.to_owned(),
        _ if unexpected == "sequence" => "a list".into(),
        // TOML's dates reach serde as tables.
        _ if unexpected == "map" && !found.starts_with(['{', '[']) => format!("the date {found}"),
        _ if unexpected == "map" => "a table".into(),
        _ => unexpected.to_owned(),
    }
}

/// The value as it is meant, where quotes or brackets alone are wrong.
fn as_wanted(expected: &str, found: &str) -> Option<String> {
    let Some(bare) = found.strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\''])) else {
        let is_number = found.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        return (is_number && expected == "a text in quotes").then(|| format!("write \"{found}\""));
    };
    match expected {
        "a list" => Some(format!("write [{found}]")),
        "true or false" if !matches!(bare, "true" | "false") => None,
        "true or false" => Some(format!("write {bare} without quotes")),
        _ if expected.contains("number") && bare.parse::<f64>().is_ok() => Some(format!("write {bare} without quotes")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str, found: &str) -> String {
        let Wording { message, hint } = reword("port", false, message, found);
        hint.map_or(message.clone(), |hint| format!("{message} ({hint})"))
    }

    #[test]
    fn says_it_without_rust() {
        let cases = [
            ("invalid type: string \"22\", expected u16", "\"22\""),
            ("invalid value: integer `70000`, expected u16", "70000"),
            ("invalid type: string \"30\", expected i32", "\"30\""),
            ("invalid value: integer `-1`, expected u32", "-1"),
            ("invalid type: boolean `true`, expected a string", "true"),
            ("invalid type: floating point `16.4`, expected a string", "16.4"),
            ("invalid type: string \"web\", expected a sequence", "\"web\""),
            ("invalid type: floating point `1.5`, expected u32", "1.5"),
            ("invalid type: map, expected a string", "2026-01-01"),
            ("invalid type: map, expected a sequence", "{ a = 1 }"),
            ("invalid type: sequence, expected struct Disk", "[]"),
            ("unknown variant `tpc`, expected one of `tcp`, `udp`, `icmp`", "\"tpc\""),
            ("unknown field `colour`, expected `a` or `b`", "colour"),
            ("wanted string or table", "5"),
            ("integer number overflowed", "1e999"),
            ("missing field `id`", "{}"),
            ("\"x\" names no group", "\"x\""),
        ];
        let said: Vec<_> = cases.map(|(message, found)| said(message, found)).into();
        insta::assert_snapshot!(said.join("\n"), @r#"
        `port` must be a whole number from 0 to 65535, not the text "22" (write 22 without quotes)
        `port` must be a whole number from 0 to 65535, not 70000
        `port` must be a whole number, not the text "30" (write 30 without quotes)
        `port` must be a whole number from 0 to 4294967295, not -1
        `port` must be a text in quotes, not true
        `port` must be a text in quotes, not 16.4 (write "16.4")
        `port` must be a list, not the text "web" (write ["web"])
        `port` must be a whole number, 0 or more, not 1.5
        `port` must be a text in quotes, not the date 2026-01-01 (write "2026-01-01")
        `port` must be a list, not a table
        `port` must be a table, not a list
        `port` cannot be `tpc` (did you mean `tcp`?)
        `port` has no field `colour` (it can have `a`, `b`)
        `port` must be a text in quotes
        `port` is too large a number
        `port` needs `id`
        `port`: "x" names no group
        "#);
    }
}

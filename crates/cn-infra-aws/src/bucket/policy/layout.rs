//! How a user lays out JSON: indentation, and which lists and tables stand on one line.

use std::collections::BTreeMap;

use serde_json::Value;

/// The way a text lays out JSON.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    indent: &'a str,
    /// How many lists and tables at a path stand on one line, less those that do not. Members of lists are `*`.
    one_line: BTreeMap<String, i32>,
    /// `{ "a": 1 }` instead of `{"a": 1}`.
    padded: bool,
    newline: bool,
}

impl<'a> Layout<'a> {
    /// The layout of a text, which is valid JSON.
    pub(super) fn of(text: &'a str) -> Self {
        let indented = text.lines().find(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty());
        let indent = indented.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
        let (padded, newline) = (text.contains("{ \""), text.ends_with('\n'));
        Self { indent, one_line: one_lines(text), padded, newline }
    }

    /// The text of a value.
    pub(super) fn write(&self, value: &Value) -> String {
        let mut text = String::new();
        self.put(value, "", 0, &mut text);
        if self.newline {
            text.push('\n');
        }
        text
    }

    fn put(&self, value: &Value, path: &str, depth: usize, text: &mut String) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let below = format!("{path}.*");
                let entries = items.iter().map(|item| (None, below.clone(), item)).collect();
                self.block(['[', ']'], entries, self.is_one_line(path, value), depth, text);
            }
            Value::Object(entries) if !entries.is_empty() => {
                let named = |(name, value)| (Some(name), format!("{path}.{name}"), value);
                let entries = entries.iter().map(named).collect();
                self.block(['{', '}'], entries, self.is_one_line(path, value), depth, text);
            }
            other => text.push_str(&other.to_string()),
        }
    }

    fn block(
        &self,
        [open, close]: [char; 2],
        entries: Vec<(Option<&String>, String, &Value)>,
        one_line: bool,
        depth: usize,
        text: &mut String,
    ) {
        let edge = if one_line && self.padded && open == '{' { " " } else { "" };
        text.push(open);
        text.push_str(edge);
        for (number, (name, path, value)) in entries.into_iter().enumerate() {
            if number > 0 {
                text.push_str(if one_line { ", " } else { "," });
            }
            if !one_line {
                self.line(depth + 1, text);
            }
            if let Some(name) = name {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
            }
            self.put(value, &path, depth + 1, text);
        }
        if !one_line {
            self.line(depth, text);
        }
        text.push_str(edge);
        text.push(close);
    }

    fn line(&self, depth: usize, text: &mut String) {
        text.push('\n');
        text.push_str(&self.indent.repeat(depth));
    }

    /// What the text has not at this path stands on one line if it is short enough, and the user likes such lines.
    fn is_one_line(&self, path: &str, value: &Value) -> bool {
        let members: Vec<&Value> = match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(entries) => entries.values().collect(),
            _ => Vec::new(),
        };
        let holds_scalars = members.iter().all(|member| !member.is_array() && !member.is_object());
        let by_habit = || holds_scalars && self.one_line.values().any(|balance| *balance > 0);
        self.one_line.get(path).map_or_else(by_habit, |balance| *balance > 0)
    }
}

/// A list or table that the scan is within.
struct Open {
    path: String,
    is_list: bool,
    one_line: bool,
}

/// For each path of a list or table, how many stand on one line, less those that do not.
fn one_lines(text: &str) -> BTreeMap<String, i32> {
    let (mut found, mut open) = (BTreeMap::new(), Vec::<Open>::new());
    let mut name = "";
    let mut rest = text;
    while let Some(at) = rest.find(['"', '{', '[', '}', ']', '\n']) {
        let (token, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = after;
        match token {
            b'"' => (name, rest) = string(after),
            b'\n' => open.iter_mut().for_each(|block| block.one_line = false),
            b'{' | b'[' => {
                let path = open.last().map_or_else(String::new, |parent| {
                    let name = if parent.is_list { "*" } else { name };
                    format!("{}.{name}", parent.path)
                });
                open.push(Open { path, is_list: token == b'[', one_line: true });
            }
            _ => {
                if let Some(Open { path, one_line, .. }) = open.pop() {
                    *found.entry(path).or_default() += if one_line { 1 } else { -1 };
                }
            }
        }
    }
    found
}

/// The inside of a string up to its closing quote, and what follows.
fn string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.map_or((text, ""), |end| (&text[..end], &text[end + 1..]))
}

//! `[environment]`, `[lock]` and `[values]`.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::Tier;
use super::nearest::did_you_mean;
use super::report::Report;
use super::table::{Entry, Table, describe};
use crate::address::{Address, is_name};

/// What `[environment]` says.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub project: String,
    pub account: String,
    pub region: String,
    pub tier: Tier,
}

impl Header {
    /// Reads the header; fields that are wrong or missing are left empty and reported.
    pub fn read<'a>(name: &str, root: Table<'a>, report: &mut Report<'a>) -> Self {
        let Some(entry) = root.get("environment") else {
            let example = "begin it with [environment], and name, project, account and region below";
            report.error_in(root.source, "the file has no table [environment]").hint(example);
            return Self::default();
        };
        let Some(table) = entry.table("`environment`", report) else { return Self::default() };
        table.only("[environment]", &["name", "project", "account", "region", "tier", "include"], report);
        check_name(name, table, report);
        Self {
            project: required(table, "project", report).and_then(|entry| project(entry, report)).unwrap_or_default(),
            account: required(table, "account", report).and_then(|entry| account(entry, report)).unwrap_or_default(),
            region: required(table, "region", report).and_then(|entry| region(entry, report)).unwrap_or_default(),
            tier: table.get("tier").and_then(|entry| tier(entry, report)).unwrap_or_default(),
        }
    }
}

fn required<'a>(table: Table<'a>, name: &str, report: &mut Report<'a>) -> Option<Entry<'a>> {
    let entry = table.get(name);
    if entry.is_none() {
        report.error(table.at, format!("[environment] needs `{name}`"));
    }
    entry
}

fn check_name<'a>(name: &str, table: Table<'a>, report: &mut Report<'a>) {
    let Some(entry) = required(table, "name", report) else { return };
    match entry.text("`name`", report) {
        Some(text) if text != name => {
            let hint = format!("write name = \"{name}\", or rename the file to {text}.toml");
            report
                .error(entry.at_value(), format!("the environment `{text}` stands in the file {name}.toml"))
                .hint(hint);
        }
        _ => {}
    }
}

fn project<'a>(entry: Entry<'a>, report: &mut Report<'a>) -> Option<String> {
    let text = entry.text("`project`", report)?;
    if !is_name(text) {
        report.error(entry.at_value(), format!("`{text}` is no name for a project")).hint(NAME_FORM);
    }
    Some(text.to_owned())
}

/// What names look like.
pub(super) const NAME_FORM: &str = "a name is a letter, then letters, digits, `_` and `-`; at most 64";

fn account<'a>(entry: Entry<'a>, report: &mut Report<'a>) -> Option<String> {
    if let DeValue::Integer(number) = entry.value.get_ref() {
        let hint = format!("write account = \"{}\"", number.as_str());
        report.error(entry.at_value(), "`account` must be a text in quotes, not a number").hint(hint);
        return None;
    }
    let text = entry.text("`account`", report)?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits != 12 || text.len() != 12 {
        let hint = if digits == 12 { "write the 12 digits alone" } else { "an account's id has 12 digits" };
        report.error(entry.at_value(), format!("`{text}` is no AWS account")).hint(hint);
    }
    Some(text.to_owned())
}

fn region<'a>(entry: Entry<'a>, report: &mut Report<'a>) -> Option<String> {
    let text = entry.text("`region`", report)?;
    if !is_region(text) {
        let zone = text.strip_suffix(|c: char| c.is_ascii_lowercase()).filter(|region| is_region(region));
        let hint = match zone {
            Some(region) => format!("`{text}` is an availability zone of the region `{region}`"),
            None => "a region is written like `us-west-2`".into(),
        };
        report.error(entry.at_value(), format!("`{text}` is no region")).hint(hint);
    }
    Some(text.to_owned())
}

/// `us-west-2`, `us-gov-west-1`: words, then a number.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    words.contains('-')
        && words.split('-').all(is_word)
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
}

fn tier<'a>(entry: Entry<'a>, report: &mut Report<'a>) -> Option<Tier> {
    let text = entry.text("`tier`", report)?;
    match text {
        "production" => Some(Tier::Production),
        "staging" => Some(Tier::Staging),
        "development" => Some(Tier::Development),
        _ => {
            let hint = did_you_mean(text, "it can be", ["production", "staging", "development"]);
            report.error(entry.at_value(), format!("`tier` cannot be `{text}`")).maybe_hint(hint);
            None
        }
    }
}

/// `[lock] bucket`.
pub(super) fn lock<'a>(root: Table<'a>, report: &mut Report<'a>) -> Option<String> {
    let table = root.get("lock")?.table("`lock`", report)?;
    table.only("[lock]", &["bucket"], report);
    table.get("bucket")?.filled_text("`bucket`", report).map(str::to_owned)
}

/// `[values]`: texts; numbers and booleans count as their text.
pub(super) fn values<'a>(entries: &BTreeMap<&str, Entry<'a>>, report: &mut Report<'a>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (name, entry) in entries {
        if !is_name(name) {
            report.error(entry.at_key(), format!("`{name}` is no name for a value")).hint(NAME_FORM);
        }
        let text = match entry.value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(value) => value.to_string(),
            other => {
                let message =
                    format!("the value `{name}` must be a text, a whole number or a boolean, not {}", describe(other));
                report.error(entry.at_value(), message);
                continue;
            }
        };
        values.insert((*name).to_owned(), text);
    }
    values
}

/// The address that a field holds.
pub(super) fn address<'a>(entry: Entry<'a>, what: &str, report: &mut Report<'a>) -> Option<Address> {
    let text = entry.text(what, report)?;
    let address = text.parse();
    if address.is_err() {
        report
            .error(entry.at_value(), format!("`{text}` is no resource"))
            .hint("write kind.name, as in `instance.web`");
    }
    address.ok()
}

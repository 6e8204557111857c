//! What every kind has: `name`, `tags`, `protect`, `adopt`, `renamed_from`. Taken off before a kind sees its table.

use toml::de::DeValue;

use super::header;
use super::report::Report;
use super::table::{Entry, describe};
use crate::address::{Address, PhysicalId};
use crate::kinds::Kind;
use crate::owner::{NAME, Tags, is_reserved};

/// The fields of every resource.
pub(super) const METADATA: [&str; 5] = ["name", "tags", "protect", "adopt", "renamed_from"];

/// Those among them that `[defaults.<kind>]` may set: the others are of one resource alone.
pub(super) const METADATA_DEFAULTS: [&str; 2] = ["tags", "protect"];

/// `name`.
pub(super) fn name<'a>(entry: Entry<'a>, report: &mut Report<'a>) -> Option<String> {
    entry.filled_text("`name`", report).map(str::to_owned)
}

/// `protect`.
pub(super) fn protect<'a>(entry: Entry<'a>, report: &mut Report<'a>) -> Option<bool> {
    let value = entry.value.get_ref().as_bool();
    if value.is_none() {
        let message = format!("`protect` must be true or false, not {}", describe(entry.value.get_ref()));
        report.error(entry.at_value(), message);
    }
    value
}

/// `tags`, of a resource or of all.
pub(super) fn tags<'a>(entries: impl IntoIterator<Item = Entry<'a>>, report: &mut Report<'a>) -> Tags {
    let mut tags = Tags::new();
    for entry in entries {
        let key = entry.name();
        if is_reserved(key) {
            let whose = if key.starts_with("aws:") { "AWS" } else { "cn-infra" };
            report.error(entry.at_key(), format!("the tag `{key}` is reserved for {whose}"));
        } else if key == NAME {
            report
                .error(entry.at_key(), "the tag `Name` is set by the field `name`")
                .hint("write name = \"…\" instead");
        } else if key.is_empty() {
            report.error(entry.at_key(), "a tag needs a key");
        }
        match entry.value.get_ref() {
            DeValue::String(value) => drop(tags.insert(key.to_owned(), value.to_string())),
            other => {
                let what = describe(other);
                report.error(entry.at_value(), format!("the tag `{key}` must be a text in quotes, not {what}"));
            }
        }
    }
    tags
}

/// `tags` of a resource.
pub(super) fn tag_table<'a>(entry: Entry<'a>, report: &mut Report<'a>) -> Tags {
    match entry.table("`tags`", report) {
        Some(table) => tags(table.entries(), report),
        None => Tags::new(),
    }
}

/// `adopt`.
pub(super) fn adopt<'a>(kind: &Kind, entry: Entry<'a>, report: &mut Report<'a>) -> Option<PhysicalId> {
    let text = entry.text("`adopt`", report)?;
    if !(kind.is_physical_id)(text) {
        let message = format!("`{text}` is no id of an object of kind {}", kind.name);
        report.error(entry.at_value(), message).hint(format!("it is written like {}", kind.id_form));
        return None;
    }
    Some(text.into())
}

/// `renamed_from`: the resource's former address, of the same kind.
pub(super) fn renamed_from<'a>(own: &Address, entry: Entry<'a>, report: &mut Report<'a>) -> Option<Address> {
    let former = header::address(entry, "`renamed_from`", report)?;
    let problem = if former.environment.is_some() {
        Some("a resource keeps its environment when it is renamed")
    } else if former.kind != own.kind {
        Some("a resource keeps its kind when it is renamed")
    } else if former == *own {
        Some("it is the resource itself")
    } else {
        None
    };
    if let Some(problem) = problem {
        report.error(entry.at_value(), format!("{own} cannot be renamed from {former}: {problem}"));
    }
    problem.is_none().then_some(former)
}

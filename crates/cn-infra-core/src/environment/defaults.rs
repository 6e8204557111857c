//! `[defaults.<kind>]`: fields for every resource of a kind that does not set them itself.

use std::collections::BTreeMap;

use super::Defaults as Known;
use super::fields;
use super::metadata::{self, METADATA, METADATA_DEFAULTS};
use super::nearest::did_you_mean;
use super::report::Report;
use super::table::{Entry, Table};
use crate::kinds::{Kind, Kinds};

/// The default fields of each kind, whole: nothing is merged inside them.
pub(super) type Defaults<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Entry<'a>>>;

/// `[defaults.<kind>]` of all files, field by field; those that are wrong are reported, once, and left out.
pub(super) fn read<'a>(roots: &[Table<'a>], kinds: &Kinds, report: &mut Report<'a>) -> Defaults<'a> {
    let mut defaults = Defaults::new();
    for root in roots {
        let Some(table) = root.get("defaults").and_then(|entry| entry.table("`defaults`", report)) else { continue };
        for of_kind in table.entries() {
            let Some(kind) = kinds.get(of_kind.name()) else {
                let hint = did_you_mean(of_kind.name(), "there are", kinds.iter().map(|kind| kind.name));
                let message = format!("there is no kind `{}`", of_kind.name());
                report.error(of_kind.at_key(), message).maybe_hint(hint);
                continue;
            };
            let subject = format!("[defaults.{}]", kind.name);
            let Some(fields) = of_kind.table(&subject, report) else { continue };
            for entry in fields.entries() {
                let entry = Entry { default: true, ..entry };
                if is_right_default(kind, &subject, entry, report) {
                    defaults.entry(of_kind.name()).or_default().entry(entry.name()).or_insert(entry);
                }
            }
        }
    }
    defaults
}

/// The same as values. What is wrong was reported where it stands.
pub(super) fn known(defaults: &Defaults<'_>, kinds: &Kinds) -> BTreeMap<String, Known> {
    let of_kind = |(name, entries): (&&str, &BTreeMap<&str, Entry<'_>>)| {
        let (kind, reported) = (kinds.get(name)?, &mut Report::default());
        let own: Vec<_> = entries.values().filter(|entry| !METADATA.contains(&entry.name())).copied().collect();
        let known = Known {
            document: fields::read(kind, name, &own, reported).document,
            tags: entries.get("tags").map(|entry| metadata::tag_table(*entry, reported)),
            protect: entries.get("protect").and_then(|entry| metadata::protect(*entry, reported)),
        };
        Some(((*name).to_owned(), known))
    };
    defaults.iter().filter_map(of_kind).collect()
}

fn is_right_default<'a>(kind: &Kind, subject: &str, entry: Entry<'a>, report: &mut Report<'a>) -> bool {
    match entry.name() {
        "tags" => drop(metadata::tag_table(entry, report)),
        "protect" => return metadata::protect(entry, report).is_some(),
        name if METADATA.contains(&name) => {
            let hint = format!("of the fields of every kind, defaults can set {}", METADATA_DEFAULTS.join(" and "));
            report.error(entry.at_key(), format!("`{name}` is of one resource alone")).hint(hint);
            return false;
        }
        _ => return fields::read(kind, subject, &[entry], report).wrong.is_empty(),
    }
    entry.value.get_ref().is_table()
}

//! `[[silence]]`: findings that are accepted, each with a reason.

use toml::de::DeValue;

use super::draft::{self, Draft};
use super::header;
use super::nearest::did_you_mean;
use super::report::Report;
use super::table::{Entry, Table};
use crate::address::Address;
use crate::check::Silence;

/// `[[silence]]`, each on something that is declared.
pub(super) fn read<'a>(
    environment: &str,
    root: Table<'a>,
    drafts: &[Draft<'a>],
    report: &mut Report<'a>,
) -> Vec<Silence> {
    let index = draft::index(drafts);
    let mut silences = Vec::new();
    for (mut silence, on) in tables(root, report) {
        if let (Some(address), Some(entry)) = (&mut silence.on, on) {
            address.environment.take_if(|own| own == environment);
            if !index.contains_key(address) {
                let names: Vec<_> = index.keys().map(Address::local).collect();
                let hint = did_you_mean(&address.local(), "it declares", names.iter().map(String::as_str));
                report.error(entry.at_value(), format!("the file declares no {address}")).maybe_hint(hint);
            }
        }
        silences.push(silence);
    }
    silences
}

/// `[[silence]]`, with the place of each `on`.
fn tables<'a>(root: Table<'a>, report: &mut Report<'a>) -> Vec<(Silence, Option<Entry<'a>>)> {
    let Some(entry) = root.get("silence") else { return Vec::new() };
    let DeValue::Array(_) = entry.value.get_ref() else {
        report
            .error(entry.at_value(), "`silence` must be a list of tables")
            .hint("write [[silence]], with two brackets");
        return Vec::new();
    };
    let items = entry.list("`silence`", report).unwrap_or_default();
    items.into_iter().filter_map(|item| silence(item, report)).collect()
}

fn silence<'a>(item: Entry<'a>, report: &mut Report<'a>) -> Option<(Silence, Option<Entry<'a>>)> {
    let table = item.table("a silence", report)?;
    table.only("[[silence]]", &["finding", "on", "reason"], report);
    let mut text = |name: &str| {
        let entry = table.get(name);
        if entry.is_none() {
            report.error(table.at, format!("[[silence]] needs `{name}`"));
        }
        entry?.filled_text(&format!("`{name}`"), report).map(str::to_owned)
    };
    let (finding, reason) = (text("finding"), text("reason"));
    let on = table.get("on");
    let address = on.and_then(|entry| header::address(entry, "`on`", report));
    if on.is_some() && address.is_none() {
        return None;
    }
    Some((Silence { finding: finding?, on: address, reason: reason? }, on))
}

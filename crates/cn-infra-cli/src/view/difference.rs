//! What a step changes, as rows that every view of a plan lays out in its own way.

use std::borrow::Cow;

use cn_infra_core::document::Document;
use cn_infra_core::environment::{Networks, Written, WrittenList};
use cn_infra_core::owner;
use cn_infra_core::plan::{Action, Blocked, Difference, Step};
use cn_infra_core::resource::Impact;
use serde_json::Value;

use super::line_diff::{self, Line, Sign};
use super::value::{self, KNOWN_AFTER_APPLY};
use super::{rule_changes, rules};

/// One thing that a step changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The field's path, or the rules it is about.
    pub label: String,
    /// The change.
    pub what: What,
    /// What the change costs, where the step has several things to say.
    pub note: Option<String>,
}

/// A change, by the way it is best read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A value of a new object.
    Value(String),
    /// One value becomes another.
    Change {
        /// What is there.
        before: String,
        /// What will be.
        after: String,
        /// The same in full, where both are names.
        detail: Option<String>,
        /// The network that stands in the file, where it is what changes its meaning.
        of: Option<String>,
    },
    /// Members of a list or table come and go.
    Members(Vec<Line>),
    /// Lines of a text change.
    Text(Vec<Line>),
    /// An entry of a table comes or goes; the label says which.
    Entry(Sign),
}

/// Names for CIDRs: those of networks, and which of them the file writes where.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// All networks.
    pub networks: &'a Networks,
    /// The lists that name networks, as the file writes them.
    pub written: &'a Written,
}

impl<'a> Names<'a> {
    /// The networks, without those that stand for the same as one that is written at or below a path.
    pub fn within(self, path: &str) -> Cow<'a, Networks> {
        let below = |at: &str| at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let lists = self.written.iter().filter(|(at, _)| below(at));
        rules::as_written(self.networks, lists.flat_map(|(_, list)| &list.members))
    }
}

/// Everything that a step changes.
pub fn rows(step: &Step, networks: &Networks) -> Vec<Row> {
    let names = Names { networks, written: &step.written };
    let mut rows = match (step.action, &step.after) {
        (Action::Create, Some(after)) => created(after, names),
        _ => changes(&step.differences, names),
    };
    let renamed = step.differences.iter().any(|difference| difference.path == "name");
    rows.extend(step.rename.as_ref().filter(|_| !renamed).map(|name| row("name", arrow("", name))));
    rows.extend(tags(step));
    let notes = Notes::of(&step.differences);
    if !notes.is_shared() {
        for row in &mut rows {
            row.note = notes.of_path(&row.label);
        }
    }
    rows
}

/// What would change beside that which is blocked.
pub fn beside_what_is_blocked(blocked: &Blocked, networks: &Networks) -> Vec<Row> {
    let said = |difference: &&Difference| matches!(difference.impact, Impact::Impossible { .. });
    let others: Vec<_> = blocked.differences.iter().filter(|difference| !said(difference)).cloned().collect();
    changes(&others, Names { networks, written: &Written::new() })
}

/// The rows of fields that differ.
pub fn changes(differences: &[Difference], names: Names<'_>) -> Vec<Row> {
    let (rules, fields): (Vec<_>, Vec<_>) =
        differences.iter().partition(|difference| rule_changes::RulePath::of(&difference.path).is_some());
    let mut rows: Vec<_> = fields.into_iter().map(|difference| changed(difference, names)).collect();
    rows.extend(rule_changes::rows(&rules, names));
    rows
}

fn changed(difference: &Difference, names: Names<'_>) -> Row {
    let Difference { path, before, after, impact: _, known_after_apply } = difference;
    let what = change(before.as_ref(), after.as_ref(), names.networks);
    match what {
        What::Change { before, after, detail, of } if *known_after_apply && !after.ends_with(KNOWN_AFTER_APPLY) => {
            row(path, What::Change { before, after: format!("{after} {KNOWN_AFTER_APPLY}"), detail, of })
        }
        What::Text(_) if *known_after_apply => row(&format!("{path} {KNOWN_AFTER_APPLY}"), what),
        _ => row(path, what),
    }
}

/// How one value becomes another.
pub fn change(before: Option<&Value>, after: Option<&Value>, networks: &Networks) -> What {
    if before.into_iter().chain(after).any(|side| value::text(side).is_some()) {
        return What::Text(line_diff::difference(&as_lines(before), &as_lines(after)));
    }
    match (before, after) {
        (Some(before @ Value::Array(_)), Some(after @ Value::Array(_))) => list(before, after, networks),
        (Some(before), Some(after)) => arrow(&value::inline(before, networks), &value::inline(after, networks)),
        (None, Some(after @ (Value::Bool(_) | Value::Number(_) | Value::String(_)))) => {
            arrow("", &value::inline(after, networks))
        }
        (before, after) => members(
            &before.map(|value| value::items(value, networks)).unwrap_or_default(),
            &after.map(|value| value::items(value, networks)).unwrap_or_default(),
        ),
    }
}

/// The text of a value that may be one; `"none"` and nothing at all have no lines.
fn as_lines(side: Option<&Value>) -> String {
    side.and_then(value::text).map(value::lines).unwrap_or_default()
}

fn arrow(before: &str, after: &str) -> What {
    What::Change { before: before.to_owned(), after: after.to_owned(), detail: None, of: None }
}

/// Lists that share nothing are one change; else members come and go.
fn list(before: &Value, after: &Value, networks: &Networks) -> What {
    if let Some(replaced) = replaced_sources(before, after, networks) {
        return replaced;
    }
    members(&value::items(before, networks), &value::items(after, networks))
}

/// `everyone → developers`, where one set of sources takes the place of another.
fn replaced_sources(before: &Value, after: &Value, networks: &Networks) -> Option<What> {
    let (before, after) = (before.as_array()?, after.as_array()?);
    if before.iter().any(|source| after.contains(source)) {
        return None;
    }
    let (from, to) = (rules::sources(before, networks)?, rules::sources(after, networks)?);
    let names = |sources: &[rules::Source]| sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>();
    let is_named = from.iter().chain(&to).any(|source| !source.members.is_empty());
    let in_full = |list: &[Value]| value::inline(&Value::from(list), &Networks::default());
    Some(What::Change {
        before: names(&from).join(", "),
        after: names(&to).join(", "),
        detail: is_named.then(|| format!("{} → {}", in_full(before), in_full(after))),
        of: None,
    })
}

/// The change of a list of sources in the file's words: `visitors: everyone → developers`, where the file writes
/// `visitors` and that stands for other CIDRs than before.
pub fn change_of_sources(difference: &Difference, names: Names<'_>) -> What {
    let (before, after) = (difference.before.as_ref(), difference.after.as_ref());
    let changed = change(before, after, names.networks);
    match (changed, names.written.get(&difference.path)) {
        (What::Change { before, detail: Some(detail), .. }, Some(WrittenList { members, meaning })) => {
            let of = meaning.as_ref().map(|_| members.join(", "));
            let after = meaning.clone().unwrap_or_else(|| members.join(", "));
            What::Change { before, after, detail: Some(detail), of }
        }
        (changed, _) => changed,
    }
}

fn members(before: &[String], after: &[String]) -> What {
    let line = |sign, text: &String| Line { sign, text: text.clone() };
    let removed = before.iter().filter(|item| !after.contains(item)).map(|item| line(Sign::Removed, item));
    let added = after.iter().filter(|item| !before.contains(item)).map(|item| line(Sign::Added, item));
    let lines: Vec<_> = removed.chain(added).collect();
    if lines.is_empty() { arrow(&before.join(", "), &after.join(", ")) } else { What::Members(lines) }
}

/// The fields of a new object, one row each, entries of a table too.
fn created(after: &Document, names: Names<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let one = |path: &str, value| row(path, What::Value(value::inline(value, &names.within(path))));
    for (field, value) in &after.0 {
        match value {
            Value::Object(entries) if !entries.is_empty() && entries.values().all(Value::is_object) => {
                rows.extend(entries.iter().map(|(key, value)| one(&format!("{field}.{key}"), value)));
            }
            value => rows.push(one(field, value)),
        }
    }
    rows
}

/// Tags of the user's one by one, but the name's where the name is shown; ours, which nobody chose, in one row where they are repaired.
fn tags(step: &Step) -> Vec<Row> {
    let created = step.action == Action::Create;
    let is_said = created || step.rename.is_some();
    let users = |key: &str| !owner::is_reserved(key) && (key != owner::NAME || !is_said);
    let shown = |path: &str| step.differences.iter().any(|difference| difference.path == path);
    let mut rows = Vec::new();
    for (key, value) in step.tags.set.iter().filter(|(key, _)| users(key)) {
        let label = format!("tags.{key}");
        if !shown(&label) {
            let before = step.tags_before.get(key).map(|value| value::scalar(value)).unwrap_or_default();
            let value = value::scalar(value);
            rows.push(row(&label, if created { What::Value(value) } else { arrow(&before, &value) }));
        }
    }
    let removed = |key: &String| match step.tags_before.get(key) {
        Some(value) => What::Members(vec![Line { sign: Sign::Removed, text: value::scalar(value) }]),
        None => What::Entry(Sign::Removed),
    };
    let gone = step.tags.remove.iter().filter(|key| users(key));
    rows.extend(gone.map(|key| row(&format!("tags.{key}"), removed(key))));
    if !created {
        rows.extend(own_tags(step));
    }
    rows
}

/// The tag of `protect` in the file's word, the others by their names.
fn own_tags(step: &Step) -> impl Iterator<Item = Row> {
    let (set, removed) = (step.tags.set.contains_key(owner::PROTECT), step.tags.remove.contains(owner::PROTECT));
    let protect = (set || removed).then(|| row("protect", arrow(&removed.to_string(), &set.to_string())));
    let others = step.tags.set.keys().chain(&step.tags.remove).map(String::as_str);
    let others: Vec<_> = others.filter(|key| owner::is_reserved(key) && *key != owner::PROTECT).collect();
    let others = (!others.is_empty()).then(|| row("ownership tags", What::Value(others.join(", "))));
    protect.into_iter().chain(others)
}

/// A row without a note.
pub fn row(label: &str, what: What) -> Row {
    Row { label: label.to_owned(), what, note: None }
}

/// What the changes of a step cost: said once for the step where they agree, else row by row.
#[derive(Debug)]
pub struct Notes<'a> {
    differences: &'a [Difference],
    distinct: Vec<String>,
}

impl<'a> Notes<'a> {
    /// The notes of differences.
    pub fn of(differences: &'a [Difference]) -> Self {
        let mut distinct = Vec::new();
        for note in differences.iter().filter_map(|difference| note(&difference.impact)) {
            if !distinct.contains(&note) {
                distinct.push(note);
            }
        }
        Self { differences, distinct }
    }

    /// Whether one line can say them all.
    pub fn is_shared(&self) -> bool {
        self.distinct.len() < 2
    }

    /// The only note.
    pub fn shared(&self) -> Option<&str> {
        self.distinct.first().filter(|_| self.is_shared()).map(String::as_str)
    }

    fn of_path(&self, path: &str) -> Option<String> {
        note(&self.differences.iter().find(|difference| difference.path == path)?.impact)
    }
}

/// What there is to say of an impact.
fn note(impact: &Impact) -> Option<String> {
    match impact {
        Impact::InPlace { note } => note.clone(),
        Impact::Interrupts { why } => Some(format!("interrupts: {why}")),
        Impact::Impossible { why, .. } => Some(format!("impossible: {why}")),
        Impact::Ignored { why } => Some(format!("left as it is: {why}")),
    }
}

/// What changes in a file, as it will be shown before it is written.
pub fn file_difference(path: &std::path::Path, before: &str, after: &str, style: super::Style) -> String {
    super::plan::file(path, &line_diff::difference(before, after), style) + "\n"
}

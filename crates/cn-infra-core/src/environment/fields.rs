//! The fields of a kind's table: unknown ones, and each value of the wrong type.
//!
//! Serde stops at the first error of a table. So a table is read as a whole, and only if that fails field by field:
//! a table that holds one field alone, at its depth, tells whether that field is right.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

use super::metadata::METADATA;
use super::nearest::{did_you_mean, list};
use super::report::Report;
use super::source::Place;
use super::table::{Entry, Key, Value};
use super::wording::{Wording, reword};
use crate::document::Document;
use crate::field_tree::FieldTree;
use crate::kinds::Kind;

/// What could be read of a table.
pub(super) struct Fields {
    /// The fields that are right.
    pub document: Document,
    /// The dotted paths of those that are not, and of what is no field.
    pub wrong: Vec<String>,
}

/// Reads the fields of one table. `subject` names it in messages.
pub(super) fn read<'a>(kind: &Kind, subject: &str, entries: &[Entry<'a>], report: &mut Report<'a>) -> Fields {
    let mut walk = Walk::default();
    for entry in entries {
        walk.walk(&mut Vec::new(), *entry, &kind.tree);
    }
    if walk.unknown.is_empty() {
        let whole = entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        if let Ok(document) = read_table(kind, whole) {
            return Fields { document, wrong: Vec::new() };
        }
    }
    let mut wrong: Vec<_> = walk.unknown.iter().map(Unknown::path).collect();
    for unknown in &walk.unknown {
        unknown.report(kind, subject, report);
    }
    let mut right = DeTable::new();
    for leaf in &walk.leaves {
        let kept = leaf.check(kind, report);
        if kept.as_ref().is_none_or(|kept| !leaf.is_whole(kept)) {
            wrong.push(dotted(&leaf.keys));
        }
        if let Some(value) = kept {
            leaf.plant(&mut right, value);
        }
    }
    match read_table(kind, right) {
        Ok(document) => Fields { document, wrong },
        Err(error) => {
            if let (true, Some(first)) = (wrong.is_empty(), walk.leaves.first()) {
                report.error(first.entry.at_value(), format!("{subject}: {}", error.message().trim_end()));
            }
            wrong.extend(walk.leaves.iter().map(|leaf| dotted(&leaf.keys)));
            Fields { document: Document::default(), wrong }
        }
    }
}

/// The place of a table that no file holds as it is.
const NOWHERE: Range<usize> = 0..0;

fn read_table(kind: &Kind, table: DeTable<'_>) -> Result<Document, toml::de::Error> {
    (kind.read)(ValueDeserializer::from(Spanned::new(NOWHERE, DeValue::Table(table))))
}

/// The leaves of a table, and what is no field.
#[derive(Default)]
struct Walk<'a> {
    leaves: Vec<Leaf<'a>>,
    unknown: Vec<Unknown<'a>>,
}

/// A value with the keys that lead to it.
struct Leaf<'a> {
    keys: Vec<&'a Key<'a>>,
    entry: Entry<'a>,
}

/// A key that is no field, and the fields it could be.
struct Unknown<'a> {
    table: Vec<&'a Key<'a>>,
    entry: Entry<'a>,
    siblings: Vec<&'static str>,
}

impl<'a> Walk<'a> {
    /// As deep as the tree of fields, however deep the values are.
    fn walk(&mut self, keys: &mut Vec<&'a Key<'a>>, entry: Entry<'a>, tree: &FieldTree) {
        let Some(tree) = tree.child(entry.name()) else {
            let siblings = match tree {
                FieldTree::Fixed(fields) => fields.keys().copied().collect(),
                _ => Vec::new(),
            };
            self.unknown.push(Unknown { table: keys.clone(), entry, siblings });
            return;
        };
        keys.push(entry.key);
        match (tree, entry.value.get_ref()) {
            (FieldTree::Fixed(_) | FieldTree::Keyed(_), DeValue::Table(table)) if !table.is_empty() => {
                for (key, value) in table {
                    self.walk(keys, Entry { key, value, ..entry }, tree);
                }
            }
            _ => self.leaves.push(Leaf { keys: keys.clone(), entry }),
        }
        keys.pop();
    }
}

fn dotted(keys: &[&Key<'_>]) -> String {
    keys.iter().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>().join(".")
}

impl<'a> Unknown<'a> {
    fn path(&self) -> String {
        let keys: Vec<_> = self.table.iter().copied().chain([self.entry.key]).collect();
        dotted(&keys)
    }

    fn report(&self, kind: &Kind, subject: &str, report: &mut Report<'a>) {
        let name = self.entry.name();
        let subject = if self.table.is_empty() { subject.to_owned() } else { format!("`{}`", dotted(&self.table)) };
        let common: &[&str] = if self.table.is_empty() { &METADATA } else { &[] };
        let known = self.siblings.iter().chain(common).copied();
        let hint = self.elsewhere(kind).or_else(|| did_you_mean(name, "it can have", known));
        let hint = hint.unwrap_or_else(|| "`cn-infra schema` lists what it can have".into());
        report.error(self.entry.at_key(), format!("{subject} has no field `{name}`")).hint(hint);
    }

    /// The one field of this name that belongs into another table of the kind.
    fn elsewhere(&self, kind: &Kind) -> Option<String> {
        let mut same = kind.fields.iter().map(|field| field.path).filter(|path| {
            path.rsplit_once('.').is_some_and(|(table, last)| last == self.entry.name() && !table.ends_with('*'))
        });
        let path = same.next()?;
        same.next().is_none().then(|| format!("did you mean `{path}`?"))
    }
}

impl<'a> Leaf<'a> {
    /// Adds a value to a table, at the depth of the leaf.
    fn plant(&self, root: &mut DeTable<'a>, value: Value<'a>) {
        let Some((last, above)) = self.keys.split_last() else { return };
        let mut table = root;
        for key in above {
            let entry = table.entry((*key).clone());
            let below = entry.or_insert_with(|| Spanned::new(key.span(), DeValue::Table(DeTable::new())));
            let DeValue::Table(below) = below.get_mut() else { return };
            table = below;
        }
        table.insert((*last).clone(), value);
    }

    /// What is right of the leaf; reports what is not. Of a list, each value is looked at alone.
    fn check(&self, kind: &Kind, report: &mut Report<'a>) -> Option<Value<'a>> {
        let Err(error) = self.read_alone(kind, self.entry.value.clone()) else {
            return Some(self.entry.value.clone());
        };
        let mut right = DeArray::new();
        let before = report.len();
        let is_list = self.read_alone(kind, self.list_of(None)).is_ok();
        let items = self.entry.value.get_ref().as_array().filter(|_| is_list);
        for item in items.into_iter().flatten() {
            match self.read_alone(kind, self.list_of(Some(item))) {
                Ok(_) => right.push(item.clone()),
                Err(error) => self.report(kind, &error, item, report),
            }
        }
        if report.len() == before {
            self.report(kind, &error, self.entry.value, report);
            return None;
        }
        Some(Spanned::new(self.entry.value.span(), DeValue::Array(right)))
    }

    fn list_of(&self, item: Option<&Value<'a>>) -> Value<'a> {
        let mut list = DeArray::new();
        if let Some(item) = item {
            list.push(item.clone());
        }
        Spanned::new(self.entry.value.span(), DeValue::Array(list))
    }

    /// Whether nothing was left out of the leaf.
    fn is_whole(&self, kept: &Value<'a>) -> bool {
        let length = |value: &Value<'a>| value.get_ref().as_array().map(|items| items.iter().count());
        length(kept) == length(self.entry.value)
    }

    fn read_alone(&self, kind: &Kind, value: Value<'a>) -> Result<Document, toml::de::Error> {
        let mut table = DeTable::new();
        self.plant(&mut table, value);
        read_table(kind, table)
    }

    /// Reports an error about the leaf or one value of its list.
    fn report(&self, kind: &Kind, error: &toml::de::Error, about: &Value<'a>, report: &mut Report<'a>) {
        let own = self.entry.value.span();
        // An error of a kind's own has no place; that of the list is given to it.
        let placed = error.span().filter(|span| *span != NOWHERE && *span != own);
        let span = placed.unwrap_or(about.span());
        let found = self.entry.source.text.get(span.clone()).unwrap_or_default();
        let within = span != own;
        let Wording { message, hint } = reword(&dotted(&self.keys), within, error.message(), found);
        let hint = hint.or_else(|| if within { None } else { self.holds(kind) });
        report.error(Place::new(self.entry.source, span), message).maybe_hint(hint);
    }

    /// What stands in the table that the leaf should be.
    fn holds(&self, kind: &Kind) -> Option<String> {
        let tree = self.keys.iter().try_fold(&kind.tree, |tree, key| tree.child(key.get_ref()))?;
        match tree {
            FieldTree::Leaf { .. } => None,
            FieldTree::Fixed(fields) => Some(format!("it can have {}", list(fields.keys().copied()))),
            FieldTree::Keyed(_) => Some("it holds a table for each name that you choose: { NAME = { … } }".into()),
        }
    }
}

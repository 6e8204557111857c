//! The fields of a kind's table: unknown ones, and each value of the wrong type.
//!
//! Serde stops at the first error of a table. So a table is read as a whole, and only if that fails field by field:
//! a table that holds one field alone, at its depth, tells whether that field is right.

use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::common::COMMON;
use super::nearest::did_you_mean;
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
    /// Whether these are all.
    pub complete: bool,
}

/// Reads the fields of one table. `subject` names it in messages.
pub(super) fn read<'a>(kind: &Kind, subject: &str, entries: &[Entry<'a>], report: &mut Report<'a>) -> Fields {
    let mut walk = Walk::default();
    for entry in entries {
        walk.enter(*entry, &kind.tree);
    }
    if walk.unknown.is_empty() {
        let whole = entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        if let Ok(document) = read_table(kind, whole) {
            return Fields { document, complete: true };
        }
    }
    for unknown in &walk.unknown {
        unknown.report(kind, subject, report);
    }
    let before = walk.leaves.len();
    walk.leaves.retain(|leaf| leaf.check(kind, report));
    let right = walk.leaves.iter().fold(DeTable::new(), |table, leaf| leaf.plant(table));
    let complete = walk.leaves.len() == before && walk.unknown.is_empty();
    match read_table(kind, right) {
        Ok(document) => Fields { document, complete },
        Err(error) => {
            if let Some(first) = walk.leaves.first() {
                report.error(first.place(), format!("{subject}: {}", error.message().trim_end()));
            }
            Fields { document: Document::default(), complete: false }
        }
    }
}

fn read_table(kind: &Kind, table: DeTable<'_>) -> Result<Document, toml::de::Error> {
    (kind.read)(ValueDeserializer::from(Spanned::new(0..0, DeValue::Table(table))))
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
    fn enter(&mut self, entry: Entry<'a>, tree: &FieldTree) {
        self.walk(&mut Vec::new(), entry, tree);
    }

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
    fn report(&self, kind: &Kind, subject: &str, report: &mut Report<'a>) {
        let name = self.entry.name();
        let subject = if self.table.is_empty() { subject.to_owned() } else { format!("`{}`", dotted(&self.table)) };
        let common: &[&str] = if self.table.is_empty() { &COMMON } else { &[] };
        let known = self.siblings.iter().chain(common).copied();
        let hint = self.elsewhere(kind).or_else(|| did_you_mean(name, "it can have", known));
        report.error(self.entry.at_key(), format!("{subject} has no field `{name}`")).maybe_hint(hint);
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
    fn place(&self) -> Place<'a> {
        self.entry.at_value()
    }

    /// Adds the leaf to a table, at its depth.
    fn plant<'t>(&self, mut root: DeTable<'t>) -> DeTable<'t>
    where
        'a: 't,
    {
        let mut table = &mut root;
        if let Some((last, above)) = self.keys.split_last() {
            for key in above {
                let entry = table.entry((*key).clone());
                let below = entry.or_insert_with(|| Spanned::new(key.span(), DeValue::Table(DeTable::new())));
                let DeValue::Table(below) = below.get_mut() else { return root };
                table = below;
            }
            table.insert((*last).clone(), self.entry.value.clone());
        }
        root
    }

    /// Whether the leaf is right; reports it if not.
    fn check(&self, kind: &Kind, report: &mut Report<'a>) -> bool {
        let Err(error) = read_table(kind, self.plant(DeTable::new())) else { return true };
        let own: &Value<'a> = self.entry.value;
        let span = error.span().filter(|span| *span != (0..0)).unwrap_or(own.span());
        let found = self.entry.source.text.get(span.clone()).unwrap_or_default();
        let within = span != own.span();
        let Wording { message, hint } = reword(&dotted(&self.keys), within, error.message(), found);
        report.error(Place::new(self.entry.source, span), message).maybe_hint(hint);
        false
    }
}

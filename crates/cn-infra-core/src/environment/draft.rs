//! A declared resource while its environment is read: what is known of it, and where in the files each thing stands.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::defaults::Defaults;
use super::fields;
use super::header::NAME_FORM;
use super::metadata::{self, METADATA};
use super::nearest::nearest;
use super::report::Report;
use super::source::Place;
use super::table::{Entry, Table, Value};
use super::text_file::TextFile;
use super::{Declared, Origin};
use crate::address::{Address, is_name};
use crate::kinds::Kind;
use crate::owner::Tags;

/// A resource as far as it is read.
pub(super) struct Draft<'a> {
    pub kind: &'a Kind,
    pub declared: Declared,
    /// Its table's header.
    pub at: Place<'a>,
    /// Its top-level fields, its own and those of defaults.
    pub entries: BTreeMap<&'a str, Entry<'a>>,
    /// The dotted paths of what is reported already.
    pub wrong: Vec<String>,
    /// The text files that it names.
    pub texts: Vec<TextFile>,
}

/// What resources take from their environment.
pub(super) struct Surroundings<'s, 'a> {
    pub environment: &'s str,
    pub project: &'s str,
    /// `[tags]`.
    pub tags: &'s Tags,
    /// `[defaults.<kind>]`: only the fields that are right.
    pub defaults: &'s Defaults<'a>,
}

impl<'a> Draft<'a> {
    /// Reads the resource that an entry of a kind's table declares.
    pub fn read(
        kind: &'a Kind,
        entry: Entry<'a>,
        around: &Surroundings<'_, 'a>,
        report: &mut Report<'a>,
    ) -> Option<Self> {
        let address = Address::new(kind.name, entry.name());
        if !is_name(entry.name()) {
            report.error(entry.at_key(), format!("`{}` is no name for a resource", entry.name())).hint(NAME_FORM);
        }
        let table = resource_table(kind, entry, report)?;
        let mut entries: BTreeMap<_, _> = around.defaults.get(kind.name).cloned().unwrap_or_default();
        entries.extend(table.entries().map(|entry| (entry.name(), entry)));
        let own: Vec<_> = table.entries().filter(|entry| !METADATA.contains(&entry.name())).collect();
        let read = Self::read_fields(kind, &address, &own, &entries, report);
        let declared = Self::declare(kind, address, &entries, around, report);
        let mut draft = Self { kind, declared, at: table.at, entries, wrong: read.wrong, texts: Vec::new() };
        draft.declared.document = read.document;
        draft.require(report);
        Some(draft)
    }

    /// Reads the resource's own fields together with those of defaults; those are known to be right.
    fn read_fields(
        kind: &Kind,
        address: &Address,
        own: &[Entry<'a>],
        entries: &BTreeMap<&'a str, Entry<'a>>,
        report: &mut Report<'a>,
    ) -> fields::Fields {
        let mut all = own.to_vec();
        all.extend(entries.values().filter(|entry| entry.default && !METADATA.contains(&entry.name())));
        fields::read(kind, &address.local(), &all, report)
    }

    fn declare(
        kind: &Kind,
        address: Address,
        entries: &BTreeMap<&'a str, Entry<'a>>,
        around: &Surroundings<'_, 'a>,
        report: &mut Report<'a>,
    ) -> Declared {
        let field = |name: &str| entries.get(name).copied();
        let default_name = || format!("{}-{}-{}", around.project, around.environment, address.name);
        let mut tags = around.tags.clone();
        if let Some(entry) = field("tags") {
            // Those of defaults are reported where they stand.
            let reported = &mut Report::default();
            tags.extend(metadata::tag_table(entry, if entry.default { reported } else { report }));
        }
        Declared {
            name: field("name").and_then(|entry| metadata::name(entry, report)).unwrap_or_else(default_name),
            tags,
            protect: field("protect").and_then(|entry| metadata::protect(entry, report)),
            adopt: field("adopt").and_then(|entry| metadata::adopt(kind, entry, report)),
            renamed_from: field("renamed_from").and_then(|entry| metadata::renamed_from(&address, entry, report)),
            document: crate::document::Document::default(),
            written: BTreeMap::new(),
            origins: entries.iter().map(|(name, entry)| ((*name).to_owned(), origin(entry))).collect(),
            address,
        }
    }

    /// Reports required fields that are missing, unless one is there with a typing error.
    fn require(&self, report: &mut Report<'a>) {
        let address = &self.declared.address;
        let misspelt = |path: &str| self.wrong.iter().any(|wrong| nearest(wrong, [path]).is_some());
        for path in self.kind.required.iter().filter(|path| self.find(path).is_none() && !misspelt(path)) {
            report.error(self.at, format!("{address} needs `{path}`"));
        }
        if self.kind.naming.required && !self.entries.contains_key("name") {
            let hint = format!("write name = \"…\": a {} has no name by default", self.kind.name);
            report.error(self.at, format!("{address} needs `name`")).hint(hint);
        }
    }

    /// Whether something at a path, within it, around it, or in the same table is wrong already.
    pub fn is_wrong_near(&self, path: &str) -> bool {
        let table = |path: &str| path.rsplit_once('.').map(|(table, _)| table.to_owned());
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let near = |wrong: &str| within(wrong, path) || within(path, wrong) || table(wrong) == table(path);
        self.wrong.iter().any(|wrong| near(wrong))
    }

    /// The value at a dotted path.
    fn find(&self, path: &str) -> Option<Place<'a>> {
        let mut keys = path.split('.');
        let entry = self.entries.get(keys.next()?)?;
        let value = keys.try_fold(entry.value, child)?;
        Some(Place::new(entry.source, value.span()))
    }

    /// The value at a dotted path, or the nearest one above it that is there.
    pub fn place(&self, path: &str) -> Place<'a> {
        self.reach(path).map_or(self.at, |(entry, value)| Place::new(entry.source, value.span()))
    }

    /// The text within the value at a dotted path that says just this.
    pub fn place_of(&self, path: &str, text: &str) -> Place<'a> {
        let Some((entry, value)) = self.reach(path) else { return self.at };
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            match value.get_ref() {
                DeValue::String(found) if found == text => return Place::new(entry.source, value.span()),
                DeValue::Array(items) => open.extend(items.iter().rev()),
                DeValue::Table(table) => open.extend(table.values()),
                _ => {}
            }
        }
        self.place(path)
    }

    fn reach(&self, path: &str) -> Option<(Entry<'a>, &'a Value<'a>)> {
        let mut keys = path.split('.');
        let entry = *self.entries.get(keys.next()?)?;
        let mut value = entry.value;
        for key in keys {
            let Some(below) = child(value, key) else { break };
            value = below;
        }
        Some((entry, value))
    }
}

/// The value of a key of a table, or of a number of a list.
fn child<'a>(value: &'a Value<'a>, key: &str) -> Option<&'a Value<'a>> {
    match value.get_ref() {
        DeValue::Table(table) => table.get(key),
        DeValue::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn resource_table<'a>(kind: &Kind, entry: Entry<'a>, report: &mut Report<'a>) -> Option<Table<'a>> {
    let (kind, name) = (kind.name, entry.name());
    match entry.value.get_ref() {
        DeValue::Table(_) => entry.as_table(),
        DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) && !items.is_empty() => {
            let hint = format!("write [{kind}.{name}], with one bracket");
            report.error(entry.at_value(), format!("{kind}.{name} must be a table, not a list")).hint(hint);
            None
        }
        _ => {
            let hint = format!("fields stand below [{kind}.NAME]: a resource has a kind and a name");
            report
                .error(entry.at_key(), format!("`{name}` stands where a resource of kind {kind} is declared"))
                .hint(hint);
            None
        }
    }
}

pub(super) fn origin(entry: &Entry<'_>) -> Origin {
    Origin {
        file: entry.source.path.clone(),
        line: entry.at_key().line(),
        default: entry.default,
        texts: BTreeMap::new(),
    }
}

/// The number of each address in a list of drafts.
pub(super) fn index(drafts: &[Draft<'_>]) -> BTreeMap<Address, usize> {
    drafts.iter().enumerate().map(|(number, draft)| (draft.declared.address.clone(), number)).collect()
}

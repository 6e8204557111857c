//! Reading tables whose keys are known: values of the wanted type, or an error at the value.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::nearest::did_you_mean;
use super::report::Report;
use super::source::{Place, Source};

pub(super) type Key<'a> = Spanned<DeString<'a>>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A key with its value, and the file they stand in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub source: &'a Source,
    pub key: &'a Key<'a>,
    pub value: &'a Value<'a>,
    /// Whether it comes from `[defaults.<kind>]`.
    pub default: bool,
}

impl<'a> Entry<'a> {
    pub fn name(&self) -> &'a str {
        self.key.get_ref()
    }

    pub fn at_key(&self) -> Place<'a> {
        Place::new(self.source, self.key.span())
    }

    pub fn at_value(&self) -> Place<'a> {
        Place::new(self.source, self.value.span())
    }

    /// The value as a text; `what` names it in the error.
    pub fn text(&self, what: &str, report: &mut Report<'a>) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            other => {
                let message = format!("{what} must be a text in quotes, not {}", describe(other));
                report.error(self.at_value(), message);
                None
            }
        }
    }

    /// The value as a text that is not empty.
    pub fn filled_text(&self, what: &str, report: &mut Report<'a>) -> Option<&'a str> {
        let text = self.text(what, report)?;
        if text.trim().is_empty() {
            report.error(self.at_value(), format!("{what} is empty"));
            return None;
        }
        Some(text)
    }

    /// The value, if it is a table.
    pub fn as_table(&self) -> Option<Table<'a>> {
        let keys = self.value.get_ref().as_table()?;
        Some(Table { source: self.source, keys, at: self.at_value() })
    }

    /// The value as a table.
    pub fn table(&self, what: &str, report: &mut Report<'a>) -> Option<Table<'a>> {
        let table = self.as_table();
        if table.is_none() {
            let message = format!("{what} must be a table, not {}", describe(self.value.get_ref()));
            report.error(self.at_value(), message);
        }
        table
    }

    /// The value as a list.
    pub fn list(&self, what: &str, report: &mut Report<'a>) -> Option<Vec<Self>> {
        let DeValue::Array(items) = self.value.get_ref() else {
            let message = format!("{what} must be a list, not {}", describe(self.value.get_ref()));
            report.error(self.at_value(), message);
            return None;
        };
        Some(items.iter().map(|value| Self { value, ..*self }).collect())
    }
}

/// A table, and where it stands: at its header, or at its braces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    pub source: &'a Source,
    pub keys: &'a DeTable<'a>,
    pub at: Place<'a>,
}

impl<'a> Table<'a> {
    pub fn entries(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let source = self.source;
        self.keys.iter().map(move |(key, value)| Entry { source, key, value, default: false })
    }

    pub fn get(&self, name: &str) -> Option<Entry<'a>> {
        let (key, value) = self.keys.get_key_value(name)?;
        Some(Entry { source: self.source, key, value, default: false })
    }

    /// Reports every key that is not among the known ones.
    pub fn only(&self, what: &str, known: &[&str], report: &mut Report<'a>) {
        for entry in self.entries().filter(|entry| !known.contains(&entry.name())) {
            let hint = did_you_mean(entry.name(), "it can have", known.iter().copied());
            report.error(entry.at_key(), format!("{what} has no field `{}`", entry.name())).maybe_hint(hint);
        }
    }
}

/// What a value is, as in "not a number".
pub(super) fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

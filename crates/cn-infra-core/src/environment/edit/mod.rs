//! Changes to environment files that keep their comments and layout.
//!
//! [`set_adopt`], [`set_reference`] and [`set_network`] change a text; [`Edits`] holds the changes of several files: an
//! environment is loaded from it as it will be, before anything is written.

mod edits;
#[cfg(test)]
mod tests;

use toml_edit::{Array, DocumentMut, Item, Value};

use crate::address::{Address, PhysicalId, Reference};

pub use edits::{Edits, EditsError, FileEdit};

/// Why a text was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is not valid TOML; load it for the details.
    #[error("the file is not valid TOML: {0}")]
    Syntax(String),
    /// The file does not declare the resource.
    #[error("the file declares no {0}")]
    NotDeclared(Address),
    /// The file does not define the network.
    #[error("the file defines no network {0}")]
    NoNetwork(String),
}

/// What a line of `[networks]` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members<'a> {
    /// The same as another network: `visitors = "developers"`.
    Same(&'a str),
    /// Names of networks and CIDRs: `lab = ["203.0.113.0/28"]`.
    List(&'a [String]),
}

/// What a line of `[networks]` was read to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    /// The same as another network.
    Same(String),
    /// Names of networks and CIDRs.
    List(Vec<String>),
}

impl Definition {
    /// The names and CIDRs.
    pub fn members(&self) -> &[String] {
        match self {
            Self::Same(other) => std::slice::from_ref(other),
            Self::List(members) => members,
        }
    }
}

/// What a file's line of `[networks]` says; `None` where the file has none, or the line no meaning.
pub fn network(source: &str, name: &str) -> Option<Definition> {
    let document: DocumentMut = source.strip_prefix('\u{feff}').unwrap_or(source).parse().ok()?;
    let line = document.get("networks")?.get(name)?;
    match (line.as_str(), line.as_array()) {
        (Some(other), _) => Some(Definition::Same(other.to_owned())),
        (_, Some(members)) => {
            let members = members.iter().map(|member| member.as_str().map(str::to_owned));
            members.collect::<Option<_>>().map(Definition::List)
        }
        _ => None,
    }
}

/// Writes `adopt = "<id>"` into the table of a resource, or changes the one that is there.
pub fn set_adopt(source: &str, address: &Address, id: &PhysicalId) -> Result<String, EditError> {
    set_field(source, address, "adopt", &id.0)
}

/// Lets a field of a resource refer to something: `instance = "staging/instance.web"`. `None` writes `"none"`.
pub fn set_reference(
    source: &str,
    address: &Address,
    field: &str,
    reference: Option<&Reference>,
) -> Result<String, EditError> {
    let text = reference.map_or_else(|| "none".to_owned(), ToString::to_string);
    set_field(source, address, field, &text)
}

/// Changes what a network of the file stands for. A list keeps the layout of the one that was there.
pub fn set_network(source: &str, name: &str, members: Members<'_>) -> Result<String, EditError> {
    change(source, |document| {
        let networks = document.get_mut("networks").filter(|networks| networks.is_table_like());
        let line = networks.and_then(|networks| networks.get_mut(name));
        let old = line.and_then(Item::as_value_mut).ok_or_else(|| EditError::NoNetwork(name.to_owned()))?;
        let new = match members {
            Members::Same(other) => text(other, Some(old)),
            Members::List(members) => Value::Array(list(members, old.as_array())),
        };
        put(new, old);
        Ok(())
    })
}

/// Sets a field of a resource to a text.
fn set_field(source: &str, address: &Address, field: &str, value: &str) -> Result<String, EditError> {
    change(source, |document| {
        let resource = resource(document, address).ok_or_else(|| EditError::NotDeclared(address.clone()))?;
        set(resource, field, value);
        Ok(())
    })
}

fn resource<'d>(document: &'d mut DocumentMut, address: &Address) -> Option<&'d mut Item> {
    let kind = document.get_mut(&address.kind)?.as_table_like_mut()?;
    kind.get_mut(&address.name).filter(|resource| resource.is_table_like())
}

/// Sets a field of a table; the spaces and the comment around a value that was there stay.
fn set(table: &mut Item, name: &str, new: &str) {
    if let Some(old) = table.get_mut(name).and_then(Item::as_value_mut) {
        return put(text(new, Some(old)), old);
    }
    let mut value = Value::from(new);
    if let Some((_, last)) = table.as_inline_table_mut().and_then(|table| table.iter_mut().last()) {
        // The space before the closing brace belongs to the value before it.
        if let Some(space) = last.decor().suffix().cloned() {
            last.decor_mut().set_suffix("");
            value.decor_mut().set_prefix(" ");
            value.decor_mut().set_suffix(space);
        }
    }
    if let Some(table) = table.as_table_like_mut() {
        table.insert(name, Item::Value(value));
    }
}

/// Puts a value in the place of another.
fn put(mut new: Value, old: &mut Value) {
    *new.decor_mut() = old.decor().clone();
    *old = new;
}

/// A string, in the quotes of the one before it.
fn text(new: &str, old: Option<&Value>) -> Value {
    let quotes = old.and_then(|old| match old {
        Value::String(old) => old.as_repr()?.as_raw().as_str(),
        Value::Array(old) => old.iter().find_map(|member| match member {
            Value::String(member) => member.as_repr()?.as_raw().as_str(),
            _ => None,
        }),
        _ => None,
    });
    let is_literal = quotes.is_some_and(|quotes| quotes.starts_with('\'')) && !new.contains(['\'', '\n', '\r']);
    let literal = if is_literal { format!("'{new}'").parse().ok() } else { None };
    literal.unwrap_or_else(|| new.into())
}

/// A list with the members' places of the one before it: one a line, or all in one.
fn list(members: &[String], old: Option<&Array>) -> Array {
    let Some(old) = old.filter(|old| !old.is_empty()) else { return members.iter().collect() };
    let mut new = old.clone();
    new.clear();
    for (number, member) in members.iter().enumerate() {
        let like = old.get(number).or_else(|| old.iter().last());
        let mut value = text(member, like);
        if let Some(like) = like {
            *value.decor_mut() = like.decor().clone();
        }
        let is_on_one_line = |value: &Value| {
            value.decor().prefix().and_then(|prefix| prefix.as_str()).is_none_or(|prefix| !prefix.contains('\n'))
        };
        if number > 0 && old.len() == 1 && is_on_one_line(&value) {
            value.decor_mut().set_prefix(" ");
        }
        new.push_formatted(value);
    }
    new
}

/// Changes a document; byte order mark and line ends stay as they are.
fn change(source: &str, edit: impl FnOnce(&mut DocumentMut) -> Result<(), EditError>) -> Result<String, EditError> {
    let (mark, text) = match source.strip_prefix('\u{feff}') {
        Some(text) => ("\u{feff}", text),
        None => ("", source),
    };
    let plain = text.replace("\r\n", "\n");
    let mut document: DocumentMut =
        plain.parse().map_err(|error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned()))?;
    edit(&mut document)?;
    Ok(format!("{mark}{}", with_line_ends(&document.to_string(), text)))
}

/// A changed text with the line ends of the one that it was: a file can have both, also within a text of several lines.
/// Lines before and after the change are those of the file; those of the change end as those that they stand for, further
/// ones as the line before.
fn with_line_ends(changed: &str, original: &str) -> String {
    // A file without an end of its last line stays without.
    let added = if original.ends_with('\n') { None } else { changed.strip_suffix('\n') };
    let changed = added.unwrap_or(changed);
    let (new, old): (Vec<_>, Vec<_>) =
        (changed.split_inclusive('\n').collect(), original.split_inclusive('\n').collect());
    let is_same = |(new, old): &(&&str, &&str)| **new == old.replace("\r\n", "\n");
    let before = new.iter().zip(&old).take_while(is_same).count();
    let after = new[before..].iter().rev().zip(old[before..].iter().rev()).take_while(is_same).count();
    let mut replaced = old[before..old.len() - after].iter().filter(|line| line.ends_with('\n'));
    let mut last = before.checked_sub(1).map_or_else(|| old.first(), |last| old.get(last));
    let between = new[before..new.len() - after].iter().map(|line| {
        last = replaced.next().or(last);
        line.replace('\n', if last.is_some_and(|last| last.ends_with("\r\n")) { "\r\n" } else { "\n" })
    });
    old[..before].concat() + &between.collect::<String>() + &old[old.len() - after..].concat()
}

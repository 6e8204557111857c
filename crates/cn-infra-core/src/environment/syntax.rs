//! From text to tables: TOML's own rules, and what to say when they are broken.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::DeTable;

use super::nesting;
use super::report::Report;
use super::source::{Place, Source};
use crate::address::Address;

/// The one error that leaves no doubt what the rest of the file says.
const DUPLICATE: &str = "duplicate key";

/// Reads the tables of a file. `None` if errors leave it unclear what the file says.
pub(super) fn parse<'a>(source: &'a Source, report: &mut Report<'a>) -> Option<DeTable<'a>> {
    if let Some(span) = nesting::too_deep(&source.text) {
        report.error(Place::new(source, span), "lists, tables and keys are nested too deeply");
        return None;
    }
    let (root, errors) = DeTable::parse_recoverable(&source.text);
    let mut clear = true;
    let mut last_line = 0;
    for error in errors {
        clear &= error.message() == DUPLICATE;
        let span = error.span().unwrap_or(source.text.len()..source.text.len());
        let place = Place::new(source, span);
        // What follows a first error in a line mostly follows from it.
        if place.line() != last_line {
            last_line = place.line();
            let (message, hint) = reword(error.message(), &source.text, place);
            report.error(place, message).maybe_hint(hint);
        }
    }
    clear.then(|| Spanned::into_inner(root))
}

/// The resources that the text of an environment declares; `None` if it is not clear what it says.
pub(super) fn declared(text: &str) -> Option<BTreeSet<Address>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if nesting::too_deep(text).is_some() {
        return None;
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let tables = root.get_ref().iter().filter_map(|(kind, table)| Some((kind, table.get_ref().as_table()?)));
    let addresses = tables.flat_map(|(kind, table)| {
        table.keys().map(move |name| Address::new(kind.get_ref().as_ref(), name.get_ref().as_ref()))
    });
    errors.is_empty().then(|| addresses.collect())
}

/// The beginnings of the parser's messages, in the words of someone who writes a file, and what to do.
const WORDINGS: &[(&str, &str, &str)] = &[
    ("unquoted keys cannot be empty", "a key is missing before `=`", ""),
    (
        "invalid unquoted key",
        "a key without quotes can hold letters a to z, digits, `_` and `-` only",
        "put the key in quotes",
    ),
    ("invalid key-value pair", "a field or a table is expected here", "write key = value, or [table]"),
    ("unexpected key or value", "the line should end here", "write each field in a line of its own"),
    ("invalid basic string, expected `\"`", "the text is not closed in its line", "end it with \""),
    ("invalid literal string, expected `'`", "the text is not closed in its line", "end it with '"),
    (
        "invalid multi-line basic string, expected `\"`",
        "a text that began with \"\"\" is not closed",
        "end it with \"\"\"",
    ),
    ("invalid multi-line literal string, expected `'`", "a text that began with ''' is not closed", "end it with '''"),
    ("too few unicode value digits", "`\\u` takes 4 hexadecimal digits, `\\U` 8", BACKSLASH),
    ("missing escaped value", "no such escape", BACKSLASH),
    ("invalid value, expected unicode", "no character has this number", BACKSLASH),
    (
        "missing comma between array elements",
        "a comma is missing before this",
        "or the list above is not closed with `]`",
    ),
    (
        "missing comma between key-value pairs",
        "a comma is missing before this",
        "or the table above is not closed with `}`",
    ),
    ("extra assignment between key-value pairs", "a comma is missing before this field", ""),
    ("extra comma in", "a value is missing before the comma", ""),
    ("unclosed table", "the table's name is not closed", "end it with `]`"),
    ("unclosed array table", "the table's name is not closed", "end it with `]]`"),
    ("unclosed array", "the list is not closed", "end it with `]`"),
    ("unclosed inline table", "the table is not closed", "end it with `}`"),
    ("missing array opening", "this `]` closes nothing", ""),
    ("missing inline table opening", "this `}` closes nothing", ""),
    ("unexpected leading zero", "a number cannot begin with 0", ""),
    ("`_` may only go between digits", "`_` can stand only between digits", ""),
    ("invalid fraction", "digits are missing after the point", ""),
    ("missing value", "a value is missing", ""),
    (
        "carriage return must be followed",
        "a carriage return stands alone",
        "lines end with a newline, or with carriage return and newline",
    ),
];

const BACKSLASH: &str = "a backslash begins an escape: write two of them, or put the text in single quotes";

fn reword(message: &str, text: &str, place: Place<'_>) -> (String, Option<String>) {
    let span = place.span();
    let found = text.get(span.clone()).unwrap_or_default();
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    match what {
        DUPLICATE => {
            let hint = "each table and each field is written once: put together what belongs together";
            return (format!("`{found}` is defined twice"), Some(hint.into()));
        }
        "string values must be quoted" => return unquoted(found),
        "key with no value" => return no_value(text[..span.start].trim_end()),
        "invalid date" | "invalid time" | "invalid date-time" => {
            return (format!("`{found}` is no date"), Some(format!("expected is {expected}")));
        }
        _ if what.starts_with("cannot extend value") => {
            return (format!("`{found}` is defined already, as a value; it cannot be a table too"), None);
        }
        _ => {}
    }
    if let Some(control) = found.chars().next().filter(|c| c.is_control() && !expected.is_empty()) {
        let number = u32::from(control);
        return (format!("the control character U+{number:04X} cannot stand here"), None);
    }
    match WORDINGS.iter().find(|(beginning, ..)| message.starts_with(beginning)) {
        Some((_, said, hint)) => ((*said).to_owned(), (!hint.is_empty()).then(|| (*hint).to_owned())),
        None => (message.to_owned(), None),
    }
}

/// A value that is no value.
fn unquoted(found: &str) -> (String, Option<String>) {
    let hint = match found.chars().next() {
        None => return ("a value is missing after `=`".into(), None),
        Some('“' | '”' | '„' | '‘' | '’') => "quotes are straight: \"".into(),
        Some(_) => format!("write a text in quotes: \"{found}\""),
    };
    (format!("`{found}` is no value"), Some(hint))
}

/// A key without `=`; `before` is the text up to where it is missing.
fn no_value(before: &str) -> (String, Option<String>) {
    let hint = if before.ends_with(':') { "write `=` in the place of `:`" } else { "write key = value" };
    ("`=` is missing after the key".into(), Some(hint.into()))
}

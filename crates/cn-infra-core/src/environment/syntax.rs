//! From text to tables: TOML's own rules.

use toml::Spanned;
use toml::de::DeTable;

use super::report::Report;
use super::source::{Place, Source};

/// Reads the tables of a file. `None` if errors leave it unclear what the file says.
pub(super) fn parse<'a>(source: &'a Source, report: &mut Report<'a>) -> Option<DeTable<'a>> {
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
            let (message, hint) = reword(error.message(), &source.text[place.span()]);
            report.error(place, message).maybe_hint(hint);
        }
    }
    clear.then(|| Spanned::into_inner(root))
}

const DUPLICATE: &str = "duplicate key";

/// The parser's words, with what to do about it.
fn reword(message: &str, found: &str) -> (String, Option<String>) {
    (format!("{message} {found:?}"), None)
}

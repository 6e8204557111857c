//! What several files say together: the environment file, and the files it includes.

use std::collections::BTreeMap;
use std::path::Path;

use super::nearest::nearest;
use super::report::Report;
use super::source::{Reader, Source};
use super::table::{Entry, Table};

/// The tables that an included file may hold.
pub(super) const SHARED: [&str; 4] = ["tags", "networks", "values", "defaults"];

/// Reads the files that `[environment] include` names. Paths are relative to the file that names them.
pub(super) fn read<'a>(
    main: &'a Source,
    root: Table<'a>,
    reader: &mut Reader<'_>,
    report: &mut Report<'a>,
) -> Vec<Source> {
    let header = root.get("environment").and_then(|entry| entry.as_table());
    let Some(include) = header.and_then(|header| header.get("include")) else { return Vec::new() };
    let mut sources: Vec<Source> = Vec::new();
    for item in include.list("`include`", report).unwrap_or_default() {
        let Some(name) = item.filled_text("a file to include", report) else { continue };
        let path = main.path.parent().unwrap_or(Path::new("")).join(name);
        if path == main.path {
            report.error(item.at_value(), "a file cannot include itself");
            continue;
        }
        if sources.iter().any(|source| source.path == path) {
            report.error(item.at_value(), format!("{} is included twice", path.display()));
            continue;
        }
        match reader.text(&path) {
            Ok(text) => sources.push(Source::new(path, sources.len() + 1, &text)),
            Err(error) => {
                report.error(item.at_value(), error.about(&path)).maybe_hint(missing_file(&path, reader));
            }
        }
    }
    sources
}

/// The hint for a file that is not there: the one of a similar name.
pub(super) fn missing_file(path: &Path, reader: &Reader<'_>) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let names = reader.beside(path);
    let near = nearest(name, names.iter().map(String::as_str).filter(|other| *other != name))?;
    Some(format!("did you mean `{near}`?"))
}

/// The keys of one table over all files: the environment file wins, then the file that is included last.
pub(super) fn merge<'a>(roots: &[Table<'a>], name: &str, report: &mut Report<'a>) -> BTreeMap<&'a str, Entry<'a>> {
    let mut merged = BTreeMap::new();
    for root in roots {
        let Some(table) = root.get(name).and_then(|entry| entry.table(&format!("`{name}`"), report)) else { continue };
        for entry in table.entries() {
            merged.entry(entry.name()).or_insert(entry);
        }
    }
    merged
}

//! Reads an environment: its file, what that includes, and the text files that fields name.

use std::collections::BTreeMap;
use std::path::Path;

use super::Environment;
use super::defaults;
use super::diagnostic::Diagnostics;
use super::draft::{self, Draft, Surroundings};
use super::fill::Names;
use super::header::{self, Header};
use super::identity;
use super::include;
use super::metadata;
use super::nearest::did_you_mean;
use super::network;
use super::references::References;
use super::report::Report;
use super::silence;
use super::source::{Files, Place, ReadError, Reader, Source};
use super::syntax;
use super::table::{Table, describe};
use super::text_file;
use crate::address::is_name;
use crate::kinds::Kinds;

/// The tables of an environment file that are no kinds.
const SECTIONS: [&str; 7] = ["environment", "tags", "networks", "values", "defaults", "lock", "silence"];

pub(super) fn load(files: &dyn Files, directory: &Path, name: &str, kinds: &Kinds) -> Result<Environment, Diagnostics> {
    let mut reader = Reader::new(files);
    let main = open(&mut reader, directory, name)?;
    let mut report = Report::default();
    let Some(root) = syntax::parse(&main, &mut report) else { return Err(report.finish()) };
    let root = Table { source: &main, keys: &root, at: Place::new(&main, 0..0) };
    let included = include::read(&main, root, &mut reader, &mut report);
    let parsed: Vec<_> = included.iter().map(|source| syntax::parse(source, &mut report)).collect();
    let Some(parsed) = parsed.into_iter().collect::<Option<Vec<_>>>() else { return Err(report.finish()) };
    let mut roots = vec![root];
    let tables = included.iter().zip(&parsed);
    roots.extend(tables.rev().map(|(source, keys)| Table { source, keys, at: Place::new(source, 0..0) }));
    let environment = build(name, directory, &roots, kinds, &mut reader, &mut report);
    if report.is_empty() { Ok(environment) } else { Err(report.finish()) }
}

/// The text of the environment's own file.
fn open(reader: &mut Reader<'_>, directory: &Path, name: &str) -> Result<Source, Diagnostics> {
    let path = directory.join(format!("{name}.toml"));
    if !is_name(name) {
        let message = format!("`{name}` is no name for an environment");
        return Err(Diagnostics::of_file(path, message, Some(header::NAME_FORM.into())));
    }
    match reader.text(&path) {
        Ok(text) => Ok(Source::new(path, 0, &text)),
        Err(error) => {
            let names = reader.beside(&path);
            let names = names.iter().filter_map(|name| name.strip_suffix(".toml"));
            let hint = (error == ReadError::Missing).then(|| did_you_mean(name, "the files here are", names)).flatten();
            Err(Diagnostics::of_file(&path, error.about(&path), hint))
        }
    }
}

/// Makes the environment of all tables. It is worth something only if nothing was reported.
fn build<'a>(
    name: &'a str,
    directory: &Path,
    roots: &[Table<'a>],
    kinds: &'a Kinds,
    reader: &mut Reader<'_>,
    report: &mut Report<'a>,
) -> Environment {
    let root = roots[0];
    check_sections(roots, kinds, report);
    let header = Header::read(name, root, report);
    let read = network::read(&include::merge(roots, "networks", report), report);
    let values = header::values(&include::merge(roots, "values", report), report);
    let tags = metadata::tags(include::merge(roots, "tags", report).into_values(), report);
    let defaults = defaults::read(roots, kinds, report);
    let around = Surroundings { environment: name, project: &header.project, tags: &tags, defaults: &defaults };
    let mut drafts = drafts(root, kinds, &around, report);
    text_file::read(&mut drafts, directory, reader, report);
    expand(&mut drafts, &read, report);
    link(name, directory, kinds, &values, &mut drafts, reader, report);
    Environment {
        name: name.to_owned(),
        lock_bucket: header::lock(root, report),
        silences: silence::read(name, root, &drafts, report),
        resources: drafts.into_iter().map(|draft| (draft.declared.address.clone(), draft.declared)).collect(),
        hash: reader.hash(directory),
        defaults: defaults::known(&defaults, kinds),
        tags,
        project: header.project,
        account: header.account,
        region: header.region,
        tier: header.tier,
        networks: read.networks,
        loose_cidrs: read.loose,
        values,
    }
}

/// Reports tables that no file may hold, or no included one.
fn check_sections<'a>(roots: &[Table<'a>], kinds: &Kinds, report: &mut Report<'a>) {
    let known: Vec<_> = SECTIONS.into_iter().chain(kinds.iter().map(|kind| kind.name)).collect();
    for (number, root) in roots.iter().enumerate() {
        for entry in root.entries() {
            let name = entry.name();
            if !known.contains(&name) {
                let is_table = entry.value.get_ref().is_table();
                let what = if is_table { "there is no kind and no table" } else { "there is no table" };
                let hint = did_you_mean(name, "a file can hold", known.clone());
                report.error(entry.at_key(), format!("{what} `{name}`")).maybe_hint(hint);
            } else if number > 0 && !include::SHARED.contains(&name) {
                let hint = "it may hold only [tags], [networks], [values] and [defaults.*]";
                report.error(entry.at_key(), format!("an included file cannot hold `{name}`")).hint(hint);
            }
        }
    }
}

/// Every resource that the environment file declares.
fn drafts<'a>(
    root: Table<'a>,
    kinds: &'a Kinds,
    around: &Surroundings<'_, 'a>,
    report: &mut Report<'a>,
) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for kind in kinds.iter() {
        let Some(entry) = root.get(kind.name) else { continue };
        let Some(table) = entry.as_table() else {
            let message = format!("`{}` must be a table, not {}", kind.name, describe(entry.value.get_ref()));
            report.error(entry.at_value(), message).hint(format!("declare each as [{}.NAME]", kind.name));
            continue;
        };
        drafts.extend(table.entries().filter_map(|entry| Draft::read(kind, entry, around, report)));
    }
    drafts
}

/// Puts CIDRs in the place of names of networks.
fn expand<'a>(drafts: &mut [Draft<'a>], read: &network::Read, report: &mut Report<'a>) {
    let networks = &read.networks;
    for draft in drafts {
        let mut unknown = Vec::new();
        let written = draft.declared.document.clone();
        let mut note = |path: &str, name: &str| unknown.push((path.to_owned(), name.to_owned()));
        if let Err(error) = (draft.kind.expand)(&mut draft.declared.document, networks, &mut note) {
            report.error(draft.at, error.to_string());
        }
        draft.declared.written = network::written(&written, &draft.declared.document, read);
        for (path, name) in unknown {
            draft.wrong.push(path.clone());
            let known = networks.0.keys().map(String::as_str);
            let hint = match networks.0.is_empty() {
                true => Some("no file has a table [networks]: add it, or write a CIDR".to_owned()),
                false if report.is_long() => None,
                false => did_you_mean(&name, "there are", known),
            };
            report.error(draft.place_of(&path, &name), format!("there is no network `{name}`")).maybe_hint(hint);
        }
    }
}

/// What resources say of each other: references, templates, names; then each kind's own rules.
fn link<'a>(
    name: &str,
    directory: &Path,
    kinds: &Kinds,
    values: &BTreeMap<String, String>,
    drafts: &mut [Draft<'a>],
    reader: &Reader<'_>,
    report: &mut Report<'a>,
) {
    let index = draft::index(drafts);
    let mut references = References::new(name, directory, kinds, &index);
    references.check(drafts, reader, report);
    let names = Names { environment: name, values, kinds, drafts, index: &index };
    let filled = names.fill_all(report);
    references.add_templates(&filled, drafts);
    references.check_cycles(drafts, report);
    for field in filled {
        field.store(drafts);
    }
    for draft in &*drafts {
        validate(draft, report);
    }
    identity::check_names(drafts, report);
    identity::check_adopted(drafts, report);
    identity::check_renamed(drafts, report);
}

fn validate<'a>(draft: &Draft<'a>, report: &mut Report<'a>) {
    match (draft.kind.validate)(&draft.declared.document) {
        Ok(problems) => {
            // What is wrong already may be all that the kind misses.
            for problem in problems.into_iter().filter(|problem| !draft.is_wrong_near(&problem.path)) {
                report.error(draft.place(&problem.path), problem.message).maybe_hint(problem.hint);
            }
        }
        Err(error) => drop(report.error(draft.at, error.to_string())),
    }
}

//! Reads an environment: its file, what that includes, and the text files that fields name.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::common::{self, COMMON, COMMON_DEFAULTS};
use super::diagnostic::Diagnostics;
use super::draft::{self, Draft, Surroundings};
use super::fields;
use super::header::{self, Header};
use super::include;
use super::nearest::did_you_mean;
use super::network;
use super::references::References;
use super::report::Report;
use super::source::{Files, Place, ReadError, Reader, Source};
use super::syntax;
use super::table::{Entry, Table};
use super::text_file::{self, Names};
use super::{Declared, Environment, Networks};
use crate::address::{Address, is_name};
use crate::check::Silence;
use crate::kinds::{Kind, Kinds};

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
    let networks = network::read(&include::merge(roots, "networks", report), report);
    let values = header::values(&include::merge(roots, "values", report), report);
    let tags = common::tags(include::merge(roots, "tags", report).into_values(), report);
    let defaults = defaults(roots, kinds, report);
    let around = Surroundings { environment: name, project: &header.project, tags: &tags, defaults: &defaults };
    let mut drafts = drafts(root, kinds, &around, report);
    text_file::read(&mut drafts, directory, reader, report);
    expand(&mut drafts, &networks, report);
    link(name, directory, kinds, &values, &mut drafts, reader, report);
    Environment {
        name: name.to_owned(),
        lock_bucket: header::lock(root, report),
        silences: silences(name, root, &drafts, report),
        resources: drafts.into_iter().map(|draft| (draft.declared.address.clone(), draft.declared)).collect(),
        hash: reader.hash(directory),
        project: header.project,
        account: header.account,
        region: header.region,
        tier: header.tier,
        networks,
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

/// `[defaults.<kind>]` of all files, field by field; those that are wrong are reported, once, and left out.
fn defaults<'a>(
    roots: &[Table<'a>],
    kinds: &Kinds,
    report: &mut Report<'a>,
) -> BTreeMap<&'a str, BTreeMap<&'a str, Entry<'a>>> {
    let mut defaults: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for root in roots {
        let Some(table) = root.get("defaults").and_then(|entry| entry.table("`defaults`", report)) else { continue };
        for of_kind in table.entries() {
            let Some(kind) = kinds.get(of_kind.name()) else {
                let hint = did_you_mean(of_kind.name(), "there are", kinds.iter().map(|kind| kind.name));
                let message = format!("there is no kind `{}`", of_kind.name());
                report.error(of_kind.at_key(), message).maybe_hint(hint);
                continue;
            };
            let subject = format!("[defaults.{}]", kind.name);
            let Some(fields) = of_kind.table(&subject, report) else { continue };
            for entry in fields.entries() {
                let entry = Entry { default: true, ..entry };
                if is_right_default(kind, &subject, entry, report) {
                    defaults.entry(of_kind.name()).or_default().entry(entry.name()).or_insert(entry);
                }
            }
        }
    }
    defaults
}

fn is_right_default<'a>(kind: &Kind, subject: &str, entry: Entry<'a>, report: &mut Report<'a>) -> bool {
    match entry.name() {
        "tags" => drop(common::tag_table(entry, report)),
        "protect" => return common::protect(entry, report).is_some(),
        name if COMMON.contains(&name) => {
            let hint = format!("of the fields of every kind, defaults can set {}", COMMON_DEFAULTS.join(" and "));
            report.error(entry.at_key(), format!("`{name}` is of one resource alone")).hint(hint);
            return false;
        }
        _ => return fields::read(kind, subject, &[entry], report).wrong.is_empty(),
    }
    entry.value.get_ref().is_table()
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
        let Some(table) = entry.table(&format!("`{}`", kind.name), report) else { continue };
        drafts.extend(table.entries().filter_map(|entry| Draft::read(kind, entry, around, report)));
    }
    drafts
}

/// Puts CIDRs in the place of names of networks.
fn expand<'a>(drafts: &mut [Draft<'a>], networks: &Networks, report: &mut Report<'a>) {
    for draft in drafts {
        let mut unknown = Vec::new();
        let mut note = |path: &str, name: &str| unknown.push((path.to_owned(), name.to_owned()));
        if let Err(error) = (draft.kind.expand)(&mut draft.declared.document, networks, &mut note) {
            report.error(draft.at, error.to_string());
        }
        for (path, name) in unknown {
            draft.wrong.push(path.clone());
            let known = networks.0.keys().map(String::as_str);
            let hint = if report.is_long() { None } else { did_you_mean(&name, "there are", known) };
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
    check_names(drafts, report);
    check_adopted(drafts, report);
    check_renamed(drafts, report);
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

/// Two resources cannot have one name, where the cloud forbids it.
fn check_names<'a>(drafts: &[Draft<'a>], report: &mut Report<'a>) {
    let mut by_name: HashMap<(&str, &str), Vec<&Draft<'a>>> = HashMap::new();
    for draft in drafts.iter().filter(|draft| draft.kind.naming.unique) {
        let same_name = by_name.entry((draft.kind.name, &draft.declared.name)).or_default();
        let clashes = |other: &&&Draft<'a>| {
            (draft.kind.same_scope)(&draft.declared.document, &other.declared.document).unwrap_or(false)
        };
        let Some(other) = same_name.iter().find(clashes) else {
            same_name.push(draft);
            continue;
        };
        let Declared { address, name, .. } = &draft.declared;
        let message = format!("{} and {address} have the same name `{name}`", other.declared.address);
        let hint = format!("{} stands in line {}", other.declared.address, other.at.line());
        report.error(draft.place("name"), message).hint(hint);
    }
}

/// Two resources cannot adopt one object.
fn check_adopted<'a>(drafts: &[Draft<'a>], report: &mut Report<'a>) {
    let mut adopted = HashMap::new();
    for draft in drafts {
        let Some(id) = &draft.declared.adopt else { continue };
        if let Some(other) = adopted.insert((draft.kind.name, id), &draft.declared.address) {
            report.error(draft.place("adopt"), format!("{other} adopts {id} already"));
        }
    }
}

/// A former address belongs to nothing else.
fn check_renamed<'a>(drafts: &[Draft<'a>], report: &mut Report<'a>) {
    let index = draft::index(drafts);
    let mut renamed = HashMap::new();
    for draft in drafts {
        let Some(former) = &draft.declared.renamed_from else { continue };
        let at = draft.place("renamed_from");
        if index.contains_key(former) {
            let hint = format!("remove [{former}], or `renamed_from`");
            report.error(at, format!("{former} is still declared, {} cannot be it", draft.declared.address)).hint(hint);
        } else if let Some(other) = renamed.insert(former, &draft.declared.address) {
            report.error(at, format!("{other} was renamed from {former} already"));
        }
    }
}

/// `[[silence]]`, each on something that is declared.
fn silences<'a>(environment: &str, root: Table<'a>, drafts: &[Draft<'a>], report: &mut Report<'a>) -> Vec<Silence> {
    let index = draft::index(drafts);
    let mut silences = Vec::new();
    for (mut silence, on) in header::silences(root, report) {
        if let (Some(address), Some(entry)) = (&mut silence.on, on) {
            address.environment.take_if(|own| own == environment);
            if !index.contains_key(address) {
                let names: Vec<_> = index.keys().map(Address::local).collect();
                let hint = did_you_mean(&address.local(), "it declares", names.iter().map(String::as_str));
                report.error(entry.at_value(), format!("the file declares no {address}")).maybe_hint(hint);
            }
        }
        silences.push(silence);
    }
    silences
}

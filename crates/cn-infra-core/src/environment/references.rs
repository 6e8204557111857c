//! References between resources: each names something, and none of them goes in a circle.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;

use super::draft::Draft;
use super::fill::FilledField;
use super::graph;
use super::nearest::did_you_mean;
use super::report::Report;
use super::source::{Place, Reader};
use super::syntax;
use crate::address::{Address, Reference};
use crate::kinds::Kinds;

/// One reference to a resource of the file, from outside of parts.
struct Edge<'a> {
    to: usize,
    at: Place<'a>,
    /// Whether it is a template that waits for an output.
    template: bool,
}

/// The references of an environment.
pub(super) struct References<'r, 'a> {
    pub environment: &'r str,
    pub directory: &'r Path,
    pub kinds: &'r Kinds,
    pub index: &'r BTreeMap<Address, usize>,
    edges: Vec<Vec<Edge<'a>>>,
    others: HashMap<String, Other>,
}

/// The file of another environment.
enum Other {
    Missing,
    /// It cannot be read, or not without errors: its own check says so.
    Unclear,
    Declares(BTreeSet<Address>),
}

impl Other {
    fn read(path: &Path, reader: &Reader<'_>) -> Self {
        match reader.peek(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            bytes => {
                let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
                text.and_then(|text| syntax::declared(&text)).map_or(Self::Unclear, Self::Declares)
            }
        }
    }
}

impl<'r, 'a> References<'r, 'a> {
    pub fn new(
        environment: &'r str,
        directory: &'r Path,
        kinds: &'r Kinds,
        index: &'r BTreeMap<Address, usize>,
    ) -> Self {
        let edges = index.keys().map(|_| Vec::new()).collect();
        Self { environment, directory, kinds, index, edges, others: HashMap::new() }
    }

    /// Checks every reference, and makes those that name the environment itself local.
    pub fn check(&mut self, drafts: &mut [Draft<'a>], reader: &Reader<'_>, report: &mut Report<'a>) {
        for (number, draft) in drafts.iter_mut().enumerate() {
            let mut found = Vec::new();
            let mut document = std::mem::take(&mut draft.declared.document);
            let visited = (draft.kind.references)(&mut document, &mut |path, reference| {
                let Reference::Resource(address) = reference else { return };
                let written = address.to_string();
                if address.environment.as_deref() == Some(self.environment) {
                    address.environment = None;
                }
                found.push((path.to_owned(), written, address.clone()));
            });
            draft.declared.document = document;
            if let Err(error) = visited {
                report.error(draft.at, error.to_string());
            }
            for (path, written, address) in found {
                let at = draft.place_of(&path, &written);
                self.check_one(number, draft, &path, at, &address, reader, report);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what the check is about, and what it needs")]
    fn check_one(
        &mut self,
        number: usize,
        draft: &Draft<'a>,
        path: &str,
        at: Place<'a>,
        address: &Address,
        reader: &Reader<'_>,
        report: &mut Report<'a>,
    ) {
        if self.kinds.get(&address.kind).is_none() {
            let hint = did_you_mean(&address.kind, "there are", self.kinds.iter().map(|kind| kind.name));
            report.error(at, format!("`{address}`: there is no kind `{}`", address.kind)).maybe_hint(hint);
        } else if let Some(environment) = &address.environment {
            self.check_file(environment, address, at, reader, report);
        } else if let Some(to) = self.index.get(address) {
            self.connect(number, draft, path, Edge { to: *to, at, template: false });
        } else {
            let hint = if report.is_long() { None } else { similar(address, self.index.keys()) };
            report.error(at, format!("the file declares no {address}")).maybe_hint(hint);
        }
    }

    /// A part is a step of its own, which nothing waits for: its references close no circle.
    fn connect(&mut self, from: usize, draft: &Draft<'a>, path: &str, edge: Edge<'a>) {
        let field = path.split('.').next().unwrap_or(path);
        if draft.kind.part_of(field).is_none() {
            self.edges[from].push(edge);
        }
    }

    fn check_file(
        &mut self,
        environment: &str,
        address: &Address,
        at: Place<'a>,
        reader: &Reader<'_>,
        report: &mut Report<'a>,
    ) {
        let path = self.directory.join(format!("{environment}.toml"));
        let other = self.others.entry(environment.to_owned()).or_insert_with(|| Other::read(&path, reader));
        match other {
            Other::Missing => {
                let names = reader.beside(&path);
                let names: Vec<_> = names.iter().filter_map(|name| name.strip_suffix(".toml")).collect();
                let hint = did_you_mean(environment, "the files here are", names);
                let why = format!("there is no environment `{environment}`, {} does not exist", path.display());
                report.error(at, format!("`{address}`: {why}")).maybe_hint(hint);
            }
            Other::Declares(declared) if !declared.contains(&Address { environment: None, ..address.clone() }) => {
                let hint = similar(address, declared.iter()).filter(|_| !report.is_long());
                report.error(at, format!("`{address}`: {} does not declare it", path.display())).maybe_hint(hint);
            }
            Other::Declares(_) | Other::Unclear => {}
        }
    }

    /// Adds what filled templates wait for.
    pub fn add_templates(&mut self, filled: &[FilledField], drafts: &[Draft<'a>]) {
        for field in filled {
            let draft = &drafts[field.draft()];
            let path = field.path();
            for address in &field.waits_for {
                if let Some(to) = self.index.get(address) {
                    let edge = Edge { to: *to, at: draft.place(&path), template: true };
                    self.connect(field.draft(), draft, &path, edge);
                }
            }
        }
    }

    /// Reports every cycle once, at one of its references.
    pub fn check_cycles(&self, drafts: &[Draft<'a>], report: &mut Report<'a>) {
        let needs: Vec<Vec<usize>> =
            self.edges.iter().map(|edges| edges.iter().map(|edge| edge.to).collect()).collect();
        for cycle in graph::order(&needs).cycles {
            let path = cycle.iter().chain(cycle.first()).map(|number| drafts[*number].declared.address.to_string());
            let path = path.collect::<Vec<_>>().join(" → ");
            let (first, second) = (cycle[0], cycle.get(1).unwrap_or(&cycle[0]));
            let Some(edge) = self.edges[first].iter().find(|edge| edge.to == *second) else { continue };
            let message = match cycle.len() {
                1 if edge.template => {
                    format!("the text waits for an output of {} itself", drafts[first].declared.address)
                }
                1 => format!("{} refers to itself", drafts[first].declared.address),
                _ => format!("these resources need each other, none can be made first: {path}"),
            };
            report.error(edge.at, message);
        }
    }
}

/// The hint for an address that a file does not declare: a similar one.
fn similar<'d>(address: &Address, declared: impl Iterator<Item = &'d Address>) -> Option<String> {
    let names: Vec<_> = declared.filter(|other| other.kind == address.kind).map(Address::local).collect();
    if names.is_empty() {
        return Some(format!("it declares no {} at all", address.kind));
    }
    did_you_mean(&address.local(), "it declares", names.iter().map(String::as_str))
}

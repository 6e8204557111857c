//! References between resources: each names something, and none of them goes in a circle.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::draft::Draft;
use super::fill::FilledField;
use super::graph;
use super::nearest::did_you_mean;
use super::report::Report;
use super::source::{Place, Reader};
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
    missing_files: HashMap<String, bool>,
}

impl<'r, 'a> References<'r, 'a> {
    pub fn new(
        environment: &'r str,
        directory: &'r Path,
        kinds: &'r Kinds,
        index: &'r BTreeMap<Address, usize>,
    ) -> Self {
        let edges = index.keys().map(|_| Vec::new()).collect();
        Self { environment, directory, kinds, index, edges, missing_files: HashMap::new() }
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
            let hint = if report.is_long() { None } else { self.similar(address) };
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
        let known = self.missing_files.get(environment).copied();
        let missing = known.unwrap_or_else(|| !reader.exists(&path));
        self.missing_files.insert(environment.to_owned(), missing);
        if missing {
            let names = reader.beside(&path);
            let names: Vec<_> = names.iter().filter_map(|name| name.strip_suffix(".toml")).collect();
            let hint = did_you_mean(environment, "the files here are", names);
            let message =
                format!("`{address}`: there is no environment `{environment}`, {} does not exist", path.display());
            report.error(at, message).maybe_hint(hint);
        }
    }

    fn similar(&self, address: &Address) -> Option<String> {
        let names: Vec<_> = self.index.keys().filter(|other| other.kind == address.kind).map(Address::local).collect();
        if names.is_empty() {
            return Some(format!("it declares no {} at all", address.kind));
        }
        did_you_mean(&address.local(), "it declares", names.iter().map(String::as_str))
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

//! Live objects as an environment file says them: the way back, pure.
//!
//! What belongs to the environment stands under the address that its tags name, what nobody owns under one made of its
//! name, with `adopt`. References, `[networks]` and `[defaults.*]` take the place of ids, CIDRs and fields where they
//! mean the same. What no file can say, or should not, stands there as a comment.

mod names;
mod render;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;
use jiff::Timestamp;
use toml_edit::DocumentMut;

use crate::address::{Address, PhysicalId, Reference};
use crate::document::{Document, DocumentError};
use crate::environment::edit::EditError;
use crate::environment::{Environment, Networks};
use crate::kinds::{Kind, Kinds};
use crate::live::Live;
use crate::plan::identity::{Identity, identify};
use crate::resource::Role;
pub use names::free;
use subject::Subject;

/// An environment file, and the text files that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The text of `<environment>.toml`.
    pub text: String,
    /// Texts by their path, relative to the environment file: bucket policies.
    pub files: BTreeMap<PathBuf, String>,
}

/// Why nothing could be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The environment's own file cannot be kept.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A kind read what it cannot say: a mistake in the kind.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// What a kind needs to know of the object that it [exports](crate::resource::Resource::export).
#[derive(Clone, Copy, Debug)]
pub struct Exporting<'a> {
    /// The address it gets.
    pub address: &'a Address,
    /// The name that consoles show.
    pub name: Option<&'a str>,
    /// The environment's networks.
    pub networks: &'a Networks,
}

impl Exporting<'_> {
    /// The names of networks that together stand for some of the CIDRs, the widest first, and the CIDRs that are left.
    pub fn in_networks(&self, mut cidrs: Vec<IpNet>) -> (Vec<&str>, Vec<IpNet>) {
        let mut networks: Vec<_> = self.networks.0.iter().filter(|(_, members)| !members.is_empty()).collect();
        networks.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
        let mut names = Vec::new();
        for (name, members) in networks {
            if members.iter().all(|member| cidrs.contains(member)) {
                cidrs.retain(|cidr| !members.contains(cidr));
                names.push(name.as_str());
            }
        }
        (names, cidrs)
    }
}

/// What an export is made of.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The text of the environment's file; all but its resources is kept.
    pub text: &'a str,
    /// The same, loaded.
    pub environment: &'a Environment,
    /// All that is there, read by [`observe_whole`](crate::observe::observe_whole).
    pub live: &'a Live,
    /// All kinds.
    pub kinds: &'a Kinds,
    /// Whether objects that nobody owns are exported, to be adopted.
    pub strangers: bool,
    /// Whether the file of another environment declares a resource, so that it can be referred to.
    pub declares: &'a dyn Fn(&Address) -> bool,
}

/// Writes what is there as an environment file.
pub fn export(source: &Source<'_>) -> Result<Export, ExportError> {
    let identity = identify(source.environment, source.live, source.kinds);
    let subjects = subject::subjects(source, &identity);
    let addresses = addresses(&subjects);
    let mut export = Export { text: head(source)?, files: BTreeMap::new() };
    for subject in &subjects {
        let Some(kind) = source.kinds.get(&subject.address.kind) else { continue };
        let text = match said(source, &identity, &addresses, kind, subject)? {
            Ok(said) => render::resource(source.environment, kind, subject, &said, &mut export.files),
            Err(why) => render::left_out(subject, &why),
        };
        export.text.push_str(&text);
    }
    Ok(export)
}

/// The file without its resources.
fn head(source: &Source<'_>) -> Result<String, ExportError> {
    let parsed = source.text.trim_start_matches('\u{feff}').parse::<DocumentMut>();
    let mut document = parsed.map_err(|error| EditError::Syntax(error.message().to_owned()))?;
    for kind in source.kinds.iter() {
        document.remove(kind.name);
    }
    Ok(format!("{}\n", document.to_string().trim_end()))
}

/// By which addresses the file refers to objects.
fn addresses<'a>(subjects: &'a [Subject<'a>]) -> BTreeMap<&'a PhysicalId, &'a Address> {
    let ids = |subject: &'a Subject<'a>| std::iter::once(&subject.object.id).chain(&subject.object.aliases);
    subjects.iter().flat_map(|subject| ids(subject).map(|id| (id, &subject.address))).collect()
}

/// The fields of a resource as the file says them, and remarks.
struct Said {
    document: Document,
    remarks: Vec<String>,
}

fn said(
    source: &Source<'_>,
    identity: &Identity<'_>,
    addresses: &BTreeMap<&PhysicalId, &Address>,
    kind: &Kind,
    subject: &Subject<'_>,
) -> Result<Result<Said, String>, DocumentError> {
    let mut document = subject.object.live.clone();
    (kind.references)(&mut document, &mut |_, reference| {
        let Reference::Foreign(id) = reference else { return };
        let other = || identity.address(id).filter(|address| (source.declares)(address));
        if let Some(address) = addresses.get(id).copied().or_else(other) {
            *reference = Reference::Resource(address.clone());
        }
    })?;
    let name = subject.object.name.as_deref();
    let exporting = Exporting { address: &subject.address, name, networks: &source.environment.networks };
    let mut remarks = match (kind.export)(&mut document, &exporting)? {
        Ok(remarks) => remarks,
        Err(why) => return Ok(Err(why)),
    };
    document = document.only(|field| kind.fields.iter().any(|known| is_said(known.path, known.role, field)));
    remarks.extend(without_problems(kind, &mut document)?);
    if let Some(defaults) = source.environment.defaults.get(kind.name) {
        leave_to(&defaults.document, kind, &mut document, source.live.at)?;
    }
    Ok(Ok(Said { document, remarks }))
}

/// Takes out what defaults mean as well, as a plan would compare it.
fn leave_to(defaults: &Document, kind: &Kind, document: &mut Document, at: Timestamp) -> Result<(), DocumentError> {
    let (mut desired, mut live) = (document.clone(), document.clone());
    desired.0.extend(defaults.0.clone());
    (kind.normalize)(&mut desired, &mut live, at)?;
    document.0.retain(|field, _| !defaults.0.contains_key(field) || desired.0.get(field) != live.0.get(field));
    Ok(())
}

/// Whether a top-level field of a live object is one that a file can set.
fn is_said(path: &str, role: Role, field: &str) -> bool {
    role != Role::Instruction && path.split('.').next() == Some(field)
}

/// Takes out the fields that a file could not ask for; tells which and why.
fn without_problems(kind: &Kind, document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut remarks = Vec::new();
    for problem in (kind.validate)(document)? {
        if let Some(value) = take(document, &problem.path) {
            remarks.push(format!("not {} = {value}: {}", problem.path, problem.message));
        }
    }
    Ok(remarks)
}

/// Takes the value at a dotted path out of a document.
fn take(document: &mut Document, path: &str) -> Option<serde_json::Value> {
    let mut keys: Vec<_> = path.split('.').collect();
    let last = keys.pop()?;
    let mut table = &mut document.0;
    for key in keys {
        table = table.get_mut(key)?.as_object_mut()?;
    }
    table.shift_remove(last)
}

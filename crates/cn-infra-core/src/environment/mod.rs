//! What one TOML file declares: the environment.
//!
//! Start with [`Environment::load`]: it reads the file and everything it names, or reports all that is wrong at once.
//! The way of a file: [`syntax`], tables and their merge ([`include`]), one [`draft`] per resource with its [`fields`],
//! then what resources say of each other ([`references`], [`fill`]).

pub mod compare;
mod defaults;
mod diagnostic;
mod draft;
pub mod edit;
mod fields;
mod fill;
mod graph;
mod header;
mod hidden;
mod identity;
mod include;
mod load;
mod metadata;
mod nearest;
mod nesting;
mod network;
mod references;
mod report;
mod resolved;
mod schema;
mod silence;
mod source;
mod syntax;
mod table;
pub(crate) mod template;
#[cfg(test)]
mod tests;
mod text_file;
mod together;
mod wording;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::{Address, PhysicalId};
use crate::check::Silence;
use crate::document::Document;
use crate::kinds::Kinds;
use crate::owner::{Owner, Tags};

pub use diagnostic::{Diagnostic, Diagnostics, Position};
pub use resolved::{Resolved, ResolvedField, resolved};
pub use schema::schema;
pub use source::{Disk, Files};
pub use together::check_together;

/// One environment: a file and what it includes, read, merged and checked.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its name, equal to the file's: `production`.
    pub name: String,
    /// Whose objects these are, within the account.
    pub project: String,
    /// The account that the objects are in, 12 digits.
    pub account: String,
    /// The region: `us-west-2`.
    pub region: String,
    /// Which checks apply.
    pub tier: Tier,
    /// Named sources and destinations of rules.
    pub networks: Networks,
    /// CIDRs of `[networks]` with bits set beyond their prefix: the network's name, and the CIDR as written.
    pub loose_cidrs: Vec<(String, String)>,
    /// What templates may name: `{{site}}`.
    pub values: BTreeMap<String, String>,
    /// `[tags]`: what every object bears.
    pub tags: Tags,
    /// `[defaults.<kind>]`, by kind.
    pub defaults: BTreeMap<String, Defaults>,
    /// The declared resources, by address (without environment).
    pub resources: BTreeMap<Address, Declared>,
    /// Findings that are accepted.
    pub silences: Vec<Silence>,
    /// The bucket that holds the lease of a running apply; `None`: a local file.
    pub lock_bucket: Option<String>,
    /// SHA-256 over every file that was read, in hexadecimal: a saved plan holds for these bytes only.
    pub hash: String,
}

impl Environment {
    /// Reads `<directory>/<name>.toml`, the files it includes, and the text files that its fields name.
    ///
    /// Everything that is wrong is reported at once. Nothing but these files is looked at: no cloud, no variable of
    /// the process.
    pub fn load(directory: &Path, name: &str, kinds: &Kinds) -> Result<Self, Diagnostics> {
        Self::load_from(&Disk, directory, name, kinds)
    }

    /// The same, with files from elsewhere than the disk.
    pub fn load_from(files: &dyn Files, directory: &Path, name: &str, kinds: &Kinds) -> Result<Self, Diagnostics> {
        load::load(files, directory, name, kinds)
    }

    /// The owner of a resource's object.
    pub fn owner(&self, address: &Address) -> Owner {
        Owner {
            project: self.project.clone(),
            environment: self.name.clone(),
            address: Address { environment: None, ..address.clone() },
        }
    }
}

/// One declared resource: what every kind has, and the fields of its own kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Where it stands: `instance.web`.
    pub address: Address,
    /// What consoles show; where the file says nothing, `<project>-<environment>-<name>`.
    pub name: String,
    /// The tags of `[tags]` and of the resource; the resource wins.
    pub tags: Tags,
    /// Whether its object may be deleted; left out: the object's own tag stays as it is.
    pub protect: Option<bool>,
    /// An existing object to take under management.
    pub adopt: Option<PhysicalId>,
    /// The address it had before.
    pub renamed_from: Option<Address>,
    /// Its own fields: networks expanded, files read, known templates filled.
    pub document: Document,
    /// The lists in which the file writes names of networks, as it writes them.
    pub written: Written,
    /// Where each top-level field was set.
    pub origins: BTreeMap<String, Origin>,
}

/// What every resource of a kind is given that does not say otherwise: `[defaults.<kind>]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Fields of the kind, whole.
    pub document: Document,
    /// Tags, where the file sets any.
    pub tags: Option<Tags>,
    /// `protect`.
    pub protect: Option<bool>,
}

/// Lists as the file writes them, by the dotted path of the field.
pub type Written = BTreeMap<String, WrittenList>;

/// A list that names networks, as the file writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenList {
    /// Its members: names of networks, and others.
    pub members: Vec<String>,
    /// Where its only member is a network that is another's name, that other: `developers` of `visitors = "developers"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
}

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Set by `[defaults.<kind>]`, not by the resource itself.
    pub default: bool,
    /// The text files that the value names, by the dotted path of their field.
    pub texts: BTreeMap<String, PathBuf>,
}

/// Which checks apply to an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Losses hurt: backups, protection and encryption are expected.
    Production,
    /// Costs matter: what makes production expensive is pointed out.
    Staging,
    /// Anything goes.
    #[default]
    Development,
}

/// `[networks]`, expanded: each name with the CIDRs it stands for, in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Networks(pub BTreeMap<String, Vec<IpNet>>);

impl Networks {
    /// The CIDRs of a name.
    pub fn get(&self, name: &str) -> Option<&[IpNet]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The name that stands for just these CIDRs, for showing.
    pub fn name_of(&self, cidrs: &[IpNet]) -> Option<&str> {
        let mut sorted = cidrs.to_vec();
        sorted.sort_unstable();
        self.0.iter().find(|(_, members)| **members == sorted).map(|(name, _)| name.as_str())
    }
}

//! What an apply changed, kept where it ran: each step's before-image, for [`undo`](crate::plan::undo) alone.
//!
//! Nothing needs a journal: whose an object is its tags say, and what is left to do a new plan finds. So an apply whose
//! journal cannot be written goes on, after it has said so. [`Journal`] writes a file for each apply, [`Past`] is what a
//! file says; a program that keeps its journals elsewhere is a [`Recorder`] of its own.

mod edits;
mod file;
mod image;
mod past;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::{fmt, io};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::address::{PhysicalId, StepId};
use crate::event::Outcome;
use crate::plan::{Plan, Step};

pub use edits::FileChanges;
pub use file::{Journal, KEPT};
pub(crate) use image::image;
pub use past::{Past, PastStep};

/// The version of the format that this version writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// Keeps what an apply is about to change. Steps come without secrets: see [`Record::Began`].
pub trait Recorder: fmt::Debug + Send + Sync {
    /// These steps send their first write once this returns.
    fn begin(&self, steps: &[Step]) -> Result<(), JournalError>;

    /// A step that began has ended; the object is the one that it made.
    fn end(&self, step: &StepId, end: End, object: Option<&PhysicalId>) -> Result<(), JournalError>;
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "record")]
pub enum Record {
    /// The first line: of which apply it is.
    Apply(Header),
    /// An environment file that the command itself changed.
    FileEdited(EditedFile),
    /// A step is about to send its first write. Its documents hold only what an update can change: no user data, no name
    /// of a password's variable.
    Began {
        /// As it was planned.
        step: Box<Step>,
    },
    /// A step ended.
    Ended {
        /// Which.
        step: StepId,
        /// How.
        end: End,
        /// The object that it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<PhysicalId>,
    },
    /// The last line: the apply ended by itself.
    Closed,
}

/// Of which apply a journal is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub format: u32,
    /// The version of cn-infra that wrote it.
    pub cn_infra: String,
    /// When the apply began.
    pub at: Timestamp,
    /// Its environment.
    pub environment: String,
    /// Its project.
    pub project: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// How many steps its plan has.
    pub steps: usize,
    /// The journal of the apply that it undoes, by its file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
}

impl Header {
    /// The header for an apply of a plan that begins now.
    pub fn of(plan: &Plan, at: Timestamp) -> Self {
        Self {
            format: FORMAT,
            cn_infra: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            environment: plan.environment.clone(),
            project: plan.project.clone(),
            account: plan.account.clone(),
            region: plan.region.clone(),
            steps: plan.steps.len(),
            undoes: None,
        }
    }
}

/// How a step ended, as far as an undo has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Carried out.
    Done,
    /// Failed; what of it took effect live tells.
    Failed,
    /// Nothing was written.
    Untouched,
}

impl From<&Outcome> for End {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Stale { .. } | Outcome::NotStarted { .. } => Self::Untouched,
        }
    }
}

/// A text file that was changed: its old text, and by what the new one is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedFile {
    /// The file, as the command that changed it named it: relative to the directory that it ran in.
    pub path: PathBuf,
    /// The text before.
    pub before: String,
    /// SHA-256 of the text after, in hexadecimal.
    pub after: String,
}

impl EditedFile {
    /// The change of a file from one text to another.
    pub fn of(path: impl Into<PathBuf>, before: &str, after: &str) -> Self {
        Self { path: path.into(), before: before.to_owned(), after: hash(after) }
    }
}

fn hash(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

/// A journal cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be written: the disk is full, the directory may not be written to.
    #[error("cannot write the journal {}", path.display())]
    Unwritable {
        /// The file, or the directory that was to hold it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read the journal {}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line other than the last is no record.
    #[error("{}, line {line}: no record of a journal", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Another version of cn-infra wrote it.
    #[error("{} has format {found}, written by cn-infra {cn_infra}; this version reads format {FORMAT}", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// The format.
        found: u32,
        /// Who wrote it.
        cn_infra: String,
    },
}

impl JournalError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unwritable { source, .. } if source.kind() == io::ErrorKind::StorageFull => "free some space",
            Self::Unwritable { .. } | Self::Unreadable { .. } => "check the permissions of the file and its directory",
            Self::Broken { .. } => "the file was changed by hand: move it away, and undo takes the one before it",
            Self::OtherFormat { .. } => "undo with that version, or move the file away",
        }
    }
}

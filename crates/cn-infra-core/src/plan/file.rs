//! Saved plans: versioned JSON that only its owner may read, written as a whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::replace::replace;

/// The version of the format that this version writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// A plan as it was saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The version of the format.
    pub format: u32,
    /// The version of cn-infra that wrote it.
    pub cn_infra: String,
    /// The plan.
    pub plan: Plan,
}

/// A plan could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// There is no file.
    #[error("there is no saved plan at {}", path.display())]
    Missing {
        /// Where.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the saved plan {}", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no saved plan.
    #[error("{} is no saved plan, or a damaged one", path.display())]
    Broken {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Another version of cn-infra saved it.
    #[error("{} has format {found}, written by cn-infra {cn_infra}; this version reads format {FORMAT}", path.display())]
    OtherFormat {
        /// Where.
        path: PathBuf,
        /// The format.
        found: u32,
        /// Who wrote it.
        cn_infra: String,
    },
    /// The file cannot be written.
    #[error("cannot save the plan as {}", path.display())]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// Why: the disk is full, the directory may not be written to.
        source: io::Error,
    },
}

impl PlanFileError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "make one with `cn-infra plan ENV`",
            Self::Broken { .. } | Self::OtherFormat { .. } => "plan again: `cn-infra plan ENV`",
            Self::Unreadable { .. } => "check the permissions of the file",
            Self::Unwritable { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, or name another place with `--out FILE`"
            }
            Self::Unwritable { .. } => "name a place that can be written to with `--out FILE`",
        }
    }
}

/// What every format says first.
#[derive(Deserialize)]
struct Header {
    format: u32,
    #[serde(default)]
    cn_infra: String,
}

/// [`SavedPlan`], for writing.
#[derive(Serialize)]
struct Saving<'a> {
    format: u32,
    cn_infra: &'static str,
    plan: &'a Plan,
}

/// Saves a plan. Its directory is made if it is not there; a file of the name is replaced, all at once. A pipe or
/// device is written to.
pub fn save(plan: &Plan, path: &Path) -> Result<(), PlanFileError> {
    let saving = Saving { format: FORMAT, cn_infra: env!("CARGO_PKG_VERSION"), plan };
    let saved = serde_json::to_vec_pretty(&saving).map_err(io::Error::from);
    let written = saved.and_then(|saved| match fs::metadata(path) {
        Ok(there) if !there.is_file() => OpenOptions::new().write(true).open(path)?.write_all(&saved),
        _ => replace(path, &saved, None),
    });
    written.map_err(|source| PlanFileError::Unwritable { path: path.to_owned(), source })
}

/// Loads a saved plan.
pub fn load(path: &Path) -> Result<SavedPlan, PlanFileError> {
    let path = path.to_owned();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(PlanFileError::Missing { path }),
        Err(source) => return Err(PlanFileError::Unreadable { path, source }),
    };
    parse(&text, &path)
}

/// A saved plan from its text; errors name the path.
pub fn parse(text: &[u8], path: &Path) -> Result<SavedPlan, PlanFileError> {
    let path = path.to_owned();
    match serde_json::from_slice::<Header>(text) {
        Ok(Header { format: FORMAT, .. }) => {}
        Ok(Header { format: found, cn_infra }) => return Err(PlanFileError::OtherFormat { path, found, cn_infra }),
        Err(source) => return Err(PlanFileError::Broken { path, source }),
    }
    serde_json::from_slice(text).map_err(|source| PlanFileError::Broken { path, source })
}

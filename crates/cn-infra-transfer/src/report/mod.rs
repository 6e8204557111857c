//! What came of a run: for people, as JSON, and to try again from.

mod price;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::pace::Pace;
use crate::progress::{Counts, Event, Tally};
pub use price::{PRICES_OF, list_price};

/// The version of the report's JSON.
const VERSION: u32 = 1;
/// So many failures are listed; the rest is only counted, so that a report fits in memory.
pub(crate) const LISTED: usize = 100_000;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Of this format: 1.
    pub version: u32,
    /// What was done.
    pub action: Action,
    /// Where to: `s3://bucket/prefix`.
    pub target: String,
    /// Whether nothing was changed on purpose: the counts say what would be.
    pub dry_run: bool,
    /// Why it ended early: the user stopped it, or a limit was reached. `None`: it went through to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<String>,
    /// The counts.
    pub counts: Counts,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Requests sent, each sending counted, by operation: `CopyObject`.
    pub requests: BTreeMap<String, u64>,
    /// What the requests cost by S3's list prices for standard storage in [`PRICES_OF`], in US dollars. Without
    /// storage, retrieval and transfer.
    pub list_price_usd: f64,
    /// What there was, by kind, where a run tells kinds apart: `markers`, `public`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, u64>,
    /// Objects whose ACL granted something to others than their owner; the first 100,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<Shared>,
    /// What failed, and why; the first 100,000.
    pub failed: Vec<Failed>,
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Copies objects or uploads files.
    Sync,
    /// Compares.
    Verify,
    /// Deletes objects, versions, markers and unfinished uploads.
    Empty,
    /// Sets ACLs.
    SetAcl,
}

/// An object for which something failed, after every retry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// What was asked for: `CopyObject`.
    pub operation: String,
    /// The object's key at the target; for a listing, its prefix.
    pub key: String,
    /// Its version, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where it was to come from, where that is somewhere else: a path or an URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Why it failed.
    pub failure: Failure,
}

/// An object whose ACL grants something to others than its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// Its key.
    pub key: String,
    /// Its version, where that is not the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What others may do: `everyone: READ`.
    pub grants: Vec<String>,
}

/// The report's file cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} the report {}", path.display())]
pub struct ReportError {
    act: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

/// The failures of a run that goes on, counted and told as they come.
#[derive(Debug, Default)]
pub struct Failures(Mutex<Vec<Failed>>);

impl Failures {
    /// One more.
    pub fn add(&self, tally: &Tally, failed: Failed) {
        tally.failed(1);
        let event = Event::Failed(failed);
        tally.tell(&event);
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Event::Failed(failed), true) = (event, listed.len() < LISTED) {
            listed.push(failed);
        }
    }

    fn into_listed(self) -> Vec<Failed> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// The report of a run that ends now; the requests are all that its pace has sent.
    pub fn of(action: Action, target: String, tally: &Tally, pace: &Pace, began: Duration, failures: Failures) -> Self {
        let requests = pace.requests();
        Self {
            version: VERSION,
            action,
            target,
            dry_run: false,
            ended_early: None,
            counts: tally.snapshot(),
            seconds: pace.clock().elapsed().saturating_sub(began).as_secs_f64(),
            list_price_usd: list_price(&requests),
            requests,
            found: BTreeMap::new(),
            shared: Vec::new(),
            failed: failures.into_listed(),
        }
    }

    /// Whether it went through to the end and nothing failed.
    pub fn is_success(&self) -> bool {
        self.counts.failed == 0 && self.ended_early.is_none()
    }

    /// How many failed that [`failed`](Self::failed) does not list.
    pub fn failed_unlisted(&self) -> u64 {
        self.counts.failed.saturating_sub(u64::try_from(self.failed.len()).unwrap_or(u64::MAX))
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        let failed = |source| ReportError { act: "write", path: path.to_owned(), source };
        let json = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        std::fs::write(path, json).map_err(failed)
    }

    /// Reads it back, to try again what failed.
    ///
    /// # Errors
    /// The file cannot be read, or is no report of this version.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        let failed = |source| ReportError { act: "read", path: path.to_owned(), source };
        let json = std::fs::read(path).map_err(failed)?;
        let report: Self = serde_json::from_slice(&json).map_err(|error| failed(error.into()))?;
        if report.version != VERSION {
            let why = format!("it is of version {}, and this program reads version {VERSION}", report.version);
            return Err(failed(std::io::Error::other(why)));
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests;

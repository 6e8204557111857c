//! How far a run is: counters that a view polls, and events for what somebody should know at once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use crate::report::{Failed, Shared};

/// Something that happened. Objects that went well are only counted: there may be millions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum Event {
    /// Something was left as it is for a reason worth telling: a link, a file that changes.
    Skipped {
        /// The key or the path.
        what: String,
        /// Why.
        why: String,
    },
    /// An object failed, after every retry.
    Failed(Failed),
    /// The ACL of an object grants something to others than its owner; where it is reset, it did.
    Shared(Shared),
}

/// Who is told. Called in the middle of a run: it must not block.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn event(&self, _: &Event) {}
}

/// The counts of a run at a moment, or at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Objects, versions and markers that were looked at.
    pub counted: u64,
    /// Objects that were copied or uploaded.
    pub copied: u64,
    /// What needed nothing, or was left as it is.
    pub skipped: u64,
    /// Objects, versions, markers and unfinished uploads that were deleted; of a dry run, that would be.
    pub deleted: u64,
    /// Objects whose ACL was set.
    pub reset: u64,
    /// Objects that were compared and are the same.
    pub verified: u64,
    /// What failed.
    pub failed: u64,
    /// Bytes of what was copied or deleted.
    pub bytes: u64,
}

/// The running counts of one run, and who is told. Cheap to count in from anywhere.
pub struct Tally {
    counted: AtomicU64,
    copied: AtomicU64,
    skipped: AtomicU64,
    deleted: AtomicU64,
    reset: AtomicU64,
    verified: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    progress: Arc<dyn Progress>,
}

impl Tally {
    /// All zero.
    pub fn new(progress: Arc<dyn Progress>) -> Self {
        Self {
            counted: AtomicU64::new(0),
            copied: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            deleted: AtomicU64::new(0),
            reset: AtomicU64::new(0),
            verified: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            progress,
        }
    }

    /// So many were looked at.
    pub fn counted(&self, number: u64) {
        self.counted.fetch_add(number, Relaxed);
    }

    /// One was copied or uploaded.
    pub fn copied(&self, bytes: u64) {
        self.copied.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// So many needed nothing.
    pub fn skipped(&self, number: u64) {
        self.skipped.fetch_add(number, Relaxed);
    }

    /// So many were deleted.
    pub fn deleted(&self, number: u64, bytes: u64) {
        self.deleted.fetch_add(number, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// The ACL of one was set.
    pub fn reset(&self) {
        self.reset.fetch_add(1, Relaxed);
    }

    /// So many are the same on both sides.
    pub fn verified(&self, number: u64) {
        self.verified.fetch_add(number, Relaxed);
    }

    /// So many failed.
    pub fn failed(&self, number: u64) {
        self.failed.fetch_add(number, Relaxed);
    }

    /// Tells what happened.
    pub fn tell(&self, event: &Event) {
        self.progress.event(event);
    }

    /// The counts now.
    pub fn snapshot(&self) -> Counts {
        let Self { counted, copied, skipped, deleted, reset, verified, failed, bytes, progress: _ } = self;
        let now = |count: &AtomicU64| count.load(Relaxed);
        Counts {
            counted: now(counted),
            copied: now(copied),
            skipped: now(skipped),
            deleted: now(deleted),
            reset: now(reset),
            verified: now(verified),
            failed: now(failed),
            bytes: now(bytes),
        }
    }
}

impl Default for Tally {
    /// All zero, and nobody is told.
    fn default() -> Self {
        Self::new(Arc::new(Quiet))
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tally").field(&self.snapshot()).finish()
    }
}

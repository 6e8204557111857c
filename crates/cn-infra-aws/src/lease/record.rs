//! What stands in S3 while a lease is held.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The content of the lease's object: for people, and for those who wait. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Who holds it: `ana@laptop`.
    pub who: String,
    /// The id of the holder's process.
    pub process: u32,
    /// Since when, by the holder's clock: shown, never judged by.
    pub since: Timestamp,
    /// For how many seconds after each write of this record the lease holds.
    pub ttl_seconds: u64,
    /// How long the holder waits for an answer: a request that it sent in time may take effect so much later.
    pub attempt_seconds: u64,
    /// Random: by it a holder knows its own lease, even where the answer that gave it was lost.
    pub token: String,
    /// Counts the renewals, so that no two records, and so no two ETags, are equal.
    pub number: u64,
}

impl Record {
    /// How old a record is at least whose holder writes no more.
    pub(super) fn term(&self) -> Duration {
        Duration::from_secs(self.ttl_seconds.saturating_add(self.attempt_seconds))
    }

    /// The record of the next renewal.
    pub(super) fn next(&self) -> Self {
        Self { number: self.number + 1, ..self.clone() }
    }
}

/// 128 random bits in hexadecimal.
pub(super) fn random_token() -> String {
    let half = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", half(), half())
}

//! The log of calls.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

/// A call that was answered, or that a fault kept from being answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The first call has 1.
    pub n: u64,
    /// The virtual time.
    pub at: Timestamp,
    /// For example `ec2`.
    pub service: String,
    /// For example `DescribeInstances`.
    pub operation: String,
    /// The region it was signed for.
    pub region: String,
    /// The HTTP status of the answer; `None`: the connection was cut.
    pub status: Option<u16>,
    /// The error's code.
    pub code: Option<String>,
}

/// How many calls are remembered.
const KEPT: usize = 100_000;

/// The last calls, the oldest first.
#[derive(Debug, Default)]
pub struct Calls {
    count: u64,
    kept: VecDeque<Call>,
}

impl Calls {
    /// The number that the next call will have.
    pub fn next(&self) -> u64 {
        self.count + 1
    }

    /// Remembers a call.
    pub fn push(&mut self, call: Call) {
        self.count = call.n;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(call);
    }

    /// Those remembered, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.kept.iter()
    }
}

//! One run over a bucket: what its parts share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cn_infra_core::apply::Cancellation;

use crate::bucket::Bucket;
use crate::failure::Failure;
use crate::pace::Pace;
use crate::progress::Tally;
use crate::report::{Action, Failed, Failures, Report};

/// A run.
pub(crate) struct Run<'a> {
    pub bucket: &'a Bucket,
    pub pace: &'a Pace,
    pub tally: &'a Tally,
    pub stop: &'a Cancellation,
    failures: Failures,
    ended: Mutex<Option<String>>,
    began: Duration,
}

impl<'a> Run<'a> {
    /// A run that begins now.
    pub fn new(bucket: &'a Bucket, pace: &'a Pace, tally: &'a Tally, stop: &'a Cancellation) -> Self {
        let began = pace.clock().elapsed();
        Self { bucket, pace, tally, stop, failures: Failures::default(), ended: Mutex::default(), began }
    }

    /// Whether more may be begun. Asked only where there is more: if not, the run ends early.
    pub fn goes_on(&self) -> bool {
        if self.stop.is_cancelled() {
            self.end("it was stopped");
        }
        !self.has_ended()
    }

    /// Whether it ends early.
    pub fn has_ended(&self) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Begins nothing more. The first reason counts.
    pub fn end(&self, why: impl Into<String>) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.into());
    }

    /// Something failed, after every retry. If everything else would fail too, the run ends.
    pub fn failed(&self, operation: &str, key: &str, version: Option<&str>, failure: Failure) {
        let (operation, key, version) = (operation.to_owned(), key.to_owned(), version.map(str::to_owned));
        self.add(Failed { operation, key, version, from: None, failure });
    }

    /// The same, of something that comes from somewhere else.
    pub fn add(&self, failed: Failed) {
        if failed.failure.is_of_all() {
            self.end(format!("all else would fail too: {}", failed.failure));
        }
        self.failures.add(self.tally, failed);
    }

    /// A listing failed, after every retry: the run ends, since nobody knows what else there is.
    pub fn listing_failed(&self, operation: &str, prefix: &str, failure: Failure) {
        self.end(format!("not everything could be listed: {failure}"));
        self.failed(operation, prefix, None, failure);
    }

    /// Whether nothing has failed so far.
    pub fn is_sound(&self) -> bool {
        self.tally.snapshot().failed == 0
    }

    /// What came of it.
    pub fn report(self, action: Action, prefix: &str) -> Report {
        let target = format!("s3://{}/{prefix}", self.bucket.name());
        self.report_at(action, target)
    }

    /// The same, of a run that has more than one target.
    pub fn report_at(self, action: Action, target: String) -> Report {
        let Self { bucket: _, pace, tally, failures, ended, began, stop: _ } = self;
        let ended_early = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        Report { ended_early, ..Report::of(action, target, tally, pace, began, failures) }
    }
}

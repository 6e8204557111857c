//! Whether a bucket has what it is to have: what a manifest lists, or another bucket, or a directory.
//!
//! Both are listed as for a [`sync`](crate::sync), and nothing is written. What is missing, extra or different is told one
//! by one, in no order, so that there may be millions.

mod manifest;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cn_infra_core::apply::Cancellation;
use futures_util::StreamExt;
use futures_util::future::{join, ready};
use futures_util::stream::poll_fn;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::channel;

use crate::compare::{Basis, Comparison, Verdict, compare};
use crate::failure::Failure;
use crate::list::{Entry, Listing};
use crate::local::Odd;
use crate::pace::Pace;
use crate::progress::{Event, Tally};
use crate::report::{Action, Failed, Failures, Report};
use crate::scan::{Found, Item, Judge, Start, scan, starts};
pub use manifest::{Manifest, ManifestError};

/// So many differences are found ahead of their being told.
const AHEAD: usize = 1_000;

/// What is to be there. Keys are those after the prefix of the location that is verified.
#[derive(Debug)]
pub enum Expected {
    /// What a manifest lists.
    Manifest(Manifest),
    /// What a bucket has.
    Bucket(Listing),
    /// The files of a directory, and of those in it.
    Directory(PathBuf),
}

/// How a location is verified.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// By what objects are compared. By entity tags where they are comparable, else by size, unless set.
    pub comparison: Comparison,
    /// Whether links in a directory are taken for what they lead to.
    pub follow_links: bool,
    /// Ranges that are listed at once. 32 unless set.
    pub listings: usize,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self { comparison: Comparison::Tags, follow_links: false, listings: 32 }
    }
}

/// A key that is not as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// The key, after the prefix of the location.
    pub key: String,
    /// How it differs.
    pub kind: Kind,
    /// What says that it is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Basis>,
    /// The size in bytes that it is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_size: Option<u64>,
    /// The size in bytes that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// How a key differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is to be there, and is not.
    Missing,
    /// It is there, and is not to be.
    Extra,
    /// It is another one.
    Different,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The counts: `found` has `missing`, `extra` and `different`, and what was the same by what; `verified` all of those.
    pub report: Report,
    /// How many are missing.
    pub missing: u64,
    /// How many are extra.
    pub extra: u64,
    /// How many are different.
    pub different: u64,
}

impl Verified {
    /// Whether all was looked at and nothing is missing or different. Extra objects are up to the caller.
    pub fn is_success(&self) -> bool {
        self.report.is_success() && self.missing == 0 && self.different == 0
    }
}

/// Compares what is there with what is expected; `each` is told each difference. All failures are in the report, those of
/// the listings too. Once `stop` is cancelled, it ends early.
pub async fn verify(
    expected: &Expected,
    location: &Listing,
    options: &VerifyOptions,
    pace: &Pace,
    tally: &Tally,
    stop: &Cancellation,
    mut each: impl FnMut(Difference),
) -> Verified {
    let began = pace.clock().elapsed();
    let verify = Verify { options, tally, failures: Failures::default(), counts: Counts::default() };
    let start = match expected {
        Expected::Manifest(manifest) => Start::Pages(Box::new(manifest.pages()), location),
        Expected::Bucket(bucket) => Start::Buckets(bucket, location),
        Expected::Directory(root) => Start::Directory(root, location),
    };
    let (out, mut found) = channel(AHEAD);
    let listing = async {
        let out = out;
        let starts = starts([start], options.follow_links, |_, odd| verify.odd(odd));
        scan(pace, options.listings.max(1), starts, &verify, &out).await
    };
    let differences = poll_fn(move |context| found.poll_recv(context)).take_until(stop.cancelled());
    let telling = differences.for_each(|found| {
        each(difference(found));
        ready(())
    });
    let (listed, ()) = join(listing, telling).await;
    let ended_early = match listed {
        Err(failure) => {
            let why = format!("not everything could be listed: {failure}");
            verify.failed("ListObjectsV2", location.prefix.clone(), None, failure);
            Some(why)
        }
        Ok(()) => stop.is_cancelled().then(|| "it was stopped".to_owned()),
    };
    let Verify { failures, counts, .. } = verify;
    let report = Report::of(Action::Verify, location.to_string(), tally, pace, began, failures);
    counts.verified(Report { ended_early, ..report })
}

struct Verify<'a> {
    options: &'a VerifyOptions,
    tally: &'a Tally,
    failures: Failures,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    missing: AtomicU64,
    extra: AtomicU64,
    different: AtomicU64,
    by_tag: AtomicU64,
    by_size: AtomicU64,
    by_presence: AtomicU64,
    by_time: AtomicU64,
}

impl Counts {
    fn verified(self, mut report: Report) -> Verified {
        let [missing, extra, different, by_tag, by_size, by_presence, by_time] =
            [self.missing, self.extra, self.different, self.by_tag, self.by_size, self.by_presence, self.by_time]
                .map(AtomicU64::into_inner);
        let same = [
            ("same_by_tag", by_tag),
            ("same_by_size", by_size),
            ("same_by_presence", by_presence),
            ("same_by_time", by_time),
        ];
        let all = [("missing", missing), ("extra", extra), ("different", different)].into_iter();
        report.found = all
            .chain(same.into_iter().filter(|(_, count)| *count > 0))
            .map(|(kind, count)| (kind.to_owned(), count))
            .collect();
        Verified { report, missing, extra, different }
    }

    fn same(&self, basis: Basis) {
        let count = match basis {
            Basis::Tag => &self.by_tag,
            Basis::Size => &self.by_size,
            Basis::Presence => &self.by_presence,
            Basis::Time => &self.by_time,
        };
        count.fetch_add(1, Relaxed);
    }
}

impl Verify<'_> {
    fn odd(&self, odd: Odd) {
        let what = odd.path.display().to_string();
        if odd.hides {
            return self.failed("read", String::new(), Some(what), Failure::local(odd.why));
        }
        self.tally.skipped(1);
        self.tally.tell(&Event::Skipped { what, why: odd.why });
    }

    fn failed(&self, operation: &str, key: String, from: Option<String>, failure: Failure) {
        self.failures.add(self.tally, Failed { operation: operation.to_owned(), key, version: None, from, failure });
    }
}

/// What is different, and by what.
type Judged = (Kind, Option<Basis>);

impl Judge for Verify<'_> {
    type Verdict = Judged;

    fn judge(&self, _: usize, left: Option<Entry<'_>>, right: Option<Entry<'_>>) -> Option<Judged> {
        self.tally.counted(1);
        let (kind, count, by) = match (left, right) {
            (Some(expected), Some(there)) => match compare(expected.facts, there.facts, self.options.comparison) {
                Verdict::Same(basis) => {
                    self.counts.same(basis);
                    self.tally.verified(1);
                    return None;
                }
                Verdict::Different(basis) => (Kind::Different, &self.counts.different, Some(basis)),
            },
            (Some(_), None) => (Kind::Missing, &self.counts.missing, None),
            (None, _) => (Kind::Extra, &self.counts.extra, None),
        };
        count.fetch_add(1, Relaxed);
        Some((kind, by))
    }
}

fn difference(found: Found<Judged>) -> Difference {
    let Found { verdict: (kind, by), left, right, .. } = found;
    let size = |item: &Option<Item>| item.as_ref().and_then(|item| item.facts.size);
    let (expected_size, size) = (size(&left), size(&right));
    Difference { key: left.or(right).map(|item| item.key.into()).unwrap_or_default(), kind, by, expected_size, size }
}

#[cfg(test)]
mod tests;

//! Whether a bucket has what it is to have: what a manifest lists, or another bucket, or a directory.
//!
//! Both are listed as for a [`sync`](crate::sync), and nothing is written. What is missing, extra or different is told
//! one by one, in no order, so that there may be millions.

mod content;
mod difference;
mod manifest;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cn_infra_core::apply::Cancellation;
use futures_util::StreamExt;
use futures_util::future::{join, ready};
use futures_util::stream::poll_fn;
use tokio::sync::mpsc::channel;

use crate::compare::{Basis, Comparison, Verdict, compare};
use crate::decided::Decided;
use crate::failure::Failure;
use crate::list::{Entry, Listing};
use crate::local::Odd;
use crate::pace::Pace;
use crate::progress::{Event, Tally};
use crate::report::{Action, Failed, Report};
use crate::run::Run;
use crate::scan::{Found, Item, Judge, Start, scan, starts};
use content::is_same;
pub use difference::{Difference, Kind};
pub use manifest::{Manifest, ManifestError};

/// So many files are read at once.
const READERS: usize = 8;
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
    /// Whether the files of a directory are read, and their MD5s compared with entity tags; else sizes suffice. Takes
    /// as long as reading them. Not for objects that KMS encrypts, whose tags are no MD5s.
    pub read_files: bool,
    /// Ranges that are listed at once. 32 unless set.
    pub listings: usize,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self { comparison: Comparison::Tags, follow_links: false, read_files: false, listings: 32 }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The counts: `found` has `missing` and `extra`, and `same_by_tag`, `different_by_size` and so on; `verified` is
    /// all that are the same.
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

/// Compares what is there with what is expected; `each` is told each difference. All failures are in the report, those
/// of the listings too. Once `stop` is cancelled, it ends early.
pub async fn verify(
    expected: &Expected,
    location: &Listing,
    options: &VerifyOptions,
    pace: &Pace,
    tally: &Tally,
    stop: &Cancellation,
    mut each: impl FnMut(Difference),
) -> Verified {
    let (start, directory) = match expected {
        Expected::Manifest(manifest) => (Start::Pages(Box::new(manifest.pages()), location), None),
        Expected::Bucket(bucket) => (Start::Buckets(bucket, location), None),
        Expected::Directory(root) => (Start::Directory(root, location), Some(root.as_path())),
    };
    let reads = directory.filter(|_| options.read_files);
    let verify = Verify::new(Run::new(&location.bucket, pace, tally, stop), options, reads);
    let (out, mut found) = channel(AHEAD);
    let listing = async {
        let out = out;
        let starts = starts([start], options.follow_links, |_, odd| verify.odd(odd));
        scan(pace, options.listings.max(1), starts, &verify, &out).await
    };
    let work = poll_fn(move |context| found.poll_recv(context)).take_until(stop.cancelled());
    let telling = work.map(|found| verify.tell(found)).buffer_unordered(READERS).for_each(|difference| {
        difference.into_iter().for_each(&mut each);
        ready(())
    });
    let (listed, ()) = join(listing, telling).await;
    if let Err(failure) = listed {
        verify.run.listing_failed("ListObjectsV2", &location.prefix, failure);
    }
    verify.run.goes_on();
    verify.end(&location.prefix)
}

struct Verify<'a> {
    run: Run<'a>,
    options: &'a VerifyOptions,
    /// The directory whose files are read, if they are.
    reads: Option<&'a Path>,
    decided: Decided,
    missing: AtomicU64,
    extra: AtomicU64,
}

impl<'a> Verify<'a> {
    fn new(run: Run<'a>, options: &'a VerifyOptions, reads: Option<&'a Path>) -> Self {
        let (missing, extra) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { run, options, reads, decided: Decided::default(), missing, extra }
    }

    /// Counts a verdict; what says that something is different.
    fn decide(&self, verdict: Verdict) -> Option<Basis> {
        self.decided.count(verdict);
        match verdict {
            Verdict::Different(basis) => Some(basis),
            Verdict::Same(_) => {
                self.run.tally.verified(1);
                None
            }
        }
    }

    /// What is to be told about a key.
    async fn tell(&self, found: Found<Todo>) -> Option<Difference> {
        let Found { verdict, left, right, .. } = found;
        let (kind, by) = match verdict {
            Todo::Tell(kind, by) => (kind, by),
            Todo::Read => (Kind::Different, Some(self.read(left.as_ref()?, right.as_ref()?).await?)),
        };
        Some(Difference::of(kind, by, left, right))
    }

    /// Reads a file, and what says that it is another one than the object.
    async fn read(&self, left: &Item, right: &Item) -> Option<Basis> {
        let (path, tag) = (self.reads?.join(&*left.key), right.facts.etag.clone()?);
        let (file, what) = (path.clone(), left.key.to_string());
        let read = tokio::task::spawn_blocking(move || is_same(&file, &tag)).await;
        match read.unwrap_or_else(|error| Err(error.into())) {
            Ok(Some(true)) => self.decide(Verdict::Same(Basis::Tag)),
            Ok(Some(false)) => self.decide(Verdict::Different(Basis::Tag)),
            Ok(None) => self.decide(Verdict::Same(Basis::Size)),
            Err(error) => {
                let failure = Failure::local(format!("the file cannot be read: {error}"));
                self.failed("read", what, Some(path.display().to_string()), failure);
                None
            }
        }
    }

    /// What came of it.
    fn end(self, prefix: &str) -> Verified {
        let (missing, extra, different) =
            (self.missing.into_inner(), self.extra.into_inner(), self.decided.different());
        let mut found = self.decided.found();
        found.extend([("missing", missing), ("extra", extra)].map(|(kind, count)| (kind.to_owned(), count)));
        let report = Report { found, ..self.run.report(Action::Verify, prefix) };
        Verified { report, missing, extra, different }
    }

    fn odd(&self, odd: Odd) {
        let what = odd.path.display().to_string();
        if odd.hides {
            return self.failed("read", String::new(), Some(what), Failure::local(odd.why));
        }
        self.run.tally.skipped(1);
        self.run.tally.tell(&Event::Skipped { what, why: odd.why });
    }

    fn failed(&self, operation: &str, key: String, from: Option<String>, failure: Failure) {
        self.run.add(Failed { operation: operation.to_owned(), key, version: None, from, failure });
    }
}

/// What is to be told or done about a key.
enum Todo {
    /// It is different, by this.
    Tell(Kind, Option<Basis>),
    /// Its file is to be read.
    Read,
}

impl Judge for Verify<'_> {
    type Verdict = Todo;

    fn judge(&self, _: usize, left: Option<Entry<'_>>, right: Option<Entry<'_>>) -> Option<Todo> {
        self.run.tally.counted(1);
        let (kind, count) = match (left, right) {
            (Some(expected), Some(there)) => {
                let verdict = compare(expected.facts, there.facts, self.options.comparison);
                let is_same = matches!(verdict, Verdict::Same(_));
                if is_same && self.reads.is_some() {
                    return Some(Todo::Read);
                }
                return self.decide(verdict).map(|basis| Todo::Tell(Kind::Different, Some(basis)));
            }
            (Some(_), None) => (Kind::Missing, &self.missing),
            (None, _) => (Kind::Extra, &self.extra),
        };
        count.fetch_add(1, Relaxed);
        Some(Todo::Tell(kind, None))
    }
}

#[cfg(test)]
mod tests;

//! Emptying a bucket or a prefix: versions, delete markers, unfinished uploads; and the bucket itself.
//!
//! Deleted is what is listed, by version, so nothing is left behind and no marker comes instead. What is gone already
//! counts as deleted: a run that ended early is simply begun again.

mod uploads;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cn_infra_core::apply::Cancellation;
use futures_util::StreamExt;

use crate::bucket::Bucket;
use crate::delete::{Deletion, Doomed};
use crate::failure::{Class, Failure};
use crate::pace::{Pace, Prefix};
use crate::progress::Tally;
use crate::report::{Action, Report};
use crate::run::Run;
use crate::versions::{Version, with_pages};

/// So many batches of 1,000 are under way at most: their keys are what a run needs memory for.
const BATCHES: usize = 64;

/// What is emptied, and how far.
#[derive(Clone, Debug, Default)]
pub struct EmptyOptions {
    /// What goes.
    pub what: What,
    /// Deletes nothing, and counts what would be deleted, all of it.
    pub dry_run: bool,
    /// Stops before it deletes more than so many versions, markers and uploads; `None`: no limit. Which of them go is
    /// not said: do not take it for a way to keep some.
    pub max_delete: Option<u64>,
}

/// What goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// All keys that begin with this, at a `/` or not.
    Prefix(String),
    /// All keys.
    #[default]
    Everything,
    /// All keys, and then the bucket.
    Bucket,
}

impl What {
    /// What the keys begin with.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Prefix(prefix) => prefix,
            Self::Everything | Self::Bucket => "",
        }
    }
}

/// Deletes, or counts what would be deleted. `found` of the report has the kinds: `objects` (current ones), `older`
/// (versions), `markers`, `uploads` (unfinished). The bytes are those of objects and versions; S3 does not list those of
/// uploads.
///
/// All failures are in the report, that of the listing too.
pub async fn empty(bucket: &Bucket, options: &EmptyOptions, pace: &Pace, tally: &Tally, stop: &Cancellation) -> Report {
    let emptying = Emptying {
        run: Run::new(bucket, pace, tally, stop),
        dry_run: options.dry_run,
        left: AtomicU64::new(options.max_delete.filter(|_| !options.dry_run).unwrap_or(u64::MAX)),
        found: Found::default(),
    };
    let prefix = options.what.prefix();
    emptying.versions(prefix).await;
    emptying.uploads(prefix).await;
    if options.what == What::Bucket {
        emptying.bucket().await;
    }
    let Emptying { run, found, .. } = emptying;
    let found = found.into_counts().map(|(kind, count)| (kind.to_owned(), count)).collect();
    Report { dry_run: options.dry_run, found, ..run.report(Action::Empty, prefix) }
}

struct Emptying<'a> {
    run: Run<'a>,
    dry_run: bool,
    /// How many may still be deleted.
    left: AtomicU64,
    found: Found,
}

/// How many there were of each kind.
#[derive(Default)]
struct Found {
    objects: AtomicU64,
    older: AtomicU64,
    markers: AtomicU64,
    uploads: AtomicU64,
}

impl Found {
    fn versions(&self, versions: &[Version]) {
        for version in versions {
            let kind = match version {
                Version { is_marker: true, .. } => &self.markers,
                Version { is_latest: true, .. } => &self.objects,
                _ => &self.older,
            };
            kind.fetch_add(1, Relaxed);
        }
    }

    fn into_counts(self) -> impl Iterator<Item = (&'static str, u64)> {
        let Self { objects, older, markers, uploads } = self;
        let all = [("objects", objects), ("older", older), ("markers", markers), ("uploads", uploads)];
        all.into_iter().map(|(kind, count)| (kind, count.into_inner()))
    }
}

impl Emptying<'_> {
    /// Deletes all versions and markers.
    async fn versions(&self, prefix: &str) {
        with_pages(&self.run, prefix, |pages| {
            let batches = pages.map(|mut versions| {
                self.found.versions(&versions);
                self.allow(&mut versions);
                self.delete(versions)
            });
            batches.buffer_unordered(BATCHES).for_each(|()| std::future::ready(()))
        })
        .await;
    }

    /// Deletes some versions; of a dry run only counts them.
    async fn delete(&self, versions: Vec<Version>) {
        if self.dry_run {
            return self.run.tally.deleted(count(&versions), versions.iter().map(|version| version.size).sum());
        }
        let doomed = versions.into_iter().map(|Version { key, id, size, .. }| Doomed { key, version: Some(id), size });
        Deletion { run: &self.run, bucket: self.run.bucket }.delete(doomed.collect()).await;
    }

    /// Leaves as many as may still be deleted; if those are not all, the run ends.
    fn allow<T>(&self, wanted: &mut Vec<T>) {
        let number = count(wanted);
        let left = self.left.load(Relaxed);
        if left < number {
            wanted.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            self.run.end("it would have deleted more than the limit");
        }
        self.left.store(left.saturating_sub(number), Relaxed);
    }

    async fn bucket(&self) {
        let run = &self.run;
        if self.dry_run || run.has_ended() || !run.is_sound() {
            return;
        }
        let bucket = run.bucket;
        let request = || {
            let request = bucket.client().delete_bucket().bucket(bucket.name());
            request.set_expected_bucket_owner(bucket.owner()).send()
        };
        match run.pace.send(&Prefix::whole(bucket.name()), "DeleteBucket", 0, request).await {
            Err(failure) if failure.code.as_deref() == Some("BucketNotEmpty") => {
                let message = format!("{}: somebody wrote to it meanwhile; begin again", failure.message);
                run.failed("DeleteBucket", "", None, Failure { message, ..failure });
            }
            Err(failure) if failure.class != Class::Gone => run.failed("DeleteBucket", "", None, failure),
            Ok(_) | Err(_) => {}
        }
    }
}

fn count<T>(of: &[T]) -> u64 {
    u64::try_from(of.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

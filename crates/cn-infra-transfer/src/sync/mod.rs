//! Copies what is not there, or not the same, from buckets and directories to buckets.
//!
//! Both sides are listed and compared in order, in many ranges at once ([`scan`](crate::scan)); no object is asked for
//! on its own. What a run has copied, the next one finds copied: one that was killed is simply begun again, and the
//! second pass of a migration is the same call. Deletions come last, and only if everything else succeeded.

mod map;
mod retry;
mod run;

use cn_infra_core::apply::Cancellation;
use futures_util::StreamExt;
use futures_util::future::{join, ready};
use futures_util::stream::poll_fn;
use tokio::sync::mpsc::channel;

use crate::attributes::Attributes;
use crate::compare::Comparison;
use crate::pace::Pace;
use crate::progress::Tally;
use crate::report::Report;
use crate::run::Run;
use crate::scan::{Start, scan, starts};
pub use map::{Map, MapError, Source};
pub use retry::retry;
use run::Sync;

/// So much work is found ahead of what is being done.
const AHEAD: usize = 2_000;

/// How a sync is done.
#[derive(Clone, Debug)]
pub struct SyncOptions {
    /// By what objects are compared.
    pub comparison: Comparison,
    /// What copies have beside their bytes.
    pub attributes: Attributes,
    /// Whether what is only at the destination is deleted, and how many objects at most: if it would be more, none is.
    /// `None`, the default: nothing is deleted.
    pub delete: Option<u64>,
    /// Compares and counts, and changes nothing.
    pub dry_run: bool,
    /// Whether links in directories are taken for what they lead to.
    pub follow_links: bool,
    /// Ranges that are listed at once. 32 unless set.
    pub listings: usize,
    /// Objects in work at once, sent or waiting for their turn. 1,000 unless set.
    pub in_work: usize,
    /// Bytes of files in memory at once; 256 MiB unless set, 8 MiB at least.
    pub memory: u64,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            comparison: Comparison::default(),
            attributes: Attributes::default(),
            delete: None,
            dry_run: false,
            follow_links: false,
            listings: 32,
            in_work: 1_000,
            memory: 256 << 20,
        }
    }
}

/// Carries out maps, together. `found` of the report has what was found: `new`, `different_by_size` and what else
/// decided,
/// `same_by_tag` and so on, and `extra`, what is only at the destination.
///
/// All failures are in the report, those of the listings too; a report that is no success says what to do again. Once
/// `stop` is cancelled, nothing new begins; dropping the future ends it at once. Either way the next run goes on from
/// there.
///
/// # Errors
/// Maps that cannot be carried out together; nothing was done.
pub async fn sync(
    maps: &[Map],
    options: &SyncOptions,
    pace: &Pace,
    tally: &Tally,
    stop: &Cancellation,
) -> Result<Report, MapError> {
    let first = map::check(maps, options.delete.is_some())?;
    let sync = Sync::new(Run::new(&first.to.bucket, pace, tally, stop), maps, options);
    let begins = maps.iter().map(|Map { from, to }| match from {
        Source::Bucket(from) => Start::Buckets(from, to),
        Source::Directory(root) => Start::Directory(root, to),
    });
    let (out, mut work) = channel(AHEAD);
    let listing = async {
        let starts = starts(begins, options.follow_links, |map, odd| sync.odd(map, odd));
        // The work ends when nothing can be found any more.
        let out = out;
        scan(pace, options.listings.max(1), starts, &sync, &out).await
    };
    let work = poll_fn(move |context| work.poll_recv(context)).take_until(stop.cancelled());
    let work = work.take_while(|_| ready(sync.run.goes_on()));
    let working = work.for_each_concurrent(options.in_work.max(1), |found| sync.carry_out(found));
    let (listed, ()) = join(listing, working).await;
    Ok(sync.end(listed).await)
}

#[cfg(test)]
mod tests;

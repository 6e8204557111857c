//! What failed is tried again, object by object, without a listing.

use cn_infra_core::apply::Cancellation;
use futures_util::future::ready;
use futures_util::{StreamExt, stream};

use super::run::{Sync, from};
use super::{Map, MapError, Source, SyncOptions, map};
use crate::copy::Limits;
use crate::failure::Failure;
use crate::pace::Pace;
use crate::progress::Tally;
use crate::report::{Failed, Report};
use crate::run::Run;

/// Tries again what failed in a sync of the same maps, by its report: one request or two for each object, and no
/// listing. What cannot be tried again so (listings, directories, deletions, what no map leads to) fails again and says
/// that a whole sync is needed; so does a report that lacks some of what failed.
///
/// # Errors
/// Maps that cannot be carried out together; nothing was done.
pub async fn retry(
    maps: &[Map],
    before: &Report,
    options: &SyncOptions,
    pace: &Pace,
    tally: &Tally,
    stop: &Cancellation,
) -> Result<Report, MapError> {
    let first = map::check(maps, options.delete.is_some())?;
    let sync = Sync::new(Run::new(&first.to.bucket, pace, tally, stop), maps, options);
    let again = stream::iter(&before.failed).take_until(stop.cancelled()).take_while(|_| ready(sync.run.goes_on()));
    again.for_each_concurrent(options.in_work.max(1), |failed| sync.retry(failed)).await;
    if before.failed_unlisted() > 0 || before.ended_early.is_some() {
        sync.run.end("the report that was tried again is not of all: sync again");
    }
    Ok(sync.end(Ok(())).await)
}

impl Sync<'_> {
    async fn retry(&self, failed: &Failed) {
        self.run.tally.counted(1);
        let meant = self.maps.iter().find_map(|map| {
            let key = failed.key.strip_prefix(&map.to.prefix)?;
            (failed.from.as_deref() == Some(from(map, key).as_str())).then_some((map, key))
        });
        let Some((map, key)) = meant else {
            let failure = Failure::local("this cannot be tried again on its own: sync again");
            return self.run.add(Failed { failure, ..failed.clone() });
        };
        let done = match &map.from {
            Source::Bucket(from) => self.copier(from, &map.to, Limits::default()).copy_unlisted(key).await,
            Source::Directory(root) => self.uploader(root, &map.to).upload(key, 0).await,
        };
        self.done(map, key, done);
    }
}

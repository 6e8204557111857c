//! One sync: what to do about a key, and doing it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cn_infra_core::apply::Cancellation;
use futures_util::{StreamExt, stream};

use super::{Map, Source, SyncOptions};
use crate::compare::{Verdict, compare};
use crate::copy::{Copy, Limits};
use crate::decided::Decided;
use crate::failure::{Class, Failure};
use crate::list::Entry;
use crate::local::Odd;
use crate::pace::{Pace, Prefix};
use crate::progress::{Event, Tally};
use crate::report::{Action, Failed, Failures, Report};
use crate::scan::{Found, Item, Judge};
use crate::undone::Undone;
use crate::upload::{Budget, Upload};

/// So many objects are deleted at once.
const DELETES: usize = 64;

/// What to do about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    Copy,
    /// It is only at the destination.
    Extra,
}

/// A sync that goes on.
pub(super) struct Sync<'a> {
    maps: &'a [Map],
    options: &'a SyncOptions,
    pace: &'a Pace,
    tally: &'a Tally,
    stop: &'a Cancellation,
    began: Duration,
    budget: Budget,
    failures: Failures,
    decided: Decided,
    new: AtomicU64,
    only_there: AtomicU64,
    /// Whether something was not seen on a source.
    hides: AtomicBool,
    /// The map and key of what is only at the destination, as far as it may be deleted.
    extra: Mutex<Vec<(usize, Box<str>)>>,
}

impl<'a> Sync<'a> {
    pub fn new(
        maps: &'a [Map],
        options: &'a SyncOptions,
        pace: &'a Pace,
        tally: &'a Tally,
        stop: &'a Cancellation,
    ) -> Self {
        Self {
            maps,
            options,
            pace,
            tally,
            stop,
            began: pace.clock().elapsed(),
            budget: Budget::new(options.memory),
            failures: Failures::default(),
            decided: Decided::default(),
            new: AtomicU64::new(0),
            only_there: AtomicU64::new(0),
            hides: AtomicBool::new(false),
            extra: Mutex::default(),
        }
    }

    /// Does what is to be done about a key.
    pub async fn carry_out(&self, found: Found<Todo>) {
        let Found { map, verdict, left, right } = found;
        match verdict {
            Todo::Copy => self.copy(map, left).await,
            Todo::Extra => self.keep_for_deletion(map, right),
        }
    }

    async fn copy(&self, map: usize, item: Option<Item>) {
        let (Some(map), Some(item)) = (self.maps.get(map), item) else { return };
        let entry = item.entry();
        let size = entry.facts.size.unwrap_or_default();
        if self.options.dry_run {
            return self.tally.copied(size);
        }
        let (pace, to, attributes) = (self.pace, &map.to, &self.options.attributes);
        let copied = match &map.from {
            Source::Bucket(from) => Copy { pace, from, to, attributes, limits: Limits::default() }.copy(entry).await,
            Source::Directory(from) => {
                Upload { pace, from, to, attributes, budget: &self.budget }.upload(entry.key, size).await
            }
        };
        match copied {
            Ok(bytes) => self.tally.copied(bytes),
            Err(undone) => self.undone(map, entry.key, undone),
        }
    }

    /// What was not copied failed, unless its source is gone: then there is nothing to copy.
    fn undone(&self, map: &Map, key: &str, Undone { operation, failure }: Undone) {
        let from = from(map, key);
        let is_gone = failure.class == Class::Gone && matches!(failure.code.as_deref(), None | Some("NoSuchKey"));
        if is_gone && operation != "PutObject" {
            self.tally.skipped(1);
            return self.tally.tell(&Event::Skipped { what: from, why: "it is gone since it was listed".to_owned() });
        }
        self.failed(operation, format!("{}{key}", map.to.prefix), Some(from), failure);
    }

    fn failed(&self, operation: &str, key: String, from: Option<String>, failure: Failure) {
        self.failures.add(self.tally, Failed { operation: operation.to_owned(), key, version: None, from, failure });
    }

    /// Something in a directory that is no object.
    pub fn odd(&self, map: usize, odd: Odd) {
        let Odd { path, why, hides } = odd;
        if !hides {
            self.tally.skipped(1);
            return self.tally.tell(&Event::Skipped { what: path.display().to_string(), why });
        }
        self.hides.store(true, Relaxed);
        let prefix = self.maps.get(map).map(|map| map.to.prefix.clone()).unwrap_or_default();
        self.failed("read", prefix, Some(path.display().to_string()), Failure::local(why));
    }

    /// Up to one more than may be deleted: then none is.
    fn keep_for_deletion(&self, map: usize, item: Option<Item>) {
        let Some(item) = item else { return };
        let mut extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner);
        if extra.len() as u64 <= self.options.delete.unwrap_or_default() {
            extra.push((map, item.key));
        }
    }

    /// Deletes what is to be deleted, and reports.
    pub async fn end(self, listed: Result<(), Failure>) -> Report {
        let mut ended_early = None;
        if let Err(failure) = listed {
            ended_early = Some(format!("not everything could be listed: {failure}"));
            self.failed("ListObjectsV2", String::new(), None, failure);
        } else if self.stop.is_cancelled() {
            ended_early = Some("it was stopped".to_owned());
        }
        if ended_early.is_none() {
            ended_early = self.delete_extra().await;
        }
        let target = self.maps.iter().map(|map| map.to.to_string()).collect::<Vec<_>>().join(", ");
        let mut found = self.decided.found();
        let counts = [("new", &self.new), ("extra", &self.only_there)];
        found.extend(counts.map(|(what, count)| (what.to_owned(), count.load(Relaxed))));
        let Self { options, pace, tally, began, failures, .. } = self;
        let report = Report::of(Action::Sync, target, tally, pace, began, failures);
        Report { dry_run: options.dry_run, ended_early, found, ..report }
    }

    /// Deletes what is only at the destination; why not, if not.
    async fn delete_extra(&self) -> Option<String> {
        let most = self.options.delete?;
        let extra = std::mem::take(&mut *self.extra.lock().unwrap_or_else(PoisonError::into_inner));
        if extra.is_empty() {
            return None;
        }
        let failed = self.tally.snapshot().failed;
        if failed > 0 || self.hides.load(Relaxed) {
            return Some(format!("nothing is deleted, since {failed} failed: run again"));
        }
        let number = self.only_there.load(Relaxed);
        if number > most {
            return Some(format!("nothing is deleted: {number} would be, and at most {most} may be"));
        }
        let deletes = stream::iter(extra).take_until(self.stop.cancelled());
        deletes.for_each_concurrent(DELETES, |(map, key)| self.delete(map, key)).await;
        self.stop.is_cancelled().then(|| "it was stopped".to_owned())
    }

    async fn delete(&self, map: usize, key: Box<str>) {
        let Some(Map { to, .. }) = self.maps.get(map) else { return };
        if self.options.dry_run {
            return self.tally.deleted(1, 0);
        }
        let key = format!("{}{key}", to.prefix);
        let limit = Prefix::of(to.bucket.name(), &key);
        let deleted = self.pace.send(&limit, "DeleteObject", 0, || {
            let delete = to.bucket.client().delete_object().bucket(to.bucket.name()).key(&key);
            delete.set_expected_bucket_owner(to.bucket.owner()).send()
        });
        match deleted.await {
            Ok(_) => self.tally.deleted(1, 0),
            Err(failure) => self.failed("DeleteObject", key.clone(), None, failure),
        }
    }
}

impl Judge for Sync<'_> {
    type Verdict = Todo;

    fn judge(&self, _: usize, left: Option<Entry<'_>>, right: Option<Entry<'_>>) -> Option<Todo> {
        let Some(wanted) = left else {
            self.only_there.fetch_add(1, Relaxed);
            return self.options.delete.is_some().then_some(Todo::Extra);
        };
        self.tally.counted(1);
        let Some(there) = right else {
            self.new.fetch_add(1, Relaxed);
            return Some(Todo::Copy);
        };
        let verdict = compare(wanted.facts, there.facts, self.options.comparison);
        self.decided.count(verdict);
        if matches!(verdict, Verdict::Same(_)) {
            self.tally.skipped(1);
            return None;
        }
        Some(Todo::Copy)
    }
}

/// Where a key comes from.
fn from(map: &Map, key: &str) -> String {
    match &map.from {
        Source::Bucket(from) => format!("{from}{key}"),
        Source::Directory(root) => root.join(key).display().to_string(),
    }
}

//! One sync: what to do about a key, and doing it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use futures_util::future::ready;
use futures_util::{StreamExt, stream};

use super::{Map, Source, SyncOptions};
use crate::compare::{Verdict, compare};
use crate::copy::{Copy, Limits};
use crate::decided::Decided;
use crate::delete::{BATCH, Deletion, Doomed};
use crate::failure::{Class, Failure};
use crate::list::{Entry, Listing};
use crate::local::Odd;
use crate::progress::Event;
use crate::report::{Action, Failed, Report};
use crate::run::Run;
use crate::scan::{Found, Item, Judge};
use crate::undone::Undone;
use crate::upload::{Budget, Upload};

/// So many batches are deleted at once.
const BATCHES: usize = 16;

/// What to do about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    Copy,
    /// It is only at the destination.
    Extra,
}

/// A sync that goes on.
pub(super) struct Sync<'a> {
    pub run: Run<'a>,
    pub(super) maps: &'a [Map],
    options: &'a SyncOptions,
    budget: Budget,
    decided: Decided,
    new: AtomicU64,
    only_there: AtomicU64,
    /// Whether something was not seen on a source.
    hides: AtomicBool,
    /// The map and key of what is only at the destination, as far as it may be deleted.
    extra: Mutex<Vec<(usize, Box<str>)>>,
}

impl<'a> Sync<'a> {
    pub fn new(run: Run<'a>, maps: &'a [Map], options: &'a SyncOptions) -> Self {
        Self {
            run,
            maps,
            options,
            budget: Budget::new(options.memory),
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
            return self.run.tally.copied(size);
        }
        let done = match &map.from {
            Source::Bucket(from) => self.copier(from, &map.to, Limits::default()).copy(entry).await,
            Source::Directory(root) => self.uploader(root, &map.to).upload(entry.key, size).await,
        };
        self.done(map, entry.key, done);
    }

    pub(super) fn copier<'b>(&'b self, from: &'b Listing, to: &'b Listing, limits: Limits) -> Copy<'b> {
        Copy { pace: self.run.pace, from, to, attributes: &self.options.attributes, limits }
    }

    pub(super) fn uploader<'b>(&'b self, from: &'b Path, to: &'b Listing) -> Upload<'b> {
        Upload { pace: self.run.pace, from, to, attributes: &self.options.attributes, budget: &self.budget }
    }

    /// Counts what was done about a key, or tells why it was not.
    pub(super) fn done(&self, map: &Map, key: &str, done: Result<u64, Undone>) {
        match done {
            Ok(bytes) => self.run.tally.copied(bytes),
            Err(undone) => self.undone(map, key, undone),
        }
    }

    /// What was not copied failed, unless its source is gone: then there is nothing to copy.
    fn undone(&self, map: &Map, key: &str, Undone { operation, failure }: Undone) {
        let from = from(map, key);
        let is_gone = failure.class == Class::Gone && matches!(failure.code.as_deref(), None | Some("NoSuchKey"));
        if is_gone && operation != "PutObject" {
            self.run.tally.skipped(1);
            return self
                .run
                .tally
                .tell(&Event::Skipped { what: from, why: "it is gone since it was listed".to_owned() });
        }
        self.failed(operation, format!("{}{key}", map.to.prefix), Some(from), failure);
    }

    fn failed(&self, operation: &str, key: String, from: Option<String>, failure: Failure) {
        self.run.add(Failed { operation: operation.to_owned(), key, version: None, from, failure });
    }

    /// Something in a directory that is no object.
    pub fn odd(&self, map: usize, odd: Odd) {
        let Odd { path, why, hides } = odd;
        if !hides {
            self.run.tally.skipped(1);
            return self.run.tally.tell(&Event::Skipped { what: path.display().to_string(), why });
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
        if let Err(failure) = listed {
            self.run.listing_failed("ListObjectsV2", "", failure);
        }
        if self.run.goes_on() {
            self.delete_extra().await;
        }
        let mut found = self.decided.found();
        let counts = [("new", &self.new), ("extra", &self.only_there)];
        found.extend(counts.map(|(what, count)| (what.to_owned(), count.load(Relaxed))));
        let target = self.maps.iter().map(|map| map.to.to_string()).collect::<Vec<_>>().join(", ");
        Report { dry_run: self.options.dry_run, found, ..self.run.report_at(Action::Sync, target) }
    }

    /// Deletes what is only at the destination. If it may not, the run ends early, and says why.
    async fn delete_extra(&self) {
        let extra = std::mem::take(&mut *self.extra.lock().unwrap_or_else(PoisonError::into_inner));
        let (Some(most), false) = (self.options.delete, extra.is_empty()) else { return };
        let failed = self.run.tally.snapshot().failed;
        if failed > 0 || self.hides.load(Relaxed) {
            return self.run.end(format!("nothing is deleted, since {failed} failed: run again"));
        }
        let number = self.only_there.load(Relaxed);
        if number > most {
            return self.run.end(format!("nothing is deleted: {number} would be, and at most {most} may be"));
        }
        let mut by_map: BTreeMap<usize, Vec<Box<str>>> = BTreeMap::new();
        for (map, key) in extra {
            by_map.entry(map).or_default().push(key);
        }
        let to = |map: usize| self.maps.get(map).map(|map| &map.to);
        let by_map = by_map.iter().filter_map(|(map, keys)| Some((to(*map)?, keys)));
        let batches = by_map.flat_map(|(to, keys)| keys.chunks(BATCH).map(move |batch| (to, batch)));
        let deletes = stream::iter(batches).take_while(|_| ready(self.run.goes_on()));
        deletes.for_each_concurrent(BATCHES, |(to, batch)| self.delete(to, batch)).await;
    }

    async fn delete(&self, to: &Listing, keys: &[Box<str>]) {
        if self.options.dry_run {
            return self.run.tally.deleted(keys.len() as u64, 0);
        }
        let doomed = keys.iter().map(|key| Doomed { key: format!("{}{key}", to.prefix), version: None, size: 0 });
        Deletion { run: &self.run, bucket: &to.bucket }.delete(doomed.collect()).await;
    }
}

impl Judge for Sync<'_> {
    type Verdict = Todo;

    fn judge(&self, _: usize, left: Option<Entry<'_>>, right: Option<Entry<'_>>) -> Option<Todo> {
        let Some(wanted) = left else {
            self.only_there.fetch_add(1, Relaxed);
            return self.options.delete.is_some().then_some(Todo::Extra);
        };
        self.run.tally.counted(1);
        let Some(there) = right else {
            self.new.fetch_add(1, Relaxed);
            return Some(Todo::Copy);
        };
        let verdict = compare(wanted.facts, there.facts, self.options.comparison);
        self.decided.count(verdict);
        if matches!(verdict, Verdict::Same(_)) {
            self.run.tally.skipped(1);
            return None;
        }
        Some(Todo::Copy)
    }
}

/// Where a key comes from.
pub(super) fn from(map: &Map, key: &str) -> String {
    match &map.from {
        Source::Bucket(from) => format!("{from}{key}"),
        Source::Directory(root) => root.join(key).display().to_string(),
    }
}

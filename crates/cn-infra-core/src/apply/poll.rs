//! Reading objects while steps run: one reading of a kind serves every step that waits for one of its objects.

use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task;

use super::retry::{Patience, Retries};
use super::run::Run;
use crate::address::PhysicalId;
use crate::document::Document;
use crate::event::Failure;
use crate::live::Object;
use crate::manager::{AnyManager, Wanted};
use crate::observe;
use crate::owner::Owner;

/// The readings of one kind.
pub(super) struct Poll<'a> {
    kind: &'static str,
    manager: &'a dyn AnyManager,
    declared: Vec<Wanted<Document>>,
    /// How many readings were begun: their numbers tell which came after a change, where times may be equal.
    begun: AtomicU64,
    watched: Mutex<Watched>,
    /// Locked while a reading is made, so that others wait for it instead of making their own.
    latest: tokio::sync::Mutex<Latest>,
    /// Why the reading that is being made had to be begun anew.
    trouble: Mutex<Option<String>>,
}

/// The latest reading, and the latest of all objects.
#[derive(Default)]
struct Latest {
    any: Option<Arc<Reading>>,
    whole: Option<Arc<Reading>>,
}

/// What is to be read: how many watch each object, and how many all objects.
#[derive(Default)]
struct Watched {
    ids: BTreeMap<PhysicalId, usize>,
    all: usize,
}

/// What one reading found.
#[derive(Debug)]
pub(super) struct Reading {
    number: u64,
    /// The objects it was asked for; `None`: all.
    only: Option<BTreeSet<PhysicalId>>,
    found: Result<BTreeMap<PhysicalId, Object>, Failure>,
}

impl<'a> Poll<'a> {
    pub fn new(kind: &'static str, manager: &'a dyn AnyManager, declared: Vec<Wanted<Document>>) -> Self {
        Self {
            kind,
            manager,
            declared,
            begun: AtomicU64::new(0),
            watched: Mutex::default(),
            latest: tokio::sync::Mutex::default(),
            trouble: Mutex::default(),
        }
    }

    pub fn manager(&self) -> &'a dyn AnyManager {
        self.manager
    }

    #[cfg(test)]
    pub fn declared(&self) -> &[Wanted<Document>] {
        &self.declared
    }

    /// Watches one object; the first reading is one that begins after now.
    pub fn watch(&self, id: &PhysicalId) -> Watch<'_> {
        self.add(Some(id.clone()), self.begun.load(Ordering::Relaxed))
    }

    /// Watches all objects; the first reading is any of this apply if `earlier` will do.
    pub fn watch_all(&self, earlier: bool) -> Watch<'_> {
        self.add(None, if earlier { 0 } else { self.begun.load(Ordering::Relaxed) })
    }

    fn add(&self, id: Option<PhysicalId>, seen: u64) -> Watch<'_> {
        let mut watched = self.watched();
        match &id {
            Some(id) => *watched.ids.entry(id.clone()).or_default() += 1,
            None => watched.all += 1,
        }
        Watch { poll: self, id, seen }
    }

    /// Why there is no reading at the moment, for those who wait for one.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_trouble(&self, why: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reading of what a watch is for that is newer than what it has seen.
    async fn newer(&self, run: &Run<'_>, id: Option<&PhysicalId>, seen: u64) -> Arc<Reading> {
        // Steps that begin together register first, and so share the reading.
        let_others_go_first().await;
        let mut latest = self.latest.lock().await;
        if let Some(reading) = latest.newer(id, seen) {
            return reading;
        }
        let reading = Arc::new(self.read(run).await);
        if reading.only.is_none() && reading.found.is_ok() {
            latest.whole = Some(Arc::clone(&reading));
        }
        latest.any = Some(Arc::clone(&reading));
        reading
    }

    async fn read(&self, run: &Run<'_>) -> Reading {
        let reading = self.read_at_last(run).await;
        self.set_trouble(None);
        reading
    }

    /// Reads what is watched; a reading that fails for a passing reason is begun anew.
    async fn read_at_last(&self, run: &Run<'_>) -> Reading {
        let mut retries = Retries::new(Patience::reading(run.options), self.kind);
        loop {
            let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
            let only = self.watched().only();
            let error = match observe::read(self.manager, only.as_ref(), &self.declared).await {
                Ok(objects) => {
                    let found = objects.into_iter().map(|object| (object.id.clone(), object)).collect();
                    return Reading { number, only, found: Ok(found) };
                }
                Err(error) => error,
            };
            self.set_trouble(Some(format!("cannot be read now: {error}")));
            let failure = match retries.after(&error, run.clock.elapsed()) {
                Some(after) => run.pause(after).await.err(),
                None => Some(Failure::from(error).context(format!("cannot read the {} objects", self.kind))),
            };
            if let Some(failure) = failure {
                return Reading { number, only, found: Err(failure) };
            }
        }
    }
}

/// Gives every step that can go on a turn, in the order in which they can.
async fn let_others_go_first() {
    let mut yielded = false;
    let once = future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        task::Poll::Pending
    });
    once.await;
}

impl Watched {
    fn only(&self) -> Option<BTreeSet<PhysicalId>> {
        (self.all == 0).then(|| self.ids.keys().cloned().collect())
    }
}

impl Latest {
    fn newer(&self, id: Option<&PhysicalId>, seen: u64) -> Option<Arc<Reading>> {
        let mut readings = [&self.any, &self.whole].into_iter().flatten();
        readings.find(|reading| reading.number > seen && reading.covers(id)).cloned()
    }
}

impl Reading {
    fn covers(&self, id: Option<&PhysicalId>) -> bool {
        match (&self.only, id) {
            (None, _) => true,
            (Some(only), Some(id)) => only.contains(id),
            (Some(_), None) => false,
        }
    }
}

/// A step's interest in one object, or in all of its kind. While it lives, readings for others include it.
pub(super) struct Watch<'a> {
    poll: &'a Poll<'a>,
    id: Option<PhysicalId>,
    seen: u64,
}

impl Watch<'_> {
    /// The next newer reading of the object; `None`: it is not there.
    pub async fn next(&mut self, run: &Run<'_>) -> Result<Option<Object>, Failure> {
        let reading = self.reading(run).await;
        let objects = reading.found.as_ref().map_err(Clone::clone)?;
        Ok(self.id.as_ref().and_then(|id| objects.get(id)).cloned())
    }

    /// All objects of the next newer reading.
    pub async fn all(&mut self, run: &Run<'_>) -> Result<BTreeMap<PhysicalId, Object>, Failure> {
        let reading = self.reading(run).await;
        reading.found.clone()
    }

    /// The object in the next newer reading that bears an owner's tags and is there to stay.
    pub async fn find(&mut self, run: &Run<'_>, owner: &Owner) -> Result<Option<Object>, Failure> {
        let reading = self.reading(run).await;
        let objects = reading.found.as_ref().map_err(Clone::clone)?;
        let ours = |object: &&Object| object.readiness.is_present() && object.owner().as_ref() == Some(owner);
        Ok(objects.values().find(ours).cloned())
    }

    /// A change was sent: only readings that begin from now on count.
    pub fn outdate(&mut self) {
        self.seen = self.poll.begun.load(Ordering::Relaxed);
    }

    async fn reading(&mut self, run: &Run<'_>) -> Arc<Reading> {
        let reading = self.poll.newer(run, self.id.as_ref(), self.seen).await;
        self.seen = reading.number;
        reading
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let mut watched = self.poll.watched();
        match &self.id {
            None => watched.all -= 1,
            Some(id) => {
                if let Some(count) = watched.ids.get_mut(id) {
                    *count -= 1;
                    if *count == 0 {
                        watched.ids.remove(id);
                    }
                }
            }
        }
    }
}

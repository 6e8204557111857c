//! An object with conditional writes, holders on a clock of their own, and a schedule that decides who goes on.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cn_infra_core::clock::Clock;
use cn_infra_core::manager::{ErrorClass, ManageError};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::super::protocol::{Found, Stored};
use super::super::record::Record;
use super::super::store::{Condition, Refused, Store};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// It has no effect, and no answer.
    Cut,
    /// It has its effect, and no answer.
    Lost,
    /// S3 sees another writer at the same moment: 409.
    Conflict,
}

#[derive(Default)]
struct Shared {
    now: Duration,
    object: Option<(Record, String, Duration)>,
    writes: u64,
    fates: Vec<Fate>,
}

/// Time, and the object.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Shared>>);

impl World {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }

    pub fn now(&self) -> Duration {
        self.lock().now
    }

    pub fn advance(&self, time: Duration) {
        self.lock().now += time;
    }

    /// The fates of the next calls that write, the first one first.
    pub fn set_fates(&self, fates: &[Fate]) {
        self.lock().fates = fates.iter().rev().copied().collect();
    }

    /// The token of whoever holds the lease.
    pub fn holder(&self) -> Option<String> {
        self.lock().object.as_ref().map(|(record, ..)| record.token.clone())
    }

    /// A store whose calls take two turns: one before their effect, one after it.
    pub fn store(&self) -> Box<dyn Store> {
        Box::new(Memory(self.clone()))
    }

    /// A clock that is wrong by so much.
    pub fn clock(&self, skew: SignedDuration) -> Arc<dyn Clock> {
        Arc::new(Skewed { world: self.clone(), skew })
    }
}

struct Memory(World);

impl Memory {
    fn write(&self, condition: &Condition, work: impl FnOnce(&mut Shared) -> String) -> Result<String, Refused> {
        let mut shared = self.0.lock();
        let unknown = || Refused::Unknown(ManageError::new(ErrorClass::Unknown, "no answer"));
        let fate = shared.fates.pop().unwrap_or(Fate::Answered);
        match fate {
            Fate::Cut => return Err(unknown()),
            Fate::Conflict => return Err(Refused::Condition),
            Fate::Answered | Fate::Lost => {}
        }
        let etag = shared.object.as_ref().map(|(_, etag, _)| etag);
        let holds = match condition {
            Condition::Absent => etag.is_none(),
            Condition::Is(wanted) => etag == Some(wanted),
        };
        let result = if holds { Ok(work(&mut shared)) } else { Err(Refused::Condition) };
        if fate == Fate::Lost { Err(unknown()) } else { result }
    }
}

impl Store for Memory {
    fn get(&self) -> BoxFuture<'_, Result<Found, ManageError>> {
        Box::pin(async {
            turn().await;
            let found = {
                let shared = self.0.lock();
                shared.object.as_ref().map_or(Found::Nothing, |(record, etag, written)| {
                    // Both of S3's headers have whole seconds.
                    let age = Duration::from_secs(shared.now.as_secs() - written.as_secs());
                    Found::Lease(Stored { record: record.clone(), etag: etag.clone(), age })
                })
            };
            turn().await;
            Ok(found)
        })
    }

    fn put<'a>(&'a self, record: &'a Record, condition: Condition) -> BoxFuture<'a, Result<String, Refused>> {
        Box::pin(async move {
            turn().await;
            // As an entity tag is: a hash of the content.
            let etag = format!("{} {}", record.token, record.number);
            let answer = self.write(&condition, |shared| {
                shared.writes += 1;
                shared.object = Some((record.clone(), etag.clone(), shared.now));
                etag
            });
            turn().await;
            answer
        })
    }

    fn delete<'a>(&'a self, etag: &'a str) -> BoxFuture<'a, Result<(), Refused>> {
        Box::pin(async move {
            turn().await;
            let answer = self.write(&Condition::Is(etag.to_owned()), |shared| {
                shared.object = None;
                String::new()
            });
            turn().await;
            answer.map(|_| ())
        })
    }
}

/// Lets the schedule decide who goes on.
pub async fn turn() {
    let mut begun = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut begun, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

struct Skewed {
    world: World,
    skew: SignedDuration,
}

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        let now = SignedDuration::try_from(self.world.now()).unwrap();
        "2026-11-30T12:00:00Z".parse::<Timestamp>().unwrap() + now + self.skew
    }

    fn elapsed(&self) -> Duration {
        self.world.now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let (world, until) = (self.world.clone(), self.world.now().saturating_add(time));
        Box::pin(std::future::poll_fn(move |_| if world.now() >= until { Poll::Ready(()) } else { Poll::Pending }))
    }
}

/// Futures that are polled when the schedule says so, and not while they are paused.
pub struct Processes<'a> {
    running: BTreeMap<usize, Pin<Box<dyn Future<Output = ()> + 'a>>>,
}

impl<'a> Processes<'a> {
    pub fn new(processes: Vec<Pin<Box<dyn Future<Output = ()> + 'a>>>) -> Self {
        Self { running: processes.into_iter().enumerate().collect() }
    }

    pub fn is_over(&self) -> bool {
        self.running.is_empty()
    }

    /// Gives one a turn.
    pub fn poll(&mut self, number: usize) {
        let Some(process) = self.running.get_mut(&number) else { return };
        if process.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            self.running.remove(&number);
        }
    }
}

/// Runs one future, while time passes by itself.
pub fn run<T>(world: &World, future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    for _ in 0..100_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        world.advance(Duration::from_millis(100));
    }
    panic!("it does not end");
}

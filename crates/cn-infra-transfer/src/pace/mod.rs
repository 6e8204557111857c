//! How fast requests are sent: as fast as S3 takes them, and no faster than the caller allows.
//!
//! S3 takes at least 3,500 writes and 5,500 reads in a second for each prefix, and asks to slow down (503) beyond that,
//! or while it spreads a prefix over more servers
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>). Where a prefix begins and ends
//! is S3's secret, so each directory has a [window] of its own for reads and one for writes: how many requests may be in
//! flight. It grows while requests succeed and halves when S3 asks to slow down. What fails in passing is sent again after
//! a while; meanwhile others have its place.

mod cap;
mod lane;
mod limits;
mod window;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cn_infra_core::clock::{Clock, TokioClock};
use futures_util::future::{Either, select};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::failure::{Class, Failure};
use cap::Cap;
use lane::{Lane, Lanes};
pub use limits::Prefix;

/// How often a request is sent at most that fails in passing; the first sending counts.
const ATTEMPTS: u32 = 6;
/// The same where S3 asks to slow down: that may take minutes, and nothing is wrong with the request.
const ATTEMPTS_SLOWED: u32 = 12;
/// The first wait before a request is sent again; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How long an answer may take, besides the time that its bytes take: copies of 5 GB within S3 take most of a minute.
const ANSWER: Duration = Duration::from_mins(2);
/// Bytes in a second that a connection carries at least; below that it hangs.
const SLOWEST: u64 = 16 * 1024;

/// How fast a pace may get, and by which clock it waits.
#[derive(Clone)]
pub struct PaceOptions {
    /// Requests in flight at first, for each prefix. 64 unless set.
    pub initial: usize,
    /// Requests in flight at most, all prefixes together. 1,000 unless set.
    pub max: usize,
    /// Requests in a second at most, all prefixes together; none unless set.
    pub requests_per_second: Option<f64>,
    /// Bytes in a second at most that pass through this machine; none unless set.
    pub bytes_per_second: Option<f64>,
    /// What waits and measures time. Tokio's unless set.
    pub clock: Arc<dyn Clock>,
}

impl Default for PaceOptions {
    fn default() -> Self {
        let clock = Arc::new(TokioClock::new());
        Self { initial: 64, max: 1_000, requests_per_second: None, bytes_per_second: None, clock }
    }
}

impl fmt::Debug for PaceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { initial, max, requests_per_second, bytes_per_second, clock: _ } = self;
        f.debug_struct("PaceOptions")
            .field("initial", initial)
            .field("max", max)
            .field("requests_per_second", requests_per_second)
            .field("bytes_per_second", bytes_per_second)
            .finish_non_exhaustive()
    }
}

/// The pace of everything that shares it.
pub struct Pace {
    clock: Arc<dyn Clock>,
    lanes: Mutex<Lanes>,
    /// The places of all prefixes together.
    places: Semaphore,
    requests_cap: Option<Mutex<Cap>>,
    bytes_cap: Option<Mutex<Cap>>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    in_flight: AtomicU64,
    slow_downs: AtomicU64,
    retries: AtomicU64,
}

/// A pace at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Speed {
    /// Requests without an answer so far.
    pub in_flight: u64,
    /// How often S3 asked to slow down.
    pub slow_downs: u64,
    /// How often a request was sent again, for whatever reason.
    pub retries: u64,
}

impl Pace {
    /// A pace that has learned nothing yet.
    pub fn new(options: PaceOptions) -> Arc<Self> {
        let PaceOptions { initial, max, requests_per_second, bytes_per_second, clock } = options;
        let max = max.clamp(1, Semaphore::MAX_PERMITS);
        let cap = |rate: Option<f64>| rate.map(|rate| Mutex::new(Cap::new(rate, clock.elapsed())));
        Arc::new(Self {
            lanes: Mutex::new(Lanes::new(initial.clamp(1, max), max)),
            places: Semaphore::new(max),
            requests_cap: cap(requests_per_second),
            bytes_cap: cap(bytes_per_second),
            counts: Mutex::default(),
            in_flight: AtomicU64::new(0),
            slow_downs: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            clock,
        })
    }

    /// Sends a request when there is a place for it, and again while it fails in passing. `bytes` is what passes through
    /// this machine: 0 for a copy within S3. Dropping the future gives the place back. Leaving it unpolled does not: where
    /// that waits for other requests, as a full `buffer_unordered` does with the stream that feeds it, all may wait for
    /// ever.
    ///
    /// # Errors
    /// The last failure: one that lasts, or the one after which it was sent often enough.
    pub async fn send<T, E, F>(
        &self,
        prefix: &Prefix<'_>,
        operation: &'static str,
        bytes: u64,
        call: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.send_heeding(prefix, operation, bytes, call, |_| false).await
    }

    /// The same for an answer that can be a success and ask to slow down nevertheless: for some keys of many. Those are
    /// the caller's to send again.
    pub(crate) async fn send_heeding<T, E, F>(
        &self,
        prefix: &Prefix<'_>,
        operation: &'static str,
        bytes: u64,
        mut call: impl FnMut() -> F,
        slows_down: impl Fn(&T) -> bool,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let lane = held(&self.lanes).of(prefix, limits::Kind::of(operation));
        let mut attempt = 1;
        loop {
            let failure = match self.once(&lane, operation, bytes, &mut call, &slows_down).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !may_send_again(&failure, attempt) {
                return Err(failure);
            }
            tracing::debug!(operation, attempt, %failure, "sends again");
            self.pause(attempt).await;
            attempt += 1;
        }
    }

    /// Waits before something is sent again.
    pub(crate) async fn pause(&self, attempt: u32) {
        self.retries.fetch_add(1, Relaxed);
        self.clock.sleep(wait_before(attempt)).await;
    }

    /// What a view shows.
    pub fn speed(&self) -> Speed {
        let Self { in_flight, slow_downs, retries, .. } = self;
        Speed {
            in_flight: in_flight.load(Relaxed),
            slow_downs: slow_downs.load(Relaxed),
            retries: retries.load(Relaxed),
        }
    }

    /// How many requests were sent so far, each sending counted, by operation.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        held(&self.counts).iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
    }

    /// The clock that it waits by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// One sending, from waiting for a place to the answer.
    async fn once<T, E, F>(
        &self,
        lane: &Lane,
        operation: &'static str,
        bytes: u64,
        call: &mut impl FnMut() -> F,
        slows_down: &impl Fn(&T) -> bool,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let place = lane.place().await;
        // The semaphore is never closed.
        let _one_of_all = self.places.acquire().await.ok();
        self.wait_for_caps(bytes).await;
        *held(&self.counts).entry(operation).or_default() += 1;
        let _in_flight = InFlight::of(&self.in_flight);
        let sent = place.send();
        // The SDK's futures are large: what waits for a place should not have the room of one.
        let result = self.answer(Box::pin(call()), bytes).await;
        let slowed = match &result {
            Ok(answer) => slows_down(answer),
            Err(failure) => failure.class == Class::SlowDown,
        };
        if slowed {
            self.slow_downs.fetch_add(1, Relaxed);
            sent.slowed_down();
        } else if result.is_ok() {
            sent.succeeded();
        }
        result
    }

    /// Waits for an answer, but not for ever: a connection that hangs would keep its place.
    async fn answer<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        bytes: u64,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let limit = ANSWER + Duration::from_secs(bytes / SLOWEST);
        match select(pin!(call), self.clock.sleep(limit)).await {
            Either::Left((result, _)) => result.map_err(|error| Failure::of(&error)),
            Either::Right(_) => Err(Failure::timed_out(limit.as_secs())),
        }
    }

    async fn wait_for_caps(&self, bytes: u64) {
        for (cap, amount) in [(&self.requests_cap, 1), (&self.bytes_cap, bytes)] {
            let Some(cap) = cap else { continue };
            let wait = held(cap).take(amount, self.clock.elapsed());
            if !wait.is_zero() {
                self.clock.sleep(wait).await;
            }
        }
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("speed", &self.speed()).finish_non_exhaustive()
    }
}

/// Counts a request while it is in flight.
struct InFlight<'a>(&'a AtomicU64);

impl<'a> InFlight<'a> {
    fn of(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Whether what failed at its n-th attempt is worth another.
pub(crate) fn may_send_again(failure: &Failure, attempt: u32) -> bool {
    let attempts = if failure.class == Class::SlowDown { ATTEMPTS_SLOWED } else { ATTEMPTS };
    failure.class.is_transient() && attempt < attempts
}

/// How long to wait after so many attempts: doubling, between half and the whole of it, so that what failed together does
/// not come again together.
fn wait_before(attempt: u32) -> Duration {
    let longest = FIRST_WAIT.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    longest.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
}

/// No invariant of what is locked here spans a panic.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

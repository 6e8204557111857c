//! The lease: of several applies of one environment, on whatever machines, one writes.
//!
//! It is an object in S3, taken, renewed, taken over and released by conditional writes. `protocol` has the rules, `store`
//! the calls, and the session's [`Fence`] keeps a holder that lost it from writing.

mod protocol;
mod record;
mod store;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cn_infra_core::clock::Clock;
use cn_infra_core::manager::ManageError;

use crate::Session;
use crate::session::fence::{Stopwatch, Until};
use crate::session::{Closed, Fence};
use protocol::{Next, Renewal};
use store::{Condition, Refused, S3, Store};

pub use protocol::Stored;
pub use record::Record;

/// The shortest time that a lease holds without being renewed.
const SHORTEST: Duration = Duration::from_mins(1);
/// How often a contender tries before it says that others are faster.
const TRIES: u32 = 5;
/// How long a call that failed waits before it is sent again.
const PAUSE: Duration = Duration::from_secs(2);

/// Who takes a lease, of what.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// The bucket; it is in the session's account.
    pub bucket: &'a str,
    /// The project of the environment.
    pub project: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// Who asks: `ana@laptop`.
    pub who: &'a str,
    /// The token of a lease that may be taken from its holder whatever its age: somebody who was shown it said so.
    pub unlock: Option<&'a str>,
}

impl Claim<'_> {
    /// The key of its object.
    pub fn key(&self) -> String {
        format!("cn-infra/{}/{}.lock", self.project, self.environment)
    }
}

/// A lease was not taken, or not released.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody has it.
    #[error("{} holds the lease", .0.record.who)]
    Held(Box<Stored>),
    /// The object is no lease.
    #[error("the object in the place of the lease is no lease")]
    Foreign,
    /// It changed hands again and again.
    #[error("others took the lease at each attempt")]
    Contended,
    /// A call failed.
    #[error("the lease cannot be read or written: {0}")]
    Call(#[source] ManageError),
}

/// A lease that is held.
pub struct Lease {
    store: Box<dyn Store>,
    fence: Fence,
    clock: Arc<dyn Clock>,
    record: Record,
    etag: String,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("record", &self.record).finish_non_exhaustive()
    }
}

impl Lease {
    /// Takes the lease, which is held until it is released, or not renewed in time: see [`Lease::during`].
    ///
    /// The session's fence is bound to it from now on.
    ///
    /// # Errors
    /// [`LeaseError::Held`] tells who has it; nothing is waited for.
    pub async fn take(session: &Session, claim: &Claim<'_>, clock: Arc<dyn Clock>) -> Result<Self, LeaseError> {
        let store = Box::new(S3::new(session, claim.bucket, &claim.key()));
        let attempt = session.attempt_timeout;
        let record = Record {
            who: claim.who.to_owned(),
            process: std::process::id(),
            since: clock.now(),
            ttl_seconds: SHORTEST.max(attempt * 4).as_secs(),
            attempt_seconds: attempt.as_secs() + u64::from(attempt.subsec_nanos() > 0),
            token: record::random_token(),
            number: 0,
        };
        Self::contend(store, session.fence.clone(), record, claim.unlock, clock).await
    }

    async fn contend(
        store: Box<dyn Store>,
        fence: Fence,
        record: Record,
        unlock: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LeaseError> {
        // Any attempt may be the one that took it: its time counts from before the first.
        let stopwatch = Stopwatch::start(&clock);
        let mut next = Next::Take;
        let mut failure = None;
        for _ in 0..TRIES {
            let condition = match next {
                Next::Take => Condition::Absent,
                Next::TakeOver(etag) => Condition::Is(etag),
                Next::Ours(etag) => return Ok(Self::held(store, fence, clock, record, etag, stopwatch)),
                Next::Held(lease) => return Err(LeaseError::Held(Box::new(lease))),
                Next::Foreign => return Err(LeaseError::Foreign),
            };
            match store.put(&record, condition).await {
                Ok(etag) => return Ok(Self::held(store, fence, clock, record, etag, stopwatch)),
                Err(Refused::Condition) => failure = None,
                Err(Refused::Failed(error)) => return Err(LeaseError::Call(error)),
                Err(Refused::Unknown(error)) => {
                    failure = Some(error);
                    clock.sleep(PAUSE).await;
                }
            }
            let found = store.get().await.map_err(LeaseError::Call)?;
            next = protocol::next(found, &record.token, unlock);
        }
        match next {
            Next::Ours(etag) => Ok(Self::held(store, fence, clock, record, etag, stopwatch)),
            _ => Err(failure.map_or(LeaseError::Contended, LeaseError::Call)),
        }
    }

    fn held(
        store: Box<dyn Store>,
        fence: Fence,
        clock: Arc<dyn Clock>,
        record: Record,
        etag: String,
        stopwatch: Stopwatch,
    ) -> Self {
        let lease = Self { store, fence, clock, record, etag };
        lease.extend(stopwatch);
        lease
    }

    /// Attempts of writes may begin for the time of the lease, less the time that one takes.
    fn extend(&self, stopwatch: Stopwatch) {
        let seconds = self.record.ttl_seconds.saturating_sub(self.record.attempt_seconds);
        self.fence.set(Until { stopwatch, last: Duration::from_secs(seconds) });
    }

    /// What stands in S3.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Renews the lease while `work` goes on. Once it is lost the fence is closed, and work goes on without writing.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            never = self.keep() => match never {},
            result = work => result,
        }
    }

    async fn keep(&mut self) -> Infallible {
        let every = Duration::from_secs(self.record.ttl_seconds) / 4;
        let lost = loop {
            self.clock.sleep(every.min(self.fence.left())).await;
            if let Err(lost) = self.renew().await {
                break lost;
            }
        };
        self.fence.close(lost);
        std::future::pending().await
    }

    /// Sends the renewal until it took effect, or time is up.
    async fn renew(&mut self) -> Result<(), Closed> {
        let (sent, stopwatch) = (self.record.next(), Stopwatch::start(&self.clock));
        let (fence, clock) = (self.fence.clone(), Arc::clone(&self.clock));
        let etag = tokio::select! {
            biased;
            renewed = self.renewed(&sent) => renewed?,
            () = run_out(&fence, &*clock) => return Err(Closed::RanOut),
        };
        (self.record, self.etag) = (sent, etag);
        self.extend(stopwatch);
        Ok(())
    }

    async fn renewed(&self, sent: &Record) -> Result<String, Closed> {
        loop {
            if self.fence.check_own().is_err() {
                return Err(Closed::RanOut);
            }
            match self.store.put(sent, Condition::Is(self.etag.clone())).await {
                Ok(etag) => return Ok(etag),
                Err(Refused::Condition) => {}
                Err(Refused::Unknown(error) | Refused::Failed(error)) => {
                    tracing::warn!(%error, "the lease was not renewed");
                    self.clock.sleep(PAUSE).await;
                }
            }
            // Where even the reading fails, nothing is known: the renewal is sent again.
            let found = self.store.get().await.map(|found| protocol::renewal(found, sent, &self.etag));
            match found {
                Ok(Renewal::Done(etag)) => return Ok(etag),
                Ok(Renewal::Lost(by)) => return Err(Closed::Taken { by: by.map(|record| record.who) }),
                Ok(Renewal::Undone) => self.clock.sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, "the lease cannot be read");
                    self.clock.sleep(PAUSE).await;
                }
            }
        }
    }

    /// Gives the lease back. One that was lost or abandoned is left alone: it runs out by itself.
    ///
    /// # Errors
    /// [`LeaseError::Call`]: it stays until it has run out.
    pub async fn release(mut self) -> Result<(), LeaseError> {
        if self.fence.check_own().is_err() {
            return Ok(());
        }
        self.fence.close(Closed::Released);
        let mut failure = None;
        for _ in 0..TRIES {
            match self.store.delete(&self.etag).await {
                Ok(()) => return Ok(()),
                Err(Refused::Condition) => {}
                Err(Refused::Failed(error)) => return Err(LeaseError::Call(error)),
                Err(Refused::Unknown(error)) => {
                    failure = Some(error);
                    self.clock.sleep(PAUSE).await;
                }
            }
            // A renewal that was broken off may have taken effect.
            match protocol::next(self.store.get().await.map_err(LeaseError::Call)?, &self.record.token, None) {
                Next::Ours(etag) => self.etag = etag,
                _ => return Ok(()),
            }
        }
        Err(failure.map_or(LeaseError::Contended, LeaseError::Call))
    }
}

/// Completes once the fence lets nothing pass.
async fn run_out(fence: &Fence, clock: &dyn Clock) {
    while fence.check_own().is_ok() {
        clock.sleep(fence.left()).await;
    }
}

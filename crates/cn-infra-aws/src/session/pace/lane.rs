//! The queue of one action: first come, first served, and nobody else waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cn_infra_core::clock::Clock;

use super::bucket::Bucket;
use super::budget::Budget;

/// How long a request may have to wait for its turn, when it comes. AWS takes a signature for five minutes, and it is
/// signed already.
pub const LONGEST: Duration = Duration::from_mins(1);

/// So many requests of an action wait that another one would wait too long; it was not sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{waiting} more requests of this kind wait for their turn, as AWS asks to slow down")]
pub struct Full {
    /// How many wait.
    pub waiting: usize,
}

/// The queue of one action.
///
/// Whoever is first holds the turn until there is a token. The places are those of the mutex, which is fair; a request
/// that is dropped leaves its place to those behind it.
#[derive(Debug)]
pub struct Lane {
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
    bucket: Mutex<Bucket>,
}

impl Lane {
    /// A queue with nobody in it.
    pub fn new(budget: Budget, now: Duration) -> Self {
        let bucket = Mutex::new(Bucket::new(budget, now));
        Self { turn: tokio::sync::Mutex::new(()), waiting: AtomicUsize::new(0), bucket }
    }

    /// Waits for a token.
    pub async fn token(&self, clock: &dyn Clock) -> Result<(), Full> {
        let waiting = self.waiting.load(Ordering::Relaxed);
        if self.bucket().wait_for(waiting + 1, clock.elapsed()) > LONGEST {
            return Err(Full { waiting });
        }
        let _place = Place::take(&self.waiting);
        let _turn = self.turn.lock().await;
        loop {
            // A statement of its own, so that the lock is not held while it waits.
            let taken = self.bucket().take(clock.elapsed());
            match taken {
                Ok(()) => return Ok(()),
                Err(wait) => clock.sleep(wait).await,
            }
        }
    }

    /// AWS asked a request to slow down that was sent at a time.
    pub fn slow_down(&self, sent: Duration, now: Duration) {
        self.bucket().slow_down(sent, now);
    }

    /// How long one more request would wait.
    pub fn wait(&self, now: Duration) -> Duration {
        self.bucket().wait_for(self.waiting.load(Ordering::Relaxed) + 1, now)
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use cn_infra_core::testing::clock::VirtualClock;
    use futures_util::future::join_all;
    use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};

    use super::*;

    const TIGHT: Budget = Budget { size: 1.0, refill: 1.0 };

    #[tokio::test]
    async fn first_come_is_first_served() {
        let (clock, lane) = (VirtualClock::default(), Lane::new(TIGHT, Duration::ZERO));
        let requests: FuturesUnordered<_> = (0..5_u64)
            .map(|n| {
                let lane = &lane;
                let clock = &clock;
                async move {
                    lane.token(clock).await.unwrap();
                    (n, clock.elapsed().as_secs())
                }
            })
            .collect();
        assert_eq!(requests.collect::<Vec<_>>().await, [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
    }

    #[tokio::test]
    async fn a_dropped_request_gives_its_place_back() {
        let (clock, lane) = (VirtualClock::default(), Lane::new(TIGHT, Duration::ZERO));
        lane.token(&clock).await.unwrap();
        let mut dropped: Vec<_> = (0..3).map(|_| Box::pin(lane.token(&clock))).collect();
        for request in &mut dropped {
            assert!(request.now_or_never().is_none());
        }
        let last = lane.token(&clock);
        drop(dropped);
        last.await.unwrap();
        assert_eq!(clock.elapsed().as_secs(), 1);
        assert_eq!(lane.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_queue_is_no_longer_than_a_signature_bears() {
        let (clock, lane) = (VirtualClock::default(), Lane::new(TIGHT, Duration::ZERO));
        let all = join_all((0..100).map(|_| lane.token(&clock))).await;
        assert_eq!(all.iter().filter(|token| token.is_ok()).count(), 60);
        assert_eq!(all[60].unwrap_err().waiting, 59, "one did not have to wait");
        assert_eq!(lane.wait(clock.elapsed()).as_secs(), 1, "and nobody is left in it");
    }
}

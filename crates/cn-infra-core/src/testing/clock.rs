//! A clock on which hours pass at once, in the order they would.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;

/// How often the earliest sleeper lets everybody else have a turn before it moves the time.
const TURNS: u32 = 16;

/// Time that stands still while anything can be done, and then jumps to the end of the shortest sleep.
///
/// It needs no runtime and no real time. Within one task the same program runs the same way every time.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    start: Timestamp,
    shared: Arc<Mutex<Shared>>,
}

/// When a sleep ends, and a number that tells apart those that end together.
type Key = (Duration, u64);

#[derive(Debug, Default)]
struct Shared {
    elapsed: Duration,
    sleeps: u64,
    turns: u32,
    sleepers: BTreeMap<Key, Waker>,
}

impl VirtualClock {
    /// A clock that shows `start` until the first sleep.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, shared: Arc::default() }
    }

    /// Lets time pass without a sleep.
    pub fn advance(&self, time: Duration) {
        let mut shared = self.shared();
        shared.elapsed += time;
        shared.hand_over();
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for VirtualClock {
    /// A clock that starts at the epoch.
    fn default() -> Self {
        Self::starting_at(Timestamp::UNIX_EPOCH)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        SignedDuration::try_from(self.elapsed()).map_or(self.start, |elapsed| self.start + elapsed)
    }

    fn elapsed(&self) -> Duration {
        self.shared().elapsed
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let mut shared = self.shared();
        shared.sleeps += 1;
        let key = (shared.elapsed + time, shared.sleeps);
        Box::pin(Sleep { clock: self.clone(), key })
    }
}

impl Shared {
    /// Something happened: the earliest sleeper starts over letting everybody have a turn.
    fn hand_over(&mut self) {
        self.turns = 0;
        if let Some((_, earliest)) = self.sleepers.first_key_value() {
            earliest.wake_by_ref();
        }
    }

    /// Whether a sleep is over, after moving the time if nobody else has anything to do.
    fn is_over(&mut self, key: Key, waker: &Waker) -> bool {
        if key.0 > self.elapsed {
            if self.sleepers.insert(key, waker.clone()).is_none() {
                self.turns = 0;
            }
            if self.sleepers.first_key_value().is_none_or(|(earliest, _)| *earliest != key) {
                return false;
            }
            self.turns += 1;
            if self.turns <= TURNS {
                waker.wake_by_ref();
                return false;
            }
            self.elapsed = key.0;
        }
        self.sleepers.remove(&key);
        self.hand_over();
        true
    }
}

struct Sleep {
    clock: VirtualClock,
    key: Key,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.shared().is_over(self.key, context.waker()) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let mut shared = self.clock.shared();
        if shared.sleepers.remove(&self.key).is_some() {
            shared.hand_over();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use futures_util::stream::FuturesUnordered;

    use super::*;

    #[tokio::test]
    async fn sleeps_end_in_order_and_take_no_time() {
        let clock = VirtualClock::default();
        let sleeps: FuturesUnordered<_> = [3600, 1, 60, 1]
            .into_iter()
            .enumerate()
            .map(|(number, seconds)| {
                let clock = clock.clone();
                async move {
                    clock.sleep(Duration::from_secs(seconds)).await;
                    (number, clock.elapsed().as_secs())
                }
            })
            .collect();
        let ended: Vec<_> = sleeps.collect().await;
        assert_eq!(ended, [(1, 1), (3, 1), (2, 60), (0, 3600)]);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1));
    }

    #[tokio::test]
    async fn a_dropped_sleep_moves_nothing() {
        let clock = VirtualClock::default();
        tokio::select! {
            () = clock.sleep(Duration::from_secs(9)) => {}
            () = clock.sleep(Duration::from_secs(5)) => {}
        }
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(clock.elapsed().as_secs(), 6);
    }
}

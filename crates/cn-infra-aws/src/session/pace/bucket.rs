//! A bucket of tokens that learns: half the rate when AWS asks to slow down, and slowly back to the budget.

use std::time::Duration;

use super::budget::Budget;

/// What is left of the rate when AWS asks to slow down.
const DECREASE: f64 = 0.5;
/// How long it takes without another such answer to come back from nothing to the whole budget.
const RECOVERY: Duration = Duration::from_mins(1);
/// The least that is left of the budget's rate: with nothing nobody would notice that AWS answers again.
const LEAST: f64 = 0.05;
/// Less than a token by this is a token: sums of fractions are not exact.
const ENOUGH: f64 = 1.0 - 1e-6;

/// The tokens of one action; a request takes one. Times are those of a [`Clock::elapsed`](cn_infra_core::clock::Clock).
#[derive(Debug)]
pub struct Bucket {
    budget: Budget,
    /// Tokens per second now.
    rate: f64,
    tokens: f64,
    /// When `rate` and `tokens` were brought up to date.
    at: Duration,
    slowed: Option<Duration>,
}

impl Bucket {
    /// A full bucket.
    pub fn new(budget: Budget, now: Duration) -> Self {
        Self { budget, rate: budget.refill, tokens: budget.size, at: now, slowed: None }
    }

    /// Takes a token, or tells how long it takes until there is one.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        self.catch_up(now);
        if self.tokens < ENOUGH {
            return Err(self.time_for(1.0 - self.tokens));
        }
        self.tokens -= 1.0;
        Ok(())
    }

    /// When the last of so many more tokens will be there, at today's rate.
    pub fn wait_for(&mut self, tokens: usize, now: Duration) -> Duration {
        self.catch_up(now);
        let tokens = u32::try_from(tokens).map_or(f64::INFINITY, f64::from);
        self.time_for((tokens - self.tokens).max(0.0))
    }

    /// AWS asked a request to slow down that was sent at a time. The saved tokens are void, and the rate falls; once for
    /// all requests that were under way together.
    pub fn slow_down(&mut self, sent: Duration, now: Duration) {
        self.catch_up(now);
        self.tokens = self.tokens.min(0.0);
        if self.slowed.is_none_or(|slowed| sent > slowed) {
            self.rate = (self.rate * DECREASE).max(self.budget.refill * LEAST);
            self.slowed = Some(now);
        }
    }

    fn catch_up(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        let before = self.rate;
        self.rate = (before + self.budget.refill * passed / RECOVERY.as_secs_f64()).min(self.budget.refill);
        let mean = f64::midpoint(before, self.rate);
        self.tokens = (self.tokens + mean * passed).min(self.budget.size);
        self.at = now;
    }

    fn time_for(&self, tokens: f64) -> Duration {
        // A nanosecond more, so that who sleeps that long finds it.
        Duration::try_from_secs_f64(tokens / self.rate).unwrap_or(Duration::MAX).saturating_add(Duration::from_nanos(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITES: Budget = Budget { size: 50.0, refill: 5.0 };

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// How many tokens are taken until a time, by one who always wants more.
    fn taken(bucket: &mut Bucket, mut now: Duration, until: Duration) -> usize {
        let mut taken = 0;
        while now < until {
            match bucket.take(now) {
                Ok(()) => taken += 1,
                Err(wait) => now += wait,
            }
        }
        taken
    }

    #[test]
    fn the_budget_is_spent_and_not_more() {
        let mut bucket = Bucket::new(WRITES, Duration::ZERO);
        assert_eq!(taken(&mut bucket, Duration::ZERO, seconds(0.1)), 50);
        assert_eq!(taken(&mut bucket, seconds(0.1), seconds(90.1)), 450);
        assert_eq!(bucket.wait_for(5, seconds(90.1)).as_millis() / 100, 9);
    }

    #[test]
    fn the_rate_halves_once_for_what_was_under_way_together_and_recovers() {
        let mut bucket = Bucket::new(WRITES, Duration::ZERO);
        for _ in 0..10 {
            bucket.slow_down(Duration::ZERO, seconds(0.1));
        }
        let first = bucket.take(seconds(0.1)).unwrap_err();
        assert!((seconds(0.4)..seconds(0.41)).contains(&first), "{first:?}");
        bucket.slow_down(seconds(0.2), seconds(0.2));
        let second = bucket.take(seconds(0.2)).unwrap_err();
        assert!((seconds(0.7)..seconds(0.8)).contains(&second), "{second:?}");
        taken(&mut bucket, seconds(0.2), seconds(60.2));
        assert_eq!(taken(&mut bucket, seconds(60.2), seconds(70.2)), 50);
    }

    #[test]
    fn it_never_stops_asking() {
        let mut bucket = Bucket::new(WRITES, Duration::ZERO);
        for n in 1..100_u32 {
            bucket.slow_down(Duration::from_millis(n.into()), Duration::from_millis(n.into()));
        }
        assert!(bucket.take(seconds(0.1)).unwrap_err() <= seconds(4.0));
    }
}

//! A cap that the caller sets: so many requests or bytes in a second.

use std::time::Duration;

/// What was let through is spread evenly over time: no burst, and no credit for the time before.
#[derive(Debug)]
pub struct Cap {
    seconds_each: f64,
    /// When the next may be sent; time is that of [`Clock::elapsed`](cn_infra_core::clock::Clock).
    next: Duration,
}

impl Cap {
    /// A cap of so many in a second; what is no positive number counts as the slowest rate there is, one in an hour.
    pub fn new(per_second: f64, now: Duration) -> Self {
        let least = 1.0 / 3_600.0;
        let rate = if per_second.is_finite() { per_second.max(least) } else { least };
        Self { seconds_each: 1.0 / rate, next: now }
    }

    /// Takes so many and tells how long to wait before they are sent.
    pub fn take(&mut self, amount: u64, now: Duration) -> Duration {
        let at = self.next.max(now);
        #[allow(clippy::cast_precision_loss, reason = "bytes beyond 2^53 in one request do not exist")]
        let seconds = self.seconds_each * amount as f64;
        self.next = at.saturating_add(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        at.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_spread_over_time_without_credit() {
        let (mut cap, second) = (Cap::new(4.0, Duration::ZERO), Duration::from_secs(1));
        let waits: Vec<_> = (0..4).map(|_| cap.take(1, Duration::ZERO).as_millis()).collect();
        assert_eq!(waits, [0, 250, 500, 750]);
        assert_eq!([cap.take(8, second * 10), cap.take(0, second * 10)], [Duration::ZERO, second * 2]);
    }
}

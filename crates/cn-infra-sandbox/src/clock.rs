//! The virtual clock: AWS-like times that pass at a chosen rate, or only when told.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// The clock stops here, so that there is room for what becomes due later. Times of AWS have years of four digits.
const LATEST: Timestamp = Timestamp::constant(250_000_000_000, 0);

/// The account's clock. It never goes back.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    speed: f64,
    virtual_start: Timestamp,
    real_start: Instant,
}

impl Clock {
    /// Starts at `start`; `speed` virtual seconds pass in a real one. With 0 time passes only by [`Clock::advance`].
    pub fn new(start: Timestamp, speed: f64) -> Self {
        Self { speed: sane(speed), virtual_start: start, real_start: Instant::now() }
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        let passed = self.real_start.elapsed().as_secs_f64() * self.speed;
        let passed = SignedDuration::try_from_secs_f64(passed).unwrap_or(SignedDuration::MAX);
        self.virtual_start.saturating_add(passed).unwrap_or(LATEST).min(LATEST)
    }

    /// Virtual seconds in a real one.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Changes the rate from now on. What is negative or no number counts as 0.
    pub fn set_speed(&mut self, speed: f64) {
        *self = Self::new(self.now(), speed);
    }

    /// Moves on by `time`; a negative time does nothing.
    pub fn advance(&mut self, time: SignedDuration) {
        let to = self.now().saturating_add(time.max(SignedDuration::ZERO)).unwrap_or(LATEST);
        *self = Self::new(to, self.speed);
    }

    /// Whether this is the same clock: neither was moved nor set since one was made from the other.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.real_start == other.real_start && self.virtual_start == other.virtual_start
    }

    /// Moves on to `time`, unless it is later already.
    pub fn catch_up(&mut self, time: Timestamp) {
        if time > self.now() {
            *self = Self::new(time, self.speed);
        }
    }
}

/// `seconds` after `time`.
pub fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

fn sane(speed: f64) -> f64 {
    if speed.is_finite() && speed > 0.0 { speed } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_speed_0_moves_only_when_told() {
        let start = Timestamp::UNIX_EPOCH;
        let mut clock = Clock::new(start, 0.0);
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_secs(90));
        clock.advance(SignedDuration::from_secs(-30));
        assert_eq!(clock.now(), start + SignedDuration::from_secs(90));
        clock.catch_up(start);
        assert_eq!(clock.now(), start + SignedDuration::from_secs(90));
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), LATEST);
        clock.set_speed(f64::NAN);
        assert_eq!(clock.speed().to_bits(), 0.0_f64.to_bits());
    }
}

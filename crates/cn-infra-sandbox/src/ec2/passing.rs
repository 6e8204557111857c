//! States that go over into another by themselves, in virtual time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::after;

/// A state, and which one it passes into when. What it is now is worked out when asked, so that time alone changes no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passing<T> {
    from: T,
    to: T,
    due: Option<Timestamp>,
}

impl<T: Copy> Passing<T> {
    /// A state that stays.
    pub fn stays(state: T) -> Self {
        Self { from: state, to: state, due: None }
    }

    /// `from` at `now`, `to` after `seconds`.
    pub fn new(from: T, to: T, now: Timestamp, seconds: i64) -> Self {
        Self { from, to, due: Some(after(now, seconds)) }
    }

    /// What it is at `now`.
    pub fn at(&self, now: Timestamp) -> T {
        if self.due.is_none_or(|due| due <= now) { self.to } else { self.from }
    }

    /// What it is in the end.
    pub fn end(&self) -> T {
        self.to
    }

    /// When it passes or passed; `None` for a state that stays.
    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_state_passes_when_it_is_due() {
        let start = Timestamp::UNIX_EPOCH;
        let passing = Passing::new("pending", "running", start, 15);
        let at = |seconds| passing.at(start + SignedDuration::from_secs(seconds));
        assert_eq!((at(0), at(14), at(15), at(900)), ("pending", "pending", "running", "running"));
        assert_eq!(Passing::stays("stopped").at(Timestamp::MIN), "stopped");
    }
}

//! Which failed calls are sent again, when, and how often.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::ApplyOptions;
use crate::manager::{ErrorClass, ManageError};

/// The longest wait between two attempts, and between two readings of an object.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a throttled call is sent again. Who shares the account's budgets may be busy for that long, and nothing is
/// lost by waiting.
const THROTTLED: Duration = Duration::from_mins(15);
/// How long a call is sent again that wants what the cloud has none of. "Wait a few minutes and then submit your request
/// again; capacity can shift frequently": EC2 User Guide, "Troubleshoot instance launch issues".
const SCARCE: Duration = Duration::from_mins(10);
/// How often a change is sent again whose effect is not known.
const AMBIGUOUS: u32 = 2;
/// How often a reading is sent again that got no answer: it does no harm, and outlasts some minutes without a network.
const UNREAD: u32 = 15;
/// How long a delete waits for what still uses the object.
const IN_USE: Duration = Duration::from_mins(10);

/// How long, or how often, a call is sent again for reasons that pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// While the object is in a state that forbids the call.
    busy: Duration,
    /// While something just made is not visible everywhere.
    consistency: Duration,
    /// How often, if it is not known whether the call took effect.
    ambiguous: u32,
}

impl Patience {
    pub fn changing(options: &ApplyOptions) -> Self {
        Self { busy: options.timeout, consistency: options.consistency, ambiguous: AMBIGUOUS }
    }

    pub fn deleting(options: &ApplyOptions) -> Self {
        Self { busy: options.timeout.min(IN_USE), ..Self::changing(options) }
    }

    pub fn reading(options: &ApplyOptions) -> Self {
        Self { ambiguous: UNREAD, ..Self::changing(options) }
    }
}

/// The failed attempts of one call.
#[derive(Debug)]
pub(super) struct Retries {
    patience: Patience,
    seed: u64,
    since: Option<Duration>,
    /// The class of the last failures, and since when they are of it.
    spell: Option<(ErrorClass, Duration)>,
    ambiguous: u32,
    attempts: u32,
}

impl Retries {
    /// No attempt so far. `salt` spreads calls that fail together.
    pub fn new(patience: Patience, salt: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        Self { patience, seed: hasher.finish(), since: None, spell: None, ambiguous: 0, attempts: 0 }
    }

    /// How long to wait before the call that failed is sent again; `None` if it is not.
    pub fn after(&mut self, error: &ManageError, now: Duration) -> Option<Duration> {
        let waited = now.saturating_sub(*self.since.get_or_insert(now));
        let spell = now.saturating_sub(self.spell_of(error.class, now));
        let (again, first) = match error.class {
            ErrorClass::Throttled => (spell < THROTTLED, 1),
            ErrorClass::Scarce => (spell < SCARCE, 10),
            ErrorClass::Busy => (waited < self.patience.busy, 4),
            ErrorClass::Gone => (waited < self.patience.consistency, 1),
            ErrorClass::Exists | ErrorClass::Unknown => (count(&mut self.ambiguous) <= self.patience.ambiguous, 1),
            ErrorClass::Denied | ErrorClass::Invalid => (false, 0),
        };
        let doubled = Duration::from_secs(first << count(&mut self.attempts).min(6)) / 2;
        again.then(|| self.jitter(doubled.min(LONGEST)))
    }

    /// Since when all failures were of this class.
    fn spell_of(&mut self, class: ErrorClass, now: Duration) -> Duration {
        let since = self.spell.filter(|(of, _)| *of == class).map_or(now, |(_, since)| since);
        self.spell = Some((class, since));
        since
    }

    /// For how long the call has been failing.
    pub fn waited(&self, now: Duration) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// Between half of a time and all of it.
    fn jitter(&self, time: Duration) -> Duration {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.attempts).hash(&mut hasher);
        let half = time / 2;
        half + half * u32::from(hasher.finish().to_le_bytes()[0]) / u32::from(u8::MAX)
    }
}

fn count(counter: &mut u32) -> u32 {
    *counter += 1;
    *counter
}

/// The growing pauses between two readings of an object that is waited for.
#[derive(Debug)]
pub(super) struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_secs(1);
    const LAST: Duration = Duration::from_secs(15);

    pub fn new() -> Self {
        Self(Self::FIRST)
    }

    /// The next pause.
    pub fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 3 / 2).min(Self::LAST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a call is sent again that always fails so, and how long that takes.
    fn exhaust(class: ErrorClass) -> (u32, u64) {
        let (mut retries, mut now, mut times) =
            (Retries::new(Patience::deleting(&ApplyOptions::default()), "x"), Duration::ZERO, 0);
        while let Some(after) = retries.after(&ManageError::new(class, ""), now) {
            assert!(after <= LONGEST && !after.is_zero());
            now += after;
            times += 1;
        }
        (times, now.as_secs())
    }

    #[test]
    fn every_class_has_its_limit() {
        assert_eq!(exhaust(ErrorClass::Denied), (0, 0));
        assert_eq!(exhaust(ErrorClass::Invalid), (0, 0));
        assert_eq!(exhaust(ErrorClass::Unknown).0, AMBIGUOUS);
        assert!((900..930).contains(&exhaust(ErrorClass::Throttled).1));
        assert!((600..630).contains(&exhaust(ErrorClass::Scarce).1));
        assert!((600..630).contains(&exhaust(ErrorClass::Busy).1));
        assert!((60..90).contains(&exhaust(ErrorClass::Gone).1));
    }

    #[test]
    fn hours_in_a_busy_state_take_nothing_from_the_patience_with_throttling() {
        let mut retries = Retries::new(Patience::changing(&ApplyOptions::default()), "x");
        let mut after = |class, minutes| retries.after(&ManageError::new(class, ""), Duration::from_mins(minutes));
        assert!(after(ErrorClass::Busy, 0).is_some());
        assert!(after(ErrorClass::Throttled, 60).is_some());
        assert!(after(ErrorClass::Throttled, 74).is_some());
        assert_eq!(after(ErrorClass::Throttled, 75), None);
    }

    #[test]
    fn calls_that_fail_together_are_not_sent_again_together() {
        let error = ManageError::new(ErrorClass::Throttled, "");
        let after: std::collections::BTreeSet<_> = (0..20)
            .filter_map(|salt| {
                Retries::new(Patience::changing(&ApplyOptions::default()), salt).after(&error, Duration::ZERO)
            })
            .collect();
        assert!(after.len() > 10);
    }

    #[test]
    fn pauses_grow_to_a_quarter_of_a_minute() {
        let mut backoff = Backoff::new();
        let pauses: Vec<_> = (0..9).map(|_| backoff.next().as_secs()).collect();
        assert_eq!(pauses, [1, 1, 2, 3, 5, 7, 11, 15, 15]);
    }
}

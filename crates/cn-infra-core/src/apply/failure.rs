//! Why a step did not get done, in words for users.

use std::error::Error;
use std::time::Duration;

use crate::document::DocumentError;
use crate::event::{Failure, Moved, Outcome};
use crate::manager::{ErrorClass, ManageError};

/// The shortest waiting that a failure speaks of.
const WORTH_SAYING: Duration = Duration::from_secs(30);

/// What ends a step early.
#[derive(Debug)]
pub(super) enum Stop {
    /// It cannot be carried out.
    Failed(Failure),
    /// Live is no longer what the plan was made from.
    Stale(Vec<Moved>),
    /// What it comes right after did not get done.
    NotStarted(String),
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(failure) => Self::Failed(failure),
            Stop::Stale(moved) => Self::Stale { moved },
            Stop::NotStarted(because) => Self::NotStarted { because },
        }
    }
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Failure {
    /// A failure that no call reported.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None, code: None, request_id: None }
    }

    /// The same failure, with what to do about it, unless the service's own hint is there.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: self.hint.or_else(|| Some(hint.into())), ..self }
    }

    /// The same failure as the cause of what it made impossible.
    #[must_use]
    pub(super) fn context(mut self, message: impl Into<String>) -> Self {
        let cause = std::mem::replace(&mut self.message, message.into());
        self.causes.insert(0, cause);
        self
    }

    pub(super) fn interrupted() -> Self {
        Self::new("interrupted while waiting; the next apply goes on")
    }

    /// An error that is not, or no longer, waited out; `waited` is for how long it was.
    pub(super) fn given_up(error: ManageError, waited: Duration) -> Self {
        use ErrorClass::{Busy, Gone, Scarce, Throttled};
        let passes = matches!(error.class, Busy | Gone | Scarce | Throttled);
        let failure = Self::from(error);
        if !passes || waited < WORTH_SAYING {
            return failure;
        }
        let message = format!("{}; still so after {}", failure.message, in_words(waited));
        Self { message, ..failure }.hint("apply again later: what was done stays done, and it goes on from there")
    }

    pub(super) fn timed_out(after: Duration, status: &str) -> Self {
        Self::new(format!("still {status} after {}", in_words(after)))
            .hint("only the waiting ended: the change goes on in the cloud; apply again to wait for it")
    }
}

impl From<ManageError> for Failure {
    fn from(error: ManageError) -> Self {
        let causes = causes(&error);
        let ManageError { class: _, code, message, hint, request_id, source: _ } = error;
        Self { message, causes, hint, code, request_id }
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        ManageError::from(error).into()
    }
}

/// The chain below an error, without what the error above each already says.
fn causes(error: &ManageError) -> Vec<String> {
    let mut above = error.message.clone();
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !above.contains(&text) {
            causes.push(text.clone());
            above = text;
        }
        next = cause.source();
    }
    causes
}

/// A time to the two largest of hours, minutes and seconds: `1 h 30 min`.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, seconds) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn causes_that_repeat_the_error_above_are_left_out() {
        let innermost = Layer { text: "connection refused", source: None };
        let repeated = Layer { text: "connection refused", source: Some(Box::new(innermost)) };
        let outer = Layer { text: "dispatch failure", source: Some(Box::new(repeated)) };
        let error = ManageError {
            source: Some(Box::new(outer)),
            ..ManageError::new(ErrorClass::Unknown, "RunInstances: dispatch failure")
        };
        assert_eq!(Failure::from(error).causes, ["connection refused"]);
    }

    #[test]
    fn times_are_said_in_words() {
        let said: Vec<_> = [5, 60, 61, 3600, 5400].into_iter().map(|s| in_words(Duration::from_secs(s))).collect();
        assert_eq!(said, ["5 s", "1 min", "1 min 1 s", "1 h", "1 h 30 min"]);
    }
}

//! What happens during an apply, for whoever is told: terminal, JSON, an embedding program.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::StepId;
use crate::plan::Action;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The apply begins.
    Began {
        /// How many steps it has.
        steps: usize,
    },
    /// A step begins.
    Started {
        /// Which.
        step: StepId,
        /// What it does.
        action: Action,
    },
    /// A step waits for its object; sent at least every half minute, also while nothing can be read.
    Waiting {
        /// Which.
        step: StepId,
        /// What for, in the cloud's word: `modifying`.
        status: String,
        /// Since the step began; in seconds, where it is written.
        #[serde(with = "seconds")]
        elapsed: Duration,
    },
    /// A call is sent again.
    Retrying {
        /// Which.
        step: StepId,
        /// Why.
        why: String,
        /// How long it waits first.
        #[serde(with = "seconds")]
        after: Duration,
    },
    /// The cloud asks to slow down: a request of the step waits, and is sent again.
    SlowedDown {
        /// Which.
        step: StepId,
        /// Who asks, and how: `AWS asks to slow down (RequestLimitExceeded)`.
        why: String,
        /// How long it waits, as far as that is known.
        #[serde(with = "seconds")]
        after: Duration,
    },
    /// A step ended.
    Finished {
        /// Which.
        step: StepId,
        /// How.
        outcome: Outcome,
        /// Since it began.
        #[serde(with = "seconds")]
        elapsed: Duration,
    },
    /// The apply goes on without a journal from here: an undo will not know what follows. Said once.
    NotJournaled {
        /// Why: `cannot write the journal …: No space left on device`.
        why: String,
        /// What to do about it.
        hint: String,
    },
    /// Nothing new is started; what is in flight is finished.
    Cancelled,
}

/// A time as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(time.as_secs_f64())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// Carried out.
    Done,
    /// Tried, and failed.
    Failed(Failure),
    /// Live is no longer what the plan was made from; nothing was written.
    Stale {
        /// What moved: path, reviewed, live now, wanted.
        moved: Vec<Moved>,
    },
    /// Not tried.
    NotStarted {
        /// Why: "needs security_group.web, which failed", "interrupted".
        because: String,
    },
}

/// A field that moved after the plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Dotted path of the field.
    pub path: String,
    /// What the plan was made from.
    pub reviewed: serde_json::Value,
    /// What is there now.
    pub live: serde_json::Value,
    /// What the plan would have made of it.
    pub wanted: serde_json::Value,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In one sentence.
    pub message: String,
    /// What led to it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The service's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The service's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Who is told. Any closure over events is one.
pub trait Reporter: Send {
    /// Something happened.
    fn event(&mut self, event: &Event);
}

impl<F: FnMut(&Event) + Send> Reporter for F {
    fn event(&mut self, event: &Event) {
        self(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_seconds() {
        let event = Event::Retrying {
            step: "host.web".parse().unwrap(),
            why: "Throttling".to_owned(),
            after: Duration::from_millis(1500),
        };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(text, r#"{"event":"retrying","step":"host.web","why":"Throttling","after":1.5}"#);
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert!(serde_json::from_str::<Event>(&text.replace("1.5", "-1")).is_err());
    }
}

//! Faults on demand: at the n-th call of an operation, or at every one.

use serde::{Deserialize, Serialize};

use crate::error::AwsError;

/// What stands for a key of a DeleteObjects where an operation is named.
const KEY: &str = "DeleteObjects.Key";

/// A fault, waiting for the calls that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `ec2:RunInstances`, `s3:*`, or `*`. `s3:DeleteObjects.Key` is each key that a DeleteObjects names: those that are
    /// hit are not deleted, and the answer says so beside the others; only errors can be had there.
    pub operation: String,
    /// What happens.
    pub effect: Effect,
    /// The error's code; `None`: `InternalError`, or the service's own for a throttle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The HTTP status of the error; `None`: 500, or the service's own for a throttle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// For a delay: real seconds; `None`: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Which of the matching calls is the first to be hit, counted from 1; `None`: the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// How many calls are hit; `None`: one where `at` is given, else all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How many matching calls there have been.
    #[serde(default)]
    pub seen: u64,
}

/// What a fault does to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Answers an error; nothing is done.
    Fail,
    /// Answers that requests come too fast, as the service words it; nothing is done.
    Throttle,
    /// Answers later.
    Delay,
    /// Never answers; nothing is done.
    Hang,
    /// Cuts the connection; nothing is done.
    Cut,
    /// Answers 200 with a body that is no document; nothing is done.
    Garbage,
    /// Does what was asked, then cuts the connection.
    LoseAnswer,
}

impl Fault {
    /// A fault that hits every call of an operation.
    pub fn new(operation: impl Into<String>, effect: Effect) -> Self {
        let operation = operation.into();
        Self { operation, effect, code: None, status: None, seconds: None, at: None, times: None, seen: 0 }
    }

    /// The same, hitting only the n-th call from now.
    #[must_use]
    pub fn at(mut self, n: u64) -> Self {
        self.at = Some(n);
        self
    }

    /// The same with an error's code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Whether it is for calls of an operation.
    pub(crate) fn is_for(&self, service: &str, operation: &str) -> bool {
        match self.operation.split_once(':') {
            Some((of, "*")) => of == service,
            Some((of, name)) => of == service && name == operation,
            None => self.operation == "*" || self.operation == operation,
        }
    }

    /// Whether it is for keys that a DeleteObjects names.
    pub(crate) fn is_for_keys(&self, service: &str) -> bool {
        self.operation.split_once(':') == Some((service, KEY))
    }

    /// Counts a call and tells whether it is hit.
    pub(crate) fn hits(&mut self) -> bool {
        self.seen += 1;
        let first = self.at.unwrap_or(1).max(1);
        let times = self.times.unwrap_or(if self.at.is_some() { 1 } else { u64::MAX });
        self.seen >= first && self.seen - first < times
    }
}

/// The keys of a DeleteObjects that fail, in the order of the request.
#[derive(Clone, Debug)]
pub(crate) struct KeyFaults(pub Vec<Option<AwsError>>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_the_calls_it_is_for() {
        let mut second = Fault::new("ec2:RunInstances", Effect::Cut).at(2);
        assert_eq!([second.hits(), second.hits(), second.hits()], [false, true, false]);
        let mut twice = Fault { times: Some(2), ..Fault::new("*", Effect::Hang) };
        assert_eq!([twice.hits(), twice.hits(), twice.hits()], [true, true, false]);
        assert!(second.is_for("ec2", "RunInstances") && !second.is_for("rds", "RunInstances"));
        let keys = Fault::new("s3:DeleteObjects.Key", Effect::Fail);
        assert!(keys.is_for_keys("s3") && !keys.is_for("s3", "DeleteObjects"));
        assert!(!Fault::new("s3:*", Effect::Fail).is_for_keys("s3"), "a request is not counted for each of its keys");
        assert!(Fault::new("s3:*", Effect::Hang).is_for("s3", "PutObject") && twice.is_for("s3", "PutObject"));
    }
}

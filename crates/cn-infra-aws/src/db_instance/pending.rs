//! What waits in an instance for its maintenance window, or for a reboot.
//!
//! The value that counts is the waiting one, if there is one: what will be, not what is. With `apply_immediately`
//! it is the other way round, as the next change carries out everything that waits.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What waits in an instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pending {
    /// Changes that wait for the maintenance window, by the path of their field, `name`, or AWS's word for a setting
    /// that is no field of ours.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Waiting>,
    /// The parameter group whose static parameters wait for a reboot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reboot: Option<String>,
}

/// One change that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// What is in effect, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Value>,
    /// What will be.
    pub then: Value,
}

impl Pending {
    /// Adds a change, if there is one.
    pub(super) fn add<T: Serialize>(&mut self, path: &str, now: Option<&T>, then: Option<T>) {
        if let Some(then) = then.and_then(|then| serde_json::to_value(then).ok()) {
            let now = now.and_then(|now| serde_json::to_value(now).ok());
            self.changes.insert(path.to_owned(), Waiting { now, then });
        }
    }

    /// Itself, unless nothing waits.
    pub(super) fn if_any(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

impl Waiting {
    /// The value that will be, in the type of its field.
    pub(super) fn then<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.then.clone()).ok()
    }
}

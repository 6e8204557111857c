//! What is not as it is to be.

use serde::{Deserialize, Serialize};

use crate::compare::Basis;
use crate::scan::Item;

/// A key that is not as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// The key, after the prefix of the location.
    pub key: String,
    /// How it differs.
    pub kind: Kind,
    /// What says that it is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Basis>,
    /// The size in bytes that it is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_size: Option<u64>,
    /// The size in bytes that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// How a key differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is to be there, and is not.
    Missing,
    /// It is there, and is not to be.
    Extra,
    /// It is another one.
    Different,
}

impl Difference {
    /// What two listings tell.
    pub(super) fn of(kind: Kind, by: Option<Basis>, expected: Option<Item>, there: Option<Item>) -> Self {
        let size = |item: &Option<Item>| item.as_ref().and_then(|item| item.facts.size);
        let (expected_size, size) = (size(&expected), size(&there));
        Self { key: expected.or(there).map(|item| item.key.into()).unwrap_or_default(), kind, by, expected_size, size }
    }
}

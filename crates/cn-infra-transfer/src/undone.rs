//! A step of a copy or an upload that failed.

use crate::failure::Failure;

/// What failed, after every retry.
#[derive(Debug)]
pub(crate) struct Undone {
    /// What was asked for: `CopyObject`; of files, `read`.
    pub operation: &'static str,
    /// Why it failed.
    pub failure: Failure,
}

impl Undone {
    /// Of an operation.
    pub fn at(operation: &'static str) -> impl Fn(Failure) -> Self {
        move |failure| Self { operation, failure }
    }
}

//! Two changes of one bucket's configuration at the same time: the later is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use crate::error::AwsError;
use crate::sandbox::InFlight;

/// The calls in flight that change a configuration, by bucket. They are no part of the account, and reach no journal.
#[derive(Debug, Default)]
pub struct Writers {
    by_bucket: BTreeMap<String, Weak<()>>,
}

impl Writers {
    /// Begins a change. One that is answered at once cannot overlap with any.
    ///
    /// # Errors
    /// `OperationAborted` (409) where another one is not yet answered.
    pub fn begin(&mut self, bucket: &str, call: Option<&InFlight>) -> Result<(), AwsError> {
        self.by_bucket.retain(|_, call| call.strong_count() > 0);
        if self.by_bucket.contains_key(bucket) {
            let message = "A conflicting conditional operation is currently in progress against this resource. \
                           Please try again.";
            return Err(AwsError::new("OperationAborted", message).status(409));
        }
        if let Some(call) = call {
            self.by_bucket.insert(bucket.to_owned(), Arc::downgrade(call));
        }
        Ok(())
    }
}

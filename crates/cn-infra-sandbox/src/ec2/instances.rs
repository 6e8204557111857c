//! Instances.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Ec2;
use crate::context::Operation;

/// The operations on instances.
pub const OPERATIONS: &[Operation] = &[];

/// A row of the instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`
    pub id: String,
}

/// Lets the transitions happen that are due.
pub fn settle(_ec2: &mut Ec2, _now: Timestamp) {}

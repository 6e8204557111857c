//! Objects.

use super::Operation;

/// The operations on objects.
pub const OPERATIONS: &[Operation] = &[];

//! Images: those of Ubuntu and Amazon Linux.

use crate::context::Operation;

/// The operations on images.
pub const OPERATIONS: &[Operation] = &[];

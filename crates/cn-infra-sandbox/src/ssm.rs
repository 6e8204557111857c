//! A little SSM: the public parameters that name the newest image of a distribution.

use serde_json::Value;

use crate::context::Context;
use crate::error::AwsError;

/// Carries out an operation of the JSON protocol.
pub fn call(_context: &mut Context<'_>, operation: &str, _input: &Value) -> Result<Value, AwsError> {
    Err(AwsError::not_modelled(format!("SSM's {operation}")))
}

//! `cn-infra schema`: the JSON Schema of environment files. Offline: no client is built.

use crate::command::Context;
use crate::error::Result;
use crate::exit::ExitCode;
use crate::view;
use cn_infra_core::environment::schema;

/// Runs the command.
pub fn run(context: &Context) -> Result<ExitCode> {
    context.view.data(&view::json::document(&schema(&cn_infra_aws::kinds()))?)?;
    Ok(ExitCode::Done)
}

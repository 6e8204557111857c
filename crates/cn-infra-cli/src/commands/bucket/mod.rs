//! `cn-infra bucket`: objects in bulk.

mod account;
mod empty;
mod run;
mod set_acl;
mod sync;
mod verify;

use crate::arguments::BucketCommand;
use crate::command::Context;
use crate::error::Result;
use crate::exit::ExitCode;

/// Runs a command on objects.
pub async fn run(command: &BucketCommand, context: &Context) -> Result<ExitCode> {
    match command {
        BucketCommand::Sync(arguments) => sync::run(arguments, context).await,
        BucketCommand::Verify(arguments) => verify::run(arguments, context).await,
        BucketCommand::Empty(arguments) => empty::empty(arguments, context).await,
        BucketCommand::Delete(arguments) => empty::delete(arguments, context).await,
        BucketCommand::SetAcl(arguments) => set_acl::run(arguments, context).await,
    }
}

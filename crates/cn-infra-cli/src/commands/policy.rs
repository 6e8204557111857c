//! `cn-infra policy`: the least IAM policy. Offline: no client is built.

use cn_infra_aws::policy::{self, policy};

use crate::arguments::{self, Purpose};
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::view;
use cn_infra_core::plan::file;

/// Runs the command.
pub fn run(arguments: &arguments::Policy, context: &Context) -> Result<ExitCode> {
    let environment = context.directory()?.load(&arguments.environment, &cn_infra_aws::kinds())?;
    let policy = match arguments.purpose {
        Purpose::Read => policy(&environment, policy::Purpose::Read),
        Purpose::File => policy(&environment, policy::Purpose::File),
        Purpose::Plan => {
            let path = arguments.plan.clone().unwrap_or_else(|| context.saved_plan());
            let saved = file::load(&path)?;
            if saved.plan.environment != environment.name {
                let other = saved.plan.environment;
                let error = CommandError::usage(format!("{} is a plan of {other}", path.display()));
                return Err(error.hint(format!("run `cn-infra plan {}` first", environment.name)));
            }
            policy(&environment, policy::Purpose::Plan(&saved.plan))
        }
    };
    context.view.data(&view::json::document(&policy)?)?;
    Ok(ExitCode::Done)
}

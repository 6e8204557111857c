//! `cn-infra diff`: how two environments differ, as their files declare them. Offline: no client is built.

use cn_infra_core::environment::compare::compare;

use crate::arguments;
use crate::command::Context;
use crate::error::Result;
use crate::exit::ExitCode;
use crate::view;

/// Runs the command.
pub fn run(arguments: &arguments::Diff, context: &Context) -> Result<ExitCode> {
    let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
    let first = directory.load(&arguments.first, &kinds)?;
    let second = directory.load(&arguments.second, &kinds)?;
    let comparison = compare(&first, &second, &kinds);
    if arguments.json {
        context.view.data(&view::json::document(&comparison)?)?;
    } else {
        let style = context.view.stdout_style();
        context.view.data(&view::environments::comparison(&comparison, &second.networks, style))?;
    }
    Ok(ExitCode::Done)
}

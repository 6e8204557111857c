//! `cn-infra show`: live objects and fields, each marked managed or not, and what is unlisted.

use crate::arguments;
use crate::command::Context;
use crate::error::Result;
use crate::exit::ExitCode;
use crate::inventory::inventory;
use crate::survey::{Access, Survey};
use crate::view;

/// Runs the command.
pub async fn run(arguments: &arguments::Show, context: &Context) -> Result<ExitCode> {
    let survey = Survey::open(&arguments.environment, Access::Read, context).await?;
    let live = survey.observe_all().await?;
    let inventory = inventory(&survey.environment, &live, &survey.kinds);
    if arguments.json {
        context.view.data(&view::json::document(&inventory)?)?;
    } else {
        context.view.data(&view::live::inventory(&inventory, context.view.stdout_style()))?;
    }
    Ok(ExitCode::Done)
}

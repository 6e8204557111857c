//! `cn-infra reach`: who reaches which port of which server and database, before and after the file is applied.

use std::path::Path;

use cn_infra_aws::reach::{Reach, before_and_after};
use cn_infra_core::environment::Environment;
use jiff::Timestamp;

use crate::arguments;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::{Access, Subject};
use crate::view;
use crate::view::reach::Shown;

/// Runs the command.
pub async fn run(arguments: &arguments::Reach, context: &Context) -> Result<ExitCode> {
    let subject = Subject::load(&arguments.environment, context)?;
    if arguments.offline {
        let said = Reach::declared(&subject.environment, Timestamp::now()).map_err(anyhow::Error::new)?;
        return show(&subject.environment, &said, &said, arguments, context);
    }
    let survey = subject.open(Access::Read, context).await?;
    let live = survey.observe().await?;
    let both = before_and_after(&survey.environment, &live, &survey.kinds, live.at);
    let (before, after) = both.map_err(anyhow::Error::new)?;
    show(&survey.environment, &before, &after, arguments, context)
}

fn show(
    environment: &Environment,
    before: &Reach,
    after: &Reach,
    arguments: &arguments::Reach,
    context: &Context,
) -> Result<ExitCode> {
    let shown = Shown::of(environment, before, after);
    if let Some(path) = &arguments.svg {
        write(path, &view::reach_svg::picture(&shown))?;
    }
    if arguments.json {
        context.view.data(&view::json::document(&view::reach::json(&shown))?)?;
    } else {
        context.view.data(&view::reach::matrix(&shown, context.view.stdout_style()))?;
    }
    Ok(ExitCode::Done)
}

fn write(path: &Path, picture: &str) -> Result<()> {
    std::fs::write(path, picture).map_err(|error| CommandError::file("write", path, error))
}

//! `cn-infra check`: whether environment files are valid. Offline: no client is built.

use cn_infra_core::kinds::Kinds;
use jiff::Timestamp;

use crate::arguments;
use crate::command::Context;
use crate::directory::Directory;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::view;
use crate::view::check::Checked;
use cn_infra_core::check::check;
use cn_infra_core::environment::{Diagnostics, Environment, check_together};

/// Runs the command.
pub fn run(arguments: &arguments::Check, context: &Context) -> Result<ExitCode> {
    let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
    let names = match &arguments.environment {
        Some(name) => vec![name.clone()],
        None => directory.names()?,
    };
    if names.is_empty() {
        return Err(CommandError::new("the directory holds no environment"));
    }
    if arguments.resolved {
        return resolved(&names, &directory, &kinds, arguments.json, context);
    }
    let loaded = names.iter().map(|name| load(name, &directory, &kinds)).collect::<Result<Vec<_>>>()?;
    let mut claimed = check_together(&loaded.iter().flatten().collect::<Vec<_>>(), &kinds);
    let checked: Vec<_> = names
        .iter()
        .zip(&loaded)
        .map(|(name, loaded)| Checked {
            environment: name.clone(),
            result: loaded.as_ref().map_err(Clone::clone).and_then(|environment| {
                // What two of them claim makes the later one wrong.
                let found = || (environment.resources.len(), check(environment, &kinds, Timestamp::now()));
                claimed.remove(name.as_str()).map_or_else(|| Ok(found()), Err)
            }),
        })
        .collect();
    if arguments.json {
        context.view.data(&view::json::document(&view::check::json(&checked))?)?;
    } else {
        let style = context.view.stdout_style();
        for checked in &checked {
            context.view.data(&view::check::checked(checked, style))?;
        }
    }
    Ok(if checked.iter().all(Checked::is_valid) { ExitCode::Done } else { ExitCode::Failed })
}

/// Wrong files are what is looked for; any other error ends the command.
fn load(name: &str, directory: &Directory, kinds: &Kinds) -> Result<std::result::Result<Environment, Diagnostics>> {
    match directory.load(name, kinds) {
        Ok(environment) => Ok(Ok(environment)),
        Err(error) => match error.error.downcast() {
            Ok(diagnostics) => Ok(Err(diagnostics)),
            Err(other) => Err(CommandError { error: other, ..error }),
        },
    }
}

fn resolved(
    names: &[String],
    directory: &Directory,
    kinds: &Kinds,
    as_json: bool,
    context: &Context,
) -> Result<ExitCode> {
    let environments = names.iter().map(|name| directory.load(name, kinds)).collect::<Result<Vec<_>>>()?;
    if as_json {
        let all: Vec<_> = environments.iter().map(view::resolved::json).collect();
        context.view.data(&view::json::document(&all)?)?;
    } else {
        let style = context.view.stdout_style();
        let texts: Vec<_> = environments.iter().map(|one| view::resolved::environment(one, style)).collect();
        context.view.data(&texts.join("\n"))?;
    }
    Ok(ExitCode::Done)
}

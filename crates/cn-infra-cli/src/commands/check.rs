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
use cn_infra_core::environment::{Diagnostics, check_together};

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
    let mut checked = names.iter().map(|name| one(name, &directory, &kinds)).collect::<Result<Vec<_>>>()?;
    together(&mut checked, &directory, &kinds);
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
fn one(name: &str, directory: &Directory, kinds: &Kinds) -> Result<Checked> {
    let result = match directory.load(name, kinds) {
        Ok(environment) => Ok((environment.resources.len(), check(&environment, kinds, Timestamp::now()))),
        Err(error) => {
            Err(error.error.downcast::<Diagnostics>().map_err(|other| CommandError { error: other, ..error })?)
        }
    };
    Ok(Checked { environment: name.to_owned(), result })
}

/// What two of them claim makes the second one wrong.
fn together(checked: &mut [Checked], directory: &Directory, kinds: &Kinds) {
    let valid = checked.iter().filter(|checked| checked.result.is_ok());
    let loaded: Vec<_> = valid.filter_map(|checked| directory.load(&checked.environment, kinds).ok()).collect();
    let Err(Diagnostics(claimed)) = check_together(&loaded.iter().collect::<Vec<_>>(), kinds) else { return };
    for checked in checked {
        let file = directory.file(&checked.environment);
        let own: Vec<_> = claimed.iter().filter(|one| one.file == file).cloned().collect();
        if !own.is_empty() {
            checked.result = Err(Diagnostics(own));
        }
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

//! `cn-infra ingress`: changes who a network is, and with it what they reach; the command that takes it back is printed.

use cn_infra_core::environment::Environment;
use cn_infra_core::environment::edit::{Definition, network, set_network};

use crate::arguments;
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::nearest::nearest;
use crate::network_change::{like, plan, touched};
use crate::survey::Subject;

/// Runs the command.
pub async fn run(arguments: &arguments::Ingress, context: &Context) -> Result<ExitCode> {
    let arguments::Ingress { environment: name, network: changed, to, own, editing } = arguments;
    let mut edited = Edited::new(editing, context)?;
    let before = Subject::load(name, context)?.environment;
    let path = context.directory()?.file(name);
    let text = std::fs::read_to_string(&path).map_err(|error| CommandError::file("read", &path, error))?;
    let Some(old) = network(&text, changed) else { return Err(elsewhere(changed, to, &before)) };
    if old.members() == [to.clone()] {
        context
            .view
            .say(&format!("{changed} of {name} is {to} already; `cn-infra plan {name}` says whether that is live\n"));
        return Ok(ExitCode::Done);
    }
    let members = [to.clone()];
    edited.edits.change(&path, |text| set_network(text, changed, like(&old, &members)))?;

    let survey = edited.open(name).await?;
    let touched = touched(&before, &survey.environment);
    if touched.is_empty() {
        let error = CommandError::usage(format!("no rule of {name} lets in {changed}, or {to} is the same addresses"));
        return Err(error.hint(format!("name it in a rule: from = [\"{changed}\"]")));
    }
    let planning = plan(&survey, &before, &touched, own, context);
    let code = Box::pin(edited.carry_out(&survey, planning)).await?;
    if !editing.dry_run {
        context.view.say(&format!("\nTo take it back: {}\n", reverse(name, changed, &old)));
    }
    Ok(code)
}

/// A network that the environment's own file does not define: another environment may share it.
fn elsewhere(network: &str, to: &str, environment: &Environment) -> CommandError {
    let name = &environment.name;
    if environment.networks.get(network).is_some() {
        let error = CommandError::usage(format!(
            "{network} is not defined in {name}.toml itself, but in a file that it includes"
        ));
        return error.hint(format!(
            "for {name} alone write {network} = \"{to}\" under its [networks]; for every environment that shares it: cn-infra network set {network} {to}"
        ));
    }
    let error = CommandError::usage(format!("{name} has no network {network:?}"));
    let names: Vec<_> = environment.networks.0.keys().cloned().collect();
    match nearest(network, &names) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None if names.is_empty() => error,
        None => error.hint(format!("there are {}", names.join(", "))),
    }
}

/// The command that takes it back.
fn reverse(environment: &str, network: &str, old: &Definition) -> String {
    match old.members() {
        [only] => format!("cn-infra ingress {environment} {network} {only}"),
        several => format!("cn-infra network set {network} {} --in {environment}.toml", several.join(" ")),
    }
}

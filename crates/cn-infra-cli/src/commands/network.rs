//! `cn-infra network set`: changes a network in the file that defines it, in every environment that uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cn_infra_core::environment::edit::{Definition, network, set_network};

use crate::arguments::{NetworkCommand, NetworkSet};
use crate::command::Context;
use crate::directory::Directory;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::nearest::nearest;
use crate::network_change::{like, plan, touched};
use crate::survey::Subject;

/// Runs the command.
pub async fn run(command: &NetworkCommand, context: &Context) -> Result<ExitCode> {
    match command {
        NetworkCommand::Set(arguments) => set(arguments, context).await,
    }
}

async fn set(arguments: &NetworkSet, context: &Context) -> Result<ExitCode> {
    let NetworkSet { network, members, file, own, editing } = arguments;
    let mut edited = Edited::new(editing, context)?;
    let directory = context.directory()?;
    let (path, Defined { old, environments }) = defining(network, file.as_deref(), &directory)?;
    if old.members() == members {
        context.view.say(&format!("{network} in {} is that already\n", path.display()));
        return Ok(ExitCode::Done);
    }
    edited.edits.change(&path, |text| set_network(text, network, like(&old, members)))?;

    let (mut surveys, mut changes, mut unmoved) = (Vec::new(), Vec::new(), Vec::new());
    for name in environments {
        let before = Subject::load(&name, context)?.environment;
        let after = Subject::load_from(&edited.edits, &name, context)?.environment;
        let touched = touched(&before, &after);
        if touched.is_empty() {
            unmoved.push(name);
            continue;
        }
        surveys.push(edited.open(&name).await?);
        changes.push((before, touched));
    }
    if !unmoved.is_empty() {
        context.view.say(&format!("no rule changes in {}\n", unmoved.join(", ")));
    }
    let planning = async {
        let mut plans = Vec::new();
        for (survey, (before, touched)) in surveys.iter().zip(&changes) {
            plans.push(plan(survey, before, touched, own, context).await?);
        }
        Ok(plans)
    };
    let code = edited.carry_out_all(&surveys, planning).await?;
    if !editing.dry_run {
        let old = old.members().join(" ");
        context
            .view
            .say(&format!("\nTo take it back: cn-infra network set {network} {old}{}\n", said(file.as_deref())));
    }
    Ok(code)
}

fn said(file: Option<&Path>) -> String {
    file.map(|file| format!(" --in {}", file.display())).unwrap_or_default()
}

/// What a file says of a network, and the environments that read it there.
struct Defined {
    old: Definition,
    environments: BTreeSet<String>,
}

/// The one file that defines a network, or the one that is named.
fn defining(changed: &str, file: Option<&Path>, directory: &Directory) -> Result<(PathBuf, Defined)> {
    let (mut files, mut names) = (BTreeMap::<PathBuf, Defined>::new(), BTreeSet::new());
    for environment in directory.names()? {
        for path in directory.files(&environment) {
            let text = std::fs::read_to_string(&path).map_err(|error| CommandError::file("read", &path, error))?;
            names.extend(networks(&text));
            if let Some(old) = network(&text, changed) {
                let defined = files.entry(path).or_insert_with(|| Defined { old, environments: BTreeSet::new() });
                defined.environments.insert(environment.clone());
            }
        }
    }
    if let Some(file) = file {
        files.retain(|path, _| path == file || path.file_name() == Some(file.as_os_str()));
    }
    let paths: Vec<_> = files.keys().map(|path| path.display().to_string()).collect();
    match files.len() {
        0 => Err(unknown(changed, file, &names.into_iter().collect::<Vec<_>>())),
        1 => files.pop_first().ok_or_else(|| unknown(changed, file, &[])),
        _ => {
            let error =
                CommandError::usage(format!("several files define the network {changed}: {}", paths.join(", ")));
            Err(error.hint(format!("say which: --in {}", paths.first().map_or("FILE", String::as_str))))
        }
    }
}

fn networks(text: &str) -> Vec<String> {
    let table = toml::from_str::<toml::Table>(text).ok();
    let networks = table.as_ref().and_then(|table| table.get("networks")?.as_table());
    networks.into_iter().flat_map(|networks| networks.keys().cloned()).collect()
}

fn unknown(network: &str, file: Option<&Path>, names: &[String]) -> CommandError {
    let place = file.map_or_else(|| "no file of an environment".to_owned(), |file| format!("no {}", file.display()));
    let error = CommandError::usage(format!("{place} defines a network {network:?}"));
    match nearest(network, names) {
        Some(near) if near != network => error.hint(format!("did you mean {near}?")),
        _ if names.is_empty() => error,
        _ => error.hint(format!("there are {}", names.join(", "))),
    }
}

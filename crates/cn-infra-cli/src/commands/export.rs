//! `cn-infra export`: what is there, as an environment file.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use cn_infra_core::address::Address;
use cn_infra_core::environment::Environment;
use cn_infra_core::export::{Export, Source, export};

use crate::arguments;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::{Access, Survey};
use crate::view;

/// Runs the command.
pub async fn run(arguments: &arguments::Export, context: &Context) -> Result<ExitCode> {
    let survey = Survey::open(&arguments.environment, Access::Read, context).await?;
    let path = context.directory()?.file(&arguments.environment);
    let text = fs::read_to_string(&path).map_err(|error| CommandError::file("read", &path, error))?;
    let live = survey.observe_whole().await?;
    let others = others(&survey.environment, context)?;
    let exported = export(&Source {
        text: &text,
        environment: &survey.environment,
        live: &live,
        kinds: &survey.kinds,
        strangers: !arguments.owned,
        declares: &|address| declares(&others, address),
    })?;
    match &arguments.out {
        Some(directory) => write(directory, &arguments.environment, &exported, context)?,
        None => print(&exported, context)?,
    }
    Ok(ExitCode::Done)
}

/// The other environments of the project that can be loaded.
fn others(environment: &Environment, context: &Context) -> Result<BTreeMap<String, Environment>> {
    let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
    let names = directory.names()?.into_iter().filter(|name| *name != environment.name);
    let loaded = names.filter_map(|name| Some((name.clone(), directory.load(&name, &kinds).ok()?)));
    Ok(loaded.filter(|(_, other)| other.project == environment.project).collect())
}

fn declares(others: &BTreeMap<String, Environment>, address: &Address) -> bool {
    let other = address.environment.as_ref().and_then(|name| others.get(name));
    other.is_some_and(|other| other.resources.contains_key(&Address { environment: None, ..address.clone() }))
}

fn print(exported: &Export, context: &Context) -> Result<()> {
    context.view.data(&exported.text)?;
    if !exported.files.is_empty() {
        let files = view::count(exported.files.len(), "file");
        context.view.say(&format!("\n{files} with policies: --out DIR writes them too\n"));
    }
    Ok(())
}

fn write(directory: &Path, environment: &str, exported: &Export, context: &Context) -> Result<()> {
    let main = (directory.join(format!("{environment}.toml")), &exported.text);
    let texts = exported.files.iter().map(|(path, text)| (directory.join(path), text));
    let files: Vec<_> = std::iter::once(main).chain(texts).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| fs::symlink_metadata(path).is_ok()) {
        let error = CommandError::usage(format!("{} is there already; nothing was written", path.display()));
        return Err(error.hint("name a new directory with --out, and compare"));
    }
    for (path, text) in &files {
        create(path, text).map_err(|error| CommandError::file("write", path, error))?;
        context.view.say(&format!("{}\n", path.display()));
    }
    Ok(())
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

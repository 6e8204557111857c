//! `cn-infra sandbox`: the simulated account itself.

use std::io::ErrorKind;
use std::path::Path;

use cn_infra_sandbox::faults::{Effect, Fault};
use cn_infra_sandbox::settings::Settings;
use cn_infra_sandbox::{Sandbox, SandboxOptions, kept_account, seed, serve};

use crate::arguments::{self, FaultEffect, SandboxCommand, Seed};
use crate::command::{Context, JOURNALS};
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::Interrupts;
use crate::nearest::nearest;
use crate::sandbox::{self, DIRECTORY};
use crate::view;

/// The region of a seed, where no file names one.
const REGION: &str = "us-west-2";

/// Runs the command.
pub fn run(command: &SandboxCommand, context: &Context) -> Result<ExitCode> {
    match command {
        SandboxCommand::Serve(arguments) => crate::block_on(serve_it(arguments, context)),
        SandboxCommand::Status { json } => status(*json, context),
        SandboxCommand::Reset { seed, account } => reset(*seed, account.as_deref(), context),
        SandboxCommand::Fault(arguments) => fault(arguments, context),
    }
}

/// Serves until Ctrl-C.
async fn serve_it(arguments: &arguments::Serve, context: &Context) -> Result<ExitCode> {
    let settings = Settings { limits: arguments.limits, ..Settings::default() };
    let speed = context.global.speed.unwrap_or(1.0);
    let kept = arguments.state.as_deref().and_then(kept_account);
    let account = arguments.account.clone().or(kept).unwrap_or_else(|| SandboxOptions::default().account);
    let options = SandboxOptions { account: account.clone(), speed, settings, ..SandboxOptions::default() };
    let sandbox = match &arguments.state {
        Some(directory) => Sandbox::open(options, directory)?,
        None => Sandbox::new(options),
    };
    let server = serve(sandbox, arguments.port).map_err(|error| in_use(error, arguments.port))?;
    context.view.data(&format!("{}\n", server.endpoint()))?;
    let place = arguments.state.as_ref().map_or_else(
        || "in memory: it is gone when this ends".to_owned(),
        |directory| format!("kept in {}", directory.display()),
    );
    context.view.say(&format!("account {account}, {place}; any credentials do. Ctrl-C ends it.\n"));
    Interrupts::listen().next().await;
    Ok(ExitCode::Done)
}

fn in_use(error: std::io::Error, port: u16) -> CommandError {
    let error = anyhow::Error::new(error).context(format!("cannot serve on 127.0.0.1:{port}"));
    CommandError::from(error).hint("choose another port with --port, or 0 for a free one")
}

/// Begins with a fresh account: that of the environment files, in their region, unless it is said.
fn reset(seed: Option<Seed>, account: Option<&str>, context: &Context) -> Result<ExitCode> {
    let (account, region) = match account {
        Some(account) => (account.to_owned(), REGION.to_owned()),
        None => place_of_files(context).or_else(kept_place)?,
    };
    let options = SandboxOptions { account: account.clone(), ..SandboxOptions::default() };
    let sandbox = Sandbox::begin(options, Path::new(DIRECTORY))?;
    // What was applied to the former account cannot be undone in this one.
    forget(&Path::new(DIRECTORY).join(JOURNALS))?;
    let holds = match seed {
        None => "with nothing in it",
        Some(Seed::BetaMigration) => {
            seed::beta_migration(&sandbox, &account, &region)?;
            "with what the team had before phase 1 of its migration"
        }
    };
    context.view.say(&format!("A fresh account {account} is in {DIRECTORY}, {holds}.\n"));
    context.view.say("See it: cn-infra sandbox status\n");
    Ok(ExitCode::Done)
}

fn forget(journals: &Path) -> Result<()> {
    match std::fs::remove_dir_all(journals) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(CommandError::file("remove", journals, error)),
        _ => Ok(()),
    }
}

/// Where files cannot tell: the account that is there already.
fn kept_place(error: CommandError) -> Result<(String, String)> {
    let kept = kept_account(Path::new(DIRECTORY)).map(|account| (account, REGION.to_owned()));
    kept.ok_or_else(|| error.hint("say which account is meant: `cn-infra sandbox reset --account 123456789012`"))
}

/// The account that the directory keeps.
fn kept(context: &Context) -> Result<Sandbox> {
    let account = kept_account(Path::new(DIRECTORY)).ok_or_else(|| {
        CommandError::new(format!("there is no sandbox in {DIRECTORY}"))
            .hint("`cn-infra --sandbox plan ENV` begins one, and so does `cn-infra sandbox reset`")
    })?;
    sandbox::open(&account, context.speed())
}

/// The one account and the first region that the environment files name.
fn place_of_files(context: &Context) -> Result<(String, String)> {
    let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
    let mut places = Vec::new();
    for name in directory.names()? {
        let environment = directory.load(&name, &kinds)?;
        places.push((environment.account, environment.region));
    }
    places.sort_unstable();
    places.dedup_by(|one, other| one.0 == other.0);
    match places.pop() {
        Some(place) if places.is_empty() => Ok(place),
        _ => Err(CommandError::usage("the environment files do not name one account")),
    }
}

fn status(json: bool, context: &Context) -> Result<ExitCode> {
    let sandbox = kept(context)?;
    let status = view::sandbox::Status {
        account: kept_account(Path::new(DIRECTORY)).unwrap_or_default(),
        now: sandbox.now()?,
        contents: sandbox.contents()?,
        settings: sandbox.settings()?,
        faults: sandbox.faults()?,
    };
    let text = if json { view::json::document(&status)? } else { view::sandbox::status(&status) };
    context.view.data(&text)?;
    Ok(ExitCode::Done)
}

fn fault(arguments: &arguments::Fault, context: &Context) -> Result<ExitCode> {
    arguments.operation.as_deref().map_or(Ok(()), is_modelled)?;
    let sandbox = kept(context)?;
    if arguments.clear {
        sandbox.clear_faults()?;
    }
    if let (Some(operation), Some(effect)) = (&arguments.operation, arguments.effect) {
        sandbox.add_fault(Fault {
            code: arguments.code.clone(),
            status: arguments.status,
            seconds: arguments.seconds,
            at: arguments.at,
            times: arguments.times,
            ..Fault::new(operation.clone(), effect_of(effect))
        })?;
    }
    context.view.data(&view::sandbox::faults(&sandbox.faults()?))?;
    Ok(ExitCode::Done)
}

/// A fault for a misspelt operation would wait for ever.
fn is_modelled(named: &str) -> Result<()> {
    let all = cn_infra_sandbox::operations();
    let known = all.iter().flat_map(|(service, name)| [format!("{service}:{name}"), format!("{service}:*")]);
    let known: Vec<_> = known.chain(["*".to_owned()]).collect();
    if known.iter().any(|name| name == named) {
        return Ok(());
    }
    let bare = known.iter().find(|name| name.split_once(':').is_some_and(|(_, bare)| bare == named));
    let meant = bare.map(String::as_str).or_else(|| nearest(named, &known));
    let hint = "operations are written ec2:RunInstances, s3:* or *; docs/sandbox.md lists those that are modelled";
    let hint = meant.map_or_else(|| hint.to_owned(), |meant| format!("did you mean {meant}?"));
    Err(CommandError::usage(format!("the sandbox models no operation {named:?}")).hint(hint))
}

fn effect_of(effect: FaultEffect) -> Effect {
    match effect {
        FaultEffect::Fail => Effect::Fail,
        FaultEffect::Throttle => Effect::Throttle,
        FaultEffect::Delay => Effect::Delay,
        FaultEffect::Hang => Effect::Hang,
        FaultEffect::Cut => Effect::Cut,
        FaultEffect::Garbage => Effect::Garbage,
        FaultEffect::LoseAnswer => Effect::LoseAnswer,
    }
}

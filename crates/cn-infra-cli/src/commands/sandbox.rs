//! `cn-infra sandbox`: the simulated account itself.

use std::path::Path;

use cn_infra_sandbox::faults::{Effect, Fault};
use cn_infra_sandbox::settings::Settings;
use cn_infra_sandbox::{Sandbox, SandboxOptions, kept_account, serve};

use crate::arguments::{self, FaultEffect, SandboxCommand};
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::sandbox::{self, DIRECTORY};
use crate::view;

/// Runs the command.
pub fn run(command: &SandboxCommand, context: &Context) -> Result<ExitCode> {
    match command {
        SandboxCommand::Serve(arguments) => crate::block_on(serve_it(arguments, context)),
        SandboxCommand::Status { json } => status(*json, context),
        SandboxCommand::Reset { seed, account } => {
            let account = account.clone().map_or_else(|| account_of_files(context), Ok)?;
            let options = SandboxOptions { account, ..SandboxOptions::default() };
            let sandbox = Sandbox::begin(options, Path::new(DIRECTORY))?;
            let _ = (sandbox, seed);
            Ok(ExitCode::Done)
        }
        SandboxCommand::Fault(arguments) => fault(arguments, context),
    }
}

/// Serves until Ctrl-C.
async fn serve_it(arguments: &arguments::Serve, context: &Context) -> Result<ExitCode> {
    let settings = Settings { limits: arguments.limits, ..Settings::default() };
    let speed = context.global.speed.unwrap_or(1.0);
    let options = SandboxOptions { account: arguments.account.clone(), speed, settings, ..SandboxOptions::default() };
    let sandbox = match &arguments.state {
        Some(directory) => Sandbox::open(options, directory)?,
        None => Sandbox::new(options),
    };
    let server = serve(sandbox, arguments.port).map_err(|error| in_use(error, arguments.port))?;
    context.view.data(&format!("{}\n", server.endpoint()))?;
    context.view.say("Ctrl-C ends it.\n");
    let ended = tokio::signal::ctrl_c().await;
    ended.map_err(|error| CommandError::from(anyhow::Error::new(error)))?;
    Ok(ExitCode::Done)
}

fn in_use(error: std::io::Error, port: u16) -> CommandError {
    let error = anyhow::Error::new(error).context(format!("cannot serve on 127.0.0.1:{port}"));
    CommandError::from(error).hint("choose another port with --port, or 0 for a free one")
}

/// The account that the directory keeps.
fn kept(context: &Context) -> Result<Sandbox> {
    let account = kept_account(Path::new(DIRECTORY)).ok_or_else(|| {
        CommandError::new(format!("there is no sandbox in {DIRECTORY}"))
            .hint("`cn-infra --sandbox plan ENV` begins one, and so does `cn-infra sandbox reset`")
    })?;
    sandbox::open(&account, context.speed())
}

/// The one account that all environment files name.
fn account_of_files(context: &Context) -> Result<String> {
    let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
    let mut accounts = Vec::new();
    for name in directory.names()? {
        accounts.push(directory.load(&name, &kinds)?.account);
    }
    accounts.sort_unstable();
    accounts.dedup();
    match <[String; 1]>::try_from(accounts) {
        Ok([account]) => Ok(account),
        Err(accounts) => Err(CommandError::usage(format!(
            "the environment files name {}: say which with --account",
            view::count(accounts.len(), "account")
        ))),
    }
}

fn status(json: bool, context: &Context) -> Result<ExitCode> {
    let sandbox = kept(context)?;
    let status = view::sandbox::Status {
        account: kept_account(Path::new(DIRECTORY)).unwrap_or_default(),
        now: sandbox.now()?,
        settings: sandbox.settings()?,
        faults: sandbox.faults()?,
        counts: sandbox.counts()?,
    };
    let text = if json { view::json::document(&status)? } else { view::sandbox::status(&status) };
    context.view.data(&text)?;
    Ok(ExitCode::Done)
}

fn fault(arguments: &arguments::Fault, context: &Context) -> Result<ExitCode> {
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

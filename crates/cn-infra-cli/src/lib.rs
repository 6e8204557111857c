//! The `cn-infra` command: arguments in, views out.
//!
//! [`run`] is the whole program; [`ExitCode`] is what scripts may rely on. `arguments` is the command line, `commands`
//! has a file for each command, and `view` is all that prints. Programs that want plans instead of text embed the
//! crate `cn-infra`.

mod all;
mod arguments;
mod carry_out;
mod command;
mod commands;
mod directory;
mod edited;
mod error;
mod exit;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod interrupts;
mod inventory;
mod lock;
mod my_ip;
mod nearest;
mod network_change;
mod open_files;
mod probe;
mod sandbox;
mod survey;
mod target;
mod view;

#[cfg(test)]
mod testing;

use std::ffi::OsString;
use std::future::Future;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use command::Context;
use error::{CommandError, Result};
pub use exit::ExitCode;
use view::View;

/// Runs the command with its arguments, the first of which is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Arguments { global, command } = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return view::usage(&error),
    };
    let context = Context { view: View::new(&global), global };
    view::log::start(&context.global, &context.view);
    match dispatch(&command, &context) {
        Ok(code) => code,
        Err(error) => {
            context.view.fail(&error);
            error.code
        }
    }
}

fn dispatch(command: &Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::Plan(arguments) => block_on(commands::plan::run(arguments, context)),
        Command::Apply(arguments) => block_on(commands::apply::run(arguments, context)),
        Command::Undo(arguments) => block_on(commands::undo::run(arguments, context)),
        Command::Check(arguments) => commands::check::run(arguments, context),
        Command::Show(arguments) => block_on(commands::show::run(arguments, context)),
        Command::Output(arguments) => block_on(commands::output::run(arguments, context)),
        Command::Ingress(arguments) => block_on(commands::ingress::run(arguments, context)),
        Command::Network(arguments) => block_on(commands::network::run(&arguments.command, context)),
        Command::Snapshot(arguments) => block_on(commands::snapshot::run(arguments, context)),
        Command::Reach(arguments) => block_on(commands::reach::run(arguments, context)),
        Command::Schema => commands::schema::run(context),
        Command::Adopt(arguments) => block_on(commands::adopt::run(arguments, context)),
        Command::Policy(arguments) => commands::policy::run(arguments, context),
        Command::Bucket(arguments) => block_on(commands::bucket::run(&arguments.command, context)),
        Command::Diff(arguments) => commands::diff::run(arguments, context),
        Command::Ip(arguments) => block_on(commands::ip::run(arguments, context)),
        Command::Export(arguments) => block_on(commands::export::run(arguments, context)),
        Command::Completions { shell } => {
            context.view.data(&view::completions(*shell, &mut Arguments::command()))?;
            Ok(ExitCode::Done)
        }
        Command::Sandbox(arguments) => commands::sandbox::run(&arguments.command, context),
    }
}

/// One thread is enough: all there is to do is to wait for AWS.
fn block_on(command: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    open_files::allow_many();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| CommandError::from(anyhow::Error::new(error)))?.block_on(command)
}

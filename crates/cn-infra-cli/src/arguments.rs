//! The command line.

mod bucket;
mod edit;
mod look;
mod plan;
mod sandbox;

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use bucket::{Acl, Bucket, BucketCommand, Bulk, Compare, Delete, Deletion, Empty, SetAcl, Sync, Verify};
pub use edit::{Adopt, Editing, Ingress, Ip, IpCommand, Network, NetworkCommand, NetworkSet, Own};
pub use look::{Check, Diff, Export, Format, Output, Reach, Show, Snapshot};
pub use plan::{Apply, Plan, Policy, Purpose, Selection, Undo};
pub use sandbox::{Fault, FaultEffect, Sandbox, SandboxCommand, Seed, Serve};

/// Infrastructure as code without a state file: environments in TOML, reconciled with live AWS.
///
/// The command reads environments/ENV.toml and the live objects of its account, shows the difference as a plan, and
/// carries the plan out.
#[derive(Debug, Parser)]
#[command(
    name = "cn-infra",
    bin_name = "cn-infra",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  cn-infra check                 are all files valid?\n  cn-infra plan production       what would change?\n  cn-infra apply                 carry out the plan just made\n\nCredentials and endpoints are AWS's own: AWS_PROFILE, AWS_ENDPOINT_URL, SSO, instance roles.\nExit codes: 0 done, 1 failed, 2 pending (plan --detailed-exitcode), 3 stale, 4 blocked, 64 usage, 130 interrupted."
)]
pub struct Arguments {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Directory of the environment files; left out: `environments`, here or in a directory above
    #[arg(long, global = true, value_name = "DIR")]
    pub environments: Option<PathBuf>,
    /// Work on a simulated account, kept in .cn-infra/sandbox; also CN_INFRA_SANDBOX=1
    #[arg(long, global = true, env = "CN_INFRA_SANDBOX", hide_env = true, value_parser = FalseyValueParser::new())]
    pub sandbox: bool,
    /// Seconds of the simulated account that pass in a real one; left out: 100, or 1 for `sandbox serve`
    #[arg(long, global = true, value_name = "N", value_parser = speed)]
    pub speed: Option<f64>,
    /// Profile of the AWS configuration; left out: AWS_PROFILE
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// How many steps run at once
    #[arg(long, global = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub parallelism: u8,
    /// How long a call waits for its answer, in seconds; left out: CN_INFRA_TIMEOUT, else 30
    #[arg(long, global = true, value_name = "SECONDS", env = "CN_INFRA_TIMEOUT", hide_env = true, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub timeout: Option<u16>,
    /// `auto`, `always` or `never`: `auto` colours on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: When,
    /// Log what happens to stderr; twice: every call
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// No progress, no advice: only data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// A rate of the simulated clock.
fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.01..=100_000.0).contains(&speed) { Ok(speed) } else { Err("it lies between 0.01 and 100000".to_owned()) }
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Not at all.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would bring live to what the file says
    Plan(Plan),
    /// Carry out a plan: of an environment, or the one saved by `plan`
    Apply(Apply),
    /// Undo the last apply, as far as AWS can
    Undo(Undo),
    /// Check environment files, offline
    Check(Check),
    /// Show live objects and their fields, each managed or not
    Show(Show),
    /// Print what live objects tell: addresses, endpoints, ids
    Output(Output),
    /// Print the least IAM policy that an environment needs
    Policy(Policy),
    /// Show who reaches which port of which server and database
    Reach(Reach),
    /// Take a manual snapshot of a database, and wait for it; or list those there are
    Snapshot(Snapshot),
    /// Change who a network of an environment is, and with it what they reach
    Ingress(Ingress),
    /// Change the addresses of a network wherever it is used
    Network(Network),
    /// Print the JSON Schema of environment files, for editors
    #[command(
        after_help = "Example:\n  cn-infra schema > environments/schema.json\nthen as first line of a file:\n  #:schema schema.json"
    )]
    Schema,
    /// Show how two environments differ, as their files declare them
    Diff(Diff),
    /// Take an existing object under management
    Adopt(Adopt),
    /// Move elastic IPs from one server to another, each in one call
    Ip(Ip),
    /// Write what is there as an environment file
    Export(Export),
    /// Move, compare and delete objects in bulk
    Bucket(Bucket),
    /// Print the completions of a shell
    #[command(
        after_help = "Example:\n  cn-infra completions zsh > ~/.zfunc/_cn-infra\n  source <(cn-infra completions bash)"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Look at the simulated account, serve it, begin it anew, plan its faults
    Sandbox(Sandbox),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Arguments, clap::error::ErrorKind> {
        Arguments::try_parse_from(line.split(' ')).map_err(|error| error.kind())
    }

    #[test]
    fn the_definition_is_sound_and_every_help_has_an_example() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains("Example") && after.contains("cn-infra "), "{}", command.get_name());
        }
    }

    #[test]
    fn plan_takes_its_options() {
        let line = "cn-infra plan production --prune --only web --only bucket.media --detailed-exitcode --out p.json";
        let Command::Plan(plan) = parse(line).unwrap().command else { panic!("not plan") };
        assert_eq!(plan.environment.as_deref(), Some("production"));
        assert_eq!(plan.selection.only, ["web", "bucket.media"]);
        assert!(plan.selection.prune && plan.detailed_exitcode && !plan.json);
        assert_eq!(plan.out, Some(PathBuf::from("p.json")));
    }

    #[test]
    fn global_options_stand_before_and_after_the_command() {
        let arguments =
            parse("cn-infra --sandbox --speed 10 --environments envs apply staging --yes -vv -q --color never --parallelism 4").unwrap();
        let Global { environments, verbose, quiet, color, parallelism, profile, timeout, sandbox, speed } =
            arguments.global;
        assert_eq!((environments, profile, timeout), (Some(PathBuf::from("envs")), None, None));
        assert_eq!((sandbox, speed), (true, Some(10.0)));
        assert_eq!((verbose, quiet, color, parallelism), (2, true, When::Never, 4));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        use clap::error::ErrorKind;
        let kind = |line| parse(line).unwrap_err();
        assert_eq!(kind("cn-infra plan"), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("cn-infra plan production --json --markdown"), ErrorKind::ArgumentConflict);
        assert_eq!(kind("cn-infra apply production --json"), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("cn-infra output production site.public_ip --format env"), ErrorKind::ArgumentConflict);
        assert_eq!(kind("cn-infra apply --parallelism 0"), ErrorKind::ValueValidation);
        assert_eq!(kind("cn-infra destroy production"), ErrorKind::InvalidSubcommand);
    }

    #[test]
    fn a_wrong_command_line_is_64_and_help_is_0() {
        use crate::{ExitCode, run};
        let code = |line: &str| run(line.split(' ').map(Into::into));
        assert_eq!(code("cn-infra plan"), ExitCode::Usage);
        assert_eq!(code("cn-infra --version"), ExitCode::Done);
    }
}

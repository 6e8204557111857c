//! `cn-infra sandbox …`: the simulated account.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// An account's number.
fn account(text: &str) -> Result<String, String> {
    let is_number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(text.to_owned()) } else { Err("an account has 12 digits".to_owned()) }
}

/// How long something takes, in seconds.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=3600.0).contains(&seconds) { Ok(seconds) } else { Err("it lies between 0 and 3600".to_owned()) }
}

/// `sandbox`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra --sandbox apply production    rehearse it: no account is needed\n  cn-infra sandbox status                what is in it?\n  cn-infra sandbox fault ec2:RunInstances throttle --times 3\n  cn-infra sandbox serve --port 5000     for boto3, the AWS CLI, any client\n\nThe account of --sandbox is kept in .cn-infra/sandbox, and belongs to the directory that the command runs in."
)]
pub struct Sandbox {
    /// What to do.
    #[command(subcommand)]
    pub command: SandboxCommand,
}

/// The commands on the simulated account.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve a simulated account on loopback, for any AWS client
    Serve(Serve),
    /// Show what is in the account, its clock, its faults
    #[command(
        after_help = "Examples:\n  cn-infra sandbox status\n  cn-infra sandbox status --json | jq '.contents[].counts'"
    )]
    Status {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Begin with a fresh account; what --sandbox kept in this directory is gone
    #[command(
        after_help = "Examples:\n  cn-infra sandbox reset\n  cn-infra sandbox reset --seed beta-migration    in examples/beta-migration"
    )]
    Reset {
        /// What is in it from the start
        #[arg(long, value_enum)]
        seed: Option<Seed>,
        /// The account's number; left out: that of the environment files
        #[arg(long, value_name = "NUMBER", value_parser = account)]
        account: Option<String>,
    },
    /// Plan a fault, list those that wait, or clear them
    Fault(Fault),
}

/// What a sandbox holds from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Seed {
    /// What the CoralNet team had before its migration: see examples/beta-migration
    BetaMigration,
}

/// `sandbox serve`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Example:\n  cn-infra sandbox serve --port 5000 --state .cn-infra/sandbox &\n  export AWS_ENDPOINT_URL=http://127.0.0.1:5000\n  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any\n  aws ec2 describe-instances --region us-west-2"
)]
pub struct Serve {
    /// The port on 127.0.0.1; 0: a free one, which is printed
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub port: u16,
    /// Keep the account in this directory; left out: in memory
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// The account's number; left out: the one that --state keeps, else 123456789012
    #[arg(long, value_name = "NUMBER", value_parser = account)]
    pub account: Option<String>,
    /// Hold clients to AWS's request budgets
    #[arg(long)]
    pub limits: bool,
}

/// `sandbox fault`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra sandbox fault ec2:RunInstances throttle --times 3\n  cn-infra sandbox fault rds:CreateDBInstance lose-answer --at 1\n  cn-infra sandbox fault 's3:*' delay --seconds 0.5\n  cn-infra sandbox fault                 those that wait\n  cn-infra sandbox fault --clear"
)]
pub struct Fault {
    /// The operation: ec2:RunInstances, s3:*, or *; left out: list the faults that wait
    #[arg(value_name = "OPERATION", requires = "effect")]
    pub operation: Option<String>,
    /// What happens
    #[arg(value_enum, value_name = "EFFECT")]
    pub effect: Option<FaultEffect>,
    /// Only the n-th call from now
    #[arg(long, value_name = "N", requires = "operation", value_parser = clap::value_parser!(u64).range(1..))]
    pub at: Option<u64>,
    /// How many calls are hit; left out: all, or one with --at
    #[arg(long, value_name = "N", requires = "operation", value_parser = clap::value_parser!(u64).range(1..))]
    pub times: Option<u64>,
    /// The code of the error that is answered
    #[arg(long, value_name = "CODE", requires = "operation")]
    pub code: Option<String>,
    /// The HTTP status of the error that is answered
    #[arg(long, value_name = "STATUS", requires = "operation", value_parser = clap::value_parser!(u16).range(400..=599))]
    pub status: Option<u16>,
    /// How long an answer is delayed, in real seconds
    #[arg(long, value_name = "SECONDS", requires = "operation", value_parser = seconds)]
    pub seconds: Option<f64>,
    /// Take all faults away
    #[arg(long, conflicts_with = "operation")]
    pub clear: bool,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultEffect {
    /// Answer an error; nothing is done
    Fail,
    /// Answer that requests come too fast; nothing is done
    Throttle,
    /// Answer later
    Delay,
    /// Never answer; nothing is done
    Hang,
    /// Cut the connection; nothing is done
    Cut,
    /// Answer what is no document; nothing is done
    Garbage,
    /// Do what was asked, then cut the connection
    LoseAnswer,
}

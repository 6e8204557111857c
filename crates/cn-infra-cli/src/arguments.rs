//! The command line.

pub mod bucket;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use bucket::{Acl, Bucket, BucketCommand, Bulk, Compare, Deletion, Empty, SetAcl, Sync, Verify};

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

/// Which changes a plan takes in.
#[derive(Clone, Debug, Default, Args)]
pub struct Selection {
    /// Also delete the objects that the file no longer declares
    #[arg(long)]
    pub prune: bool,
    /// Only this resource, its parts, and what it references if that is not there yet; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    pub only: Vec<String>,
    /// Create it although an object without our tags looks like the same thing; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    pub create_anyway: Vec<String>,
    /// Your own address, as servers see it: hold back what would close port 22 to it; left out: what CN_INFRA_MY_IP_URL answers
    #[arg(long, value_name = "ADDRESS")]
    pub my_ip: Option<IpAddr>,
}

/// `plan`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra plan production\n  cn-infra plan staging --only instance.web --detailed-exitcode\n  cn-infra plan production --markdown > review.md\n\nRESOURCE is kind.name; the kind may be left out where only one resource has the name.\nThe plan is kept in .cn-infra/plan.json, for `cn-infra apply`."
)]
pub struct Plan {
    /// The environment: the file's name without .toml
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Which changes it takes in.
    #[command(flatten)]
    pub selection: Selection,
    /// Save the plan here instead of .cn-infra/plan.json
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 if a step is pending
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Print the plan as JSON
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print the plan as Markdown, for a review comment
    #[arg(long)]
    pub markdown: bool,
}

/// `apply`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra apply                      the plan that `cn-infra plan` saved\n  cn-infra apply production           plan, show, ask, apply\n  cn-infra apply staging --yes --only elastic_ip.site\n  cn-infra apply reviewed.json --yes  a plan saved with --out\n\nThe first Ctrl-C starts nothing new and finishes what is in flight; the second drops it."
)]
#[allow(clippy::struct_excessive_bools, reason = "a flag of the command line each")]
pub struct Apply {
    /// An environment, or the file of a saved plan; left out: the plan saved last
    #[arg(value_name = "ENV|FILE")]
    pub target: Option<String>,
    /// Which changes it takes in.
    #[command(flatten)]
    pub selection: Selection,
    /// Delete it although data goes with it: a database, a bucket; else its name is asked for; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    pub allow_delete: Vec<String>,
    /// Do not ask; at a terminal, a saved plan older than an hour is asked for all the same, and one that may close port 22 to you
    #[arg(short, long)]
    pub yes: bool,
    /// Do not wait for objects that nothing else in the plan needs
    #[arg(long)]
    pub no_wait: bool,
    /// First ask EC2 whether it would take each step (DryRun): permissions, parameters; if one is refused, nothing is applied
    #[arg(long)]
    pub preflight: bool,
    /// Take the lease of the environment from its holder, after showing whose it is
    #[arg(long)]
    pub force_unlock: bool,
    /// Print what happens as JSON lines; needs --yes
    #[arg(long, requires = "yes")]
    pub json: bool,
}

/// `undo`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra undo production --dry-run   what would it put back?\n  cn-infra undo                        plan, show, ask, undo\n  cn-infra undo                        once more: the undo is undone\n\nWhat was changed gets the values it had, what was made is deleted. What was deleted does not come back: the plan\nnames it, and what would bring back the like of it. What somebody changed since is left alone. The file still says\nwhat was undone, unless this command wrote it; then its old text comes back too.\nAn apply is undone in the directory that it ran in: .cn-infra/journal keeps the last 50."
)]
#[allow(clippy::struct_excessive_bools, reason = "a flag of the command line each")]
pub struct Undo {
    /// The environment; left out: the one that was last applied to from here
    #[arg(value_name = "ENV")]
    pub environment: Option<String>,
    /// Show what would be undone; write nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Delete it although data goes with it: a database, a bucket; else its name is asked for; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    pub allow_delete: Vec<String>,
    /// Your own address, as servers see it: hold back what would close port 22 to it
    #[arg(long, value_name = "ADDRESS")]
    pub my_ip: Option<IpAddr>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Take the lease of the environment from its holder, after showing whose it is
    #[arg(long)]
    pub force_unlock: bool,
    /// Print what happens as JSON lines; needs --yes
    #[arg(long, requires = "yes")]
    pub json: bool,
}

/// `policy`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra policy production > policy.json      whatever a plan of the file may hold\n  cn-infra policy production --for read         plan, show, output\n  cn-infra policy production --for plan         the plan that `cn-infra plan production` saved\n\nOffline: nothing is called. docs/policy.md tells what is narrowed, and what AWS cannot narrow."
)]
pub struct Policy {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// What the policy is for
    #[arg(long = "for", value_name = "WHAT", value_enum, default_value_t = Purpose::File)]
    pub purpose: Purpose,
    /// The saved plan, where it is not .cn-infra/plan.json
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// Reading alone
    Read,
    /// Carrying out a saved plan, and reading
    Plan,
    /// Applying the file, whatever has to be done; --prune included
    File,
}

/// `diff`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra diff staging production          what makes production another\n  cn-infra diff staging production --json\n\nOffline: what the files declare is compared, resource by resource of the same address."
)]
pub struct Diff {
    /// The first environment
    #[arg(value_name = "ENV")]
    pub first: String,
    /// The second; it is shown how it differs from the first
    #[arg(value_name = "OTHER")]
    pub second: String,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ip`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra ip move production/site staging/web      lend production's address to staging\n  cn-infra ip move production/site production/web   and take it back\n  cn-infra ip swap production/site staging/site     exchange two, the first one first\n\nThe line `instance = …` of the address is changed in its environment's file; the file's difference and the plan are shown and asked for. No address is ever given up in between: one AssociateAddress each."
)]
pub struct Ip {
    /// What to do.
    #[command(subcommand)]
    pub command: IpCommand,
}

/// The commands on elastic IPs.
#[derive(Clone, Debug, Subcommand)]
pub enum IpCommand {
    /// Point an address at another server, of any environment
    #[command(after_help = "Example:\n  cn-infra ip move production/site staging/web")]
    Move {
        /// The address: ENV/NAME
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// The server: ENV/NAME
        #[arg(value_name = "SERVER")]
        server: String,
        /// How far it goes.
        #[command(flatten)]
        editing: Editing,
    },
    /// Exchange the servers of two addresses; the first moves first
    #[command(after_help = "Example:\n  cn-infra ip swap production/site staging/site")]
    Swap {
        /// The address that moves first: ENV/NAME
        #[arg(value_name = "ADDRESS")]
        first: String,
        /// The other: ENV/NAME
        #[arg(value_name = "OTHER")]
        second: String,
        /// How far it goes.
        #[command(flatten)]
        editing: Editing,
    },
}

/// `export`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra export staging                     what is there, to be looked at\n  cn-infra export staging --out exported      exported/staging.toml, and its policies beside it\n  cn-infra export staging --owned > was.toml  only what this environment made\n\nAll but the resources of environments/ENV.toml is kept: [environment], [networks], [defaults]. What nobody owns gets a line `adopt`. Passwords and user data are left out."
)]
pub struct Export {
    /// The environment; its file needs no more than [environment]
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Only objects that bear the environment's tags
    #[arg(long)]
    pub owned: bool,
    /// Write into this directory instead, with the policies in files of their own; nothing there is overwritten
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `check`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra check                         every environment of the directory\n  cn-infra check production --resolved   each value, and where it was set"
)]
pub struct Check {
    /// The environment; left out: all of the directory
    #[arg(value_name = "ENV")]
    pub environment: Option<String>,
    /// Print each value with the place where it was set
    #[arg(long)]
    pub resolved: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `show`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Example:\n  cn-infra show production\n  cn-infra show production --json | jq '.resources | keys'"
)]
pub struct Show {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `output`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra output production\n  ssh ubuntu@$(cn-infra output production elastic_ip.site.public_ip)\n  eval \"$(cn-infra output staging --format env)\""
)]
pub struct Output {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// One output: its bare value is printed
    #[arg(value_name = "RESOURCE.FIELD", conflicts_with_all = ["format", "json"])]
    pub field: Option<String>,
    /// How to print all outputs
    #[arg(long, value_enum, default_value = "toml")]
    pub format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// `snapshot`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra snapshot production db_instance.main\n  cn-infra snapshot production main --name coralnet-before-beta\n  cn-infra snapshot production main --list\n\nThe snapshot bears our tags, and stays until somebody deletes it: no plan does. `restore_from_snapshot` makes a new\ndatabase of it. Ctrl-C ends the waiting; RDS goes on."
)]
pub struct Snapshot {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// The database
    #[arg(value_name = "RESOURCE")]
    pub resource: String,
    /// Its name; left out: the database's, and the time
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// List the manual snapshots of the database; take none
    #[arg(long, conflicts_with = "name")]
    pub list: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `reach`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra reach production                       what changes once the file is applied is marked with →\n  cn-infra reach production --svg reach.svg       the same as a picture\n  cn-infra reach staging --offline                what the file says; AWS is not called\n  cn-infra reach production --json | jq '.after.\"instance.web\".access'\n\nAll security groups of a server count together. Routes and network ACLs are not looked at."
)]
pub struct Reach {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Look at the file alone, without calling AWS
    #[arg(long)]
    pub offline: bool,
    /// Also write it as a picture
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// How outputs are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Shell assignments: ELASTIC_IP_SITE_PUBLIC_IP='198.51.100.20'
    Env,
    /// One object per resource.
    Json,
    /// One table per resource.
    Toml,
}

/// `adopt`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Example:\n  cn-infra adopt staging instance.web i-0123456789abcdef0\n\nThe line `adopt = …` is written into the environment file, and the object gets our tags. Declined: the file stays as it was."
)]
pub struct Adopt {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// The resource of the file that the object is
    #[arg(value_name = "RESOURCE")]
    pub resource: String,
    /// The object's physical id
    #[arg(value_name = "ID")]
    pub id: String,
    /// How far it goes.
    #[command(flatten)]
    pub editing: Editing,
}

/// `ingress`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra ingress production visitors developers   hide the site\n  cn-infra ingress production visitors everyone     and open it again\n  cn-infra ingress production visitors 198.51.100.7/32 --dry-run\n\nOne line of [networks] changes, and every group whose rules name the network: rules are added before others are taken\naway, so nobody who is let in before and after is cut off."
)]
pub struct Ingress {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// The network of its file: visitors
    #[arg(value_name = "NETWORK")]
    pub network: String,
    /// Who it is from now on: another network, or a CIDR
    #[arg(value_name = "TO")]
    pub to: String,
    /// Whose address must not be locked out.
    #[command(flatten)]
    pub own: Own,
    /// How far it goes.
    #[command(flatten)]
    pub editing: Editing,
}

/// The address of whoever runs the command.
#[derive(Clone, Debug, Args)]
pub struct Own {
    /// Your own address, as servers see it: hold back what would close port 22 to it
    #[arg(long, value_name = "ADDRESS")]
    pub my_ip: Option<IpAddr>,
}

/// `network`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  cn-infra network set ana 198.51.100.23/32")]
pub struct Network {
    /// What to do.
    #[command(subcommand)]
    pub command: NetworkCommand,
}

/// The commands on networks.
#[derive(Clone, Debug, Subcommand)]
pub enum NetworkCommand {
    /// Write a network's new addresses into the file that defines it, and apply them to every environment that uses it
    Set(NetworkSet),
}

/// `network set`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra network set ana 198.51.100.23/32               a home address that changed\n  cn-infra network set ana 198.51.100.23/32 2001:db8:7::/64 --my-ip 198.51.100.23\n\nA network that several environments include from one file changes in all of them."
)]
pub struct NetworkSet {
    /// The network
    #[arg(value_name = "NETWORK")]
    pub network: String,
    /// What it is from now on: CIDRs, and names of other networks
    #[arg(value_name = "CIDR", required = true)]
    pub members: Vec<String>,
    /// The file that defines it, where several do
    #[arg(long = "in", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Whose address must not be locked out.
    #[command(flatten)]
    pub own: Own,
    /// How far it goes.
    #[command(flatten)]
    pub editing: Editing,
}

/// What every command that edits files understands.
#[derive(Clone, Debug, Args)]
pub struct Editing {
    /// Show the file's difference and the plan; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
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
        assert_eq!(plan.environment, "production");
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

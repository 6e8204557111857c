//! Plans made, carried out, undone and permitted.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
    after_help = "Examples:\n  cn-infra plan production\n  cn-infra plan staging --only instance.web --detailed-exitcode\n  cn-infra plan production --markdown > review.md\n  cn-infra plan --all\n\nRESOURCE is kind.name; the kind may be left out where only one resource has the name.\nThe plan is kept in .cn-infra/plan.json, for `cn-infra apply`."
)]
#[allow(clippy::struct_excessive_bools, reason = "a flag of the command line each")]
pub struct Plan {
    /// The environment: the file's name without .toml
    #[arg(value_name = "ENV", required_unless_present = "all")]
    pub environment: Option<String>,
    /// All environments of the directory as one, in one order, over one reading of the account; this plan is not kept
    #[arg(long, conflicts_with_all = ["environment", "out"])]
    pub all: bool,
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
    after_help = "Examples:\n  cn-infra apply                      the plan that `cn-infra plan` saved\n  cn-infra apply production           plan, show, ask, apply\n  cn-infra apply staging --yes --only elastic_ip.site\n  cn-infra apply reviewed.json --yes  a plan saved with --out\n  cn-infra apply --all                every environment, what they share first\n\nThe first Ctrl-C starts nothing new and finishes what is in flight; the second drops it."
)]
#[allow(clippy::struct_excessive_bools, reason = "a flag of the command line each")]
pub struct Apply {
    /// An environment, or the file of a saved plan; left out: the plan saved last
    #[arg(value_name = "ENV|FILE")]
    pub target: Option<String>,
    /// Plan and apply all environments of the directory as one, in one order
    #[arg(long, conflicts_with = "target")]
    pub all: bool,
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

//! Commands that look at files and live objects, and change neither.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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

//! Commands that edit environment files and apply what follows.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::probe::Probe;

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
    #[command(
        after_help = "Examples:\n  cn-infra ip move production/site staging/web\n  cn-infra ip move production/site staging/web --probe tcp:443"
    )]
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
        /// What is asked meanwhile.
        #[command(flatten)]
        probing: Probing,
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
        /// What is asked meanwhile.
        #[command(flatten)]
        probing: Probing,
    },
}

/// What is asked of addresses that move.
#[derive(Clone, Debug, Args)]
pub struct Probing {
    /// Measure how long each address is dark: tcp:PORT, or http://HOST[:PORT]/PATH, asked at the address that moves
    #[arg(long, value_name = "WHAT", conflicts_with = "dry_run")]
    pub probe: Option<Probe>,
}

/// `adopt`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra adopt staging instance.web i-0123456789abcdef0\n  cn-infra adopt staging instance.web \"old web server\"   by its Name tag\n  cn-infra adopt staging elastic_ip.site 203.0.113.9     by its address\n  cn-infra adopt staging bucket.media old-media db_instance.main coralnet   both in one apply\n\nThe line `adopt = …` is written into the environment file, and the object gets our tags. Declined: the file stays as it was."
)]
pub struct Adopt {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// A resource of the file, and the object that it is: its id, its name where only one has it (Name tag, group name,
    /// identifier, bucket name), or an address; several pairs are adopted in one apply
    #[arg(value_names = ["RESOURCE", "OBJECT"], num_args = 2.., required = true)]
    pub pairs: Vec<String>,
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

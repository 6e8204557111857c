//! `bucket`: objects in bulk.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// `bucket`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra bucket sync s3://old-site s3://new-site/media --size-only\n  cn-infra bucket verify s3://new-site/media --against s3://old-site\n  cn-infra bucket empty s3://old-site --dry-run\n\nWhat was copied is found copied: run a command again, and it goes on. docs/bulk.md tells times and costs."
)]
pub struct Bucket {
    /// What to do.
    #[command(subcommand)]
    pub command: BucketCommand,
}

/// The commands on objects.
#[derive(Clone, Debug, Subcommand)]
pub enum BucketCommand {
    /// Copy what is missing or different, from a bucket or a directory to a bucket
    Sync(Sync),
    /// Compare what a bucket has with a manifest, a bucket or a directory
    Verify(Verify),
    /// Delete every object, version, delete marker and unfinished upload
    Empty(Empty),
    /// Empty a bucket and delete it
    Delete(Delete),
    /// Take away what ACLs of objects grant to others than their owner
    SetAcl(SetAcl),
}

/// Options of every command on objects.
#[derive(Clone, Debug, Args)]
pub struct Bulk {
    /// The environment whose account and region it is; left out: where all environments agree on them
    #[arg(long = "in", value_name = "ENV")]
    pub environment: Option<String>,
    /// Requests in flight at most; S3 is asked more slowly by itself where it says so
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub in_flight: u16,
    /// Requests in a second at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub requests_per_second: Option<u32>,
    /// Megabytes in a second at most that pass through this machine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub megabytes_per_second: Option<u32>,
    /// Write the report here, as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Print progress, failures and the report as JSON lines
    #[arg(long)]
    pub json: bool,
}

/// By what objects are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compare {
    /// Size, and entity tag where both are MD5s, else the time of the last change
    TagsOrTime,
    /// Size, and entity tag where both are MD5s
    Tags,
    /// Size and the time of the last change
    Time,
    /// Size alone
    Size,
}

/// `bucket sync`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra bucket sync s3://old-site s3://new-site/media\n  cn-infra bucket sync /srv/site s3://new-site --size-only \\\n      --map data/original=media/images --map mugshots=media/avatars\n  cn-infra bucket sync s3://production s3://staging --delete --max-delete 100 --dry-run\n\nCopies have their source's metadata, tags and storage class, and are private. Nothing is deleted without --delete."
)]
#[allow(clippy::struct_excessive_bools, reason = "a flag of the command line each")]
pub struct Sync {
    /// Where objects come from: s3://BUCKET[/PREFIX] or a directory
    #[arg(value_name = "FROM")]
    pub from: String,
    /// Where they go: s3://BUCKET[/PREFIX]
    #[arg(value_name = "TO")]
    pub to: String,
    /// Only what is below FROM/A, to TO/B; may be repeated
    #[arg(long = "map", value_name = "A=B")]
    pub maps: Vec<String>,
    /// By what objects are compared
    #[arg(long, value_enum, value_name = "HOW", default_value = "tags-or-time")]
    pub compare: Compare,
    /// Compare by size alone: for files that are never edited
    #[arg(long, conflicts_with = "compare")]
    pub size_only: bool,
    /// Delete what is only at TO, once everything is copied; needs --max-delete
    #[arg(long, requires = "max_delete")]
    pub delete: bool,
    /// If more than so many objects would be deleted, none is
    #[arg(long, value_name = "N", requires = "delete")]
    pub max_delete: Option<u64>,
    /// Try again what failed by the report of an earlier sync of the same places, without listing them
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["delete", "dry_run"])]
    pub retry: Option<PathBuf>,
    /// Compare and count, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take links in a directory for what they lead to; else they are skipped, and said
    #[arg(long)]
    pub follow_links: bool,
    /// Options of every command on objects.
    #[command(flatten)]
    pub bulk: Bulk,
}

/// `bucket verify`.
#[derive(Clone, Debug, Args)]
#[command(
    group = ArgGroup::new("expected").required(true).args(["manifest", "against"]),
    after_help = "Examples:\n  cn-infra bucket verify s3://site/media --manifest keys.txt --out missing.csv\n  psql -Atc 'select path from images' | cn-infra bucket verify s3://site/media --manifest -\n  cn-infra bucket verify s3://site/media --against /srv/site/media --read-files\n\nA manifest has a key in each line, after a tab its size if it is to be compared. Exit code 1 if any is missing or different."
)]
pub struct Verify {
    /// What is verified: s3://BUCKET[/PREFIX]
    #[arg(value_name = "WHERE")]
    pub location: String,
    /// The keys that are to be there, after the prefix; -: from stdin
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// The bucket or directory that it is to be like
    #[arg(long, value_name = "FROM")]
    pub against: Option<String>,
    /// Compare by size alone
    #[arg(long)]
    pub size_only: bool,
    /// Read the files of a directory, and compare their MD5s with entity tags
    #[arg(long, requires = "against")]
    pub read_files: bool,
    /// What is only there is wrong too
    #[arg(long)]
    pub no_extra: bool,
    /// Write each difference here: as CSV, or as JSON lines if the name ends with .json
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Options of every command on objects.
    #[command(flatten)]
    pub bulk: Bulk,
}

/// `bucket empty`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra bucket empty s3://old-site --dry-run     what is in it?\n  cn-infra bucket empty s3://old-site               counts, asks for the bucket's name, deletes\n  cn-infra bucket empty s3://old-site/tmp/ --yes old-site --max-delete 1000\n\nA bucket that an environment file declares, or that bears the tag cn-infra:protect, is refused."
)]
pub struct Empty {
    /// What is emptied: s3://BUCKET, or s3://BUCKET/PREFIX for the keys that begin so
    #[arg(value_name = "WHERE")]
    pub location: String,
    /// How it is deleted.
    #[command(flatten)]
    pub deletion: Deletion,
}

/// `bucket delete`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra bucket delete s3://old-site --dry-run\n  cn-infra bucket delete s3://old-site --yes old-site\n\nA bucket that an environment file declares, or that bears the tag cn-infra:protect, is refused."
)]
pub struct Delete {
    /// The bucket: s3://BUCKET
    #[arg(value_name = "BUCKET")]
    pub location: String,
    /// How it is deleted.
    #[command(flatten)]
    pub deletion: Deletion,
}

/// How objects are deleted.
#[derive(Clone, Debug, Args)]
pub struct Deletion {
    /// The bucket's name: do not ask for it
    #[arg(long, value_name = "NAME")]
    pub yes: Option<String>,
    /// Count objects and bytes, and delete nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Stop before more than so many versions, markers and uploads are deleted
    #[arg(long, value_name = "N")]
    pub max_delete: Option<u64>,
    /// Options of every command on objects.
    #[command(flatten)]
    pub bulk: Bulk,
}

/// `bucket set-acl`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  cn-infra bucket set-acl private s3://site/media --check   what is public?\n  cn-infra bucket set-acl private s3://site/media --report was-public.json"
)]
pub struct SetAcl {
    /// What they become
    #[arg(value_enum, value_name = "ACL")]
    pub acl: Acl,
    /// Whose ACLs: s3://BUCKET[/PREFIX]
    #[arg(value_name = "WHERE")]
    pub location: String,
    /// Read every ACL and change none
    #[arg(long, conflicts_with = "force")]
    pub check: bool,
    /// Set every ACL without reading it: faster where most are public, but nobody knows afterwards which were
    #[arg(long)]
    pub force: bool,
    /// Leave older versions as they are
    #[arg(long)]
    pub current_only: bool,
    /// Options of every command on objects.
    #[command(flatten)]
    pub bulk: Bulk,
}

/// What ACLs become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Acl {
    /// Nobody but the owner of an object reaches it by its ACL
    Private,
}

//! `cn-infra bucket sync`: copies what is missing or different.

use cn_infra_transfer::compare::Comparison;
use cn_infra_transfer::location::{BucketLocation, Location};
use cn_infra_transfer::report::Report;
use cn_infra_transfer::sync::{Map, MapError, Source, SyncOptions, retry, sync};

use super::account::Account;
use super::run::{Run, located};
use crate::arguments::{Compare, Sync};
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::Access;

/// Runs the command.
pub async fn run(arguments: &Sync, context: &Context) -> Result<ExitCode> {
    let from: Location = located(arguments.from.parse())?;
    let to: BucketLocation = located(arguments.to.parse())?;
    let pairs = arguments.maps.iter().map(|map| pair(map)).collect::<Result<Vec<_>>>()?;
    let before = arguments.retry.as_deref().map(Report::read).transpose();
    let before = before.map_err(|error| CommandError::from(anyhow::Error::new(error)))?;
    let access = if arguments.dry_run { Access::Read } else { Access::Write };
    let account = Account::open(&arguments.bulk, access, context).await?;
    let pairs = if pairs.is_empty() { vec![("", "")] } else { pairs };
    let maps: Vec<_> = pairs.into_iter().map(|(a, b)| map(&account, &from, a, &to, b)).collect();
    let options = SyncOptions {
        comparison: comparison(arguments.compare, arguments.size_only),
        delete: arguments.max_delete.filter(|_| arguments.delete),
        dry_run: arguments.dry_run,
        follow_links: arguments.follow_links,
        ..SyncOptions::default()
    };
    let run = Run::new(&account, &arguments.bulk, context);
    let report = match before {
        Some(before) => {
            let retrying = retry(&maps, &before, &options, &run.pace, &run.tally, &run.stop);
            run.watch("trying again", retrying).await?
        }
        None => run.watch("copying", sync(&maps, &options, &run.pace, &run.tally, &run.stop)).await?,
    };
    run.end(&report.map_err(wrong)?)
}

fn wrong(error: MapError) -> CommandError {
    CommandError::from(anyhow::Error::new(error)).code(ExitCode::Usage)
}

fn comparison(compare: Compare, size_only: bool) -> Comparison {
    match compare {
        _ if size_only => Comparison::Size,
        Compare::TagsOrTime => Comparison::TagsOrTime,
        Compare::Tags => Comparison::Tags,
        Compare::Time => Comparison::Time,
        Compare::Size => Comparison::Size,
    }
}

/// `data/original=media/images`.
fn pair(text: &str) -> Result<(&str, &str)> {
    let pair = text.split_once('=').map(|(a, b)| (a.trim_matches('/'), b.trim_matches('/')));
    pair.ok_or_else(|| {
        let error = CommandError::usage(format!("{text:?} maps nothing: write A=B"));
        error.hint("what is below FROM/A goes below TO/B: --map data/original=media/images")
    })
}

/// What is below one place, to below another.
fn map(account: &Account, from: &Location, a: &str, to: &BucketLocation, b: &str) -> Map {
    let within = |location: &BucketLocation, below: &str| {
        let BucketLocation { bucket, prefix } = location.clone().as_directory();
        account.listing(BucketLocation { bucket, prefix: prefix + below })
    };
    let from = match from {
        Location::Bucket(location) => Source::Bucket(within(location, a)),
        Location::Directory(root) if a.is_empty() => Source::Directory(root.clone()),
        Location::Directory(root) => Source::Directory(root.join(a)),
    };
    Map { from, to: within(to, b) }
}

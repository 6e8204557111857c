//! `cn-infra bucket empty` and `delete`: counts, asks for the bucket's name, deletes.

use cn_infra_aws::bucket::tags;
use cn_infra_core::owner::PROTECT;
use cn_infra_transfer::empty::{EmptyOptions, What, empty as emptied};
use cn_infra_transfer::location::BucketLocation;
use cn_infra_transfer::report::Report;

use super::account::Account;
use super::run::{Run, located};
use crate::arguments::{Delete, Deletion, Empty};
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::Access;
use crate::view::{Answer, View, transfer};

/// Runs `bucket empty`.
pub async fn empty(arguments: &Empty, context: &Context) -> Result<ExitCode> {
    let location: BucketLocation = located(arguments.location.parse())?;
    let what = if location.prefix.is_empty() { What::Everything } else { What::Prefix(location.prefix.clone()) };
    delete_all(&location, what, &arguments.deletion, context).await
}

/// Runs `bucket delete`.
pub async fn delete(arguments: &Delete, context: &Context) -> Result<ExitCode> {
    let location: BucketLocation = located(arguments.location.parse())?;
    if !location.prefix.is_empty() {
        let error = CommandError::usage(format!("{location} is a prefix, and a bucket is deleted as a whole"));
        return Err(error.hint(format!("`cn-infra bucket empty {location}` deletes what is below it")));
    }
    delete_all(&location, What::Bucket, &arguments.deletion, context).await
}

async fn delete_all(location: &BucketLocation, what: What, deletion: &Deletion, context: &Context) -> Result<ExitCode> {
    check_name(&location.bucket, deletion)?;
    let access = if deletion.dry_run { Access::Read } else { Access::Write };
    let account = Account::open(&deletion.bulk, access, context).await?;
    check_allowed(&account, &location.bucket).await?;
    if deletion.dry_run || deletion.yes.is_none() {
        let (run, counted) = work(&account, location, what.clone(), deletion, true, context).await?;
        if deletion.dry_run || !counted.is_success() {
            return run.end(&counted);
        }
        ask(location, &what, &counted, context).await?;
    }
    let (run, report) = work(&account, location, what, deletion, false, context).await?;
    run.end(&report)
}

async fn work<'a>(
    account: &Account,
    location: &BucketLocation,
    what: What,
    deletion: &'a Deletion,
    dry_run: bool,
    context: &'a Context,
) -> Result<(Run<'a>, Report)> {
    let run = Run::new(account, &deletion.bulk, context);
    let bucket = account.bucket(&location.bucket);
    let options = EmptyOptions { what, dry_run, max_delete: deletion.max_delete };
    let doing = if dry_run { "counting" } else { "deleting" };
    let report = run.watch(doing, emptied(&bucket, &options, &run.pace, &run.tally, &run.stop)).await?;
    Ok((run, report))
}

/// Somebody has to say the bucket's name: here, or at the terminal.
fn check_name(bucket: &str, deletion: &Deletion) -> Result<()> {
    match &deletion.yes {
        Some(name) if name != bucket => {
            Err(CommandError::usage(format!("--yes {name} is not the name of the bucket: {bucket}")))
        }
        None if !deletion.dry_run && !View::can_ask() => Err(CommandError::usage("there is no terminal to ask at")
            .hint(format!("add --yes {bucket} to delete without being asked, or --dry-run to count"))),
        _ => Ok(()),
    }
}

/// What an environment declares or a tag protects stays.
async fn check_allowed(account: &Account, bucket: &str) -> Result<()> {
    for environment in &account.environments {
        let declared = environment.resources.values().find(|of| of.address.kind == "bucket" && of.name == bucket);
        if let Some(declared) = declared {
            let address = declared.address.in_environment(&environment.name);
            let error = CommandError::new(format!("{bucket} is {address}: its objects are not deleted"));
            return Err(error.code(ExitCode::Blocked).hint("take it out of its file first, if it is to go"));
        }
    }
    let tags = tags(&account.survey.session, bucket).await;
    let tags = tags.map_err(|error| CommandError::from(anyhow::Error::new(error)))?;
    match tags {
        None => Err(CommandError::new(format!("there is no bucket {bucket}"))),
        Some(tags) if tags.contains_key(PROTECT) => {
            let error = CommandError::new(format!("{bucket} is protected by its tag {PROTECT}"));
            Err(error.code(ExitCode::Blocked).hint("declare it with `protect = false` and apply that first"))
        }
        Some(_) => Ok(()),
    }
}

async fn ask(location: &BucketLocation, what: &What, counted: &Report, context: &Context) -> Result<()> {
    let and = if *what == What::Bucket { ", and the bucket" } else { "" };
    let question = format!("Delete {} of {location}{and}? This cannot be undone.", transfer::found(counted));
    match context.view.ask_for(&question, &location.bucket).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(CommandError::new("declined; nothing was deleted")),
        Answer::Interrupted => Err(CommandError::new("interrupted; nothing was deleted").code(ExitCode::Interrupted)),
    }
}

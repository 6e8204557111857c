//! `cn-infra bucket set-acl private`: takes away what ACLs grant to others.

use cn_infra_transfer::acl::{AclOptions, Mode, set_private};
use cn_infra_transfer::location::BucketLocation;

use super::account::Account;
use super::run::{Run, located};
use crate::arguments::{Acl, SetAcl};
use crate::command::Context;
use crate::error::Result;
use crate::exit::ExitCode;
use crate::survey::Access;

/// Runs the command.
pub async fn run(arguments: &SetAcl, context: &Context) -> Result<ExitCode> {
    let SetAcl { acl: Acl::Private, location, check, force, current_only, bulk } = arguments;
    let location: BucketLocation = located(location.parse())?;
    let access = if *check { Access::Read } else { Access::Write };
    let account = Account::open(bulk, access, context).await?;
    let mode = match (check, force) {
        (true, _) => Mode::Check,
        (false, true) => Mode::Force,
        (false, false) => Mode::Reset,
    };
    let options = AclOptions { prefix: location.prefix, mode, current_only: *current_only };
    let run = Run::new(&account, bulk, context);
    let bucket = account.bucket(&location.bucket);
    let report = run.watch("looking at ACLs", set_private(&bucket, &options, &run.pace, &run.tally, &run.stop)).await?;
    run.end(&report)
}

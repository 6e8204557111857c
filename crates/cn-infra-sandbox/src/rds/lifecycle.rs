//! Restarts, stops, starts and deletes databases.

use super::database::{self, Database};
use super::phases::{DELETION, End, REBOOT, STOP_OR_START, STOPPED};
use super::{describe, snapshots};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::tags::Tags;
use crate::xml::Xml;

/// The operations on running databases.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("RebootDBInstance", &["DBInstanceIdentifier"], reboot),
    Operation::new("StopDBInstance", &["DBInstanceIdentifier"], stop),
    Operation::new("StartDBInstance", &["DBInstanceIdentifier"], start),
    Operation::new("DeleteDBInstance", &["DBInstanceIdentifier"], delete),
];

fn combination(message: &str) -> AwsError {
    AwsError::new("InvalidParameterCombination", message)
}

fn save(context: &mut Context<'_>, it: Database) -> Xml {
    let answer = describe::answer(context, &it);
    context.rds.databases.insert(it.identifier.clone(), it);
    answer
}

fn reboot(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut it = database::find(context, params.require("DBInstanceIdentifier")?)?;
    it.check_available()?;
    if params.flag("ForceFailover")? == Some(true) {
        let Some(second) = &mut it.second_zone else {
            return Err(combination("Cannot force a failover of a DB instance that is not Multi-AZ."));
        };
        std::mem::swap(second, &mut it.zone);
    }
    it.then(context.now, "rebooting", REBOOT, vec![End::Restarted]);
    Ok(save(context, it))
}

/// RDS starts it again after seven days.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>
fn stop(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut it = database::find(context, params.require("DBInstanceIdentifier")?)?;
    it.check_available()?;
    if let Some(name) = params.get("DBSnapshotIdentifier") {
        let name = snapshots::new_name(context, "DBSnapshotIdentifier", name)?;
        snapshots::begin(context, name, &it, Tags::new());
    }
    it.then(context.now, "stopping", STOP_OR_START, Vec::new());
    it.then(context.now, "stopped", STOPPED, Vec::new());
    it.then(context.now, "starting", STOP_OR_START, vec![End::Restarted]);
    Ok(save(context, it))
}

fn start(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut it = database::find(context, params.require("DBInstanceIdentifier")?)?;
    if it.status(context.now) != "stopped" {
        let message = format!("Instance {} is not stopped therefore it cannot be started.", it.identifier);
        return Err(AwsError::new("InvalidDBInstanceState", message));
    }
    it.phases.clear();
    it.then(context.now, "starting", STOP_OR_START, vec![End::Restarted]);
    Ok(save(context, it))
}

fn delete(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut it = database::find(context, params.require("DBInstanceIdentifier")?)?;
    if it.status(context.now) == "deleting" {
        let message = format!("Instance {} is already being deleted.", it.identifier);
        return Err(AwsError::new("InvalidDBInstanceState", message));
    }
    if it.protected {
        return Err(combination(
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
        ));
    }
    final_snapshot(context, &it, params)?;
    let keep_backups = params.flag("DeleteAutomatedBackups")? == Some(false);
    it.phases.clear();
    it.then(context.now, "deleting", DELETION, vec![End::Gone { keep_backups }]);
    Ok(save(context, it))
}

/// A deletion must name a final snapshot, or skip it expressly.
fn final_snapshot(context: &mut Context<'_>, it: &Database, params: &Params<'_>) -> Result<(), AwsError> {
    let skip = params.flag("SkipFinalSnapshot")? == Some(true);
    let name = params.get("FinalDBSnapshotIdentifier").filter(|name| !name.is_empty());
    match (skip, name) {
        (true, None) => Ok(()),
        (true, Some(_)) => {
            Err(combination("FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is specified."))
        }
        (false, None) => {
            Err(combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."))
        }
        (false, Some(name)) => {
            let name = snapshots::new_name(context, "FinalDBSnapshotIdentifier", name)?;
            if !matches!(it.status(context.now), "available" | "storage-optimization" | "stopped") {
                return Err(snapshots::refused(it));
            }
            snapshots::begin(context, name, it, Tags::new());
            Ok(())
        }
    }
}

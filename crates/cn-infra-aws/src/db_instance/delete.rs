//! Deletes an instance, after a final snapshot unless the instance was told to take none.

use aws_sdk_rds::Client;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{ErrorClass, ManageError, Obstacle, Progress};
use cn_infra_core::value::OrNone;

use super::DbInstance;
use super::request::identifier;
use crate::error::failed;

/// How many names are tried for the final snapshot.
const NAMES: usize = 100;

pub(super) async fn delete(rds: &Client, live: &Observed<DbInstance>) -> Result<Progress, ManageError> {
    let identifier = identifier(live)?;
    if live.live.deletion_protection == Some(true) {
        let Obstacle { code: _, why, hint } = protected();
        return Err(ManageError::new(ErrorClass::Invalid, format!("{identifier}: {why}")).hint(hint));
    }
    let name = match &live.live.final_snapshot {
        Some(OrNone::None) => {
            send(rds, identifier, None).await?;
            return Ok(Progress::Done);
        }
        Some(OrNone::Some(name)) => name.clone(),
        None => default_name(identifier),
    };
    for number in 1..NAMES {
        let name = if number == 1 { name.clone() } else { format!("{name}-{number}") };
        match send(rds, identifier, Some(name)).await {
            // Of a former instance of the same name.
            Err(error) if error.code.as_deref().is_some_and(|code| code.starts_with("DBSnapshotAlreadyExists")) => {}
            other => return other.map(|()| Progress::Done),
        }
    }
    let error = ManageError::new(ErrorClass::Invalid, format!("there are {NAMES} snapshots named {name} already"));
    Err(error.hint("delete those that are not needed"))
}

fn default_name(identifier: &str) -> String {
    format!("{identifier}-final")
}

/// Where the data of a deleted instance is.
pub(super) fn way_back(deleted: &DbInstance, identifier: &str) -> String {
    let name = match &deleted.final_snapshot {
        Some(OrNone::None) => return "it was deleted without a final snapshot: look for an earlier one".to_owned(),
        Some(OrNone::Some(name)) => name.clone(),
        None => default_name(identifier),
    };
    format!(
        "`restore_from_snapshot = \"{name}\"` makes it of its final snapshot, whose name ends in -2 and so on if that \
         one was taken"
    )
}

/// What stands in the way of deleting an instance that is protected.
pub(super) fn protected() -> Obstacle {
    Obstacle {
        code: None,
        why: "it is protected from deletion".to_owned(),
        hint: "declare it again with `deletion_protection = false`, apply, then prune".to_owned(),
    }
}

async fn send(rds: &Client, identifier: &str, snapshot: Option<String>) -> Result<(), ManageError> {
    let call = rds
        .delete_db_instance()
        .db_instance_identifier(identifier)
        .skip_final_snapshot(snapshot.is_none())
        .set_final_db_snapshot_identifier(snapshot);
    call.send().await.map(drop).map_err(|error| failed("DeleteDBInstance", error))
}

//! The snapshot before a change: found again by its name, so that a killed apply does not take another.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::DbSnapshot;
use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::{Change, ErrorClass, ManageError, TagChange};
use cn_infra_core::owner::{ADDRESS, ENVIRONMENT, PROJECT, Tags};
use sha2::{Digest, Sha256};

use super::change::is_sent;
use super::impact::value_at;
use super::request::identifier;
use super::{DbInstance, manual, tags};

/// Tag of a snapshot whose change was made: the same change made again, later, takes a new one.
const USED: &str = "cn-infra:used";

/// How far the snapshot before a change is.
#[derive(Debug, PartialEq)]
pub(super) enum Before {
    /// The change needs none.
    NotAsked,
    /// It was begun just now.
    Begun,
    /// It is there, under this ARN.
    Taken(String),
}

/// Takes the snapshot that `snapshot_before` asks for, or finds the one that an earlier apply took for this change.
pub(super) async fn before(
    rds: &Client,
    id: &PhysicalId,
    change: &Change<'_, DbInstance>,
) -> Result<Before, ManageError> {
    let fields: Vec<_> = change.changed.iter().filter(|path| is_covered(change.desired, path)).collect();
    if fields.is_empty() {
        return Ok(Before::NotAsked);
    }
    let stem = format!("{}-before-{}", identifier(change.live)?, digest(id, change, &fields));
    let found = of_change(rds, id, &stem).await?;
    // A change that waits already had its snapshot when it was sent.
    let sent = fields.iter().all(|path| is_sent(change, path));
    match found.iter().find(|snapshot| sent || !is_used(snapshot)) {
        Some(snapshot) => taken(snapshot),
        None => take(rds, change, &stem, found.len()).await.map(|()| Before::Begun),
    }
}

fn is_covered(desired: &DbInstance, path: &str) -> bool {
    let covers =
        |field: &String| path.strip_prefix(field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    desired.snapshot_before.iter().flatten().any(covers)
}

/// Eight characters that stand for the instance and the change: which fields, and from what to what.
fn digest(id: &PhysicalId, change: &Change<'_, DbInstance>, fields: &[&String]) -> String {
    let value = |resource: &DbInstance, path: &str| value_at(resource, path).unwrap_or_default();
    let from_to =
        |path: &&String| format!("{path}: {} {}", value(&change.live.live, path), value(change.desired, path));
    let lines: Vec<_> = std::iter::once(id.0.clone()).chain(fields.iter().map(from_to)).collect();
    let hash = Sha256::digest(lines.join("\n"));
    format!("{:08x}", hash.first_chunk().map_or(0, |first| u32::from_be_bytes(*first)))
}

/// The snapshots taken for this change, now and in former times.
async fn of_change(rds: &Client, id: &PhysicalId, stem: &str) -> Result<Vec<DbSnapshot>, ManageError> {
    let is_of_change =
        |snapshot: &DbSnapshot| snapshot.db_snapshot_identifier().is_some_and(|name| name.starts_with(stem));
    Ok(manual::all(rds, id).await?.into_iter().filter(is_of_change).collect())
}

fn is_used(snapshot: &DbSnapshot) -> bool {
    snapshot.tag_list().iter().any(|tag| tag.key() == Some(USED))
}

fn taken(snapshot: &DbSnapshot) -> Result<Before, ManageError> {
    let name = snapshot.db_snapshot_identifier().unwrap_or_default();
    match (snapshot.status(), snapshot.db_snapshot_arn()) {
        (Some("available"), Some(arn)) => Ok(Before::Taken(arn.to_owned())),
        (Some("failed"), _) => {
            let error =
                ManageError::new(ErrorClass::Invalid, format!("snapshot {name} failed, so nothing was changed"));
            Err(error.hint(format!("delete it: aws rds delete-db-snapshot --db-snapshot-identifier {name}")))
        }
        _ => Err(ManageError::new(ErrorClass::Busy, format!("snapshot {name} is being taken"))),
    }
}

async fn take(
    rds: &Client,
    change: &Change<'_, DbInstance>,
    stem: &str,
    predecessors: usize,
) -> Result<(), ManageError> {
    let name = if predecessors == 0 { stem.to_owned() } else { format!("{stem}-{}", predecessors + 1) };
    let ours = [PROJECT, ENVIRONMENT, ADDRESS];
    let owner: Tags = (change.live.tags.iter().filter(|(key, _)| ours.contains(&key.as_str())))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    manual::begin(rds, identifier(change.live)?, &name, &owner).await
}

/// Remembers that the change was made.
pub(super) async fn mark_used(rds: &Client, arn: &str) -> Result<(), ManageError> {
    let set = Tags::from([(USED.to_owned(), "true".to_owned())]);
    tags::apply(rds, arn, &TagChange { set, ..TagChange::default() }).await
}

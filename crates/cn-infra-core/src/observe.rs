//! Reading live objects: one reading per kind, all at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::address::PhysicalId;
use crate::document::Document;
use crate::environment::Environment;
use crate::live::{Live, Object};
use crate::manager::{AnyManager, ManageError, Managers, Scope, Wanted};

/// Reading one kind failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the {kind} objects")]
pub struct ObserveError {
    /// The kind.
    pub kind: &'static str,
    /// What failed.
    pub source: ManageError,
}

/// Reads everything that a plan for the environment needs.
pub async fn observe(environment: &Environment, managers: &Managers, at: Timestamp) -> Result<Live, ObserveError> {
    let readings = managers.iter().map(|(kind, manager)| async move {
        let read = read(manager, None, &wanted(environment, kind)).await;
        read.map(|objects| (kind, objects)).map_err(|source| ObserveError { kind, source })
    });
    let mut live = Live::new(at);
    for reading in join_all(readings).await {
        let (kind, objects) = reading?;
        live.insert(kind, objects);
    }
    Ok(live)
}

pub(crate) async fn read(
    manager: &dyn AnyManager,
    only: Option<&BTreeSet<PhysicalId>>,
    declared: &[Wanted<Document>],
) -> Result<Vec<Object>, ManageError> {
    manager.observe(&Scope { only, declared }).await
}

/// The declared resources of one kind.
fn wanted(environment: &Environment, kind: &str) -> Vec<Wanted<Document>> {
    let of_kind = environment.resources.values().filter(|declared| declared.address.kind == kind);
    of_kind
        .map(|declared| Wanted {
            owner: environment.owner(&declared.address),
            name: declared.name.clone(),
            adopt: declared.adopt.clone(),
            resource: declared.document.clone(),
        })
        .collect()
}

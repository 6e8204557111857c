//! Reading live objects: one reading per kind, all at once.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;

use crate::address::{Address, PhysicalId};
use crate::document::Document;
use crate::environment::Environment;
use crate::journal::Past;
use crate::kinds::Kinds;
use crate::live::{Live, Object};
use crate::manager::{AnyManager, ManageError, Managers, Scope, Wanted};
use crate::plan::identity::identify;
use crate::plan::{made, with_undone};

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
    observe_kinds(&[environment], managers, at, false).await
}

/// Reads everything that a plan for several environments of one account and region needs, once.
pub async fn observe_together(
    environments: &[&Environment],
    managers: &Managers,
    at: Timestamp,
) -> Result<Live, ObserveError> {
    observe_kinds(environments, managers, at, false).await
}

/// Reads the same, and what left the file although no plan looks for it: see [`Manager::observe_undeclared`].
///
/// [`Manager::observe_undeclared`]: crate::manager::Manager::observe_undeclared
pub async fn observe_all(environment: &Environment, managers: &Managers, at: Timestamp) -> Result<Live, ObserveError> {
    observe_kinds(&[environment], managers, at, true).await
}

/// Reads what a plan needs that also deletes: everything of the environment, and what stands in the way of deleting
/// what left its file.
pub async fn observe_prunable(
    environment: &Environment,
    managers: &Managers,
    kinds: &Kinds,
    at: Timestamp,
) -> Result<Live, ObserveError> {
    let mut live = observe_all(environment, managers, at).await?;
    let doomed = of_kinds(identify(environment, &live, kinds).unlisted());
    add_obstacles(&mut live, &doomed, managers).await?;
    Ok(live)
}

/// Reads what the undo of an apply needs, of its environment and the others that it touched: whether or not the files
/// still declare it, and with what stands in the way of deleting what it made.
pub async fn observe_undoable(
    past: &Past,
    environments: &[&Environment],
    managers: &Managers,
    kinds: &Kinds,
    at: Timestamp,
) -> Result<Live, ObserveError> {
    let wider: Vec<_> = environments.iter().map(|environment| with_undone(environment, past)).collect();
    let mut live = observe_kinds(&wider.iter().collect::<Vec<_>>(), managers, at, true).await?;
    let doomed: Vec<_> = environments.iter().flat_map(|environment| made(past, environment, &live, kinds)).collect();
    let doomed = of_kinds(&doomed);
    add_obstacles(&mut live, &doomed, managers).await?;
    Ok(live)
}

fn of_kinds(objects: &[(Address, &Object)]) -> BTreeMap<String, Vec<Object>> {
    let mut of_kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (address, object) in objects {
        of_kinds.entry(address.kind.clone()).or_default().push((*object).clone());
    }
    of_kinds
}

/// Looks for what stands in the way of deleting objects.
async fn add_obstacles(
    live: &mut Live,
    doomed: &BTreeMap<String, Vec<Object>>,
    managers: &Managers,
) -> Result<(), ObserveError> {
    let looked_for = managers.iter().filter_map(|(kind, manager)| Some((kind, manager, doomed.get(kind)?)));
    let looked_for = looked_for.map(|(kind, manager, doomed)| async move {
        manager.obstacles(doomed).await.map_err(|source| ObserveError { kind, source })
    });
    let found = try_join_all(looked_for).await?;
    live.add_obstacles(found.into_iter().flatten());
    Ok(())
}

/// Reads every object of the account and region with every field, for an export.
pub async fn observe_whole(managers: &Managers, at: Timestamp) -> Result<Live, ObserveError> {
    let readings = managers.iter().map(|(kind, manager)| async move {
        let objects = manager.observe_whole().await;
        objects.map(|objects| (kind, objects)).map_err(|source| ObserveError { kind, source })
    });
    collect(at, join_all(readings).await)
}

#[expect(clippy::result_large_err, reason = "the error of the readings themselves")]
fn collect(
    at: Timestamp,
    readings: impl IntoIterator<Item = Result<(&'static str, Vec<Object>), ObserveError>>,
) -> Result<Live, ObserveError> {
    let mut live = Live::new(at);
    for reading in readings {
        let (kind, objects) = reading?;
        live.insert(kind, objects);
    }
    Ok(live)
}

async fn observe_kinds(
    environments: &[&Environment],
    managers: &Managers,
    at: Timestamp,
    undeclared: bool,
) -> Result<Live, ObserveError> {
    let readings = managers.iter().map(|(kind, manager)| async move {
        let read = async {
            let mut objects = read(manager, None, &wanted(environments, kind)).await?;
            if undeclared {
                let others = manager.observe_undeclared().await?;
                let known: BTreeSet<_> = objects.iter().map(|object| object.id.clone()).collect();
                objects.extend(others.into_iter().filter(|object| !known.contains(&object.id)));
            }
            Ok(objects)
        };
        read.await.map(|objects| (kind, objects)).map_err(|source| ObserveError { kind, source })
    });
    collect(at, join_all(readings).await)
}

pub(crate) async fn read(
    manager: &dyn AnyManager,
    only: Option<&BTreeSet<PhysicalId>>,
    declared: &[Wanted<Document>],
) -> Result<Vec<Object>, ManageError> {
    manager.observe(&Scope { only, declared }).await
}

/// The declared resources of one kind.
fn wanted(environments: &[&Environment], kind: &str) -> Vec<Wanted<Document>> {
    let of_kind = environments.iter().flat_map(|environment| {
        let declared = environment.resources.values().filter(|declared| declared.address.kind == kind);
        declared.map(move |declared| (environment, declared))
    });
    of_kind
        .map(|(environment, declared)| Wanted {
            owner: environment.owner(&declared.address),
            name: declared.name.clone(),
            adopt: declared.adopt.clone(),
            resource: declared.document.clone(),
        })
        .collect()
}

//! What objects that stay still refer to: the cloud refuses to delete that.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::address::{Address, PhysicalId, Reference, StepId};
use crate::kinds::Kinds;
use crate::live::{Live, Object};
use crate::plan::PlanError;
use crate::plan::reading::Names;
use crate::plan::steps::Draft;

/// The references of live objects, as they will be after the steps of a plan.
pub(super) struct InUse<'a> {
    pub live: &'a Live,
    pub kinds: &'a Kinds,
    pub names: Names<'a>,
    pub steps: &'a [Draft],
    /// The objects that the plans of other environments delete.
    pub leaving: &'a BTreeSet<PhysicalId>,
}

impl InUse<'_> {
    /// Of the addresses that may be deleted, those that an object which stays refers to, with that object's name.
    pub fn of(&self, doomed: &dyn Fn(&Address) -> bool) -> Result<BTreeMap<Address, String>, PlanError> {
        let steps: HashMap<_, _> = self.steps.iter().map(|draft| (&draft.step.id, draft)).collect();
        let mut kept = BTreeMap::new();
        for (kind, object) in self.live.all().filter(|(_, object)| object.readiness.is_present()) {
            let user = self.names.identity.address(&object.id);
            if user.is_some_and(doomed) || self.leaving.contains(&object.id) {
                continue;
            }
            for (path, address) in self.references(kind, object)? {
                if doomed(&address) && !user.is_some_and(|user| self.is_changed(&steps, kind, user, &path)) {
                    let name = user.map_or_else(|| object.id.to_string(), Address::to_string);
                    kept.insert(address, name);
                }
            }
        }
        Ok(kept)
    }

    /// Of the addresses that may be deleted, those that objects refer to which other environments delete: what to wait for.
    pub fn leaving(&self, doomed: &dyn Fn(&Address) -> bool) -> Result<BTreeMap<Address, Vec<StepId>>, PlanError> {
        let mut users: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (kind, object) in self.live.all().filter(|(_, object)| self.leaving.contains(&object.id)) {
            let Some(user) = self.names.identity.address(&object.id).filter(|user| !doomed(user)) else { continue };
            for (path, address) in self.references(kind, object)?.into_iter().filter(|(_, address)| doomed(address)) {
                users.entry(address).or_default().push(self.step(kind, user, &path));
            }
        }
        Ok(users)
    }

    fn references(&self, kind: &str, object: &Object) -> Result<Vec<(String, Address)>, PlanError> {
        let mut found = Vec::new();
        let Some(kind) = self.kinds.get(kind) else { return Ok(found) };
        let mut live = object.live.clone();
        let outcome = (kind.references)(&mut live, &mut |path: &str, reference: &mut Reference| {
            found.extend(self.names.rewrite(reference).map(|address| (path.to_owned(), address.into_owned())));
        });
        let address = || Address::new(kind.name, object.id.0.clone());
        outcome.map_err(|source| PlanError::Document { address: address(), source })?;
        Ok(found)
    }

    /// Whether a step changes the top-level field that holds a reference; below it, live may use other keys.
    fn is_changed(&self, steps: &HashMap<&StepId, &Draft>, kind: &str, user: &Address, path: &str) -> bool {
        let field = path.split('.').next().unwrap_or(path);
        steps.get(&self.step(kind, user, path)).is_some_and(|draft| {
            draft.step.differences.iter().any(|difference| difference.path.split('.').next() == Some(field))
        })
    }

    /// The step that acts on the field of a path.
    fn step(&self, kind: &str, address: &Address, path: &str) -> StepId {
        let field = path.split('.').next().unwrap_or(path);
        let part = self.kinds.get(kind).and_then(|kind| kind.part_of(field));
        StepId { address: address.clone(), part: part.map(str::to_owned) }
    }
}

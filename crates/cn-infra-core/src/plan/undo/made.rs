//! What an apply made: deleted, unless it has changed since.

use super::fields::{self, left};
use super::{Found, Undoing, hold};
use crate::address::{Address, StepId};
use crate::document::DocumentError;
use crate::environment::Environment;
use crate::journal::{End, Past, PastStep};
use crate::kinds::{Kind, Kinds};
use crate::live::{Live, Object};
use crate::owner::PROTECT;
use crate::plan::identity::{Identity, identify};
use crate::plan::{Action, Difference};
use crate::resource::Impact;

/// The objects that an apply made in an environment and that are still there, by address.
pub(crate) fn made<'a>(
    past: &Past,
    environment: &'a Environment,
    live: &'a Live,
    kinds: &Kinds,
) -> Vec<(Address, &'a Object)> {
    let steps = past.steps_of(&environment.name);
    let creates = steps.iter().filter(|past| past.step.action == Action::Create && past.step.id.part.is_none());
    let identity = identify(environment, live, kinds);
    creates.filter_map(|past| Some((past.step.id.address.clone(), object(past, live, &identity)?))).collect()
}

/// Where its id was not noted any more, the tags tell.
fn object<'a>(past: &PastStep, live: &'a Live, identity: &Identity<'a>) -> Option<&'a Object> {
    let object = match &past.made {
        Some(id) => live.by_id(id).map(|(_, object)| object),
        None => identity.object(&past.step.id.address),
    };
    object.filter(|object| object.readiness.is_present())
}

impl<'a> Undoing<'a> {
    /// An object that was made, with its parts.
    pub(super) fn created(
        &self,
        kind: &'a Kind,
        whole: &PastStep,
        steps: &[&PastStep],
        found: &mut Found<'a>,
    ) -> Result<(), DocumentError> {
        let address = &whole.step.id.address;
        let Some(object) = object(whole, self.live, self.identity) else { return Ok(()) };
        let id = StepId::whole(address);
        let hint = format!("to delete it, take {address} out of the file, then `{}`", prune_of(self.environment));
        let changed = self.changed(kind, object, steps)?;
        let why = if object.owner() != Some(self.environment.owner(address)) {
            format!("{}, which the apply made, no longer bears the tags of {address}", object.id)
        } else if object.tags.contains_key(PROTECT) {
            format!("is protected by its tag {PROTECT}")
        } else if changed.is_empty() {
            found.doomed.push((address.clone(), object));
            return Ok(());
        } else {
            let paths: Vec<_> = changed.iter().map(|difference| difference.path.as_str()).collect();
            format!("it was made by the apply, and changed since: {}", paths.join(", "))
        };
        let protected = object.tags.contains_key(PROTECT);
        let hint = if protected { format!("apply `protect = false` first; {hint}") } else { hint };
        found.blocked.push(hold(&id, Action::Delete, why, hint, changed));
        Ok(())
    }

    /// What is no longer as it was made. A create that did not end well is deleted however it is.
    fn changed(&self, kind: &Kind, object: &Object, steps: &[&PastStep]) -> Result<Vec<Difference>, DocumentError> {
        let mut changed = Vec::new();
        for PastStep { step, .. } in steps.iter().filter(|past| past.end == Some(End::Done)) {
            let after = step.after.clone().unwrap_or_default();
            let compared = fields::read(kind, step, after, object, &self.names, self.now)?;
            changed.extend(left(kind, &compared));
            let retagged = step.tags.set.iter().filter(|(key, value)| object.tags.get(*key) != Some(*value));
            changed.extend(retagged.map(|(key, value)| Difference {
                path: format!("tags.{key}"),
                before: object.tags.get(key).map(|there| there.as_str().into()),
                after: Some(value.as_str().into()),
                impact: Impact::in_place(),
                known_after_apply: false,
            }));
        }
        Ok(changed)
    }
}

fn prune_of(environment: &Environment) -> String {
    format!("cn-infra plan {} --prune", environment.name)
}

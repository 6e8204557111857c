//! What waits: a step that names a resource which is not there needs the create of it, or is held back with it.

use std::collections::{HashMap, HashSet};

use crate::address::{Address, StepId};
use crate::environment::Environment;
use crate::plan::identity::{Identity, Refusal};
use crate::plan::steps::{Draft, Drafts};
use crate::plan::{Action, Blocked};

/// Gives each step the creates that it needs, and holds back those that would wait in vain.
pub(super) fn settle(drafts: Drafts, identity: &Identity<'_>, environment: &Environment) -> (Vec<Draft>, Vec<Blocked>) {
    let Drafts { mut steps, held, .. } = drafts;
    let mut blocked: Vec<_> = held.into_iter().map(|held| held.blocked).collect();
    for draft in &mut steps {
        let missing = draft.refers.iter().filter(|address| identity.object(address).is_none());
        draft.step.needs = missing.map(StepId::whole).collect();
    }
    let refusals = refusals(&steps, environment);
    let mut settled = Vec::with_capacity(steps.len());
    for (draft, refusal) in steps.into_iter().zip(refusals) {
        match refusal {
            None => settled.push(draft),
            // The resource itself is held back: that says it for its parts.
            Some(Waiting { on, .. }) if draft.step.id.part.is_some() && on == draft.step.id.address => {}
            Some(Waiting { refusal, .. }) => {
                let Refusal { why, hint } = refusal;
                let (id, action) = (draft.step.id, draft.step.action);
                blocked.push(Blocked { id, action, why, hint, differences: draft.step.differences });
            }
        }
    }
    blocked.sort_by(|a, b| a.id.cmp(&b.id));
    (settled, blocked)
}

#[derive(Clone)]
struct Waiting {
    on: Address,
    refusal: Refusal,
}

/// For each step why it would wait in vain, if it would.
fn refusals(steps: &[Draft], environment: &Environment) -> Vec<Option<Waiting>> {
    let creates = steps.iter().filter(|draft| draft.step.action == Action::Create && draft.step.id.part.is_none());
    let creating: HashSet<_> = creates.map(|draft| &draft.step.id).collect();
    let mut dependents: HashMap<&StepId, Vec<usize>> = HashMap::new();
    let mut refusals = vec![None; steps.len()];
    let mut held = Vec::new();
    for (index, draft) in steps.iter().enumerate() {
        for need in &draft.step.needs {
            dependents.entry(need).or_default().push(index);
            if !creating.contains(need) && refusals[index].is_none() {
                refusals[index] = Some(unmet(&need.address, environment));
                held.push(index);
            }
        }
    }
    while let Some(index) = held.pop() {
        let id = &steps[index].step.id;
        for &dependent in dependents.get(id).into_iter().flatten() {
            if refusals[dependent].is_none() {
                refusals[dependent] = Some(waits_for(&id.address));
                held.push(dependent);
            }
        }
    }
    refusals
}

/// Why a resource that is neither there nor created holds others back.
fn unmet(address: &Address, environment: &Environment) -> Waiting {
    let refusal = match &address.environment {
        Some(other) => Refusal {
            why: format!("{address} is not there"),
            hint: format!("apply environment {other} first: `cn-infra apply {other}`"),
        },
        None if environment.resources.contains_key(address) => return waits_for(address),
        None => Refusal {
            why: format!("{address} is neither declared nor there"),
            hint: format!("declare {address}, or do not refer to it"),
        },
    };
    Waiting { on: address.clone(), refusal }
}

fn waits_for(address: &Address) -> Waiting {
    let refusal = Refusal { why: format!("waits for {address}"), hint: format!("{address} is held back: see there") };
    Waiting { on: address.clone(), refusal }
}

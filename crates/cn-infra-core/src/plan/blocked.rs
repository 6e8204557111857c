//! What waits: a step that names a resource which is not there needs the create of it, or is held back with it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::address::{Address, StepId};
use crate::environment::Environment;
use crate::plan::identity::{Identity, Refusal};
use crate::plan::steps::{Draft, Drafts};
use crate::plan::{Action, Blocked, Step};

/// Gives each step the creates that it needs, and holds back those that would wait in vain.
pub(super) fn settle(
    drafts: Drafts,
    identity: &Identity<'_>,
    environment: &Environment,
    made_elsewhere: &BTreeSet<Address>,
) -> (Vec<Draft>, Vec<Blocked>) {
    let Drafts { mut steps, held, .. } = drafts;
    let mut blocked: Vec<_> = held.into_iter().map(|held| held.blocked).collect();
    for draft in &mut steps {
        let missing = draft.refers.extract_if(.., |address| identity.object(address).is_none());
        draft.step.needs.extend(missing.map(|address| StepId { address, part: None }));
        draft.step.needs.sort_unstable();
        draft.step.needs.dedup();
    }
    let mut refusals = refusals(&steps, environment, made_elsewhere);
    if !refusals.is_empty() {
        let mut settled = Vec::with_capacity(steps.len());
        for (index, draft) in steps.into_iter().enumerate() {
            match refusals.remove(&index) {
                None => settled.push(draft),
                Some(waiting) => blocked.extend(waiting.hold(draft)),
            }
        }
        steps = settled;
    }
    blocked.sort_by(|a, b| a.id.cmp(&b.id));
    (steps, blocked)
}

/// What a step waits for in vain.
struct Waiting {
    on: Address,
    refusal: Refusal,
}

impl Waiting {
    /// The held-back step; a part says nothing where its own resource is held back already.
    fn hold(self, draft: Draft) -> Option<Blocked> {
        let Step { id, action, differences, .. } = draft.step;
        let Refusal { why, hint } = self.refusal;
        (id.part.is_none() || self.on != id.address).then_some(Blocked { id, action, why, hint, differences })
    }
}

/// The steps that would wait in vain, by index.
fn refusals(steps: &[Draft], environment: &Environment, made_elsewhere: &BTreeSet<Address>) -> HashMap<usize, Waiting> {
    let creates = steps.iter().filter(|draft| draft.step.action == Action::Create && draft.step.id.part.is_none());
    let creating: HashSet<_> = creates.map(|draft| &draft.step.id.address).chain(made_elsewhere).collect();
    let mut refusals = HashMap::new();
    for (index, draft) in steps.iter().enumerate() {
        if let Some(need) = draft.step.needs.iter().find(|need| !creating.contains(&need.address)) {
            refusals.insert(index, unmet(&need.address, environment));
        }
    }
    if !refusals.is_empty() {
        pass_on(&mut refusals, steps);
    }
    refusals
}

/// What waits for a step that waits in vain does so too.
fn pass_on(refusals: &mut HashMap<usize, Waiting>, steps: &[Draft]) {
    let mut dependents: HashMap<&StepId, Vec<usize>> = HashMap::new();
    for (index, draft) in steps.iter().enumerate() {
        for need in &draft.step.needs {
            dependents.entry(need).or_default().push(index);
        }
    }
    let mut held: Vec<_> = refusals.keys().copied().collect();
    // Which of several is named as the reason must not depend on the order of a hash map.
    held.sort_unstable();
    while let Some(index) = held.pop() {
        let id = &steps[index].step.id;
        for &dependent in dependents.get(id).into_iter().flatten() {
            if let Entry::Vacant(entry) = refusals.entry(dependent) {
                entry.insert(waits_for(&id.address));
                held.push(dependent);
            }
        }
    }
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

//! The order of steps: each after those it needs, a part right after its resource where that lets it, and else by
//! address, so that a plan always reads the same.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::address::StepId;
use crate::plan::steps::Draft;
use crate::plan::{Action, PlanError, Step};

/// The steps in order; fails where they need each other in a circle.
pub(super) fn sort(drafts: Vec<Draft>) -> Result<Vec<Step>, PlanError> {
    let mut steps: Vec<_> = drafts.into_iter().map(|draft| draft.step).collect();
    steps.sort_by(|a, b| a.id.cmp(&b.id));
    let order = order(&steps)?;
    let mut steps: Vec<_> = steps.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|index| steps[index].take()).collect())
}

fn order(steps: &[Step]) -> Result<Vec<usize>, PlanError> {
    let waits = steps.iter().any(|step| !step.needs.is_empty());
    // Only deletes wait for parts.
    let deletes = steps.iter().any(|step| step.action == Action::Delete);
    let candidates = steps.iter().enumerate().filter(|(_, step)| waits && (deletes || step.id.part.is_none()));
    let mut index: HashMap<&StepId, usize> = HashMap::with_capacity(if waits { steps.len() } else { 0 });
    index.extend(candidates.map(|(index, step)| (&step.id, index)));
    let mut dependents = vec![Vec::new(); steps.len()];
    let mut missing = vec![0_usize; steps.len()];
    for (at, step) in steps.iter().enumerate() {
        for needed in step.needs.iter().filter_map(|need| index.get(need)) {
            dependents[*needed].push(at);
            missing[at] += 1;
        }
    }
    let mut ready: BinaryHeap<_> = (0..steps.len()).filter(|at| missing[*at] == 0).map(Reverse).collect();
    let mut parts = Vec::new();
    let mut order = Vec::with_capacity(steps.len());
    while let Some(at) = parts.pop().or_else(|| ready.pop().map(|Reverse(at)| at)) {
        order.push(at);
        for dependent in std::mem::take(&mut dependents[at]) {
            missing[dependent] -= 1;
            if missing[dependent] > 0 {
                continue;
            }
            if steps[dependent].id.address == steps[at].id.address {
                parts.push(dependent);
            } else {
                ready.push(Reverse(dependent));
            }
        }
    }
    if order.len() == steps.len() {
        return Ok(order);
    }
    let stuck = (0..steps.len()).filter(|at| missing[*at] > 0);
    Err(PlanError::Cycle { steps: stuck.map(|at| steps[at].id.clone()).collect() })
}

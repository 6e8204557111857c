//! The order of steps: each after those it needs, and else by address, so that a plan always reads the same.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::address::StepId;
use crate::plan::PlanError;
use crate::plan::steps::Draft;

/// Sorts steps; fails where they need each other in a circle.
pub(super) fn sort(mut drafts: Vec<Draft>) -> Result<Vec<Draft>, PlanError> {
    drafts.sort_by(|a, b| a.step.id.cmp(&b.step.id));
    let order = order(&drafts)?;
    let mut drafts: Vec<_> = drafts.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|index| drafts[index].take()).collect())
}

fn order(drafts: &[Draft]) -> Result<Vec<usize>, PlanError> {
    let index: HashMap<&StepId, usize> = if drafts.iter().all(|draft| draft.step.needs.is_empty()) {
        HashMap::new()
    } else {
        drafts.iter().enumerate().map(|(index, draft)| (&draft.step.id, index)).collect()
    };
    let mut dependents = vec![Vec::new(); drafts.len()];
    let mut missing = vec![0_usize; drafts.len()];
    for (at, draft) in drafts.iter().enumerate() {
        for needed in draft.step.needs.iter().filter_map(|need| index.get(need)) {
            dependents[*needed].push(at);
            missing[at] += 1;
        }
    }
    let mut ready: BinaryHeap<_> = (0..drafts.len()).filter(|at| missing[*at] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(drafts.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for dependent in std::mem::take(&mut dependents[at]) {
            missing[dependent] -= 1;
            if missing[dependent] == 0 {
                ready.push(Reverse(dependent));
            }
        }
    }
    if order.len() == drafts.len() {
        return Ok(order);
    }
    let stuck = (0..drafts.len()).filter(|at| missing[*at] > 0);
    Err(PlanError::Cycle { steps: stuck.map(|at| drafts[at].step.id.clone()).collect() })
}

//! The order of steps: each after those it needs; the steps of one resource together, as far as that lets them; and
//! else by address, so that a plan always reads the same.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use crate::address::{Address, StepId};
use crate::plan::{PlanError, Step};

/// The steps in order; fails where they need each other in a circle.
pub(super) fn sort(mut steps: Vec<Step>) -> Result<Vec<Step>, PlanError> {
    steps.sort_by(|a, b| a.id.cmp(&b.id));
    if steps.iter().all(|step| step.needs.is_empty()) {
        return Ok(steps);
    }
    let order = Sorting::of(&steps).finish();
    if order.len() < steps.len() {
        let mut stuck: Vec<_> = steps.into_iter().map(|step| Some(step.id)).collect();
        for at in order {
            stuck[at] = None;
        }
        return Err(PlanError::Cycle { steps: stuck.into_iter().flatten().collect() });
    }
    arrange(&mut steps, order);
    Ok(steps)
}

/// Puts each step in its place: first the step whose number comes first in the order.
fn arrange(steps: &mut [Step], mut order: Vec<usize>) {
    for start in 0..order.len() {
        let mut place = start;
        loop {
            let step = std::mem::replace(&mut order[place], place);
            if step == start {
                break;
            }
            steps.swap(place, step);
            place = step;
        }
    }
}

/// Steps on the way to their order, by number. The steps of one resource, a block, have numbers next to each other.
struct Sorting {
    blocks: Vec<Range<usize>>,
    block_of: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    /// How many needs of each step are not placed yet.
    missing: Vec<usize>,
    /// How many needs of each block are not placed yet and lie in other blocks.
    outside: Vec<usize>,
    /// Blocks of which nothing outside is missed; and of other blocks the steps of which nothing at all is.
    whole: BinaryHeap<Reverse<usize>>,
    single: BinaryHeap<Reverse<usize>>,
    placed: Vec<bool>,
    order: Vec<usize>,
}

impl Sorting {
    fn of(steps: &[Step]) -> Self {
        let blocks = blocks(steps);
        let block_of: Vec<_> =
            blocks.iter().enumerate().flat_map(|(block, steps)| steps.clone().map(move |_| block)).collect();
        let of_resource: HashMap<&Address, Range<usize>> =
            blocks.iter().map(|block| (&steps[block.start].id.address, block.clone())).collect();
        let find = |id: &StepId| of_resource.get(&id.address)?.clone().find(|at| steps[*at].id.part == id.part);
        let mut dependents = vec![Vec::new(); steps.len()];
        let (mut missing, mut outside) = (vec![0; steps.len()], vec![0; blocks.len()]);
        for (at, step) in steps.iter().enumerate() {
            for needed in step.needs.iter().filter_map(find) {
                dependents[needed].push(at);
                missing[at] += 1;
                outside[block_of[at]] += usize::from(block_of[needed] != block_of[at]);
            }
        }
        let whole = (0..blocks.len()).filter(|block| outside[*block] == 0).map(Reverse).collect();
        let single =
            (0..steps.len()).filter(|at| missing[*at] == 0 && outside[block_of[*at]] > 0).map(Reverse).collect();
        let placed = vec![false; steps.len()];
        let order = Vec::with_capacity(steps.len());
        Self { blocks, block_of, dependents, missing, outside, whole, single, placed, order }
    }

    /// Places blocks as long as one is free, and where blocks wait for each other a single step.
    fn finish(mut self) -> Vec<usize> {
        loop {
            if let Some(Reverse(block)) = self.whole.pop() {
                self.place_block(self.blocks[block].clone());
            } else if let Some(Reverse(step)) = self.single.pop() {
                self.place(step);
            } else {
                return self.order;
            }
        }
    }

    /// Within a block a part may need the whole, or the whole its parts.
    fn place_block(&mut self, steps: Range<usize>) {
        while let Some(step) = steps.clone().find(|step| !self.placed[*step] && self.missing[*step] == 0) {
            self.place(step);
        }
    }

    fn place(&mut self, step: usize) {
        if std::mem::replace(&mut self.placed[step], true) {
            return;
        }
        self.order.push(step);
        for dependent in std::mem::take(&mut self.dependents[step]) {
            self.missing[dependent] -= 1;
            let block = self.block_of[dependent];
            if block != self.block_of[step] {
                self.outside[block] -= 1;
                if self.outside[block] == 0 {
                    self.whole.push(Reverse(block));
                }
            }
            if self.missing[dependent] == 0 && self.outside[block] > 0 {
                self.single.push(Reverse(dependent));
            }
        }
    }
}

/// The ranges of steps that act on one resource; the steps are sorted.
fn blocks(steps: &[Step]) -> Vec<Range<usize>> {
    let mut start = 0;
    let block = |steps: &[Step]| {
        let block = start..start + steps.len();
        start = block.end;
        block
    };
    steps.chunk_by(|a, b| a.id.address == b.id.address).map(block).collect()
}

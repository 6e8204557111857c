//! What the reader of a plan knew of its objects beside their fields: how they were called, and whose they were.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::address::Address;
use crate::plan::{Difference, Plan, Step};

/// By resource, where it is not what every step says by itself.
pub(super) struct Basis<'a> {
    /// The old name, and the new one where the plan gives it.
    renamed: HashMap<&'a Address, (Option<&'a str>, Option<&'a str>)>,
    /// Those whose objects do not bear all of our tags yet.
    reowned: HashSet<&'a Address>,
}

impl<'a> Basis<'a> {
    pub fn of(plan: &'a Plan) -> Self {
        let mut basis = Self { renamed: HashMap::new(), reowned: HashSet::new() };
        for step in plan.steps.iter().filter(|step| step.id.part.is_none()) {
            if let Some(new) = &step.rename {
                basis.renamed.insert(&step.id.address, (old_name(&step.differences), Some(new)));
            }
            if step.tags.changes_owner() {
                basis.reowned.insert(&step.id.address);
            }
        }
        for blocked in plan.blocked.iter().filter(|blocked| blocked.id.part.is_none()) {
            if blocked.differences.iter().any(is_name) {
                basis.renamed.insert(&blocked.id.address, (old_name(&blocked.differences), None));
            }
            // What it would have done to the tags is not told.
            basis.reowned.insert(&blocked.id.address);
        }
        basis
    }

    /// The name that a step's object had.
    pub fn name<'s>(&self, step: &'s Step) -> Option<&'s str>
    where
        'a: 's,
    {
        self.renamed.get(&step.id.address).map_or(Some(&step.name), |(old, _)| *old)
    }

    /// The name that the plan gives the step's object.
    pub fn new_name(&self, step: &Step) -> Option<&'a str> {
        self.renamed.get(&step.id.address).and_then(|(_, new)| *new)
    }

    /// Whether the object of a resource was not known by all of our tags.
    pub fn changes_owner(&self, address: &Address) -> bool {
        self.reowned.contains(address)
    }
}

fn is_name(difference: &Difference) -> bool {
    difference.path == "name"
}

fn old_name(differences: &[Difference]) -> Option<&str> {
    differences.iter().find(|difference| is_name(difference))?.before.as_ref().and_then(Value::as_str)
}

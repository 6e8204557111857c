//! `--only`: exactly these resources and their parts, and what they refer to if it is not there yet.

use std::collections::{HashMap, HashSet};

use crate::address::Address;
use crate::plan::identity::Identity;
use crate::plan::steps::Drafts;

/// The resources that a plan is limited to.
pub(super) struct Only(Option<HashSet<Address>>);

impl Only {
    /// No limits.
    pub(super) fn all() -> Self {
        Self(None)
    }

    /// The limits of a plan; naming no resource means all.
    pub(super) fn of(named: &[Address], drafts: &Drafts, identity: &Identity<'_>) -> Self {
        if named.is_empty() {
            return Self::all();
        }
        let mut refers: HashMap<&Address, Vec<&Address>> = HashMap::new();
        let steps = drafts.steps.iter().map(|draft| (&draft.step.id.address, &draft.refers));
        let held = drafts.held.iter().map(|held| (&held.blocked.id.address, &held.refers));
        for (address, others) in steps.chain(held) {
            refers.entry(address).or_default().extend(others);
        }
        let mut included = HashSet::new();
        let mut rest: Vec<_> = named.iter().collect();
        while let Some(address) = rest.pop() {
            if included.insert(address.clone()) {
                let others = refers.get(address).into_iter().flatten();
                rest.extend(others.filter(|other| identity.object(other).is_none()));
            }
        }
        Self(Some(included))
    }

    /// Whether a resource is within the limits.
    pub(super) fn includes(&self, address: &Address) -> bool {
        self.0.as_ref().is_none_or(|included| included.contains(address))
    }
}

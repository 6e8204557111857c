//! The plan: the steps from live to desired, as data. Made by a pure function, shown, saved, carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::{Address, PhysicalId, StepId};
use crate::check::Finding;
use crate::document::Document;
use crate::environment::{Networks, Written};
use crate::kinds::Kinds;
use crate::manager::TagChange;
use crate::owner::Tags;
use crate::resource::Impact;

mod blocked;
pub(crate) mod diff;
pub mod file;
pub(crate) mod findings;
pub mod identity;
mod in_use;
mod only;
mod order;
mod outputs;
mod planner;
pub(crate) mod prune;
mod reading;
mod steps;
mod strangers;
pub(crate) mod tags;
pub(crate) mod template;
mod together;
mod turns;
mod undo;

#[cfg(test)]
mod tests;

pub use outputs::outputs;
pub use planner::{PlanError, plan};
pub use together::plan_together;
pub(crate) use undo::made;
pub use undo::{undo, with_undone};

/// What would be done to bring live to desired, and what would not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The environment it is for.
    pub environment: String,
    /// Its project.
    pub project: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// [`Environment::hash`](crate::environment::Environment::hash) of the files it was made from.
    pub files: String,
    /// When live was read.
    pub at: Timestamp,
    /// The steps, each after those it needs.
    pub steps: Vec<Step>,
    /// Changes that are held back, each with the way out.
    pub blocked: Vec<Blocked>,
    /// Objects of the environment that its file no longer declares.
    pub unlisted: Vec<Unlisted>,
    /// Remarks.
    pub findings: Vec<Finding>,
    /// Steps that `--only` left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<StepId>,
    /// Names for CIDRs, for showing.
    #[serde(default)]
    pub networks: Networks,
    /// The physical ids of existing objects that steps refer to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<Address, PhysicalId>,
}

/// One action on one resource, or on one part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it acts on.
    pub id: StepId,
    /// What it does.
    pub action: Action,
    /// The object it acts on; a create makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<PhysicalId>,
    /// The resource's name.
    pub name: String,
    /// The new name, where the object bears another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    /// Why, where the differences do not say it: "adopted", "tags repaired", "stopped for a change of type".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The fields that differ, in the order of the file's schema.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The tags that differ; for a create all of them.
    #[serde(default, skip_serializing_if = "TagChange::is_empty")]
    pub tags: TagChange,
    /// What the tags that differ say now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags_before: Tags,
    /// What was read of the managed fields, references as addresses; the step is stale once it differs from live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Document>,
    /// The desired fields; `None` for a delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Document>,
    /// Lists of the desired fields as the file writes them, where it writes names of networks. For showing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub written: Written,
    /// For a create: how many terminated predecessors it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// For a create: objects of the same name without anybody's tags, which were accepted when the plan was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alike: Vec<PhysicalId>,
    /// The steps that must be done before: each once, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<StepId>,
    /// The step whose place this one takes, or which takes its: this one is sent right after it, prepared before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<StepId>,
}

impl Step {
    /// A step that says nothing but what it acts on.
    pub fn new(id: StepId, action: Action, name: impl Into<String>) -> Self {
        Self {
            id,
            action,
            object: None,
            name: name.into(),
            rename: None,
            reasons: Vec::new(),
            differences: Vec::new(),
            tags: TagChange::default(),
            tags_before: Tags::new(),
            before: None,
            after: None,
            written: Written::new(),
            generation: 0,
            alike: Vec::new(),
            needs: Vec::new(),
            follows: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(generation: &u32) -> bool {
    *generation == 0
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes an object, or adds a part to one made by the same plan.
    Create,
    /// Changes an object.
    Update,
    /// Deletes an object, or takes away a part.
    Delete,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Dotted path of the field.
    pub path: String,
    /// What is there, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is wanted; `None` removes an entry of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What the change costs.
    #[serde(flatten)]
    pub impact: Impact,
    /// The wanted value depends on an object that is not there yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known_after_apply: bool,
}

/// A change that is held back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// What would have been acted on.
    pub id: StepId,
    /// What would have been done.
    pub action: Action,
    /// Why it is not.
    pub why: String,
    /// The way out.
    pub hint: String,
    /// All fields that differ, also those that could change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// An object of the environment that its file does not declare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlisted {
    /// The address on its tags.
    pub address: Address,
    /// The object.
    pub id: PhysicalId,
    /// The name that consoles show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its tag forbids deletion.
    pub protected: bool,
}

/// What the caller wants of a plan.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Delete whole objects that are unlisted.
    pub prune: bool,
    /// Only these resources, their parts, and what they reference if it is not there yet; empty: all.
    pub only: Vec<Address>,
    /// Create these although an object without our tags looks like the same thing.
    pub create_anyway: Vec<Address>,
    /// The address that the caller's own connections come from: a plan does not lock its reader out.
    pub my_ip: Option<IpAddr>,
    /// Resources of other environments that the same apply makes: what refers to them waits instead of being held back.
    pub made_elsewhere: BTreeSet<Address>,
    /// Of several that take each other's places, the one that moves first.
    pub first: Option<Address>,
}

impl Plan {
    /// Whether nothing would be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The deletes that take data with them: each has to be allowed by its name.
    pub fn data_deletes<'a>(&'a self, kinds: &'a Kinds) -> impl Iterator<Item = &'a Address> {
        let deletes = self.steps.iter().filter(|step| step.action == Action::Delete && step.id.part.is_none());
        let addresses = deletes.map(|step| &step.id.address);
        addresses.filter(|address| kinds.get(&address.kind).is_some_and(|kind| kind.holds_data))
    }

    /// How many steps take an action.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }
}

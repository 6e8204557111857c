//! The planner: a pure function from desired and live to a plan.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::address::{Address, PhysicalId, StepId};
use crate::check::{Finding, Whole};
use crate::document::DocumentError;
use crate::environment::Environment;
use crate::kinds::Kinds;
use crate::live::{Live, Readiness};
use crate::owner::PROTECT;
use crate::plan::identity::{Identity, identify};
use crate::plan::in_use::InUse;
use crate::plan::only::Only;
use crate::plan::prune::{self, Pruned};
use crate::plan::reading::Names;
use crate::plan::steps::{Draft, Drafter, Drafts};
use crate::plan::{Action, Plan, PlanOptions, Step, Unlisted, blocked, findings, order, turns};

/// Why there can be no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Several objects bear the tags of one resource, and its name does not tell which is meant.
    #[error("several objects bear the tags of {address}: {}", list(ids))]
    Ambiguous {
        /// The resource.
        address: Address,
        /// The objects.
        ids: Vec<PhysicalId>,
    },
    /// `adopt` names an object that is not there.
    #[error("{address} is to adopt {id}, and there is no such {kind}", kind = address.kind)]
    NothingToAdopt {
        /// The resource.
        address: Address,
        /// The object.
        id: PhysicalId,
    },
    /// An option names a resource that there is not.
    #[error("there is no {address} in environment {environment}")]
    NoSuchResource {
        /// The resource.
        address: Address,
        /// The environment.
        environment: String,
    },
    /// A resource is of a kind that there is not.
    #[error("{address}: there is no kind {:?}", address.kind)]
    NoSuchKind {
        /// The resource.
        address: Address,
    },
    /// The keys of a resource's tags do not fit into the tag that remembers them.
    #[error("{address}: the keys of its tags take {length} characters; a tag holds 256")]
    TooManyTags {
        /// The resource.
        address: Address,
        /// How long the tag would be.
        length: usize,
    },
    /// Steps need each other.
    #[error("these need each other, so none can be first: {}", list(steps))]
    Cycle {
        /// The steps of the circle and those that wait for it.
        steps: Vec<StepId>,
    },
    /// A journal is of another environment than the one at hand, or of another account.
    #[error("the journal is of {journal}, and this is {here}")]
    OtherEnvironment {
        /// Whose the journal is: environment, project, account and region.
        journal: String,
        /// The same of the environment.
        here: String,
    },
    /// A document is not of its kind.
    #[error("{address} is not valid")]
    Document {
        /// The resource.
        address: Address,
        /// What is wrong.
        source: DocumentError,
    },
}

impl PlanError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ambiguous { .. } => "remove the cn-infra tags of those that are not meant".into(),
            Self::NothingToAdopt { address, .. } => {
                format!("correct `adopt` of {address}; remove it, and {address} is created")
            }
            Self::NoSuchResource { .. } => "name a resource as KIND.NAME, as the environment's file does".into(),
            Self::TooManyTags { .. } => "use fewer or shorter keys".into(),
            Self::Cycle { .. } => "leave one of the references out, or give a physical id".into(),
            Self::OtherEnvironment { .. } => "undo it with the files, the project and the account of then".into(),
            Self::NoSuchKind { .. } | Self::Document { .. } => return None,
        })
    }
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Plans what brings live to desired. Pure: the same arguments make the same plan.
pub fn plan(
    environment: &Environment,
    live: &Live,
    kinds: &Kinds,
    options: &PlanOptions,
    now: Timestamp,
) -> Result<Plan, PlanError> {
    let mut identity = identify(environment, live, kinds);
    if !identity.errors.is_empty() {
        return Err(identity.errors.swap_remove(0));
    }
    let identity = &identity;
    let options = checked(options, environment, identity)?;
    let drafts = draft(environment, identity, kinds, &options, now)?;
    let only = Only::of(&options.only, &drafts, identity);
    let mut found = drafts.findings.clone();
    let (mut steps, mut blocked) = blocked::settle(drafts, identity, environment, &options.made_elsewhere);

    let mut left_out = Vec::new();
    left_out.extend(steps.extract_if(.., |draft| !only.includes(&draft.step.id.address)).map(|draft| draft.step.id));
    blocked.retain(|blocked| only.includes(&blocked.id.address));
    if options.prune {
        let names = Names { environment, identity, my_ip: options.my_ip };
        let in_use = InUse { live, kinds, names, steps: &steps, leaving: &BTreeSet::new() };
        let mut pruned = prune::deletes(identity.unlisted(), &in_use, &only)?;
        pruned.come_after(&steps);
        let Pruned { steps: deletes, blocked: kept, left_out: others, findings } = pruned;
        found.extend(findings);
        steps.extend(deletes);
        blocked.extend(kept);
        left_out.extend(others);
    }
    let ids = ids(&steps, identity);
    turns::take(steps.iter_mut().map(|draft| &mut draft.step), kinds, &environment.name, options.first.as_ref());
    let mut found = all_findings(found, environment, identity, kinds);
    found.extend(beyond_quota(&steps, live, kinds));
    found.extend(kinds.check_whole(&Whole { environment, live: Some((live, identity)), kinds, now }));
    Ok(Plan {
        environment: environment.name.clone(),
        project: environment.project.clone(),
        account: environment.account.clone(),
        region: environment.region.clone(),
        files: environment.hash.clone(),
        at: live.at,
        steps: order::sort(steps.into_iter().map(|draft| draft.step).collect())?,
        blocked,
        unlisted: unlisted(identity),
        findings: findings::heard(found, environment),
        left_out,
        networks: environment.networks.clone(),
        ids,
    })
}

/// The options with addresses of this environment, all of them known.
fn checked(
    options: &PlanOptions,
    environment: &Environment,
    identity: &Identity<'_>,
) -> Result<PlanOptions, PlanError> {
    let known = |address: &Address| {
        let local = match &address.environment {
            Some(other) if *other != environment.name => None,
            _ => Some(Address { environment: None, ..address.clone() }),
        };
        let listed = |local: &Address| {
            environment.resources.contains_key(local) || identity.unlisted().iter().any(|(address, _)| address == local)
        };
        local.filter(listed).ok_or_else(|| PlanError::NoSuchResource {
            address: address.clone(),
            environment: environment.name.clone(),
        })
    };
    Ok(PlanOptions {
        prune: options.prune,
        only: options.only.iter().map(known).collect::<Result<_, _>>()?,
        create_anyway: options.create_anyway.iter().map(known).collect::<Result<_, _>>()?,
        my_ip: options.my_ip,
        made_elsewhere: options.made_elsewhere.clone(),
        first: options.first.clone(),
    })
}

/// The steps of every resource, each for itself.
fn draft(
    environment: &Environment,
    identity: &Identity<'_>,
    kinds: &Kinds,
    options: &PlanOptions,
    now: Timestamp,
) -> Result<Drafts, PlanError> {
    let (anyway, drafts) = (options.create_anyway.as_slice(), Drafts::default());
    let mut drafter = Drafter { environment, identity, anyway, my_ip: options.my_ip, now, drafts };
    for (address, declared) in &environment.resources {
        let kind = kinds.get(&address.kind).ok_or_else(|| PlanError::NoSuchKind { address: address.clone() })?;
        drafter.draft(kind, declared)?;
    }
    Ok(drafter.drafts)
}

/// The ids of existing objects that steps name.
pub(super) fn ids(steps: &[Draft], identity: &Identity<'_>) -> BTreeMap<Address, PhysicalId> {
    let named = steps.iter().flat_map(|draft| draft.refers.iter().chain(&draft.mentions));
    let there = named.filter_map(|address| Some((address, identity.object(address)?)));
    there.map(|(address, object)| (address.clone(), object.id.clone())).collect()
}

/// Creates beyond what an account may have by default; deletes come last, so they make no room.
fn beyond_quota(steps: &[Draft], live: &Live, kinds: &Kinds) -> Vec<Finding> {
    let mut found = Vec::new();
    for kind in kinds.iter() {
        let Some(quota) = kind.quota else { continue };
        let there = live.kind(kind.name).iter().filter(|object| object.readiness != Readiness::Gone).count();
        let makes = |step: &&Step| step.action == Action::Create && step.id == StepId::whole(&step.id.address);
        let creates = steps.iter().map(|draft| &draft.step).filter(makes);
        let creates = creates.map(|step| &step.id.address).filter(|address| address.kind == kind.name).zip(there + 1..);
        found.extend(creates.filter(|(_, count)| *count > quota).map(|(on, count)| findings::quota(on, count, quota)));
    }
    found
}

fn unlisted(identity: &Identity<'_>) -> Vec<Unlisted> {
    let objects = identity.unlisted().iter();
    objects
        .map(|(address, object)| Unlisted {
            address: address.clone(),
            id: object.id.clone(),
            name: object.name.clone(),
            protected: object.tags.contains_key(PROTECT),
        })
        .collect()
}

fn all_findings(
    mut found: Vec<Finding>,
    environment: &Environment,
    identity: &Identity<'_>,
    kinds: &Kinds,
) -> Vec<Finding> {
    found.extend(identity.copies.iter().map(|(address, copy)| findings::copy(address, copy)));
    found.extend(crate::check::same_names(environment, kinds));
    found.extend(crate::check::loose_cidrs(environment));
    found.extend(crate::check::lock_bucket(environment));
    found
}

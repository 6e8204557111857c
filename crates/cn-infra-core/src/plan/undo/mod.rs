//! The inverse of an apply, planned from its journal: an ordinary plan, pure, and blocked where live has moved since.
//!
//! What was changed gets the values that it had, what was made is deleted by the rules of `--prune`, and what was deleted
//! is named: nothing brings an object back. The files are not looked at: they still say what the apply carried out.

mod deleted;
mod fields;
mod made;
mod put_back;
mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;

use crate::address::{Address, PhysicalId, StepId};
use crate::document::{Document, DocumentError};
use crate::environment::{Declared, Environment};
use crate::journal::{Past, PastStep};
use crate::kinds::{Kind, Kinds};
use crate::live::{Live, Object};
use crate::plan::identity::{Basis, Claim, Identity, identify};
use crate::plan::in_use::InUse;
use crate::plan::only::Only;
use crate::plan::planner::ids;
use crate::plan::prune::{self, Pruned};
use crate::plan::reading::Names;
use crate::plan::steps::{Draft, Drafter, Drafts};
use crate::plan::{Action, Blocked, Difference, Plan, PlanError, findings, together};

pub(crate) use made::made;
use put_back::PutBack;

/// Plans what brings back what an apply found, in the environment of its journal and in those that its plan had steps in
/// beside: [`Past::others`]. Live is read by [`observe_undoable`](crate::observe::observe_undoable). Pure: the same
/// arguments make the same plan.
pub fn undo(
    past: &Past,
    home: &Environment,
    others: &[&Environment],
    (live, kinds): (&Live, &Kinds),
    my_ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<Plan, PlanError> {
    check_place(past, home)?;
    let of = |environment: &Environment, leaving: &BTreeSet<PhysicalId>| {
        let steps = past.steps_of(&environment.name);
        let identity = &identify(environment, live, kinds);
        let names = Names { environment, identity, my_ip };
        Undoing { environment, live, kinds, identity, names, leaving, now }.plan(&steps)
    };
    // What one environment's undo deletes does not keep what another one's would delete. Each round deletes as much as the
    // one before, or less.
    let mut leaving = live.all().map(|(_, object)| object.id.clone()).collect();
    loop {
        let all = std::iter::once(&home).chain(others);
        let plans: Vec<_> = all.map(|environment| of(environment, &leaving)).collect::<Result<_, _>>()?;
        let left = plans.iter().flat_map(deleted).collect();
        if left == leaving {
            let mut plans = plans.into_iter();
            return match plans.next() {
                Some(home) => together::join(home, plans, kinds, None),
                None => of(home, &leaving),
            };
        }
        leaving = left;
    }
}

fn deleted(plan: &Plan) -> impl Iterator<Item = PhysicalId> {
    let whole = plan.steps.iter().filter(|step| step.action == Action::Delete && step.id.part.is_none());
    whole.filter_map(|step| step.object.clone())
}

/// The environment with what an apply touched in it declared beside what the files say: what an undo has to read.
pub fn with_undone(environment: &Environment, past: &Past) -> Environment {
    let mut wider = environment.clone();
    for PastStep { step, .. } in past.steps_of(&environment.name) {
        let address = &step.id.address;
        let name = step.rename.as_ref().unwrap_or(&step.name);
        let declared = wider.resources.entry(address.clone()).or_insert_with(|| declare(address, name));
        if declared.adopt.is_none() {
            declared.adopt.clone_from(&step.object);
        }
        for (field, value) in step.after.iter().chain(&step.before).flat_map(|document| &document.0) {
            declared.document.0.entry(field.clone()).or_insert_with(|| value.clone());
        }
    }
    wider
}

/// A resource of which nothing is said.
fn declare(address: &Address, name: &str) -> Declared {
    Declared {
        address: address.clone(),
        name: name.to_owned(),
        tags: BTreeMap::new(),
        protect: None,
        adopt: None,
        renamed_from: None,
        document: Document::default(),
        written: BTreeMap::new(),
        origins: BTreeMap::new(),
    }
}

fn check_place(past: &Past, environment: &Environment) -> Result<(), PlanError> {
    let header = &past.header;
    let journal = [&header.environment, &header.project, &header.account, &header.region];
    let here = [&environment.name, &environment.project, &environment.account, &environment.region];
    if journal == here {
        return Ok(());
    }
    let said = |[name, project, account, region]: [&String; 4]| {
        format!("{name} of project {project}, account {account}, {region}")
    };
    Err(PlanError::OtherEnvironment { journal: said(journal), here: said(here) })
}

fn by_resource(steps: &[PastStep]) -> BTreeMap<&Address, Vec<&PastStep>> {
    let mut resources: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for step in steps {
        resources.entry(&step.step.id.address).or_default().push(step);
    }
    resources
}

/// What there is to do, by resource.
#[derive(Default)]
struct Found<'a> {
    put_back: Vec<(&'a Kind, PutBack<'a>)>,
    doomed: Vec<(Address, &'a Object)>,
    blocked: Vec<Blocked>,
}

/// What the undo of every resource needs.
struct Undoing<'a> {
    environment: &'a Environment,
    live: &'a Live,
    kinds: &'a Kinds,
    identity: &'a Identity<'a>,
    names: Names<'a>,
    /// What the undo of any environment deletes.
    leaving: &'a BTreeSet<PhysicalId>,
    now: Timestamp,
}

impl<'a> Undoing<'a> {
    /// The plan of one environment; its steps are in no order yet.
    fn plan(&self, steps: &[PastStep]) -> Result<Plan, PlanError> {
        let mut found = Found::default();
        for (address, steps) in by_resource(steps) {
            let kind =
                self.kinds.get(&address.kind).ok_or_else(|| PlanError::NoSuchKind { address: address.clone() })?;
            self.resource(kind, address, &steps, &mut found).map_err(|source| invalid(address, source))?;
        }
        let Found { put_back, doomed, mut blocked } = found;
        let Drafts { mut steps, held, mut findings } = self.drafts(&put_back)?;
        blocked.extend(held.into_iter().map(|held| held.blocked));
        blocked.extend(hold_what_names_nothing(&mut steps, self.identity));

        let in_use =
            InUse { live: self.live, kinds: self.kinds, names: self.names, steps: &steps, leaving: self.leaving };
        let mut pruned = prune::deletes(&doomed, &in_use, &Only::all())?;
        pruned.come_after(&steps);
        let Pruned { steps: deletes, blocked: kept, findings: others, left_out: _ } = pruned;
        steps.extend(deletes);
        blocked.extend(kept);
        blocked.sort_by(|a, b| a.id.cmp(&b.id));
        findings.extend(others);
        let environment = self.environment;
        Ok(Plan {
            environment: environment.name.clone(),
            project: environment.project.clone(),
            account: environment.account.clone(),
            region: environment.region.clone(),
            files: environment.hash.clone(),
            at: self.live.at,
            ids: ids(&steps, self.identity),
            steps: steps.into_iter().map(|draft| draft.step).collect(),
            blocked,
            unlisted: Vec::new(),
            findings: findings::heard(findings, environment),
            left_out: Vec::new(),
            networks: environment.networks.clone(),
        })
    }

    fn drafts(&self, put_back: &[(&Kind, PutBack<'_>)]) -> Result<Drafts, PlanError> {
        let Self { environment, identity, names, now, .. } = *self;
        let drafts = Drafts::default();
        let mut drafter = Drafter { environment, identity, anyway: &[], my_ip: names.my_ip, now, drafts };
        for (kind, PutBack { declared, beside, object }) in put_back {
            let claim = Claim { object, basis: Basis::Tags };
            let result = drafter.put_back(kind, declared, claim, beside.clone());
            result.map_err(|source| invalid(&declared.address, source))?;
        }
        Ok(drafter.drafts)
    }

    fn resource(
        &self,
        kind: &'a Kind,
        address: &Address,
        steps: &[&PastStep],
        found: &mut Found<'a>,
    ) -> Result<(), DocumentError> {
        let whole = steps.iter().find(|past| past.step.id.part.is_none());
        match whole.map(|past| (past.step.action, past)) {
            Some((Action::Create, whole)) => self.created(kind, whole, steps, found),
            Some((Action::Delete, whole)) if self.object_of(whole).is_none() => {
                found.blocked.push(deleted::blocked(kind, &whole.step, steps, self.environment)?);
                Ok(())
            }
            _ => self.updated(kind, address, steps, found),
        }
    }

    /// The object that a step acted on, if it is still there.
    fn object_of(&self, past: &PastStep) -> Option<&'a Object> {
        let (kind, object) = self.live.by_id(past.step.object.as_ref()?)?;
        (kind == past.step.id.address.kind && object.readiness.is_present()).then_some(object)
    }
}

fn invalid(address: &Address, source: DocumentError) -> PlanError {
    PlanError::Document { address: address.clone(), source }
}

/// A step that would write the name of what is not there.
fn hold_what_names_nothing(steps: &mut Vec<Draft>, identity: &Identity<'_>) -> Vec<Blocked> {
    let is_missing = |address: &&Address| identity.object(address).is_none();
    let missing = |draft: &Draft| draft.refers.iter().find(is_missing).map(ToString::to_string);
    let (there, lacking): (Vec<_>, Vec<_>) =
        std::mem::take(steps).into_iter().partition(|draft| missing(draft).is_none());
    *steps = there;
    let held = lacking.into_iter().map(|draft| {
        let named = missing(&draft).unwrap_or_default();
        Blocked {
            why: format!("{named}, which it named before, is not there"),
            hint: format!("make {named} again, or say in the file what is wanted instead"),
            id: draft.step.id,
            action: draft.step.action,
            differences: draft.step.differences,
        }
    });
    held.collect()
}

/// A step that has no inverse as things are.
fn hold(id: &StepId, action: Action, why: String, hint: String, differences: Vec<Difference>) -> Blocked {
    Blocked { id: id.clone(), action, why, hint, differences }
}

//! Several environments in one plan: what one file makes, another may refer to, and waits for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::address::{Address, StepId};
use crate::environment::Environment;
use crate::kinds::Kinds;
use crate::live::Live;
use crate::plan::{Action, Plan, PlanError, PlanOptions, Step, order, plan, turns};

/// Plans what brings live to what several environments of one account and region want: the steps in one order.
///
/// Addresses of `home` are as its own file has them, those of the others say their environment, in steps as in options.
/// With `only`, the others plan what it names of them, and what that refers to if it is not there yet. Nothing is pruned.
pub fn plan_together(
    home: &Environment,
    others: &[&Environment],
    live: &Live,
    kinds: &Kinds,
    options: &PlanOptions,
    now: Timestamp,
) -> Result<Plan, PlanError> {
    let together = Together { home, others, live, kinds, options, now };
    let mut plans = together.plans(&together.makes()?)?.into_iter();
    match plans.next() {
        Some(home) => join(home, plans, kinds, options.first.as_ref()),
        None => together.one(home, Vec::new(), &BTreeSet::new()),
    }
}

impl Plan {
    /// The same plan with no environment at home: each address says whose it is. It is carried out as well as the other.
    #[must_use]
    pub fn in_full(&self, environments: &[&str]) -> Self {
        Self { environment: environments.join(", "), ..seen_from("", self.clone()) }
    }
}

/// Environments, and what is planned of them.
struct Together<'a> {
    home: &'a Environment,
    others: &'a [&'a Environment],
    live: &'a Live,
    kinds: &'a Kinds,
    options: &'a PlanOptions,
    now: Timestamp,
}

impl<'a> Together<'a> {
    fn environments(&self) -> impl Iterator<Item = &'a Environment> {
        std::iter::once(self.home).chain(self.others.iter().copied())
    }

    /// Everything that could be made, each with its environment: what one makes may let another be made.
    fn makes(&self) -> Result<BTreeSet<Address>, PlanError> {
        let mut makes = BTreeSet::new();
        loop {
            let mut now = BTreeSet::new();
            for environment in self.environments() {
                let plan = self.one(environment, Vec::new(), &makes)?;
                let creates = plan.steps.iter().filter(|step| step.action == Action::Create && step.id.part.is_none());
                now.extend(creates.map(|step| step.id.address.in_environment(&environment.name)));
            }
            if now == makes {
                return Ok(makes);
            }
            makes = now;
        }
    }

    /// One plan for each environment that is asked for, or that another one needs.
    fn plans(&self, makes: &BTreeSet<Address>) -> Result<Vec<Plan>, PlanError> {
        let mut only: BTreeMap<&str, BTreeSet<Address>> = BTreeMap::new();
        for address in &self.options.only {
            let environment = address.environment.as_deref().unwrap_or(&self.home.name);
            only.entry(environment).or_default().insert(Address { environment: None, ..address.clone() });
        }
        let is_limited = !self.options.only.is_empty();
        loop {
            let mut plans = Vec::new();
            for environment in self.environments() {
                let named = only.get(environment.name.as_str());
                if !is_limited || named.is_some() || environment.name == self.home.name {
                    let named = named.into_iter().flatten().cloned().collect();
                    plans.push(self.one(environment, named, makes)?);
                }
            }
            let mut grew = false;
            for need in plans.iter().flat_map(|plan| &plan.steps).flat_map(|step| &step.needs) {
                let of = self.environments().find(|one| need.address.environment.as_ref() == Some(&one.name));
                if let Some(environment) = of.filter(|_| is_limited) {
                    let local = Address { environment: None, ..need.address.clone() };
                    grew |= only.entry(&environment.name).or_default().insert(local);
                }
            }
            if !grew {
                return Ok(plans);
            }
        }
    }

    /// The plan of one environment, as if it were alone but for what others make.
    fn one(&self, of: &Environment, only: Vec<Address>, makes: &BTreeSet<Address>) -> Result<Plan, PlanError> {
        let anyway = self.options.create_anyway.iter();
        let anyway = anyway.filter(|address| address.environment.as_ref().unwrap_or(&self.home.name) == &of.name);
        let options = PlanOptions {
            only,
            create_anyway: anyway.map(|address| Address { environment: None, ..address.clone() }).collect(),
            my_ip: self.options.my_ip,
            made_elsewhere: makes.iter().filter(|one| one.environment.as_ref() != Some(&of.name)).cloned().collect(),
            ..PlanOptions::default()
        };
        plan(of, self.live, self.kinds, &options, self.now)
    }
}

/// One plan of several: of the home environment, and of others.
pub(super) fn join(
    home: Plan,
    others: impl IntoIterator<Item = Plan>,
    kinds: &Kinds,
    first: Option<&Address>,
) -> Result<Plan, PlanError> {
    let name = home.environment.clone();
    let mut joined = seen_from(&name, home);
    for plan in others {
        let plan = seen_from(&name, plan);
        joined.steps.extend(plan.steps);
        joined.blocked.extend(plan.blocked);
        joined.unlisted.extend(plan.unlisted);
        joined.findings.extend(plan.findings);
        joined.left_out.extend(plan.left_out);
        joined.ids.extend(plan.ids);
        for (name, cidrs) in plan.networks.0 {
            joined.networks.0.entry(name).or_insert(cidrs);
        }
    }
    turns::take(joined.steps.iter_mut(), kinds, &name, first);
    joined.steps = order::sort(joined.steps)?;
    Ok(joined)
}

/// A plan with every address as the home environment has it. Documents stay as their own file has them.
fn seen_from(home: &str, mut plan: Plan) -> Plan {
    let seen = |address: &Address| {
        let environment = address.environment.as_ref().unwrap_or(&plan.environment);
        let environment = Some(environment).filter(|environment| **environment != home).cloned();
        Address { environment, ..address.clone() }
    };
    let step = |id: &mut StepId| id.address = seen(&id.address);
    for Step { id, needs, follows, .. } in &mut plan.steps {
        std::iter::once(id).chain(needs).chain(follows).for_each(step);
    }
    plan.blocked.iter_mut().for_each(|blocked| step(&mut blocked.id));
    plan.left_out.iter_mut().for_each(step);
    plan.unlisted.iter_mut().for_each(|unlisted| unlisted.address = seen(&unlisted.address));
    plan.findings.iter_mut().filter_map(|finding| finding.on.as_mut()).for_each(|on| *on = seen(on));
    plan.ids = plan.ids.iter().map(|(address, id)| (seen(address), id.clone())).collect();
    plan
}

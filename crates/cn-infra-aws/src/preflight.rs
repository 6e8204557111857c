//! Trying a plan before its first write: each step on its own, as a [dry run](Session::dry_run).

use std::collections::BTreeMap;

use cn_infra_core::address::StepId;
use cn_infra_core::apply::{ApplyOptions, Cancellation, apply};
use cn_infra_core::clock::Clock;
use cn_infra_core::event::{Event, Failure, Outcome};
use cn_infra_core::plan::{Action, Plan, Step};
use cn_infra_core::resource::Resource;

use crate::Session;
use crate::elastic_ip::ElasticIp;
use crate::instance::Instance;
use crate::security_group::SecurityGroup;
use crate::session::dry_run::WOULD_SUCCEED;

/// What trying a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Its first call would succeed, or nothing is left to do.
    Allowed,
    /// AWS refuses it.
    Refused(Failure),
    /// It was not tried, for this reason.
    Untried(String),
}

/// Tries the steps of a plan. Nothing is written.
///
/// A step of several calls is tried with its first. RDS and S3 know no dry run, and what a step still waits to be made
/// cannot be named: both are [`Tried::Untried`].
pub async fn preflight(
    plan: &Plan,
    session: &Session,
    options: &ApplyOptions,
    clock: &dyn Clock,
) -> BTreeMap<StepId, Tried> {
    let (with, without): (Vec<_>, Vec<_>) = plan.steps.iter().partition(|step| has_dry_run(step));
    // A delete is held back by whatever fails, so each has an apply of its own.
    let (deletes, others): (Vec<_>, Vec<_>) = with.into_iter().partition(|step| step.action == Action::Delete);
    let others = vec![others];
    let alone = deletes.into_iter().map(|step| vec![step]);
    let mut tried: BTreeMap<_, _> = without.into_iter().map(|step| (step.id.clone(), unknown())).collect();
    for steps in others.into_iter().chain(alone) {
        tried.extend(each(plan, &steps, session, options, clock).await);
    }
    tried
}

fn has_dry_run(step: &Step) -> bool {
    [Instance::KIND, ElasticIp::KIND, SecurityGroup::KIND].contains(&step.id.address.kind.as_str())
}

fn unknown() -> Tried {
    Tried::Untried("RDS and S3 know no dry run".to_owned())
}

/// Carries steps out without writing, none waiting for another.
async fn each(
    plan: &Plan,
    steps: &[&Step],
    session: &Session,
    options: &ApplyOptions,
    clock: &dyn Clock,
) -> Vec<(StepId, Tried)> {
    let steps = steps.iter().map(|step| Step { needs: Vec::new(), ..(*step).clone() }).collect();
    let plan = Plan { steps, ..plan.clone() };
    let options = ApplyOptions { verify: false, no_wait: true, journal: None, ..options.clone() };
    let (kinds, managers) = (crate::kinds(), crate::managers(&session.dry_run()));
    let (never, mut reporter) = (Cancellation::default(), |_: &Event| {});
    let report = apply(&plan, &kinds, &managers, &options, clock, &never, &mut reporter).await;
    report.outcomes.into_iter().map(|(step, outcome)| (step, tried(outcome))).collect()
}

fn tried(outcome: Outcome) -> Tried {
    match outcome {
        Outcome::Done => Tried::Allowed,
        Outcome::Failed(failure) => match failure.code.as_deref() {
            Some(WOULD_SUCCEED) => Tried::Allowed,
            Some(_) => Tried::Refused(failure),
            None => Tried::Untried(failure.message),
        },
        Outcome::Stale { .. } => Tried::Untried("live moved since the plan was made".to_owned()),
        Outcome::NotStarted { because } => Tried::Untried(because),
    }
}

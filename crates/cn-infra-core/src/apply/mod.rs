//! Carrying out a plan.

mod basis;
mod create;
mod delete;
mod failure;
mod journaling;
mod poll;
mod resolve;
mod retry;
mod run;
mod schedule;
mod stale;
mod step;
mod survey;
mod turns;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};

use crate::address::{Address, PhysicalId, StepId};
use crate::clock::Clock;
use crate::event::{Event, Failure, Outcome, Reporter};
use crate::journal::Recorder;
use crate::kinds::Kinds;
use crate::manager::Managers;
use crate::plan::{Plan, Step};

use run::Run;
use schedule::{Dropped, Schedule};

/// Carries out a plan: each step once what it needs is done, several at once, all within the caller's task.
///
/// A step that fails holds back only those that need it, and all deletes. Dropping the future stops everything where
/// it stands; a new plan goes on from there. The reporter hears of everything in the order in which it happens.
pub async fn apply(
    plan: &Plan,
    kinds: &Kinds,
    managers: &Managers,
    options: &ApplyOptions,
    clock: &dyn Clock,
    cancellation: &Cancellation,
    reporter: &mut dyn Reporter,
) -> Report {
    let (events, mut inbox) = mpsc::unbounded_channel();
    let run = Run::new(plan, kinds, managers, options, clock, cancellation, events);
    let (mut schedule, dropped) = Schedule::new(&plan.steps, options.parallelism);
    let mut running = FuturesUnordered::new();
    let mut cancelled = false;
    run.tell(Event::Began { steps: plan.steps.len() });
    tell_dropped(&run, dropped);
    if options.verify {
        verify(&run, &mut schedule).await;
    }
    loop {
        if !cancelled && cancellation.is_cancelled() {
            cancelled = true;
            run.tell(Event::Cancelled);
            tell_dropped(&run, schedule.drop_all("interrupted"));
        }
        let starting = start(&mut schedule);
        journaling::begin(&run, starting.iter().map(|number| &plan.steps[*number]));
        for number in starting {
            let (run, step) = (&run, &plan.steps[number]);
            run.turns.enter(step);
            running.push(async move { (number, step::carry_out(run, step).await) });
        }
        if running.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            Some(event) = inbox.recv() => {
                if let Event::Waiting { step, .. } = &event {
                    schedule.wait(step);
                }
                reporter.event(&event);
            }
            () = cancellation.cancelled(), if !cancelled => {}
            Some((number, outcome)) = running.next() => {
                journaling::end(&run, &plan.steps[number], &outcome);
                tell_dropped(&run, schedule.end(number, outcome));
            }
        }
    }
    tell_dropped(&run, schedule.drop_all("its needs form a circle"));
    while let Ok(event) = inbox.try_recv() {
        reporter.event(&event);
    }
    Report { outcomes: schedule.into_outcomes(), made: run.all_made(), cancelled }
}

/// The steps that start now, each with those that go right after it.
fn start(schedule: &mut Schedule<'_>) -> Vec<usize> {
    let mut starting = Vec::new();
    while let Some(number) = schedule.start() {
        starting.push(number);
        starting.extend(schedule.start_followers(number));
    }
    starting
}

/// Gives up every step of a saved plan if anything that one of them depends on moved, or cannot be looked at.
async fn verify(run: &Run<'_>, schedule: &mut Schedule<'_>) {
    let ended: Vec<_> = match survey::survey(run).await {
        Ok(stale) => stale.into_iter().map(|(step, moved)| (step, Outcome::Stale { moved })).collect(),
        // The loop ends a cancelled apply.
        Err(_) if run.cancellation.is_cancelled() => Vec::new(),
        Err(unread) => {
            let of_kind = |step: &&Step| unread.kind.as_ref().is_none_or(|kind| *kind == step.id.address.kind);
            let failed: Vec<_> = run.plan.steps.iter().filter(of_kind).collect();
            let failed = if failed.is_empty() { run.plan.steps.iter().collect() } else { failed };
            failed.into_iter().map(|step| (step.id.clone(), Outcome::Failed(unread.failure.clone()))).collect()
        }
    };
    if ended.is_empty() {
        return;
    }
    let why = if ended.iter().any(|(_, outcome)| matches!(outcome, Outcome::Stale { .. })) {
        "live moved since the plan was made"
    } else {
        "what the plan depends on could not be read"
    };
    for (step, outcome) in ended {
        schedule.end_early(&step, outcome.clone());
        run.tell(Event::Finished { step, outcome, elapsed: Duration::ZERO });
    }
    tell_dropped(run, schedule.drop_all(why));
}

fn tell_dropped(run: &Run<'_>, dropped: Vec<Dropped>) {
    for Dropped { step, because } in dropped {
        let step = run.plan.steps[step].id.clone();
        run.tell(Event::Finished { step, outcome: Outcome::NotStarted { because }, elapsed: Duration::ZERO });
    }
}

/// How a plan is carried out.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// How many steps run at once. A create or delete that only waits for its object does not count.
    pub parallelism: usize,
    /// Do not wait for objects that nothing else in the plan needs.
    pub no_wait: bool,
    /// Compare each step's `before` with live first: for a plan that was saved.
    pub verify: bool,
    /// The resources whose objects may be deleted although data goes with them.
    pub allow_delete: BTreeSet<Address>,
    /// How long a just-made object may answer "not found", and an ambiguous create may stay unseen.
    pub consistency: Duration,
    /// How long a step may wait for its object. Ends the waiting, not the change.
    pub timeout: Duration,
    /// Who keeps what the steps change, for an undo; `None`: nobody.
    pub journal: Option<Arc<dyn Recorder>>,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            parallelism: 10,
            no_wait: false,
            verify: false,
            allow_delete: BTreeSet::new(),
            consistency: Duration::from_mins(1),
            timeout: Duration::from_hours(3),
            journal: None,
        }
    }
}

/// What became of a plan's steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Every step with its outcome.
    pub outcomes: BTreeMap<StepId, Outcome>,
    /// The objects that it made, or found made by an earlier apply of the same saved plan.
    pub made: BTreeMap<Address, PhysicalId>,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

impl Report {
    /// Whether every step was done.
    pub fn is_success(&self) -> bool {
        self.outcomes.values().all(|outcome| *outcome == Outcome::Done)
    }

    /// The steps that were tried and failed.
    pub fn failed(&self) -> impl Iterator<Item = (&StepId, &Failure)> {
        self.outcomes.iter().filter_map(|(step, outcome)| match outcome {
            Outcome::Failed(failure) => Some((step, failure)),
            Outcome::Done | Outcome::Stale { .. } | Outcome::NotStarted { .. } => None,
        })
    }

    /// Whether a step was not carried out because live moved after the plan was made.
    pub fn is_stale(&self) -> bool {
        self.outcomes.values().any(|outcome| matches!(outcome, Outcome::Stale { .. }))
    }
}

/// Asks a running apply to start nothing new. Dropping the apply's future is the harder way.
#[derive(Clone, Debug)]
pub struct Cancellation {
    sender: Arc<watch::Sender<bool>>,
}

impl Default for Cancellation {
    fn default() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)) }
    }
}

impl Cancellation {
    /// Starts nothing new, finishes what is in flight.
    pub fn cancel(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it was asked for.
    pub fn is_cancelled(&self) -> bool {
        *self.sender.borrow()
    }

    /// Completes once it is asked for.
    pub async fn cancelled(&self) {
        let mut receiver = self.sender.subscribe();
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests;

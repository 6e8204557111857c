//! Which step may start when.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::address::StepId;
use crate::event::Outcome;
use crate::plan::{Action, Step};

/// The steps of a plan, by number, each with its state. Deletes come last, and only if everything else was done.
#[derive(Debug)]
pub(super) struct Schedule<'a> {
    steps: &'a [Step],
    numbers: HashMap<&'a StepId, usize>,
    states: Vec<State>,
    dependents: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    ready_deletes: BTreeSet<usize>,
    /// Every delete, until something else fails.
    deletes: Vec<usize>,
    running: usize,
    parallelism: usize,
    /// How many steps other than deletes have not ended.
    open: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Waits for so many others.
    Needs(usize),
    /// Counts among those that run at once.
    Running,
    /// Was started, and only waits for its object.
    Waiting,
    Ended(Outcome),
}

/// A step that will not start, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dropped {
    pub step: usize,
    pub because: String,
}

impl<'a> Schedule<'a> {
    /// All steps, and those that cannot start because they need one that the plan lacks.
    pub fn new(steps: &'a [Step], parallelism: usize) -> (Self, Vec<Dropped>) {
        let mut schedule = Self {
            steps,
            numbers: steps.iter().enumerate().map(|(number, step)| (&step.id, number)).collect(),
            states: steps.iter().map(|step| State::Needs(step.needs.len())).collect(),
            dependents: vec![Vec::new(); steps.len()],
            ready: BTreeSet::new(),
            ready_deletes: BTreeSet::new(),
            deletes: (0..steps.len()).filter(|step| steps[*step].action == Action::Delete).collect(),
            running: 0,
            parallelism: parallelism.max(1),
            open: steps.iter().filter(|step| step.action != Action::Delete).count(),
        };
        let lacking = schedule.link();
        let mut dropped = Vec::new();
        for (step, need) in lacking {
            schedule.set_dropped(step, &format!("needs {need}, which is not in the plan"), &mut dropped);
            schedule.drop_after(step, "cannot start", &mut dropped);
        }
        (schedule, dropped)
    }

    /// Enters who needs whom; returns each need that is no step.
    fn link(&mut self) -> Vec<(usize, &'a StepId)> {
        let mut lacking = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            for need in &step.needs {
                match self.numbers.get(need) {
                    Some(needed) => self.dependents[*needed].push(number),
                    None => lacking.push((number, need)),
                }
            }
            self.offer(number);
        }
        lacking
    }

    /// The next step that may start now, in the plan's order.
    pub fn start(&mut self) -> Option<usize> {
        if self.running >= self.parallelism {
            return None;
        }
        let next = match self.ready.pop_first() {
            None if self.open == 0 => self.ready_deletes.pop_first(),
            next => next,
        }?;
        self.states[next] = State::Running;
        self.running += 1;
        Some(next)
    }

    /// Those that follow a step just started, and need nothing else: they are prepared meanwhile, however many run.
    pub fn start_followers(&mut self, leader: usize) -> Vec<usize> {
        let mut started = Vec::new();
        let mut leader = Some(leader);
        while let Some(number) = leader {
            let id = &self.steps[number].id;
            let follows =
                |step: &usize| self.steps[*step].follows.as_ref() == Some(id) && self.states[*step] == State::Needs(1);
            leader = self.dependents[number].iter().copied().find(follows);
            if let Some(follower) = leader {
                self.states[follower] = State::Running;
                self.running += 1;
                started.push(follower);
            }
        }
        started
    }

    /// A started step waits for its object, which leaves its place to another. A change keeps its place: what waits may
    /// be a server that stands still, and no more of them may do so at once than steps may run.
    pub fn wait(&mut self, step: &StepId) {
        let Some(&step) = self.numbers.get(step) else { return };
        if self.states[step] == State::Running && self.steps[step].action != Action::Update {
            self.states[step] = State::Waiting;
            self.running -= 1;
        }
    }

    /// A started step ended; returns the steps that will not start because of it.
    pub fn end(&mut self, step: usize, outcome: Outcome) -> Vec<Dropped> {
        let trouble = match &outcome {
            Outcome::Done => None,
            Outcome::Stale { .. } => Some("is stale"),
            Outcome::Failed(_) | Outcome::NotStarted { .. } => Some("failed"),
        };
        self.running -= usize::from(self.states[step] == State::Running);
        self.set_ended(step, outcome);
        let mut dropped = Vec::new();
        match trouble {
            None => self.release_dependents(step),
            Some(trouble) => self.drop_after(step, trouble, &mut dropped),
        }
        dropped.sort();
        dropped
    }

    /// A step ended without having been started.
    pub fn end_early(&mut self, step: &StepId, outcome: Outcome) {
        let Some(&step) = self.numbers.get(step) else { return };
        if matches!(self.states[step], State::Needs(_)) {
            self.ready.remove(&step);
            self.ready_deletes.remove(&step);
            self.set_ended(step, outcome);
        }
    }

    /// Drops every step that has not started.
    pub fn drop_all(&mut self, because: &str) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        for step in 0..self.steps.len() {
            self.set_dropped(step, because, &mut dropped);
        }
        dropped
    }

    /// Every step that ended, with its outcome.
    pub fn into_outcomes(self) -> BTreeMap<StepId, Outcome> {
        let ended = self.steps.iter().zip(self.states).filter_map(|(step, state)| match state {
            State::Ended(outcome) => Some((step.id.clone(), outcome)),
            State::Needs(_) | State::Running | State::Waiting => None,
        });
        ended.collect()
    }

    fn offer(&mut self, step: usize) {
        if self.states[step] == State::Needs(0) {
            match self.steps[step].action {
                Action::Delete => self.ready_deletes.insert(step),
                Action::Create | Action::Update => self.ready.insert(step),
            };
        }
    }

    fn release_dependents(&mut self, step: usize) {
        for dependent in std::mem::take(&mut self.dependents[step]) {
            if let State::Needs(others @ 1..) = self.states[dependent] {
                self.states[dependent] = State::Needs(others - 1);
                self.offer(dependent);
            }
        }
    }

    /// Drops what needs a step, directly or not; and the deletes, unless it is one itself.
    fn drop_after(&mut self, step: usize, trouble: &str, dropped: &mut Vec<Dropped>) {
        let id = &self.steps[step].id;
        let mut left = vec![step];
        while let Some(needed) = left.pop() {
            for dependent in std::mem::take(&mut self.dependents[needed]) {
                self.set_dropped(dependent, &format!("needs {id}, which {trouble}"), dropped);
                left.push(dependent);
            }
        }
        if self.steps[step].action != Action::Delete {
            for delete in std::mem::take(&mut self.deletes) {
                self.set_dropped(delete, &format!("deletes come last, and {id} {trouble}"), dropped);
            }
        }
    }

    fn set_dropped(&mut self, step: usize, because: &str, dropped: &mut Vec<Dropped>) {
        if matches!(self.states[step], State::Needs(_)) {
            self.ready.remove(&step);
            self.ready_deletes.remove(&step);
            self.set_ended(step, Outcome::NotStarted { because: because.to_owned() });
            dropped.push(Dropped { step, because: because.to_owned() });
        }
    }

    fn set_ended(&mut self, step: usize, outcome: Outcome) {
        self.states[step] = State::Ended(outcome);
        if self.steps[step].action != Action::Delete {
            self.open -= 1;
        }
    }
}

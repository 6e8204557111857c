//! Steps that take each other's places: all are prepared first, then sent one right after the other, and nothing in between.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::failure::Stop;
use crate::address::StepId;
use crate::event::{Failure, Outcome};
use crate::plan::Step;

/// How far a step came that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It reads what it needs.
    Entered,
    /// It waits for its turn.
    Prepared,
    /// Its change is made.
    Sent,
    /// It will not be made.
    Failed,
}

/// Whose turn it is.
pub(super) struct Turns<'a> {
    /// Each step that is followed, and by whom.
    followers: BTreeMap<&'a StepId, &'a StepId>,
    stages: watch::Sender<BTreeMap<StepId, Stage>>,
}

impl<'a> Turns<'a> {
    pub fn of(steps: &'a [Step]) -> Self {
        let followers = steps.iter().filter_map(|step| Some((step.follows.as_ref()?, &step.id))).collect();
        Self { followers, stages: watch::Sender::default() }
    }

    /// Whether a step has to wait for its turn, or others for it.
    pub fn takes_part(&self, step: &Step) -> bool {
        step.follows.is_some() || self.followers.contains_key(&step.id)
    }

    /// A step starts.
    pub fn enter(&self, step: &Step) {
        self.set(step, Stage::Entered);
    }

    /// A step is prepared: waits until those that follow it are so too, and the one that it follows was sent.
    pub async fn come(&self, step: &Step) -> Result<(), Stop> {
        self.set(step, Stage::Prepared);
        let mut stages = self.stages.subscribe();
        let come = stages.wait_for(|stages| {
            let is = |id: &StepId, stage| stages.get(id) == Some(&stage);
            let is_open = |id: &StepId| is(id, Stage::Entered) || is(id, Stage::Prepared);
            step.follows.as_ref().is_none_or(|leader| !is_open(leader))
                && self.behind(step).all(|id| !is(id, Stage::Entered))
        });
        // The sender lives as long as the apply.
        let Ok(stages) = come.await.map(|stages| stages.clone()) else { return Ok(()) };
        let has_failed = |id: &&StepId| stages.get(*id) == Some(&Stage::Failed);
        if let Some(leader) = step.follows.as_ref().filter(has_failed) {
            return Err(Stop::NotStarted(format!("needs {leader}, which failed")));
        }
        match self.behind(step).find(has_failed) {
            Some(follower) => Err(Failure::new(format!("{follower} is to follow at once, and failed")).into()),
            None => Ok(()),
        }
    }

    /// A step was sent: lets those that follow it be sent before anything else is.
    pub async fn pass(&self, step: &Step) {
        self.set(step, Stage::Sent);
        let mut stages = self.stages.subscribe();
        let passed = stages.wait_for(|stages| {
            self.behind(step).all(|id| !matches!(stages.get(id), Some(Stage::Entered | Stage::Prepared)))
        });
        // As above.
        let _ = passed.await;
    }

    /// A step ended.
    pub fn end(&self, step: &Step, outcome: &Outcome) {
        self.set(step, if *outcome == Outcome::Done { Stage::Sent } else { Stage::Failed });
    }

    /// Those that follow a step, one behind the other.
    fn behind(&self, step: &Step) -> impl Iterator<Item = &'a StepId> {
        std::iter::successors(self.followers.get(&step.id).copied(), |id| self.followers.get(id).copied())
    }

    fn set(&self, step: &Step, stage: Stage) {
        if self.takes_part(step) {
            self.stages.send_modify(|stages| {
                stages.insert(step.id.clone(), stage);
            });
        }
    }
}

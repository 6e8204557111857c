//! Carrying out one step: what creates, updates and deletes have in common.

use std::pin::pin;
use std::time::Duration;

use super::failure::Stop;
use super::poll::{Poll, Watch};
use super::retry::{Backoff, Patience, Retries};
use super::run::Run;
use super::{create, delete, update};
use crate::address::{Address, PhysicalId};
use crate::document::Document;
use crate::event::{Event, Failure, Outcome};
use crate::kinds::Kind;
use crate::live::{Object, Readiness};
use crate::manager::{AnyManager, ErrorClass, ManageError};
use crate::plan::{Action, Step};
use crate::slow_down;

/// How often a step that waits for a reading says so: with the longest pause between two readings, half a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What a step waits for before the first reading tells more.
pub(super) const READING: &str = "reading its object";

/// Carries out a step, and tells when it starts and ends.
pub(super) async fn carry_out(run: &Run<'_>, step: &Step) -> Outcome {
    let began = run.clock.elapsed();
    run.tell(Event::Started { step: step.id.clone(), action: step.action });
    let tell = run.slow_downs_of(&step.id);
    let outcome = match slow_down::listen(tell, dispatch(run, step, began)).await {
        Ok(()) => Outcome::Done,
        Err(end) => end.into(),
    };
    run.turns.end(step, &outcome);
    let elapsed = run.clock.elapsed().saturating_sub(began);
    run.tell(Event::Finished { step: step.id.clone(), outcome: outcome.clone(), elapsed });
    outcome
}

async fn dispatch(run: &Run<'_>, step: &Step, began: Duration) -> Result<(), Stop> {
    let work = Work::of(run, step, began)?;
    match (step.action, &step.id.part) {
        (Action::Create, None) => create::create(&work).await,
        (Action::Create | Action::Update, _) => update::update(&work).await,
        (Action::Delete, _) => delete::delete(&work).await,
    }
}

/// A step that is being carried out.
pub(super) struct Work<'a> {
    pub run: &'a Run<'a>,
    pub step: &'a Step,
    pub kind: &'a Kind,
    pub poll: &'a Poll<'a>,
    began: Duration,
}

/// What a reading means for a step that waits.
pub(super) enum Verdict {
    /// The wait is over.
    Over,
    /// Not yet; the status in the cloud's word.
    Pending(String),
    /// It will not come.
    Failed(Failure),
}

impl<'a> Work<'a> {
    /// A step, begun at a time.
    pub fn of(run: &'a Run<'a>, step: &'a Step, began: Duration) -> Result<Self, Failure> {
        let name = &step.id.address.kind;
        let kind = run.kinds.get(name).ok_or_else(|| Failure::new(format!("there is no kind {name}")))?;
        Ok(Self { run, step, kind, poll: run.poll(name)?, began })
    }

    pub fn manager(&self) -> &'a dyn AnyManager {
        self.poll.manager()
    }

    /// An address of the step's own file, as the plan's environment has it.
    pub fn absolute(&self, address: &Address) -> Address {
        let environment = address.environment.clone().or_else(|| self.step.id.address.environment.clone());
        self.run.local(&Address { environment, ..address.clone() })
    }

    /// An address of the plan's environment, as the step's own file has it.
    pub fn relative(&self, address: &Address) -> Address {
        let own = &self.step.id.address.environment;
        let environment = match &address.environment {
            None if own.is_some() => Some(self.run.plan.environment.clone()),
            environment if environment == own => None,
            environment => environment.clone(),
        };
        Address { environment, ..address.clone() }
    }

    pub fn part(&self) -> Option<&'a str> {
        self.step.id.part.as_deref()
    }

    /// Whether it makes the object, and not only a part of it.
    pub fn makes(&self) -> bool {
        self.step.action == Action::Create && self.step.id.part.is_none()
    }

    /// The desired fields that this step is about, as the plan holds them.
    pub fn desired(&self) -> Result<Document, Failure> {
        let after = self.step.after.as_ref().ok_or_else(|| Failure::new("the plan does not say what is wanted"))?;
        Ok(self.kind.split(after, self.part()))
    }

    /// The object that the step acts on.
    pub fn object(&self) -> Result<PhysicalId, Failure> {
        let known = self.step.object.clone().or_else(|| self.run.id_of(&self.step.id.address));
        known.ok_or_else(|| Failure::new(format!("the object of {} is not known", self.step.id.address)))
    }

    /// Whether the step is done only when its object is ready.
    pub fn must_wait(&self) -> bool {
        !self.run.options.no_wait || self.run.is_needed(&self.step.id)
    }

    /// How a call of this step is sent again.
    pub fn retries(&self, patience: Patience) -> Retries {
        Retries::new(patience, (&self.step.id, self.run.clock.now()))
    }

    /// Waits before a failed call is sent again, or gives up.
    pub async fn retry(&self, retries: &mut Retries, error: ManageError) -> Result<(), Failure> {
        let now = self.run.clock.elapsed();
        let Some(after) = retries.after(&error, now) else {
            return Err(Failure::given_up(error, retries.waited(now)));
        };
        let (step, why) = (self.step.id.clone(), error.message);
        self.run.tell(match error.class {
            ErrorClass::Throttled => Event::SlowedDown { step, why, after },
            _ => Event::Retrying { step, why, after },
        });
        self.run.pause(after).await
    }

    /// Between two calls of one change: the place to stop.
    pub fn go_on(&self) -> Result<(), Failure> {
        if self.run.cancellation.is_cancelled() { Err(Failure::interrupted()) } else { Ok(()) }
    }

    /// Reads the object until it can be changed. One that failed may be: the change can be its repair.
    pub async fn changeable(&self, watch: &mut Watch<'_>) -> Result<Object, Failure> {
        self.present(watch, |status| matches!(status, Readiness::Ready | Readiness::Failed(_))).await
    }

    /// Reads the object until it is ready.
    pub async fn ready(&self, watch: &mut Watch<'_>) -> Result<Object, Failure> {
        self.present(watch, |status| *status == Readiness::Ready).await
    }

    async fn present(&self, watch: &mut Watch<'_>, enough: impl Fn(&Readiness) -> bool) -> Result<Object, Failure> {
        let object = self.wait(watch, |object| match object.map(|object| &object.readiness) {
            None => self.absent(),
            Some(status) if enough(status) => Verdict::Over,
            Some(status) => verdict(status),
        });
        object.await?.ok_or_else(gone)
    }

    /// What it means that the object is not there: one just made may not be visible yet.
    fn absent(&self) -> Verdict {
        let Some(made) = self.run.made(&self.step.id.address) else {
            return Verdict::Failed(gone());
        };
        if self.run.clock.elapsed() < made.at.saturating_add(self.run.options.consistency) {
            return Verdict::Pending("not visible yet".to_owned());
        }
        let message = format!("{} was made, but no reading shows it", made.id);
        Verdict::Failed(Failure::new(message).hint("plan again: it may show later, and is found by its tags"))
    }

    /// Reads the object until a verdict ends the wait, the time is up or the apply is cancelled.
    pub async fn wait(
        &self,
        watch: &mut Watch<'_>,
        verdict: impl Fn(Option<&Object>) -> Verdict,
    ) -> Result<Option<Object>, Failure> {
        let mut backoff = Backoff::new();
        let mut status = READING.to_owned();
        loop {
            let object = self.told(watch.next(self.run), &status).await?;
            if let Some(object) = &object {
                self.run.add_outputs(&self.step.id.address, object);
            }
            status = match verdict(object.as_ref()) {
                Verdict::Over => return Ok(object),
                Verdict::Failed(failure) => return Err(failure),
                Verdict::Pending(status) => status,
            };
            self.pause_for(&status, backoff.next()).await?;
        }
    }

    /// Waits for a reading, however long it takes or often it fails, and tells so.
    pub async fn told<T>(&self, reading: impl Future<Output = T>, status: &str) -> T {
        let mut reading = pin!(reading);
        loop {
            tokio::select! {
                biased;
                read = &mut reading => return read,
                () = self.run.clock.sleep(HEARTBEAT) => {
                    self.tell_waiting(&self.poll.trouble().unwrap_or_else(|| status.to_owned()));
                }
            }
        }
    }

    /// Tells what the step waits for; returns for how long it has been carried out.
    fn tell_waiting(&self, status: &str) -> Duration {
        let elapsed = self.run.clock.elapsed().saturating_sub(self.began);
        self.run.tell(Event::Waiting { step: self.step.id.clone(), status: status.to_owned(), elapsed });
        elapsed
    }

    /// Tells what the step waits for, and waits; not longer than the step may take.
    pub async fn pause_for(&self, status: &str, time: Duration) -> Result<(), Failure> {
        let elapsed = self.tell_waiting(status);
        let left = self.run.options.timeout.saturating_sub(elapsed);
        if left.is_zero() {
            return Err(Failure::timed_out(self.run.options.timeout, status));
        }
        self.run.pause(time.min(left)).await
    }
}

/// What a status that is not enough means.
fn verdict(status: &Readiness) -> Verdict {
    Verdict::Failed(match status {
        Readiness::Ready => return Verdict::Over,
        Readiness::Pending(status) => return Verdict::Pending(status.clone()),
        Readiness::Failed(status) => Failure::new(format!("its status is {status}, which does not pass by itself"))
            .hint("look at the object in the cloud's console, then plan again"),
        Readiness::Leaving(status) => Failure::new(format!("the object is being deleted ({status})")),
        Readiness::Gone => gone(),
    })
}

fn gone() -> Failure {
    Failure::new("the object is gone").hint("plan again")
}

//! A cloud in memory with the three test kinds: it is slow, forgetful and faulty on demand, on a [`VirtualClock`].

mod behaviour;
mod fault;
mod manager;
mod store;

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

pub use fault::Trouble;

use super::clock::VirtualClock;
use super::kinds::{Group, Host, Link};
use crate::address::PhysicalId;
use crate::clock::Clock;
use crate::document::Document;
use crate::live::{Object, Outputs};
use crate::manager::{ManageError, Managers};
use crate::owner::Tags;
use crate::resource::Resource;

use behaviour::Simulated;
use fault::Faults;
use manager::Simulation;
use store::{Birth, Store};

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a call to its answer.
    pub latency: Duration,
    /// From an object's creation until readings show it and other calls know it.
    pub visible_after: Duration,
    /// Until a host runs.
    pub starts: Duration,
    /// Until a host is stopped.
    pub stops: Duration,
    /// Until a host that was deleted is gone.
    pub leaves: Duration,
}

impl Default for Timing {
    /// Calls of 100 ms, and hosts that take half a minute.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            latency: Duration::from_millis(100),
            visible_after: Duration::ZERO,
            starts: seconds(30),
            stops: seconds(20),
            leaves: seconds(10),
        }
    }
}

/// A cloud in memory. Clones are the same cloud.
#[derive(Clone)]
pub struct Cloud {
    clock: VirtualClock,
    timing: Timing,
    state: Arc<Mutex<State>>,
    died: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    store: Store,
    calls: Vec<String>,
    faults: Faults,
}

impl Cloud {
    /// An empty cloud.
    pub fn new(clock: &VirtualClock, timing: Timing) -> Self {
        Self { clock: clock.clone(), timing, state: Arc::default(), died: watch::Sender::new(false) }
    }

    /// Managers of the three kinds.
    pub fn managers(&self) -> Managers {
        Managers::new().with(self.simulation::<Group>()).with(self.simulation::<Host>()).with(self.simulation::<Link>())
    }

    fn simulation<R: Simulated>(&self) -> Simulation<R> {
        Simulation { cloud: self.clone(), kind: PhantomData }
    }

    /// Makes calls go wrong: of those whose text in [`calls`](Self::calls) begins so, the `nth` from now (from 1).
    pub fn fail(&self, beginning: &str, nth: usize, trouble: Trouble) {
        self.state().faults.add(beginning, nth, trouble);
    }

    /// Takes back the trouble that has not happened.
    pub fn calm(&self) {
        self.state().faults = Faults::default();
    }

    /// Completes once a call ran into [`Trouble::Death`]: drop then what made it.
    pub async fn died(&self) {
        let mut died = self.died.subscribe();
        // The sender lives in `self`, so it is never gone first.
        let _ = died.wait_for(|died| *died).await;
    }

    /// Every call so far: `create host.web`, `observe host host-0001`, `update group.web/rules ingress.http`.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// The calls so far that change something.
    pub fn changes(&self) -> Vec<String> {
        self.calls().into_iter().filter(|call| !call.starts_with("observe")).collect()
    }

    /// Every object that is there to stay, whether readings show it already or not.
    pub fn objects(&self, kind: &str) -> Vec<Object> {
        let now = self.clock.elapsed();
        let all = self.state().store.all(kind, now);
        all.into_iter().filter(|object| object.readiness.is_present()).collect()
    }

    /// An object that somebody else made.
    pub fn put<R: Resource>(&self, name: &str, tags: &Tags, resource: &R) -> Result<PhysicalId, ManageError> {
        let live = Document::of(resource)?;
        let birth = Birth { kind: R::KIND, name, tags, token: None, live, outputs: Outputs::new() };
        Ok(self.state().store.insert(birth, Duration::ZERO))
    }

    /// Changes an object behind everybody's back.
    pub fn edit<R: Resource>(&self, id: &PhysicalId, change: impl FnOnce(&mut R)) -> Result<(), ManageError> {
        let mut state = self.state();
        let object = &mut state.store.get(id, self.clock.elapsed())?.object;
        let mut resource: R = object.live.to()?;
        change(&mut resource);
        object.live = Document::of(&resource)?;
        Ok(())
    }

    /// Changes an object's tags behind everybody's back.
    pub fn retag(&self, id: &PhysicalId, change: impl FnOnce(&mut Tags)) -> Result<(), ManageError> {
        change(&mut self.state().store.get(id, self.clock.elapsed())?.object.tags);
        Ok(())
    }

    /// Breaks an object; a change repairs it.
    pub fn spoil(&self, id: &PhysicalId, status: &str) -> Result<(), ManageError> {
        self.state().store.get(id, self.clock.elapsed())?.spoil(status);
        Ok(())
    }

    /// Takes an object away at once.
    pub fn remove(&self, id: &PhysicalId) {
        self.state().store.remove(id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: it takes its time, is written down, and has its effect, unless there is trouble.
    async fn call<T>(
        &self,
        text: impl FnOnce(&Store) -> String,
        effect: impl FnOnce(&mut Store, Duration) -> Result<T, ManageError>,
    ) -> Result<T, ManageError> {
        self.clock.sleep(self.timing.latency).await;
        match self.happen(text, effect) {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    /// The answer of a call; `None`: there never is one.
    fn happen<T>(
        &self,
        text: impl FnOnce(&Store) -> String,
        effect: impl FnOnce(&mut Store, Duration) -> Result<T, ManageError>,
    ) -> Option<Result<T, ManageError>> {
        let mut state = self.state();
        let call = text(&state.store);
        let trouble = state.faults.meet(&call);
        state.calls.push(call.clone());
        let now = self.clock.elapsed();
        match trouble {
            None => Some(effect(&mut state.store, now)),
            Some(Trouble::Refusal(class)) => Some(Err(ManageError::new(class, format!("{call}: {class:?}")))),
            Some(Trouble::Loss(class)) => {
                let lost = ManageError::new(class, format!("{call}: the answer was lost"));
                Some(effect(&mut state.store, now).and(Err(lost)))
            }
            Some(Trouble::Death { after }) => {
                if after {
                    let _ = effect(&mut state.store, now);
                }
                self.died.send_replace(true);
                None
            }
        }
    }
}

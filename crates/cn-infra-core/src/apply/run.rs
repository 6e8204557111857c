//! What the steps of one apply share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::basis::Basis;
use super::poll::Poll;
use super::turns::Turns;
use super::{ApplyOptions, Cancellation};
use crate::address::{Address, PhysicalId, StepId};
use crate::clock::Clock;
use crate::document::Document;
use crate::event::{Event, Failure};
use crate::kinds::Kinds;
use crate::live::{Object, Outputs};
use crate::manager::{Managers, Wanted};
use crate::owner::Owner;
use crate::plan::{Plan, Step};
use crate::slow_down::SlowDown;

/// One apply: what was given to it, and what its steps learn from each other.
pub(super) struct Run<'a> {
    pub plan: &'a Plan,
    pub kinds: &'a Kinds,
    pub options: &'a ApplyOptions,
    pub clock: &'a dyn Clock,
    pub cancellation: &'a Cancellation,
    /// What the plan's reader knew.
    pub basis: Basis<'a>,
    /// Who of those that take each other's places may be sent.
    pub turns: Turns<'a>,
    polls: BTreeMap<&'static str, Poll<'a>>,
    needed: BTreeSet<&'a StepId>,
    learned: Mutex<Learned>,
    events: UnboundedSender<Event>,
}

#[derive(Default)]
struct Learned {
    made: BTreeMap<Address, Made>,
    outputs: BTreeMap<Address, Outputs>,
}

/// An object that this apply made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub id: PhysicalId,
    /// When, by [`Clock::elapsed`].
    pub at: Duration,
}

impl<'a> Run<'a> {
    pub fn new(
        plan: &'a Plan,
        kinds: &'a Kinds,
        managers: &'a Managers,
        options: &'a ApplyOptions,
        clock: &'a dyn Clock,
        cancellation: &'a Cancellation,
        events: UnboundedSender<Event>,
    ) -> Self {
        let mut declared = declared(plan);
        let polls = managers
            .iter()
            .map(|(kind, manager)| (kind, Poll::new(kind, manager, declared.remove(kind).unwrap_or_default())))
            .collect();
        let needed = plan.steps.iter().flat_map(|step| &step.needs).collect();
        let (basis, turns) = (Basis::of(plan), Turns::of(&plan.steps));
        Self {
            plan,
            kinds,
            options,
            clock,
            cancellation,
            basis,
            turns,
            polls,
            needed,
            learned: Mutex::default(),
            events,
        }
    }

    /// Tells the reporter.
    pub fn tell(&self, event: Event) {
        // The receiver lives as long as the apply; without one nobody is there to be told.
        let _ = self.events.send(event);
    }

    /// Tells the reporter what a step's requests have to wait for, whoever makes them.
    pub fn slow_downs_of(&self, step: &StepId) -> impl Fn(SlowDown) + Send + Sync + use<> {
        let (events, step) = (self.events.clone(), step.clone());
        move |SlowDown { why, after }| {
            // As above.
            let _ = events.send(Event::SlowedDown { step: step.clone(), why, after });
        }
    }

    /// The readings of a kind.
    pub fn poll(&self, kind: &str) -> Result<&Poll<'a>, Failure> {
        self.polls.get(kind).ok_or_else(|| Failure::new(format!("nothing here can manage objects of kind {kind}")))
    }

    /// Whether another step needs this one to be done.
    pub fn is_needed(&self, step: &StepId) -> bool {
        self.needed.contains(step)
    }

    /// Whose the object of an address is.
    pub fn owner(&self, address: &Address) -> Owner {
        owner(self.plan, address)
    }

    /// Waits, unless the apply is cancelled first.
    pub async fn pause(&self, time: Duration) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(Failure::interrupted()),
            () = self.clock.sleep(time) => Ok(()),
        }
    }

    /// Notes that an object was made.
    pub fn add_made(&self, address: &Address, id: &PhysicalId) {
        let made = Made { id: id.clone(), at: self.clock.elapsed() };
        self.learned().made.insert(address.clone(), made);
    }

    /// Notes what an object tells.
    pub fn add_outputs(&self, address: &Address, object: &Object) {
        self.learned().outputs.insert(address.clone(), object.outputs.clone());
    }

    /// The object of an address that this apply made.
    pub fn made(&self, address: &Address) -> Option<Made> {
        self.learned().made.get(&self.local(address)).cloned()
    }

    /// Every object that this apply made.
    pub fn all_made(&self) -> BTreeMap<Address, PhysicalId> {
        self.learned().made.iter().map(|(address, made)| (address.clone(), made.id.clone())).collect()
    }

    /// The physical id of an address, of an object made before or during this apply.
    pub fn id_of(&self, address: &Address) -> Option<PhysicalId> {
        self.made(address).map(|made| made.id).or_else(|| self.plan.ids.get(&self.local(address)).cloned())
    }

    /// The address of a physical id, where the plan or this apply knows it.
    pub fn addresses(&self) -> BTreeMap<PhysicalId, Address> {
        let existing = self.plan.ids.iter().map(|(address, id)| (id.clone(), address.clone()));
        let made = self.all_made().into_iter().map(|(address, id)| (id, address));
        existing.chain(made).collect()
    }

    /// What the object of an address is known to tell.
    pub fn outputs(&self, address: &Address) -> Option<Outputs> {
        self.learned().outputs.get(&self.local(address)).cloned()
    }

    /// An address as this environment's own file has it.
    pub fn local(&self, address: &Address) -> Address {
        let other = address.environment.clone().filter(|environment| *environment != self.plan.environment);
        Address { environment: other, ..address.clone() }
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn owner(plan: &Plan, address: &Address) -> Owner {
    let environment = address.environment.as_ref().unwrap_or(&plan.environment).clone();
    let address = Address { environment: None, ..address.clone() };
    Owner { project: plan.project.clone(), environment, address }
}

/// What the plan's steps manage, by kind: managers read no other aspects.
fn declared(plan: &Plan) -> BTreeMap<&str, Vec<Wanted<Document>>> {
    let mut resources: BTreeMap<&Address, (&Step, Document)> = BTreeMap::new();
    for step in &plan.steps {
        let (_, resource) = resources.entry(&step.id.address).or_insert_with(|| (step, Document::default()));
        let fields = step.after.as_ref().or(step.before.as_ref());
        resource.0.extend(fields.into_iter().flat_map(|fields| fields.0.clone()));
    }
    let mut declared: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (address, (step, resource)) in resources {
        let name = step.rename.clone().unwrap_or_else(|| step.name.clone());
        let wanted = Wanted { owner: owner(plan, address), name, adopt: None, resource };
        declared.entry(address.kind.as_str()).or_default().push(wanted);
    }
    declared
}

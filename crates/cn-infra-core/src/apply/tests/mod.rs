//! One test for each rule of an apply, on the cloud in memory. Times are virtual.

mod cancel;
mod create;
mod delete;
mod kill;
mod law;
mod schedule;
mod undo;
mod update;

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::document::Document;
use crate::environment::Environment;
use crate::live::Object;
use crate::manager::TagChange;
use crate::observe::observe;
use crate::owner::{Owner, Tags};
use crate::plan::{Action, PlanOptions, Step};
use crate::testing::clock::VirtualClock;
use crate::testing::cloud::{Cloud, Timing};
use crate::testing::kinds::{Host, kinds};

/// A cloud, and how plans are applied to it.
struct World {
    clock: VirtualClock,
    cloud: Cloud,
    options: ApplyOptions,
    cancellation: Cancellation,
}

/// What an apply did, as text.
struct Told {
    report: Report,
    events: String,
}

impl World {
    fn new() -> Self {
        Self::with(Timing::default())
    }

    fn with(timing: Timing) -> Self {
        let clock = VirtualClock::default();
        let cloud = Cloud::new(&clock, timing);
        Self { clock, cloud, options: ApplyOptions::default(), cancellation: Cancellation::default() }
    }

    async fn apply(&self, steps: Vec<Step>) -> Told {
        self.apply_plan(&plan(steps)).await
    }

    async fn apply_plan(&self, plan: &Plan) -> Told {
        let mut events = String::new();
        let mut reporter = |event: &Event| {
            let _ = writeln!(events, "{:>4} {}", self.clock.elapsed().as_secs(), line(event));
        };
        let (managers, kinds) = (self.cloud.managers(), kinds());
        let report =
            apply(plan, &kinds, &managers, &self.options, &self.clock, &self.cancellation, &mut reporter).await;
        Told { report, events }
    }

    /// Plans by what there is, as a new process would.
    async fn plan(&self, environment: &Environment, prune: bool) -> Plan {
        let live = observe(environment, &self.cloud.managers(), self.clock.now()).await.unwrap();
        let options = PlanOptions { prune, ..PlanOptions::default() };
        crate::plan::plan(environment, &live, &kinds(), &options, self.clock.now()).unwrap()
    }

    /// Creates resources outside of what is tested; the log of calls goes on.
    async fn given(&self, steps: Vec<Step>) {
        let told = self.apply(steps).await;
        assert!(told.report.is_success(), "{}", told.events);
    }

    fn object(&self, address: &str) -> Object {
        let (kind, name) = address.split_once('.').unwrap();
        let owner = owner(&Address::new(kind, name));
        self.cloud.objects(kind).into_iter().find(|object| object.owner().as_ref() == Some(&owner)).unwrap()
    }

    /// A plan's step for an object that is there.
    fn update(&self, id: &str, before: Value, after: Value) -> Step {
        let step = step(id, Action::Update, Some(after));
        let object = self.object(&step.id.address.local()).id;
        Step { object: Some(object), before: Some(document(before)), ..step }
    }

    fn delete(&self, address: &str) -> Step {
        Step { object: Some(self.object(address).id), ..step(address, Action::Delete, None) }
    }
}

impl Told {
    /// How a step failed, as users read it.
    fn failure(&self, step: &str) -> String {
        match &self.report.outcomes[&step.parse().unwrap()] {
            Outcome::Failed(failure) => failure_text(failure),
            other => panic!("{other:?}"),
        }
    }
}

fn line(event: &Event) -> String {
    match event {
        Event::Began { steps } => format!("began, {steps} steps"),
        Event::Started { step, action } => format!("{step}: {action:?}"),
        Event::Waiting { step, status, .. } => format!("{step}: waits, {status}"),
        Event::Retrying { step, why, .. } => format!("{step}: retries, {why}"),
        Event::SlowedDown { step, why, .. } => format!("{step}: slows down, {why}"),
        Event::Finished { step, outcome: Outcome::Done, .. } => format!("{step}: done"),
        Event::Finished { step, outcome: Outcome::Failed(failure), .. } => {
            format!("{step}: failed, {}", failure_text(failure))
        }
        Event::Finished { step, outcome: Outcome::Stale { moved }, .. } => {
            let moved = moved.iter().map(|m| format!(" {} {} {} {}", m.path, m.reviewed, m.live, m.wanted));
            format!("{step}: stale,{}", moved.collect::<String>())
        }
        Event::Finished { step, outcome: Outcome::NotStarted { because }, .. } => {
            format!("{step}: not started, {because}")
        }
        Event::NotJournaled { why, .. } => format!("not journaled: {why}"),
        Event::Cancelled => "cancelled".to_owned(),
    }
}

fn failure_text(failure: &Failure) -> String {
    let causes = failure.causes.iter().map(|cause| format!(": {cause}"));
    let hint = failure.hint.iter().map(|hint| format!(" (hint: {hint})"));
    format!("{}{}", failure.message, causes.chain(hint).collect::<String>())
}

/// A plan of steps, for an environment `e` of project `p`.
fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        environment: "e".into(),
        project: "p".into(),
        account: "1".into(),
        region: "r".into(),
        files: String::new(),
        at: Timestamp::UNIX_EPOCH,
        steps,
        blocked: Vec::new(),
        unlisted: Vec::new(),
        findings: Vec::new(),
        left_out: Vec::new(),
        networks: crate::environment::Networks::default(),
        ids: BTreeMap::new(),
    }
}

fn owner(address: &Address) -> Owner {
    Owner { project: "p".into(), environment: "e".into(), address: address.clone() }
}

fn document(value: Value) -> Document {
    serde_json::from_value(value).unwrap()
}

fn step(id: &str, action: Action, after: Option<Value>) -> Step {
    let id: StepId = id.parse().unwrap();
    let name = format!("p-e-{}", id.address.name);
    Step { after: after.map(document), ..Step::new(id, action, name) }
}

/// A step that makes an object with its ownership tags.
fn create(id: &str, after: Value) -> Step {
    let step = step(id, Action::Create, Some(after));
    let set = if step.id.part.is_none() { owner(&step.id.address).tags() } else { Tags::new() };
    Step { tags: TagChange { set, ..TagChange::default() }, ..step }
}

impl Step {
    /// The same step, after others.
    fn needs(self, needs: &[&str]) -> Self {
        Self { needs: needs.iter().map(|need| need.parse().unwrap()).collect(), ..self }
    }
}

fn host(size: &str) -> Value {
    serde_json::json!({ "size": size })
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn size_of(world: &World, address: &str) -> Option<String> {
    world.object(address).live.to::<Host>().unwrap().size
}

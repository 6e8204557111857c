//! Whatever an apply did: its undo brings back what was there, or names what it cannot.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::law::{Drawn, drawn};
use super::*;
use crate::address::PhysicalId;
use crate::journal::{End, Header, JournalError, Past, Record, Recorder};
use crate::observe::observe_undoable;
use crate::plan::undo;
use crate::testing::cloud::Trouble;
use crate::testing::samples;

/// A journal in memory.
#[derive(Debug, Default)]
struct Memory(Mutex<Vec<Record>>);

impl Recorder for Memory {
    fn begin(&self, steps: &[Step]) -> Result<(), JournalError> {
        self.0.lock().unwrap().extend(steps.iter().map(|step| Record::Began { step: Box::new(step.clone()) }));
        Ok(())
    }

    fn end(&self, step: &StepId, end: End, object: Option<&PhysicalId>) -> Result<(), JournalError> {
        self.0.lock().unwrap().push(Record::Ended { step: step.clone(), end, object: object.cloned() });
        Ok(())
    }
}

impl Memory {
    /// What a file with these records says.
    fn past(&self, plan: &Plan) -> Past {
        let header = Record::Apply(Header::of(plan, samples::NOW));
        let records = self.0.lock().unwrap();
        let lines =
            std::iter::once(&header).chain(&*records).map(|record| serde_json::to_string(record).unwrap() + "\n");
        Past::parse(lines.collect::<String>().as_bytes(), Path::new("journal")).unwrap().unwrap()
    }
}

/// An object without what readings vary: id, name, tags, fields.
type Seen = BTreeMap<PhysicalId, (Option<String>, Tags, Document)>;

impl World {
    fn seen(&self) -> Seen {
        let objects = ["group", "host", "link"].into_iter().flat_map(|kind| self.cloud.objects(kind));
        objects.map(|object| (object.id, (object.name, object.tags, object.live))).collect()
    }

    /// Applies a plan with a journal; it may be killed at a call.
    async fn journaled(&mut self, plan: &Plan, killed: Option<(usize, bool)>) -> Past {
        let journal = Arc::new(Memory::default());
        self.options.journal = Some(journal.clone());
        if let Some((nth, after)) = killed {
            self.cloud.fail("", nth, Trouble::Death { after });
        }
        tokio::select! {
            told = self.apply_plan(plan) => assert!(told.report.is_success(), "{}\n{plan:#?}", told.events),
            () = self.cloud.died(), if killed.is_some() => {}
        }
        self.cloud.calm();
        self.options.journal = None;
        self.clock.advance(seconds(60));
        journal.past(plan)
    }

    async fn plan_undo(&self, past: &Past, environment: &Environment) -> Plan {
        let (managers, kinds) = (self.cloud.managers(), kinds());
        let live = observe_undoable(past, &[environment], &managers, &kinds, self.clock.now()).await.unwrap();
        undo(past, environment, &[], (&live, &kinds), None, self.clock.now()).unwrap()
    }
}

/// What a plan holds back, all for a reason that it may have where nobody interfered.
fn held(plan: &Plan) -> Vec<String> {
    const REASONS: [&str; 7] = [
        "nothing brings it back",
        "a disk never shrinks",
        "a group is fixed once it is there",
        "was not read: note",
        "is not there",
        "still uses it",
        "refers to it and stays",
    ];
    let known = |why: &str| REASONS.iter().any(|reason| why.contains(reason));
    assert!(plan.blocked.iter().all(|blocked| known(&blocked.why)), "{:#?}", plan.blocked);
    plan.blocked.iter().map(|blocked| blocked.id.address.local()).collect()
}

/// The objects, but those that a plan names as held back.
fn but(seen: &Seen, held: &[String]) -> Seen {
    let is_held = |tags: &Tags| tags.get(crate::owner::ADDRESS).is_some_and(|address| held.contains(address));
    seen.iter().filter(|(_, (_, tags, _))| !is_held(tags)).map(|(id, object)| (id.clone(), object.clone())).collect()
}

async fn check(before: &Drawn, after: &Drawn, prune: bool, killed: Option<(usize, bool)>) {
    let after = if prune { &after.clone().without_unmanaged_references() } else { after };
    let (mut world, environment) = (World::new(), after.environment());
    let told = world.apply_plan(&world.plan(&before.environment(), true).await).await;
    assert!(told.report.is_success(), "{}", told.events);
    let first = world.seen();

    let prune = prune && world.plan(&environment, false).await.blocked.is_empty();
    let plan = world.plan(&environment, prune).await;
    let past = world.journaled(&plan, killed).await;
    let second = world.seen();

    let back = world.plan_undo(&past, &environment).await;
    let kept = held(&back);
    world.options.verify = true;
    let again = world.journaled(&back, None).await;
    assert_eq!(but(&world.seen(), &kept), but(&first, &kept), "{back:#?}\n{past:#?}");
    let rest = world.plan_undo(&past, &environment).await;
    assert!(rest.is_empty(), "what is undone is not undone twice: {rest:#?}");

    if killed.is_none() {
        let forth = world.plan_undo(&again, &environment).await;
        let kept = [kept, held(&forth)].concat();
        world.journaled(&forth, None).await;
        assert_eq!(but(&world.seen(), &kept), but(&second, &kept), "{forth:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_undo_brings_back_what_was_there(
        before in drawn(),
        after in drawn(),
        prune: bool,
        killed in proptest::option::of((1_usize..40, any::<bool>())),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(&before, &after, prune, killed));
    }
}

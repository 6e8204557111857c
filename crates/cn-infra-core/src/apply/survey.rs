//! Before the first write of a saved plan: whether anything that any of its steps depends on has moved.
//!
//! Each step is checked again just before it is carried out ([`stale`]). That alone would leave half of a plan applied
//! whose other half no longer holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::run::Run;
use super::stale;
use super::step::Work;
use crate::address::{Address, PhysicalId, Reference, StepId};
use crate::document::Document;
use crate::event::{Failure, Moved};
use crate::live::Object;
use crate::owner::Owner;
use crate::plan::identity::foreign_owner;
use crate::plan::{Action, Step, template};

/// It cannot be told, because objects of a kind cannot be read.
pub(super) struct Unread {
    /// The kind, if it is one's.
    pub kind: Option<String>,
    pub failure: Failure,
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self { kind: None, failure }
    }
}

/// What moved, by step; empty: the plan holds. Nothing is written.
pub(super) async fn survey(run: &Run<'_>) -> Result<BTreeMap<StepId, Vec<Moved>>, Unread> {
    let there = There::read(run).await?;
    let mut stale = BTreeMap::new();
    for step in &run.plan.steps {
        there.know_made(run, step);
    }
    for step in &run.plan.steps {
        let moved = there.moved(run, step)?;
        if !moved.is_empty() {
            stale.insert(step.id.clone(), moved);
        }
    }
    Ok(stale)
}

/// One reading of every kind that the plan is about.
struct There {
    objects: BTreeMap<String, BTreeMap<PhysicalId, Object>>,
}

impl There {
    async fn read(run: &Run<'_>) -> Result<Self, Unread> {
        let of_steps = run.plan.steps.iter().map(|step| (&step.id.address.kind, step.object.as_ref()));
        let of_references = run.plan.ids.iter().map(|(address, id)| (&address.kind, Some(id)));
        let mut named: BTreeMap<&String, BTreeSet<&PhysicalId>> = BTreeMap::new();
        for (kind, id) in of_steps.chain(of_references) {
            named.entry(kind).or_default().extend(id);
        }
        let readings = named.into_iter().map(|(kind, ids)| async move {
            let objects = Self::read_kind(run, kind, ids).await;
            objects
                .map(|objects| (kind.clone(), objects))
                .map_err(|failure| Unread { kind: Some(kind.clone()), failure })
        });
        Ok(Self { objects: try_join_all(readings).await?.into_iter().collect() })
    }

    async fn read_kind(
        run: &Run<'_>,
        kind: &str,
        named: BTreeSet<&PhysicalId>,
    ) -> Result<BTreeMap<PhysicalId, Object>, Failure> {
        let poll = run.poll(kind)?;
        let mut objects = poll.watch_all(true).all(run).await?;
        // A kind may list only what its resources declare; what else the plan names is asked for.
        let missing = named.into_iter().filter(|id| !objects.contains_key(id));
        let mut watches: Vec<_> = missing.map(|id| poll.watch(id)).collect();
        let found = try_join_all(watches.iter_mut().map(|watch| watch.next(run))).await?;
        objects.extend(found.into_iter().flatten().map(|object| (object.id.clone(), object)));
        Ok(objects)
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Object> {
        self.objects.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    fn present(&self, kind: &str, id: &PhysicalId) -> Option<&Object> {
        self.objects.get(kind)?.get(id).filter(|object| object.readiness.is_present())
    }

    fn owned(&self, owner: &Owner) -> impl Iterator<Item = &Object> {
        let of_owner = move |object: &&Object| object.readiness.is_present() && object.owner().as_ref() == Some(owner);
        self.of_kind(&owner.address.kind).filter(of_owner)
    }

    /// What an earlier apply of the same plan made is named by live objects already.
    fn know_made(&self, run: &Run<'_>, step: &Step) {
        if step.action == Action::Create
            && step.id.part.is_none()
            && let Some(object) = self.owned(&run.owner(&step.id.address)).next()
        {
            run.add_made(&step.id.address, &object.id);
        }
    }

    fn moved(&self, run: &Run<'_>, step: &Step) -> Result<Vec<Moved>, Failure> {
        let work = Work::of(run, step, Duration::ZERO)?;
        let mut moved = match &step.object {
            None => self.stranger(&work)?.into_iter().collect(),
            Some(id) => match self.present(&step.id.address.kind, id) {
                Some(object) => stale::moved(&work, object, &self.to_change(&work, object)?)?,
                // What is gone already is as wanted.
                None if step.action == Action::Delete => Vec::new(),
                None => vec![gone("object", id, &id.0)],
            },
        };
        moved.extend(self.references(&work)?);
        Ok(moved)
    }

    fn to_change(&self, work: &Work<'_>, object: &Object) -> Result<Vec<String>, Failure> {
        if work.step.action == Action::Delete {
            return Ok(Vec::new());
        }
        let mut wanted = work.desired()?;
        template::fill(&work.kind.tree, &mut wanted, &mut |_, address, output| {
            let id = work.run.id_of(&work.absolute(address))?;
            self.present(&address.kind, &id)?.outputs.get(output).cloned()
        });
        Ok(stale::to_change(work, wanted, object)?)
    }

    /// An object that is not ours and looks like the one to create, made after the plan was.
    fn stranger(&self, work: &Work<'_>) -> Result<Option<Moved>, Failure> {
        let (step, kind, none) = (work.step, work.kind, Document::default());
        if !work.makes() {
            return Ok(None);
        }
        let owner = work.run.owner(&step.id.address);
        let is_others = |object: &Object| object.owner().is_some() || foreign_owner(&object.tags, &owner).is_some();
        for object in self.of_kind(kind.name).filter(|object| object.readiness.is_present()) {
            let looks_alike = object.name.as_deref() == Some(&step.name) && object.owner().as_ref() != Some(&owner);
            let is_allowed = !kind.naming.unique && (is_others(object) || step.alike.contains(&object.id));
            if looks_alike && !is_allowed && (kind.same_scope)(step.after.as_ref().unwrap_or(&none), &object.live)? {
                let live = format!("{}, made meanwhile: {}", step.name, object.id);
                let (path, reviewed, wanted) = ("name".to_owned(), Value::Null, step.name.clone().into());
                return Ok(Some(Moved { path, reviewed, live: live.into(), wanted }));
            }
        }
        Ok(None)
    }

    /// Objects that the step's references no longer stand for: deleted, or no longer whose they were.
    fn references(&self, work: &Work<'_>) -> Result<Vec<Moved>, Failure> {
        let mut moved = Vec::new();
        if work.step.after.is_none() {
            return Ok(moved);
        }
        (work.kind.references)(&mut work.desired()?, &mut |path, reference| {
            if let Reference::Resource(address) = reference
                && let Some(id) = work.run.plan.ids.get(&work.absolute(address))
            {
                moved.extend(self.reference(work.run, path, &work.absolute(address), id));
            }
        })?;
        Ok(moved)
    }

    fn reference(&self, run: &Run<'_>, path: &str, address: &Address, id: &PhysicalId) -> Option<Moved> {
        if self.present(&address.kind, id).is_none() {
            return Some(gone(path, id, &address.to_string()));
        }
        let owner = run.owner(address);
        let bearers: Vec<_> = self.owned(&owner).collect();
        let other = bearers.first().filter(|_| bearers.iter().all(|bearer| bearer.id != *id))?;
        let named = |id: &PhysicalId| format!("{address} ({id})").into();
        Some(Moved { live: named(&other.id), reviewed: named(id), ..gone(path, id, &address.to_string()) })
    }
}

fn gone(path: &str, id: &PhysicalId, wanted: &str) -> Moved {
    let (path, reviewed, wanted) = (path.to_owned(), id.0.clone().into(), wanted.into());
    Moved { path, reviewed, live: Value::Null, wanted }
}

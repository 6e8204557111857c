//! Changing an object, or one of its parts, in as many calls as it takes.

use super::failure::Stop;
use super::poll::Watch;
use super::resolve;
use super::retry::{Backoff, Patience};
use super::stale;
use super::step::Work;
use crate::document::Document;
use crate::event::Failure;
use crate::kinds::DocumentChange;
use crate::live::Object;
use crate::manager::{Change, Progress, TagChange};
use crate::plan::diff::{self, Differing};
use crate::resource::Impact;

/// How many calls one change may take.
const ROUNDS: u32 = 20;

pub(super) async fn update(work: &Work<'_>) -> Result<(), Stop> {
    let id = work.object()?;
    let mut watch = work.poll.watch(&id);
    let live = work.changeable(&mut watch).await?;
    let pending = Pending::of(work, &live).await?;
    if pending.is_empty() {
        return Ok(());
    }
    stale::check(work, &live, &pending.changed)?;
    carry_out(work, (watch, live), pending).await
}

/// Gives an object that was just made what its create call could not: a server is stopped once it runs, a database has
/// the settings that its snapshot did not bring.
pub(super) async fn complete(work: &Work<'_>, reading: (Watch<'_>, Object)) -> Result<(), Stop> {
    let pending = Pending::of(work, &reading.1).await?;
    if pending.changed.is_empty() { Ok(()) } else { carry_out(work, reading, pending).await }
}

async fn carry_out(
    work: &Work<'_>,
    (mut watch, mut live): (Watch<'_>, Object),
    mut pending: Pending<'_>,
) -> Result<(), Stop> {
    let id = live.id.clone();
    let patience = Patience::changing(work.run.options);
    let mut retries = work.retries(patience);
    let mut rounds = 0;
    if work.run.turns.takes_part(work.step) {
        while let Err(error) = work.manager().prepare(&id, pending.change(work, &live)).await {
            work.retry(&mut retries, error).await?;
        }
        work.run.turns.come(work.step).await?;
    }
    loop {
        let again = match work.manager().update(&id, pending.change(work, &live)).await {
            Ok(Progress::Done) => break,
            Ok(Progress::Again) if rounds == ROUNDS => return Err(endless().into()),
            Ok(Progress::Again) => {
                // It moves: what failed before counts no more.
                retries = work.retries(patience);
                true
            }
            Err(error) => {
                work.retry(&mut retries, error).await?;
                false
            }
        };
        rounds += u32::from(again);
        work.go_on()?;
        watch.outdate();
        live = work.changeable(&mut watch).await?;
        pending = Pending::of(work, &live).await?;
        if pending.is_empty() && !again {
            break;
        }
    }
    work.run.turns.pass(work.step).await;
    if work.must_wait() {
        watch.outdate();
        shown(work, &mut watch).await?;
    }
    Ok(())
}

/// Waits until the object is ready and a reading shows the change, so that a plan made at once has nothing to do and sends
/// nothing twice. Readings may be behind for as long as something just made may stay unseen, not longer.
async fn shown(work: &Work<'_>, watch: &mut Watch<'_>) -> Result<(), Failure> {
    let mut live = work.ready(watch).await?;
    let until = work.run.clock.elapsed().saturating_add(work.run.options.consistency);
    let mut backoff = Backoff::new();
    while !Pending::of(work, &live).await?.is_empty() {
        let left = until.saturating_sub(work.run.clock.elapsed());
        if left.is_zero() {
            break;
        }
        work.pause_for("not visible yet", backoff.next().min(left)).await?;
        live = work.ready(watch).await?;
    }
    Ok(())
}

fn endless() -> Failure {
    Failure::new(format!("the change is not finished after {ROUNDS} calls"))
        .hint("plan again to see what is left of it")
}

/// What is left to do, by a fresh reading.
struct Pending<'a> {
    desired: Document,
    changed: Vec<String>,
    tags: TagChange,
    name: Option<&'a str>,
    unfinished: bool,
}

impl<'a> Pending<'a> {
    async fn of(work: &Work<'a>, live: &Object) -> Result<Self, Failure> {
        let mut desired = resolve::desired(work).await?;
        let mut there = work.kind.split(&live.live, work.part());
        (work.kind.normalize)(&mut desired, &mut there, work.run.clock.now())?;
        Ok(Self {
            changed: changed(work, &desired, &there)?,
            tags: tags(&work.step.tags, live),
            name: work.step.rename.as_deref().filter(|name| live.name.as_deref() != Some(*name)),
            unfinished: work.part().is_none() && live.unfinished.is_some(),
            desired,
        })
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.tags.is_empty() && self.name.is_none() && !self.unfinished
    }

    fn change<'b>(&'b self, work: &'b Work<'_>, live: &'b Object) -> Change<'b, Document> {
        let Self { desired, changed, tags, name, unfinished: _ } = self;
        Change { part: work.part(), name: *name, desired, live, changed, tags }
    }
}

/// The paths of the fields that differ and can be changed.
fn changed(work: &Work<'_>, desired: &Document, live: &Document) -> Result<Vec<String>, Failure> {
    let mut changed = Vec::new();
    for Differing { path, before, after } in diff::differing(&work.kind.tree, desired, live) {
        match (work.kind.impact)(&DocumentChange { path: &path, before, after, desired, live })? {
            Impact::InPlace { .. } | Impact::Interrupts { .. } => changed.push(path),
            Impact::Ignored { .. } => {}
            // What a create could not do the next plan tells.
            Impact::Impossible { .. } if work.makes() => {}
            Impact::Impossible { why, hint } => return Err(Failure::new(format!("{path}: {why}")).hint(hint)),
        }
    }
    Ok(changed)
}

/// The planned tags that are not yet as planned.
fn tags(planned: &TagChange, live: &Object) -> TagChange {
    let differs = |key: &String, value: &String| live.tags.get(key) != Some(value);
    let set = planned.set.iter().filter(|(key, value)| differs(key, value));
    let remove = planned.remove.iter().filter(|key| live.tags.contains_key(*key));
    TagChange { set: set.map(|(key, value)| (key.clone(), value.clone())).collect(), remove: remove.cloned().collect() }
}

//! Making an object: once, even if an answer is lost.

use std::time::Duration;

use super::failure::Stop;
use super::resolve;
use super::retry::{Backoff, Patience};
use super::step::{READING, Work};
use super::update;
use crate::address::PhysicalId;
use crate::document::Document;
use crate::event::Failure;
use crate::live::Object;
use crate::manager::{ErrorClass, ManageError, New};
use crate::token::Token;

/// What a step does whose create may have taken effect.
const LOOKING: &str = "looking whether it was made";

pub(super) async fn create(work: &Work<'_>) -> Result<(), Stop> {
    if let Some(object) = found_before(work).await? {
        work.run.add_made(&work.step.id.address, &object.id);
        return update::update(work).await;
    }
    let mut resource = resolve::desired(work).await?;
    (work.kind.normalize)(&mut resource, &mut Document::default(), work.run.clock.now())?;
    let id = make(work, &resource).await?;
    work.run.add_made(&work.step.id.address, &id);
    if work.must_wait() {
        let mut watch = work.poll.watch(&id);
        let live = work.ready(&mut watch).await?;
        update::complete(work, (watch, live)).await?;
    }
    Ok(())
}

/// The object that an earlier apply of the same saved plan made before it ended, perhaps without all of its fields.
async fn found_before(work: &Work<'_>) -> Result<Option<Object>, Failure> {
    if !work.run.options.verify {
        return Ok(None);
    }
    let owner = work.run.owner(&work.step.id.address);
    let mut watch = work.poll.watch_all(true);
    work.told(watch.find(work.run, &owner), READING).await
}

/// Sends the create until it is known to have taken effect, or not to.
async fn make(work: &Work<'_>, resource: &Document) -> Result<PhysicalId, Failure> {
    let (plan, step) = (work.run.plan, work.step);
    let token = Token::new(&plan.account, &plan.region, &work.run.owner(&step.id.address), step.generation);
    let new = New { address: &step.id.address, name: &step.name, resource, tags: &step.tags.set, token: &token };
    let mut retries = work.retries(Patience::changing(work.run.options));
    loop {
        let error = match work.manager().create(new.clone()).await {
            Ok(id) => return Ok(id),
            Err(error) => error,
        };
        if matches!(error.class, ErrorClass::Exists | ErrorClass::Unknown)
            && let Some(object) = look(work).await?
        {
            return Ok(object.id);
        }
        if error.class == ErrorClass::Exists {
            return Err(taken(error));
        }
        work.retry(&mut retries, error).await?;
    }
}

/// Looks for the object that a create may have made, as long as it may stay unseen.
async fn look(work: &Work<'_>) -> Result<Option<Object>, Failure> {
    let owner = work.run.owner(&work.step.id.address);
    let until = work.run.clock.elapsed().saturating_add(work.run.options.consistency);
    let mut watch = work.poll.watch_all(false);
    let mut backoff = Backoff::new();
    loop {
        let found = work.told(watch.find(work.run, &owner), LOOKING).await?;
        let left = until.saturating_sub(work.run.clock.elapsed());
        if found.is_some() || left == Duration::ZERO {
            return Ok(found);
        }
        work.pause_for(LOOKING, backoff.next().min(left)).await?;
    }
}

fn taken(error: ManageError) -> Failure {
    Failure::from(error)
        .hint("an object of this name is there, without the tags of this resource: adopt it, or choose another name")
}

//! Deleting an object, or taking away what one of its parts added. What is gone already is done.

use super::failure::Stop;
use super::poll::Watch;
use super::retry::Patience;
use super::stale;
use super::step::{Verdict, Work};
use crate::event::Failure;
use crate::live::{Object, Readiness};
use crate::manager::{Delete, ErrorClass, Progress};
use crate::owner;

pub(super) async fn delete(work: &Work<'_>) -> Result<(), Stop> {
    let id = work.object()?;
    let mut watch = work.poll.watch(&id);
    let Some(mut live) = deletable(work, &mut watch).await? else { return Ok(()) };
    allowed(work, &live)?;
    stale::check(work, &live, &[])?;

    let mut retries = work.retries(Patience::deleting(work.run.options));
    loop {
        match work.manager().delete(&id, Delete { part: work.part(), live: &live }).await {
            Ok(Progress::Done) => break,
            Ok(Progress::Again) => {}
            Err(error) if error.class == ErrorClass::Gone => return Ok(()),
            Err(error) => work.retry(&mut retries, error).await?,
        }
        work.go_on()?;
        watch.outdate();
        match deletable(work, &mut watch).await? {
            Some(fresh) => live = fresh,
            None => break,
        }
    }
    if work.part().is_none() && work.must_wait() {
        watch.outdate();
        gone(work, &mut watch).await?;
    }
    Ok(())
}

/// Reads the object until a call may be sent; `None`: it is gone or going.
async fn deletable(work: &Work<'_>, watch: &mut Watch<'_>) -> Result<Option<Object>, Failure> {
    let object = work.wait(watch, |object| match object.map(|object| &object.readiness) {
        Some(Readiness::Pending(status)) => Verdict::Pending(status.clone()),
        _ => Verdict::Over,
    });
    Ok(object.await?.filter(|object| object.readiness.is_present()))
}

/// Waits until the object is no longer there, or on its way out.
async fn gone(work: &Work<'_>, watch: &mut Watch<'_>) -> Result<(), Failure> {
    let gone = work.wait(watch, |object| match object.map(|object| &object.readiness) {
        None | Some(Readiness::Gone | Readiness::Leaving(_)) => Verdict::Over,
        Some(Readiness::Ready) => Verdict::Pending("still there".to_owned()),
        Some(Readiness::Pending(status) | Readiness::Failed(status)) => Verdict::Pending(status.clone()),
    });
    gone.await.map(|_| ())
}

/// Refuses to delete what is protected or, by now, somebody else's.
fn allowed(work: &Work<'_>, live: &Object) -> Result<(), Failure> {
    if work.part().is_some() {
        return Ok(());
    }
    if live.tags.contains_key(owner::PROTECT) {
        return Err(Failure::new(format!("{} is protected by its tag {}", live.id, owner::PROTECT))
            .hint("set `protect = false` and apply that first"));
    }
    let address = &work.step.id.address;
    if work.kind.holds_data && !work.run.options.allow_delete.contains(address) {
        return Err(Failure::new(format!("the data of {address} would go with it, and nobody allowed that"))
            .hint(format!("allow it by its name: --allow-delete {address}")));
    }
    if live.owner() != Some(work.run.owner(&work.step.id.address)) {
        return Err(Failure::new(format!("{} no longer bears the tags of {}", live.id, work.step.id.address))
            .hint("plan again"));
    }
    Ok(())
}

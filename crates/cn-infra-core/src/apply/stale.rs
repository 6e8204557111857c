//! Whether live is still what a saved plan was made from.

use serde_json::Value;

use super::failure::Stop;
use super::step::Work;
use crate::address::Reference;
use crate::document::{Document, DocumentError};
use crate::event::Moved;
use crate::live::Object;
use crate::plan::diff::{self, Differing};
use crate::plan::{Action, prune};

/// Refuses to write over a change that the plan's reader did not see. That a field came to be as wanted is no such change:
/// an apply of the same plan may have been killed after it.
pub(super) fn check(work: &Work<'_>, live: &Object, changed: &[String]) -> Result<(), Stop> {
    let (true, Some(before)) = (work.run.options.verify, &work.step.before) else { return Ok(()) };
    let mut reviewed = work.kind.split(before, work.part());
    let mut there = with_addresses(work, &work.kind.split(&live.live, work.part()))?;
    (work.kind.normalize)(&mut reviewed, &mut there, work.run.clock.now())?;
    let wanted = |path: &str| work.step.after.as_ref().and_then(|after| after.get(path));
    let value = |value: Option<&Value>| value.cloned().unwrap_or_default();
    let moved: Vec<_> = diff::differing(&work.kind.tree, &reviewed, &there)
        .into_iter()
        .filter(|moved| match work.step.action {
            Action::Delete => moved.before.is_some_and(|live| !prune::is_nothing(live)),
            Action::Create | Action::Update => changed.iter().any(|path| overlaps(path, &moved.path)),
        })
        .map(|Differing { path, before: live, after: reviewed }| Moved {
            wanted: value(wanted(&path)),
            reviewed: value(reviewed),
            live: value(live),
            path,
        })
        .collect();
    if moved.is_empty() { Ok(()) } else { Err(Stop::Stale(moved)) }
}

/// Live with the addresses of what it refers to, as the plan's documents have them.
fn with_addresses(work: &Work<'_>, live: &Document) -> Result<Document, DocumentError> {
    let addresses = work.run.addresses();
    let mut live = live.clone();
    (work.kind.references)(&mut live, &mut |_, reference| {
        if let Reference::Foreign(id) = reference
            && let Some(address) = addresses.get(id)
        {
            *reference = Reference::Resource(address.clone());
        }
    })?;
    Ok(live)
}

/// Whether one of two dotted paths lies within the other.
fn overlaps(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    within(one, other) || within(other, one)
}

//! Whether live is still what a saved plan was made from: one step against its object.

use serde_json::Value;

use super::failure::Stop;
use super::step::Work;
use crate::address::Reference;
use crate::document::{Document, DocumentError};
use crate::event::Moved;
use crate::live::Object;
use crate::owner;
use crate::plan::diff::{self, Differing};
use crate::plan::{Action, prune};

/// Refuses to write over a change that the plan's reader did not see. That something came to be as wanted is no such
/// change: an apply of the same plan may have been killed after it.
pub(super) fn check(work: &Work<'_>, live: &Object, changed: &[String]) -> Result<(), Stop> {
    if !work.run.options.verify || work.step.object.is_none() {
        return Ok(());
    }
    let moved = moved(work, live, changed)?;
    if moved.is_empty() { Ok(()) } else { Err(Stop::Stale(moved)) }
}

/// What moved of the object of a step: its name, its owner, the tags and fields that the step changes.
pub(super) fn moved(work: &Work<'_>, live: &Object, changed: &[String]) -> Result<Vec<Moved>, DocumentError> {
    let mut moved: Vec<_> = name(work, live).into_iter().collect();
    moved.extend(ownership(work, live));
    moved.extend(tags(work, live));
    moved.extend(fields(work, live, changed)?);
    Ok(moved)
}

/// The name: a database that was renamed, say, is perhaps no longer the one that the reader meant.
fn name(work: &Work<'_>, live: &Object) -> Option<Moved> {
    let reviewed = work.run.basis.name(work.step);
    let wanted = work.run.basis.new_name(work.step);
    let there = live.name.as_deref();
    (there.unwrap_or_default() != reviewed.unwrap_or_default() && (wanted.is_none() || there != wanted)).then(|| {
        let wanted = wanted.or(reviewed).filter(|_| work.step.action != Action::Delete);
        Moved { path: "name".to_owned(), reviewed: reviewed.into(), live: there.into(), wanted: wanted.into() }
    })
}

/// Whose the object is. Where the plan gives it our tags, or would, were it not held back, they are looked at as tags.
fn ownership(work: &Work<'_>, live: &Object) -> Vec<Moved> {
    if work.run.basis.changes_owner(&work.step.id.address) {
        return Vec::new();
    }
    let keys = work.run.owner(&work.step.id.address).tags();
    let wanted = |value: &String| (work.step.action != Action::Delete).then(|| value.clone());
    keys.iter()
        .filter(|(key, value)| live.tags.get(*key) != Some(*value))
        .map(|(key, value)| tag(key, Some(value), live, wanted(value).as_ref()))
        .collect()
}

/// The tags that the step changes; before a deletion, the one that forbids it.
fn tags(work: &Work<'_>, live: &Object) -> Vec<Moved> {
    let step = work.step;
    let protects = (step.action == Action::Delete && step.id.part.is_none()).then_some(owner::PROTECT);
    let keys = step.tags.set.keys().chain(&step.tags.remove).map(String::as_str).chain(protects);
    keys.filter_map(|key| {
        let (reviewed, wanted) = (step.tags_before.get(key), step.tags.set.get(key));
        let there = live.tags.get(key);
        (there != reviewed && there != wanted).then(|| tag(key, reviewed, live, wanted))
    })
    .collect()
}

fn tag(key: &str, reviewed: Option<&String>, live: &Object, wanted: Option<&String>) -> Moved {
    let value = |value: Option<&String>| value.map(String::as_str).into();
    Moved {
        path: format!("tags.{key}"),
        reviewed: value(reviewed),
        live: value(live.tags.get(key)),
        wanted: value(wanted),
    }
}

/// The fields that the step changes; before a deletion, all that was read.
fn fields(work: &Work<'_>, live: &Object, changed: &[String]) -> Result<Vec<Moved>, DocumentError> {
    let Some(before) = &work.step.before else { return Ok(Vec::new()) };
    let mut reviewed = work.kind.split(before, work.part());
    let mut there = with_addresses(work, &work.kind.split(&live.live, work.part()))?;
    (work.kind.normalize)(&mut reviewed, &mut there, work.run.clock.now())?;
    let wanted = |path: &str| work.step.after.as_ref().and_then(|after| after.get(path));
    let value = |value: Option<&Value>| value.cloned().unwrap_or_default();
    let differing = diff::differing(&work.kind.tree, &reviewed, &there).into_iter();
    let counts = |moved: &Differing<'_>| match work.step.action {
        Action::Delete => moved.before.is_some_and(|live| !prune::is_nothing(live)),
        Action::Create | Action::Update => changed.iter().any(|path| overlaps(path, &moved.path)),
    };
    let moved = differing.filter(counts).map(|Differing { path, before: live, after: reviewed }| Moved {
        wanted: value(wanted(&path)),
        reviewed: value(reviewed),
        live: value(live),
        path,
    });
    Ok(moved.collect())
}

/// The fields that a step is still to change, everything named by addresses.
pub(super) fn to_change(work: &Work<'_>, mut wanted: Document, live: &Object) -> Result<Vec<String>, DocumentError> {
    let mut there = with_addresses(work, &work.kind.split(&live.live, work.part()))?;
    (work.kind.normalize)(&mut wanted, &mut there, work.run.clock.now())?;
    Ok(diff::differing(&work.kind.tree, &wanted, &there).into_iter().map(|differing| differing.path).collect())
}

/// Live with the addresses of what it refers to, as the plan's documents have them.
fn with_addresses(work: &Work<'_>, live: &Document) -> Result<Document, DocumentError> {
    let addresses = work.run.addresses();
    let mut live = live.clone();
    (work.kind.references)(&mut live, &mut |_, reference| {
        if let Reference::Foreign(id) = reference
            && let Some(address) = addresses.get(id)
        {
            *reference = Reference::Resource(work.relative(address));
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

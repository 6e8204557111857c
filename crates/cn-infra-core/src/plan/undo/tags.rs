//! The tags of a step, and what they said before.

use super::fields::Moved;
use crate::manager::TagChange;
use crate::owner::Tags;
use crate::plan::Step;

/// The change that gives tags back what they said; those that say something else by now are moved.
pub(super) fn inverse(step: &Step, live: &Tags, moved: &mut Vec<Moved>) -> TagChange {
    let mut change = TagChange::default();
    let keys = step.tags.set.keys().chain(&step.tags.remove);
    for key in keys {
        let (before, left, now) = (step.tags_before.get(key), step.tags.set.get(key), live.get(key));
        match before {
            _ if now == before => {}
            Some(before) if now == left => _ = change.set.insert(key.clone(), before.clone()),
            None if now == left => _ = change.remove.insert(key.clone()),
            _ => moved.push(Moved {
                path: format!("tags.{key}"),
                before: before.map(|text| text.as_str().into()),
                left: left.map(|text| text.as_str().into()),
                now: now.map(|text| text.as_str().into()),
            }),
        }
    }
    change
}

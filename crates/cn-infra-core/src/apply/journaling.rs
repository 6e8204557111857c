//! What a journal is told: steps before their first write, and how they ended.

use super::run::Run;
use crate::event::{Event, Outcome};
use crate::journal::{End, JournalError, image};
use crate::plan::Step;

/// Steps that start together are kept together, since a disk takes its time for each.
pub(super) fn begin<'s>(run: &Run<'_>, steps: impl Iterator<Item = &'s Step>) {
    let Some(journal) = &run.options.journal else { return };
    let image = |step: &Step| run.kinds.get(&step.id.address.kind).map(|kind| image(kind, step));
    // A step of no known kind fails without a write.
    let steps: Vec<_> = steps.filter_map(image).collect();
    if !steps.is_empty() {
        warn(run, journal.begin(&steps));
    }
}

/// A step ended.
pub(super) fn end(run: &Run<'_>, step: &Step, outcome: &Outcome) {
    let Some(journal) = &run.options.journal else { return };
    let made = run.made(&step.id.address).filter(|_| step.id.part.is_none()).map(|made| made.id);
    warn(run, journal.end(&step.id, End::from(outcome), made.as_ref()));
}

/// No apply fails for its journal.
fn warn(run: &Run<'_>, kept: Result<(), JournalError>) {
    if let Err(error) = kept {
        let why =
            std::error::Error::source(&error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
        run.tell(Event::NotJournaled { why, hint: error.hint().to_owned() });
    }
}

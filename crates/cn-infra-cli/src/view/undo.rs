//! What an undo says beside its plan.

use std::path::Path;
use std::time::Duration;

use cn_infra_core::address::StepId;
use cn_infra_core::journal::Past;

use super::events::time;
use super::layout::count;

/// How many steps are named.
const NAMED: usize = 5;

/// `Undoing the apply to production of 12 min 3 s ago, 2 steps (.cn-infra/journal/000042-production.jsonl).`
pub fn of(past: &Past, age: Duration) -> String {
    let what = if past.header.undoes.is_some() { "undo" } else { "apply" };
    let steps = count(past.written().count(), "step");
    let (environment, path) = (&past.header.environment, past.path.display());
    let mut text = format!("Undoing the {what} to {environment} of {} ago, {steps} ({path}).\n", time(age));
    if !past.closed {
        text += "It did not end by itself, or its journal could not be written to the end: what is not in the journal stays.\n";
    }
    text
}

/// Nothing is as the apply left it.
pub fn nothing(environment: &str) -> String {
    format!("Nothing to undo: {environment} is as it was before.\n")
}

/// A file that somebody changed after the command had.
pub fn left_alone(path: &Path) -> String {
    format!("{} was changed by the apply, and by somebody since: it stays as it is.\n", path.display())
}

/// What the file still says.
pub fn again(file: &Path, environment: &str, steps: &[StepId]) -> String {
    let mut names: Vec<_> = steps.iter().take(NAMED).map(ToString::to_string).collect();
    if steps.len() > NAMED {
        names.push(format!("{} more", steps.len() - NAMED));
    }
    format!(
        "\n{} still says what was undone, and `cn-infra plan {environment}` would do it again: {}.\n\
         Change the file if the undo is to last.\n",
        file.display(),
        names.join(", ")
    )
}

/// The question before an undo.
pub fn question(environment: &str, account: &str, steps: usize, files: usize) -> String {
    let files = if files == 0 { String::new() } else { format!("put {} back and ", count(files, "file")) };
    let question = format!("{files}apply {} to {environment} (account {account})?", count(steps, "step"));
    let mut characters = question.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

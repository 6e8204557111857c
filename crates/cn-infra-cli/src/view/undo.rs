//! What an undo says beside its plan.

use std::path::Path;
use std::time::Duration;

use cn_infra_core::address::StepId;
use cn_infra_core::journal::Past;

use super::events::time;
use super::layout::count;

/// How many steps are named.
const NAMED: usize = 5;

/// `Undoing the last apply to production, 12 min 3 s ago: 2 steps (.cn-infra/journal/000042-production.jsonl).`
pub fn of(past: &Past, age: Duration) -> String {
    let what = if past.header.undoes.is_some() { "undo in" } else { "apply to" };
    let steps = count(past.written().count(), "step");
    let (environment, path) = (&past.header.environment, past.path.display());
    let mut text = format!("Undoing the last {what} {environment}, {} ago: {steps} ({path}).\n", time(age));
    if !past.closed {
        text += "It did not end by itself, or its journal could not be written to the end: what the journal does not tell \
                 stays.\n";
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

/// `Write environments/production.toml and apply 2 steps to production (account 123456789012)?`
pub fn question<'a>(environment: &str, account: &str, steps: usize, files: impl Iterator<Item = &'a Path>) -> String {
    let files: Vec<_> = files.map(|path| path.display().to_string()).collect();
    let steps = format!("{} to {environment} (account {account})", count(steps, "step"));
    if files.is_empty() { format!("Apply {steps}?") } else { format!("Write {} and apply {steps}?", files.join(", ")) }
}

//! What an apply deleted: named, with what would bring back the like of it.

use serde_json::Value;

use super::hold;
use crate::document::DocumentError;
use crate::kinds::Kind;
use crate::plan::{Action, Blocked, Difference, Step, prune};
use crate::resource::Impact;

/// The deletion of a whole object has no inverse. What it was is shown as what one would have to declare.
pub(super) fn blocked(kind: &Kind, step: &Step) -> Result<Blocked, DocumentError> {
    let before = step.before.clone().unwrap_or_default();
    let object = step.object.as_ref().map_or_else(|| "it".to_owned(), ToString::to_string);
    let why = format!("{object} was deleted, and nothing brings it back");
    let hint = (kind.after_delete)(&before, &step.name)?;
    let told = before.0.into_iter().filter(|(_, value)| !prune::is_nothing(value));
    Ok(hold(&step.id, Action::Create, why, hint, told.map(|(path, value)| was(path, value)).collect()))
}

fn was(path: String, value: Value) -> Difference {
    Difference { path, before: None, after: Some(value), impact: Impact::in_place(), known_after_apply: false }
}

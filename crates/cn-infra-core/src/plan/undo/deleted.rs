//! What an apply deleted: named, with what would bring back the like of it.

use serde_json::Value;

use super::hold;
use crate::document::DocumentError;
use crate::environment::Environment;
use crate::journal::PastStep;
use crate::kinds::Kind;
use crate::plan::{Action, Blocked, Difference, Step, prune};
use crate::resource::Impact;

/// The deletion of a whole object has no inverse. What it was, its parts included, is shown: one would have to declare it.
pub(super) fn blocked(
    kind: &Kind,
    step: &Step,
    all: &[&PastStep],
    environment: &Environment,
) -> Result<Blocked, DocumentError> {
    let before = step.before.clone().unwrap_or_default();
    let object = step.object.as_ref().map_or_else(|| "it".to_owned(), ToString::to_string);
    let why = format!("{object} was deleted, and nothing brings it back");
    let another = if environment.resources.contains_key(&step.id.address) {
        format!("the file declares it: `cn-infra apply {}` makes another one", environment.name)
    } else {
        "declare it again and apply: that makes another one".to_owned()
    };
    let hint = match (kind.after_delete)(&before, &step.name)? {
        Some(more) => format!("{another}; {more}"),
        None => another,
    };
    let was_there = all.iter().filter_map(|past| past.step.before.as_ref()).flat_map(|before| &before.0);
    let told = was_there.filter(|(_, value)| !prune::is_nothing(value)).map(|(path, value)| was(path, value));
    Ok(hold(&step.id, Action::Create, why, hint, told.collect()))
}

fn was(path: &str, value: &Value) -> Difference {
    Difference {
        path: path.to_owned(),
        before: None,
        after: Some(value.clone()),
        impact: Impact::in_place(),
        known_after_apply: false,
    }
}

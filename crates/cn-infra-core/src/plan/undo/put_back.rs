//! What an apply changed of an object: given back the fields, the name and the tags that it had.

use serde_json::Value;

use super::fields::{self, Fields, Moved};
use super::{Found, Undoing, declare, hold, tags};
use crate::address::Address;
use crate::document::DocumentError;
use crate::environment::Declared;
use crate::journal::PastStep;
use crate::kinds::Kind;
use crate::live::Object;
use crate::plan::steps::Beside;
use crate::plan::{Action, Blocked, Difference, Step, tags as planned};
use crate::resource::Impact;

/// The longest value that a sentence holds.
const LONGEST: usize = 60;

/// An object, and what it is to be again.
pub(super) struct PutBack<'a> {
    /// The fields, and for messages the name that it bears.
    pub declared: Declared,
    pub beside: Beside,
    pub object: &'a Object,
}

impl<'a> Undoing<'a> {
    /// An object that was there before and after.
    pub(super) fn updated(
        &self,
        kind: &'a Kind,
        address: &Address,
        steps: &[&PastStep],
        found: &mut Found<'a>,
    ) -> Result<(), DocumentError> {
        let Some(object) = steps.iter().find_map(|past| self.object_of(past)) else {
            found.blocked.extend(steps.iter().map(|past| gone(&past.step)));
            return Ok(());
        };
        let declared = declare(address, object.name.as_deref().unwrap_or_default());
        let mut put_back = PutBack { declared, beside: Beside::default(), object };
        let reowned = steps.iter().any(|past| past.step.tags.changes_owner());
        if !reowned && object.owner() != Some(self.environment.owner(address)) {
            found.blocked.extend(steps.iter().map(|past| no_longer_ours(&past.step, object)));
            return Ok(());
        }
        for PastStep { step, .. } in steps {
            let of_step = fields::of_step(kind, step, object, &self.names, self.now)?;
            match put_back.add(step, of_step) {
                Ok(()) => {}
                Err(blocked) => found.blocked.push(blocked),
            }
        }
        found.put_back.push((kind, put_back));
        Ok(())
    }
}

impl PutBack<'_> {
    /// Adds a step's inverse; all of it, or nothing.
    #[expect(clippy::result_large_err, reason = "what is held back is data of the plan, not an error")]
    fn add(&mut self, step: &Step, Fields { wanted, mut moved, unknown }: Fields) -> Result<(), Blocked> {
        if !unknown.is_empty() {
            let why = format!("what it was before was not read: {}", unknown.join(", "));
            return Err(hold(&step.id, Action::Update, why, IN_THE_FILE.to_owned(), Vec::new()));
        }
        let rename = self.rename(step).unwrap_or_else(|one| {
            moved.push(one);
            None
        });
        let tags = tags::inverse(step, &self.object.tags, &mut moved);
        if !moved.is_empty() {
            return Err(blocked(step, moved));
        }
        self.declared.document.0.extend(wanted.0);
        if step.id.part.is_none() {
            if let Some(name) = &rename {
                self.declared.name.clone_from(name);
            }
            let tags_before = planned::of_changed(&tags, &self.object.tags);
            // A server that was stopped for the change starts again, whichever way the change went.
            let reasons = self.object.unfinished.iter().cloned().collect();
            self.beside = Beside { rename, reasons, tags, tags_before };
        }
        Ok(())
    }

    /// The old name, where the step gave another one.
    #[expect(clippy::result_large_err, reason = "what moved is data of the plan, not an error")]
    fn rename(&self, step: &Step) -> Result<Option<String>, Moved> {
        let Some(new) = &step.rename else { return Ok(None) };
        let name = step.differences.iter().find(|difference| difference.path == "name");
        let old = name.and_then(|difference| difference.before.as_ref()?.as_str()).map(str::to_owned);
        let now = &self.object.name;
        if *now == old {
            Ok(None)
        } else if now.as_ref() == Some(new) {
            Ok(old)
        } else {
            let value = |name: Option<String>| name.map(Value::from);
            Err(Moved {
                path: "name".into(),
                before: value(old),
                left: value(Some(new.clone())),
                now: value(now.clone()),
            })
        }
    }
}

const IN_THE_FILE: &str = "say in the file what is wanted, and apply";

/// What somebody changed since is not overwritten.
fn blocked(step: &Step, moved: Vec<Moved>) -> Blocked {
    let told: Vec<_> = moved.iter().map(Moved::told).collect();
    let why = format!("changed since the apply: {}", told.join("; "));
    let differences = moved.into_iter().map(|Moved { path, before, now, left: _ }| Difference {
        path,
        before: now,
        after: before,
        impact: Impact::in_place(),
        known_after_apply: false,
    });
    hold(&step.id, Action::Update, why, IN_THE_FILE.to_owned(), differences.collect())
}

impl Moved {
    /// `size, which the apply had made large`; what does not fit into a sentence is left out.
    fn told(&self) -> String {
        let Self { path, left, .. } = self;
        let left = match left {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => return format!("{path}, which the apply had taken away"),
        };
        let fits = left.chars().count() <= LONGEST && !left.contains('\n');
        if fits { format!("{path}, which the apply had made {left}") } else { path.clone() }
    }
}

fn gone(step: &Step) -> Blocked {
    let object = step.object.as_ref().map_or_else(|| "its object".to_owned(), ToString::to_string);
    hold(&step.id, Action::Update, format!("{object} is no longer there"), IN_THE_FILE.to_owned(), Vec::new())
}

fn no_longer_ours(step: &Step, object: &Object) -> Blocked {
    let why = format!("{} no longer bears the tags of {}", object.id, step.id.address);
    hold(&step.id, Action::Update, why, IN_THE_FILE.to_owned(), Vec::new())
}

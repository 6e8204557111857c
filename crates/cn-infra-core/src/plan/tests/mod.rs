//! The planner's rules, one test each, on the kinds for tests.

mod differences;
mod identity;
mod laws;
mod order;
mod prune;
mod saved;
mod tags;

use serde_json::{Value, json};

use crate::environment::Environment;
use crate::live::Object;
use crate::plan::{Action, Plan, PlanError, PlanOptions, Step, findings};
use crate::testing::{kinds, samples};

/// An environment, what is live, and what the caller wants.
#[derive(Clone, Debug)]
struct World {
    environment: Environment,
    objects: Vec<Object>,
    options: PlanOptions,
}

impl World {
    fn new() -> Self {
        Self { environment: samples::environment(), objects: Vec::new(), options: PlanOptions::default() }
    }

    fn declare(&mut self, at: &str, fields: Value) -> &mut crate::environment::Declared {
        samples::declare(&mut self.environment, at, fields)
    }

    /// Adds an object with the tags and the default name of a resource.
    fn owned(&mut self, at: &str, id: &str, live: Value) -> &mut Object {
        let name = format!("demo-production-{}", samples::address(at).name);
        self.object(samples::owned(at, samples::object(id, &name, live)))
    }

    fn object(&mut self, object: Object) -> &mut Object {
        self.objects.push(object);
        self.objects.last_mut().expect("one was pushed")
    }

    fn try_plan(&self) -> Result<Plan, PlanError> {
        let live = samples::live(self.objects.clone());
        super::plan(&self.environment, &live, &kinds::kinds(), &self.options, samples::NOW)
    }

    fn plan(&self) -> Plan {
        self.try_plan().expect("there is a plan")
    }

    /// The plan in a few lines.
    fn show(&self) -> String {
        match self.try_plan() {
            Ok(plan) => show(&plan),
            Err(error) => format!("error: {error}\nhint: {}", error.hint().unwrap_or_default()),
        }
    }
}

/// A plan in a few lines: steps, what is blocked, what is unlisted, findings.
fn show(plan: &Plan) -> String {
    let steps = plan.steps.iter().map(show_step);
    let blocked = plan.blocked.iter().map(|held| format!("! {}: {}\n    hint: {}", held.id, held.why, held.hint));
    let unlisted = plan.unlisted.iter().map(|object| format!("unlisted {} {}", object.address, object.id));
    let left_out = plan.left_out.iter().map(|id| format!("left out {id}"));
    let findings = plan.findings.iter().map(|finding| {
        let on = finding.on.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} {on}: {}", finding.code, finding.message)
    });
    steps.chain(blocked).chain(unlisted).chain(left_out).chain(findings).collect::<Vec<_>>().join("\n")
}

fn show_step(step: &Step) -> String {
    let symbol = match step.action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Delete => '-',
    };
    let mut lines = vec![format!("{symbol} {}", step.id)];
    lines.extend(step.reasons.iter().map(|reason| format!("reason {reason}")));
    lines.extend(step.differences.iter().map(|difference| {
        let known = if difference.known_after_apply { " (known after apply)" } else { "" };
        match (&difference.before, &difference.after) {
            (Some(before), Some(after)) => format!("{} {before} → {after}{known}", difference.path),
            (None, Some(after)) => format!("{} + {after}{known}", difference.path),
            (before, None) => format!("{} - {}", difference.path, json!(before)),
        }
    }));
    if step.action == Action::Update {
        lines.extend(step.tags.set.iter().map(|(key, value)| format!("tag {key} = {value:?}")));
        lines.extend(step.tags.remove.iter().map(|key| format!("tag {key} removed")));
    }
    lines.extend(step.needs.iter().map(|need| format!("needs {need}")));
    lines.join("\n    ")
}

#[test]
fn an_empty_environment_has_an_empty_plan() {
    assert_eq!(World::new().show(), "");
}

#[test]
fn every_code_has_a_passage() {
    let passages = include_str!("../../../../../docs/findings.md");
    for (code, _) in findings::CODES {
        assert!(passages.contains(&format!("## {code}\n")), "docs/findings.md says nothing of {code}");
    }
}

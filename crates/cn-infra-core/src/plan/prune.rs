//! The deletion of objects, those that refer to others first: with `--prune` of what the file no longer declares, by an
//! undo of what the apply made.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::address::{Address, Reference, StepId};
use crate::check::{Finding, Severity};
use crate::document::{Document, DocumentError};
use crate::environment::Environment;
use crate::kinds::Kind;
use crate::live::Object;
use crate::manager::Obstacle;
use crate::owner::PROTECT;
use crate::plan::identity::Refusal;
use crate::plan::in_use::InUse;
use crate::plan::only::Only;
use crate::plan::reading::Names;
use crate::plan::steps::Draft;
use crate::plan::{Action, Blocked, PlanError, Step, findings};

/// What becomes of the unlisted objects.
#[derive(Default)]
pub(super) struct Pruned {
    pub steps: Vec<Draft>,
    pub blocked: Vec<Blocked>,
    pub left_out: Vec<StepId>,
    pub findings: Vec<Finding>,
}

/// An object to delete.
struct Doomed<'a> {
    kind: &'a Kind,
    object: &'a Object,
    /// Its fields, references as addresses.
    live: Document,
    /// The resources that it names, and in which part.
    names: Vec<(Option<&'static str>, Address)>,
}

/// Plans the deletion of every one of these objects that may be deleted.
pub(super) fn deletes(objects: &[(Address, &Object)], in_use: &InUse<'_>, only: &Only) -> Result<Pruned, PlanError> {
    let (names, kinds) = (in_use.names, in_use.kinds);
    let mut pruned = Pruned::default();
    let mut doomed = BTreeMap::new();
    let mut staying = Vec::new();
    for (address, object) in objects {
        let Some(kind) = kinds.get(&address.kind) else { continue };
        let known = Doomed::read(kind, object, names)
            .map_err(|source| PlanError::Document { address: address.clone(), source })?;
        if !only.includes(address) {
            pruned.left_out.push(StepId::whole(address));
            staying.push(address.clone());
        } else if let Some(refusal) = refusal(kind, object, address, names) {
            pruned.block(address, refusal);
            staying.push(address.clone());
        } else if let Some(obstacle) = in_use.live.obstacle(&object.id)
            && let Some(refusal) = pruned.obstructed(address, obstacle, names.environment)
        {
            pruned.block(address, refusal);
            staying.push(address.clone());
        }
        doomed.insert(address.clone(), known);
    }
    pruned.left_out.dedup();
    for (address, user) in in_use.of(&|address| doomed.contains_key(address))? {
        if !staying.contains(&address) {
            let why = format!("{user} still uses it");
            pruned.block(&address, Refusal { why, hint: format!("take it out of {user} first") });
            staying.push(address);
        }
    }
    keep_what_staying_objects_name(&mut pruned, &mut doomed, staying);
    pruned.add_steps(&doomed, &in_use.leaving(&|address| doomed.contains_key(address))?);
    Ok(pruned)
}

/// Why an object may not be deleted.
fn refusal(kind: &Kind, object: &Object, address: &Address, names: Names<'_>) -> Option<Refusal> {
    let (why, hint) = if object.tags.contains_key(PROTECT) {
        (
            "is protected by its tag cn-infra:protect".to_owned(),
            format!("declare {address} again with `protect = false`, apply, then prune"),
        )
    } else if !kind.prune {
        (format!("a {} is not deleted by --prune", kind.name), format!("delete it by hand, or declare {address} again"))
    } else if names.identity.object(address).is_none() {
        (
            format!("{} is one of several objects with the tags of {address}", object.id),
            "remove the cn-infra tags of those to keep".to_owned(),
        )
    } else {
        return None;
    };
    Some(Refusal { why, hint })
}

/// What a staying object names cannot be deleted either.
fn keep_what_staying_objects_name(
    pruned: &mut Pruned,
    doomed: &mut BTreeMap<Address, Doomed<'_>>,
    mut staying: Vec<Address>,
) {
    let mut kept: HashSet<_> = staying.iter().cloned().collect();
    while let Some(address) = staying.pop() {
        for (_, named) in doomed.get(&address).into_iter().flat_map(|stays| &stays.names) {
            if doomed.contains_key(named) && kept.insert(named.clone()) {
                let refusal = Refusal {
                    why: format!("{address} refers to it and stays"),
                    hint: format!("delete {address} first"),
                };
                pruned.block(named, refusal);
                staying.push(named.clone());
            }
        }
    }
    doomed.retain(|address, _| !kept.contains(address));
}

impl<'a> Doomed<'a> {
    fn read(kind: &'a Kind, object: &'a Object, names: Names<'_>) -> Result<Self, DocumentError> {
        let mut live = object.live.clone();
        let mut mentioned = Vec::new();
        (kind.references)(&mut live, &mut |path: &str, reference: &mut Reference| {
            if let Some(address) = names.rewrite(reference) {
                mentioned.push((kind.part_of(path.split('.').next().unwrap_or(path)), address.into_owned()));
            }
        })?;
        Ok(Self { kind, object, live, names: mentioned })
    }

    fn delete(&self, address: &Address, part: Option<&str>, before: Option<Document>, needs: Vec<StepId>) -> Step {
        let id = StepId { address: address.clone(), part: part.map(str::to_owned) };
        let name = self.object.name.clone().unwrap_or_default();
        let asks = (self.kind.holds_data && part.is_none())
            .then(|| format!("its data goes with it: --allow-delete {address}"));
        let reasons = asks.into_iter().collect();
        Step { object: Some(self.object.id.clone()), reasons, before, needs, ..Step::new(id, Action::Delete, name) }
    }
}

impl Pruned {
    /// What stands in the way; a finding that is silenced does not.
    fn obstructed(&mut self, address: &Address, obstacle: &Obstacle, environment: &Environment) -> Option<Refusal> {
        let Obstacle { code, why, hint } = obstacle.clone();
        let Some(code) = code else { return Some(Refusal { why, hint }) };
        let finding = Finding::new(code, Severity::Error, &*why).hint(&*hint).on(address);
        let refusal =
            findings::is_heard(&finding, environment).then(|| Refusal { why: format!("{why} [{code}]"), hint });
        self.findings.push(finding);
        refusal
    }

    fn block(&mut self, address: &Address, Refusal { why, hint }: Refusal) {
        let (id, differences) = (StepId::whole(address), Vec::new());
        self.blocked.push(Blocked { id, action: Action::Delete, why, hint, differences });
    }

    /// Parts go first, then the objects, each after those that refer to it.
    fn add_steps(&mut self, doomed: &BTreeMap<Address, Doomed<'_>>, elsewhere: &BTreeMap<Address, Vec<StepId>>) {
        let mut needs: HashMap<&Address, BTreeSet<StepId>> =
            elsewhere.iter().map(|(address, users)| (address, users.iter().cloned().collect())).collect();
        for (address, object) in doomed {
            for (part, named) in object.names.iter().filter(|(_, named)| named != address) {
                let id = StepId { address: address.clone(), part: part.map(str::to_owned) };
                needs.entry(named).or_default().insert(id);
            }
        }
        for (address, object) in doomed {
            let mut needs = needs.remove(address).unwrap_or_default();
            for part in object.kind.parts {
                let before = object.kind.split(&object.live, Some(part.name));
                if before.0.values().any(|value| !is_nothing(value)) {
                    needs.insert(StepId::part(address, part.name));
                    self.push(object.delete(address, Some(part.name), Some(before), Vec::new()), object);
                }
            }
            let before = Some(object.kind.split(&object.live, None)).filter(|before| !before.0.is_empty());
            self.push(object.delete(address, None, before, needs.into_iter().collect()), object);
        }
    }

    fn push(&mut self, step: Step, object: &Doomed<'_>) {
        let mentions =
            object.names.iter().filter(|(part, _)| *part == step.id.part.as_deref() && step.before.is_some());
        let mentions = mentions.map(|(_, address)| address.clone()).collect();
        self.steps.push(Draft { step, refers: Vec::new(), mentions });
    }

    /// Deletes come last: those that wait for no other delete wait for every step that nothing else waits for.
    pub(super) fn come_after(&mut self, others: &[Draft]) {
        let needed: HashSet<_> = others.iter().flat_map(|draft| &draft.step.needs).collect();
        let mut last: Vec<_> = others.iter().map(|draft| &draft.step.id).filter(|id| !needed.contains(id)).collect();
        last.sort_unstable();
        for delete in self.steps.iter_mut().filter(|delete| delete.step.needs.is_empty()) {
            delete.step.needs.extend(last.iter().copied().cloned());
        }
    }
}

/// Whether a live value says that there is nothing.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text == "none",
        Value::Array(list) => list.is_empty(),
        Value::Object(table) => table.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

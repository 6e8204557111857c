//! Steps that move things into each other's places: an address that goes to a server whose own address moves away in the
//! same plan comes after that one, so that none is pushed out.
//!
//! Where they go in a circle, as in an exchange, one has to be pushed out by the first; it is sent right after.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, StepId};
use crate::document::Document;
use crate::kinds::Kinds;
use crate::plan::{Action, Step};
use crate::resource::Impact;

/// Where a step takes something from, and where to; both as the plan's environment names them.
struct Move {
    from: Option<String>,
    to: String,
}

/// Gives each step the one that it follows. `first` moves first in its circle; else the one whose address comes first.
pub(super) fn take<'s>(steps: impl Iterator<Item = &'s mut Step>, kinds: &Kinds, home: &str, first: Option<&Address>) {
    let mut moving: Vec<_> = steps.filter_map(|step| Move::of(step, kinds, home).map(|place| (step, place))).collect();
    moving.sort_by(|(a, _), (b, _)| (first != Some(&a.id.address), &a.id).cmp(&(first != Some(&b.id.address), &b.id)));
    let leaving: BTreeMap<_, _> =
        moving.iter().enumerate().filter_map(|(number, (_, place))| Some((place.from.clone()?, number))).collect();
    let mut follows: Vec<_> = moving.iter().map(|(_, place)| leaving.get(&place.to).copied()).collect();
    for number in 0..follows.len() {
        if leads_back(&follows, number) {
            follows[number] = None;
        }
    }
    let ids: Vec<StepId> = moving.iter().map(|(step, _)| step.id.clone()).collect();
    let arriving: BTreeMap<_, _> =
        moving.iter().enumerate().map(|(number, (_, place))| (place.to.clone(), number)).collect();
    let needs = group_needs(&moving, &follows);
    for (number, (step, place)) in moving.into_iter().enumerate() {
        step.follows = follows[number].map(|leader| ids[leader].clone());
        step.needs.clone_from(&needs[number]);
        step.needs.extend(step.follows.clone());
        step.needs.sort_unstable();
        step.needs.dedup();
        if let Some(next) = place.from.and_then(|from| arriving.get(&from)) {
            say_who_comes(step, &ids[*next].address);
        }
    }
}

/// Whether the steps that one follows lead back to it.
fn leads_back(follows: &[Option<usize>], from: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut at = follows[from];
    while let Some(number) = at {
        if number == from {
            return true;
        }
        if !seen.insert(number) {
            return false;
        }
        at = follows[number];
    }
    false
}

/// What a step needs beside the one that it follows: the first of several needs what any of them does, so that once it
/// starts all can go.
fn group_needs(moving: &[(&mut Step, Move)], follows: &[Option<usize>]) -> Vec<Vec<StepId>> {
    let mut needs = vec![Vec::new(); moving.len()];
    for (number, (step, _)) in moving.iter().enumerate() {
        let mut leader = number;
        while let Some(next) = follows[leader] {
            leader = next;
        }
        let own = step.needs.iter().filter(|need| step.follows.as_ref() != Some(*need));
        needs[leader].extend(own.cloned());
    }
    needs
}

/// Who loses something has another then.
fn say_who_comes(step: &mut Step, next: &Address) {
    for difference in &mut step.differences {
        if let (Impact::InPlace { note: Some(note) }, Some(from)) = (&mut difference.impact, &difference.before) {
            *note = format!("{} gets {next} in its place", from.as_str().unwrap_or_default());
        }
    }
}

impl Move {
    fn of(step: &Step, kinds: &Kinds, home: &str) -> Option<Self> {
        if step.action == Action::Delete {
            return None;
        }
        let field = kinds.get(&step.id.address.kind)?.fields.iter().find(|field| field.exclusive)?;
        let place = |document: Option<&Document>| {
            let text = document?.get(field.path)?.as_str()?.to_owned();
            Some(absolute(text, step.id.address.environment.as_deref(), home))
        };
        let (from, to) = (place(step.before.as_ref()), place(step.after.as_ref())?);
        (from.as_ref() != Some(&to)).then_some(Self { from, to })
    }
}

/// A reference of a step's own file, as the plan's environment has it.
fn absolute(text: String, own: Option<&str>, home: &str) -> String {
    let Ok(address) = text.parse::<Address>() else { return text };
    let environment = address.environment.as_deref().or(own).filter(|environment| *environment != home);
    Address { environment: environment.map(str::to_owned), ..address }.to_string()
}

//! A live policy in the order and words of the file's, without a change of its meaning.

use std::cmp::Reverse;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::normal::{element, items, statement};
use crate::bucket::order::in_order_of;

/// The live policy, its statements and keys in the order of the desired one, and equal elements in its words.
pub(super) fn like(live: &Value, desired: &Value) -> Value {
    by_key(live, desired, |name, live, desired| match name {
        "Statement" => statements(live, desired),
        _ => live.clone(),
    })
}

/// A table in the order of another's keys; those that the other lacks go last.
fn by_key(live: &Value, desired: &Value, each: impl Fn(&str, &Value, &Value) -> Value) -> Value {
    let (Value::Object(live), Value::Object(desired)) = (live, desired) else { return live.clone() };
    let mut ordered = Map::new();
    for (name, wanted) in desired {
        if let Some(value) = live.get(name) {
            ordered.insert(name.clone(), each(name, value, wanted));
        }
    }
    for (name, value) in live {
        ordered.entry(name.clone()).or_insert_with(|| value.clone());
    }
    ordered.into()
}

fn statements(live: &Value, desired: &Value) -> Value {
    let (is, wanted) = (items(live), items(desired));
    let pairs = pairs(is, wanted);
    let matched = pairs.iter().zip(wanted).filter_map(|(index, wanted)| Some(one(is.get((*index)?)?, wanted)));
    let paired: HashSet<_> = pairs.iter().flatten().collect();
    let rest = is.iter().enumerate().filter(|(index, _)| !paired.contains(index));
    let all: Vec<Value> = matched.chain(rest.map(|(_, statement)| statement.clone())).collect();
    match (desired, <[Value; 1]>::try_from(all)) {
        (Value::Object(_), Ok([single])) => single,
        (_, Ok([single])) => Value::Array(vec![single]),
        (_, Err(several)) => Value::Array(several),
    }
}

/// For each wanted statement the live one that stands for it: equal in meaning, else of the same `Sid`, else the one
/// with most elements in common.
fn pairs(live: &[Value], wanted: &[Value]) -> Vec<Option<usize>> {
    // Normal forms are made once: a policy can have hundreds of statements, and there are as many pairs as their square.
    let normal = |statements: &[Value]| statements.iter().map(statement).collect::<Vec<_>>();
    let (live, wanted) = (normal(live), normal(wanted));
    let (mut pairs, mut taken) = (vec![None; wanted.len()], vec![false; live.len()]);
    for alike in [is_equal, is_same_sid, common_elements] {
        for (pair, wanted) in pairs.iter_mut().zip(&wanted).filter(|(pair, _)| pair.is_none()) {
            let free = live.iter().enumerate().filter(|(index, _)| !taken[*index]);
            let scored = free.map(|(index, live)| (alike(live, wanted), index)).filter(|(score, _)| *score > 0);
            *pair = scored.min_by_key(|(score, index)| (Reverse(*score), *index)).map(|(_, index)| index);
            if let Some(index) = *pair {
                taken[index] = true;
            }
        }
    }
    pairs
}

fn is_equal(live: &Value, wanted: &Value) -> usize {
    usize::from(live == wanted)
}

fn is_same_sid(live: &Value, wanted: &Value) -> usize {
    let sid = live.get("Sid");
    usize::from(sid.is_some() && sid == wanted.get("Sid"))
}

fn common_elements(live: &Value, wanted: &Value) -> usize {
    let (Value::Object(live), Value::Object(wanted)) = (live, wanted) else { return 0 };
    let is_common = |(name, value): &(&String, &Value)| *name != "Effect" && wanted.get(*name) == Some(*value);
    live.iter().filter(is_common).count()
}

/// A live statement in the words of the wanted one. Where a string and a list of it are not the same, neither becomes the
/// other: in `Effect`, and in what IAM's grammar does not know.
fn one(live: &Value, wanted: &Value) -> Value {
    by_key(live, wanted, |name, live, wanted| {
        let (shaped, means) = (shaped(live, wanted), element(name, live));
        if means == element(name, wanted) {
            wanted.clone()
        } else if means == element(name, &shaped) {
            shaped
        } else {
            live.clone()
        }
    })
}

/// A value that differs, in the order and shape of the wanted one: a list of one as a string where that is one.
fn shaped(live: &Value, wanted: &Value) -> Value {
    match (live, wanted) {
        (Value::Object(_), Value::Object(_)) => by_key(live, wanted, |_, live, wanted| shaped(live, wanted)),
        (Value::Array(live), Value::Array(wanted)) => {
            let mut members = live.clone();
            in_order_of(&mut members, wanted, |member| member);
            Value::Array(members)
        }
        (Value::Array(live), Value::String(_)) if live.len() == 1 => live[0].clone(),
        (Value::String(_), Value::Array(_)) => Value::Array(vec![live.clone()]),
        _ => live.clone(),
    }
}

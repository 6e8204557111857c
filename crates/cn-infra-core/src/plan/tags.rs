//! The tags of an object: those that say whose it is, its name, and those of the file.

use std::collections::BTreeSet;

use crate::environment::{Declared, Environment};
use crate::kinds::Kind;
use crate::manager::TagChange;
use crate::owner::{self, Tags};

/// AWS's limit of a tag's value, in characters.
const LONGEST: usize = 256;

/// The keys that the file sets, as the tag `cn-infra:tags` remembers them; an error says how long that would be.
pub(crate) fn remembered_keys(declared: &Declared, kind: &Kind) -> Result<Option<String>, usize> {
    let mut keys = own_keys(declared, kind).peekable();
    if keys.peek().is_none() {
        return Ok(None);
    }
    let value = owner::remember(keys);
    let length = value.chars().count();
    if length > LONGEST { Err(length) } else { Ok(Some(value)) }
}

/// The file's keys without `Name`, where that is the resource's name.
fn own_keys<'a>(declared: &'a Declared, kind: &Kind) -> impl Iterator<Item = &'a str> + use<'a> {
    let named = kind.naming.tag;
    declared.tags.keys().map(String::as_str).filter(move |key| !(named && *key == owner::NAME))
}

/// All the tags that a new object gets.
pub(super) fn of_new(environment: &Environment, declared: &Declared, kind: &Kind, keys: Option<&str>) -> Tags {
    let mut tags = Tags::new();
    each_wanted(environment, declared, kind, keys, &mut |key, value| {
        tags.insert(key.to_owned(), value.to_owned());
    });
    tags
}

/// What differs between an object's tags and those it should have. Keys that others set are none of our business.
pub(super) fn difference(
    environment: &Environment,
    declared: &Declared,
    kind: &Kind,
    keys: Option<&str>,
    live: &Tags,
) -> TagChange {
    let mut change = TagChange { set: Tags::new(), remove: dropped(declared, kind, keys, live) };
    each_wanted(environment, declared, kind, keys, &mut |key, value| {
        if live.get(key).is_none_or(|there| there != value) {
            change.set.insert(key.to_owned(), value.to_owned());
        }
    });
    if declared.protect == Some(false) && live.contains_key(owner::PROTECT) {
        change.remove.insert(owner::PROTECT.to_owned());
    }
    change
}

/// What the tags of a change say so far, as far as they are there.
pub(super) fn of_changed(change: &TagChange, live: &Tags) -> Tags {
    let keys = change.set.keys().chain(&change.remove);
    keys.filter_map(|key| Some((key.clone(), live.get(key)?.clone()))).collect()
}

/// The keys that the file set once and sets no more.
fn dropped(declared: &Declared, kind: &Kind, keys: Option<&str>, live: &Tags) -> BTreeSet<String> {
    let Some(remembered) = live.get(owner::TAGS).filter(|value| Some(value.as_str()) != keys) else {
        return BTreeSet::new();
    };
    let wanted: BTreeSet<_> = own_keys(declared, kind).collect();
    let named = kind.naming.tag;
    let mut dropped = owner::remembered(remembered);
    dropped.retain(|key| {
        let protected = owner::is_reserved(key) || (named && key == owner::NAME);
        live.contains_key(key) && !protected && !wanted.contains(key.as_str())
    });
    if keys.is_none() {
        dropped.insert(owner::TAGS.to_owned());
    }
    dropped
}

fn each_wanted(
    environment: &Environment,
    declared: &Declared,
    kind: &Kind,
    keys: Option<&str>,
    each: &mut dyn FnMut(&str, &str),
) {
    each(owner::PROJECT, &environment.project);
    each(owner::ENVIRONMENT, &environment.name);
    each(owner::ADDRESS, &declared.address.local());
    for key in own_keys(declared, kind) {
        if let Some(value) = declared.tags.get(key) {
            each(key, value);
        }
    }
    if kind.naming.tag {
        each(owner::NAME, &declared.name);
    }
    if let Some(keys) = keys {
        each(owner::TAGS, keys);
    }
    if declared.protect == Some(true) {
        each(owner::PROTECT, "true");
    }
}

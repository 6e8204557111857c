//! The targets in the suite: everything that is kept, and some seconds of what proptest makes up.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::environment::load;
use super::*;

/// The kept inputs of a target.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Bytes that a choice can be made of.
fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..800)
}

/// One of the kept inputs, with some bytes replaced, left out and put in.
fn damaged(target: &str) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0..4_usize, vec(any::<u8>(), 0..4));
    (prop::sample::select(kept(target)), vec(edit, 0..6)).prop_map(|(mut input, edits)| {
        for (at, width, bytes) in edits {
            let from = at.index(input.len() + 1);
            input.splice(from..(from + width).min(input.len()), bytes);
        }
        input
    })
}

#[test]
fn everything_that_is_kept() {
    let each = |target, check: fn(&[u8])| kept(target).iter().map(Vec::as_slice).for_each(check);
    each("edit", edit);
    each("environment", environment);
    each("plan_file", plan_file);
    each("policy", policy);
    each("shape", shape);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn environments_that_are_nearly_right(input in choices()) {
        shape(&input);
    }

    #[test]
    fn environments_that_are_damaged(input in damaged("environment")) {
        environment(&input);
    }

    #[test]
    fn policies_that_are_damaged(input in damaged("policy")) {
        policy(&input);
    }

    #[test]
    fn plans_that_are_damaged(input in damaged("plan_file")) {
        plan_file(&input);
    }

    #[test]
    fn files_that_are_edited(input in damaged("edit")) {
        edit(&input);
    }
}

#[test]
fn many_shapes_get_as_far_as_a_plan() {
    let mut random = proptest::test_runner::TestRunner::deterministic();
    let loads = (0..400).filter(|_| {
        let text = shape::text(&choices().new_tree(&mut random).unwrap().current());
        load(&bundle::Bundle::of(text.as_bytes())).is_some()
    });
    let loads = loads.count();
    assert!(loads >= 100, "{loads} of 400 load");
}

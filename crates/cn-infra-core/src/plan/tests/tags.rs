//! Tags: ours, the file's, and those of others.

use insta::assert_snapshot;
use serde_json::json;

use super::World;
use crate::environment::Declared;
use crate::owner::{self, Tags};
use crate::plan::PlanError;

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn host(edit: impl FnOnce(&mut Declared), live: &[(&str, &str)]) -> World {
    let mut world = World::new();
    edit(world.declare("host.web", json!({})));
    world.owned("host.web", "host-0001", json!({})).tags.extend(tags(live));
    world
}

#[test]
fn a_new_object_gets_all_of_them() {
    let mut world = World::new();
    let declared = world.declare("host.web", json!({}));
    declared.tags = tags(&[("Team", "reef"), ("Cost Center", "7")]);
    declared.protect = Some(true);
    let set = world.plan().steps[0].tags.set.clone();
    let shown: Vec<_> = set.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert_snapshot!(shown.join("\n"), @"
    Cost Center = 7
    Name = demo-production-web
    Team = reef
    cn-infra:address = host.web
    cn-infra:environment = production
    cn-infra:project = demo
    cn-infra:protect = true
    cn-infra:tags = Cost=20Center Team
    ");
}

#[test]
fn what_differs_is_set_and_what_others_set_is_left() {
    let world = host(
        |declared| declared.tags = tags(&[("Team", "reef")]),
        &[("Team", "old"), ("cn-infra:tags", "Team"), ("Others", "x"), ("aws:stack", "y"), ("cn-infra:restart", "1")],
    );
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        tag Team = "reef"
    "#);
    let step = &world.plan().steps[0];
    assert!(step.differences.is_empty());
    assert_eq!(step.tags_before, tags(&[("Team", "old")]), "what is there is said with what will be");
}

#[test]
fn a_key_that_the_file_dropped_is_removed() {
    let world = host(
        |declared| declared.tags = tags(&[("Team", "reef")]),
        &[("Team", "reef"), ("Old", "x"), ("cn-infra:tags", "Old Team Absent")],
    );
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        tag cn-infra:tags = "Team"
        tag Old removed
    "#);
    let world = host(|_| {}, &[("Old", "x"), ("cn-infra:tags", "Old")]);
    assert_snapshot!(world.show(), @"
    ~ host.web
        tag Old removed
        tag cn-infra:tags removed
    ");
}

#[test]
fn protect_is_set_lifted_or_left() {
    assert_snapshot!(host(|declared| declared.protect = Some(true), &[]).show(), @r#"
    ~ host.web
        tag cn-infra:protect = "true"
    "#);
    assert_snapshot!(host(|declared| declared.protect = Some(false), &[(owner::PROTECT, "true")]).show(), @"
    ~ host.web
        tag cn-infra:protect removed
    ");
    assert_eq!(host(|_| {}, &[(owner::PROTECT, "true")]).show(), "");
}

#[test]
fn keys_that_do_not_fit_are_an_error_and_a_finding() {
    let long = "x".repeat(100);
    let keys = [format!("a{long}"), format!("b{long}"), format!("c{long}")];
    let world = host(|declared| declared.tags = keys.iter().map(|key| (key.clone(), String::new())).collect(), &[]);
    assert!(matches!(world.try_plan(), Err(PlanError::TooManyTags { length: 305, .. })));
    let found = crate::check::check(&world.environment, &crate::testing::kinds::kinds(), super::samples::NOW);
    assert_eq!(found[0].code, "CN011");
}

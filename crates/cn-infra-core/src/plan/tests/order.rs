//! What a step waits for, and what it holds back.

use insta::assert_snapshot;
use serde_json::json;

use super::World;
use crate::testing::samples::{address, object};

/// A link to a host in a group, none of them there.
fn chain() -> World {
    let mut world = World::new();
    world.declare("link.site", json!({ "host": "host.web" }));
    world.declare("host.web", json!({ "groups": ["group.web"] }));
    world.declare("group.web", json!({ "ingress": { "http": { "port": 80, "from": ["10.0.0.0/8"] } } }));
    world
}

#[test]
fn creates_come_after_what_they_name() {
    assert_snapshot!(chain().show(), @"
    + group.web
    + group.web/rules
        needs group.web
    + host.web
        needs group.web
    + link.site
    + link.site/association
        needs host.web
        needs link.site
    ");
}

#[test]
fn what_is_there_is_not_waited_for() {
    let mut world = chain();
    world.owned("host.web", "host-0001", json!({ "groups": [] }));
    world.owned("group.web", "group-0001", json!({}));
    assert_snapshot!(world.show(), @r#"
    ~ group.web/rules
        ingress.http + {"port":80,"from":["10.0.0.0/8"]}
    ~ host.web
        groups [] → ["group.web"]
    + link.site
    + link.site/association
        needs link.site
    "#);
}

#[test]
fn parts_dissolve_circles() {
    let mut world = World::new();
    let rules = |other: &str| json!({ "ingress": { "all": { "port": 1, "from": [other] } } });
    world.declare("group.a", rules("group.b"));
    world.declare("group.b", rules("group.a"));
    assert_snapshot!(world.show(), @"
    + group.a
    + group.b
    + group.b/rules
        needs group.a
        needs group.b
    + group.a/rules
        needs group.a
        needs group.b
    ");
}

#[test]
fn a_circle_that_is_left_is_an_error() {
    let mut world = World::new();
    world.declare("host.a", json!({ "note": { "template": "{{host.b.ip}}" } }));
    world.declare("host.b", json!({ "note": { "template": "{{host.a.ip}}" } }));
    assert_snapshot!(world.show(), @"
    error: these need each other, so none can be first: host.a, host.b
    hint: leave one of the references out, or give a physical id
    ");
}

#[test]
fn a_part_without_fields_has_no_step() {
    let mut world = World::new();
    world.declare("group.web", json!({ "description": "web" }));
    assert_snapshot!(world.show(), @"+ group.web");
}

#[test]
fn what_waits_for_the_blocked_is_blocked() {
    let mut world = chain();
    world.object(object("group-0001", "demo-production-web", json!({})));
    assert_snapshot!(world.show(), @"
    + link.site
    ! group.web: exists without our tags: group-0001
        hint: `cn-infra adopt production group.web group-0001` takes it under management
    ! host.web: waits for group.web
        hint: group.web is held back: see there
    ! link.site/association: waits for host.web
        hint: host.web is held back: see there
    ");
}

#[test]
fn other_environments_are_resolved_by_tags_or_waited_for() {
    let mut world = World::new();
    world.declare("host.web", json!({ "groups": ["staging/group.db"] }));
    assert_snapshot!(world.show(), @"
    ! host.web: staging/group.db is not there
        hint: apply environment staging first: `cn-infra apply staging`
    ");
    world.owned("staging/group.db", "group-0001", json!({}));
    assert_eq!(world.show(), "+ host.web");
    assert_eq!(world.plan().ids[&address("staging/group.db")].0, "group-0001");
}

#[test]
fn an_undeclared_reference_is_blocked() {
    let mut world = World::new();
    world.declare("host.web", json!({ "groups": ["group.nowhere"] }));
    assert!(world.show().starts_with("! host.web: group.nowhere is neither declared nor there"));
}

#[test]
fn only_takes_a_resource_its_parts_and_what_is_missing_below() {
    let mut world = chain();
    world.declare("host.db", json!({}));
    world.options.only = vec![address("host.web")];
    assert_snapshot!(world.show(), @"
    + group.web
    + group.web/rules
        needs group.web
    + host.web
        needs group.web
    left out host.db
    left out link.site
    left out link.site/association
    ");
    world.owned("group.web", "group-0001", json!({}));
    assert_snapshot!(world.show(), @"
    + host.web
    left out group.web/rules
    left out host.db
    left out link.site
    left out link.site/association
    ");
}

#[test]
fn only_shows_what_blocks_it() {
    let mut world = chain();
    world.object(object("group-0001", "demo-production-web", json!({})));
    world.options.only = vec![address("host.web")];
    let blocked: Vec<_> = world.plan().blocked.iter().map(|held| held.id.to_string()).collect();
    assert_eq!(blocked, ["group.web", "host.web"]);
}

#[test]
fn options_name_resources_that_there_are() {
    let mut world = chain();
    world.options.only = vec![address("production/host.web")];
    assert!(world.try_plan().is_ok());
    for wrong in ["host.none", "staging/host.web"] {
        world.options.only = vec![address(wrong)];
        assert!(world.show().starts_with(&format!("error: there is no {wrong} in environment production")));
    }
}

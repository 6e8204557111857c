//! What differs, what it costs, and what a step holds.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::World;
use crate::environment::Tier;
use crate::resource::Impact;
use crate::testing::samples::{self, object};

fn host(desired: Value, live: Value) -> World {
    let mut world = World::new();
    world.declare("host.web", desired);
    world.owned("host.web", "host-0001", live);
    world
}

fn group(desired: Value, live: Value) -> World {
    let mut world = World::new();
    world.declare("group.web", desired);
    world.owned("group.web", "group-0001", live);
    world
}

#[test]
fn a_field_left_out_is_not_managed_at_any_depth() {
    let live = json!({ "size": "large", "zone": "a", "state": "stopped", "disk": { "size_gib": 8, "kind": "ssd" } });
    assert_eq!(host(json!({ "size": "large", "disk": { "kind": "ssd" } }), live.clone()).show(), "");
    let world = host(json!({ "disk": { "kind": "magnetic" } }), live);
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        disk.kind "ssd" → "magnetic"
    "#);
    let step = &world.plan().steps[0];
    assert_eq!(json!(step.before), json!({ "disk": { "kind": "ssd" } }));
    assert_eq!(json!(step.after), json!({ "disk": { "kind": "magnetic" } }));
}

#[test]
fn what_was_not_read_differs_from_what_is_wanted() {
    assert_snapshot!(host(json!({ "state": "running" }), json!({})).show(), @r#"
    ~ host.web
        state + "running"
    "#);
}

#[test]
fn the_kind_says_what_a_change_costs() {
    let plan = host(json!({ "size": "large" }), json!({ "size": "small" })).plan();
    assert!(matches!(plan.steps[0].differences[0].impact, Impact::Interrupts { .. }));
}

#[test]
fn an_impossible_change_blocks_the_whole_and_shows_all() {
    let desired = json!({ "size": "large", "zone": "b", "disk": { "size_gib": 8 } });
    let world = host(desired, json!({ "size": "small", "zone": "a", "disk": { "size_gib": 10 } }));
    assert_snapshot!(world.show(), @"
    ! host.web: zone a → b: a host cannot move; disk.size_gib 10 → 8: a disk never shrinks
        hint: declare a new host in the other zone; declare a new host with a smaller disk
    ");
    let paths: Vec<_> = world.plan().blocked[0].differences.iter().map(|one| one.path.clone()).collect();
    assert_eq!(paths, ["size", "zone", "disk.size_gib"]);
}

#[test]
fn a_blocked_whole_does_not_hold_back_its_parts() {
    let desired = json!({ "description": "new", "ingress": {} });
    let world = group(desired, json!({ "description": "", "ingress": { "http": { "port": 80, "from": [] } } }));
    assert_snapshot!(world.show(), @r#"
    ~ group.web/rules
        ingress.http - {"port":80,"from":[]}
    ! group.web: description "" → new: a group is fixed once it is there
        hint: declare a new group and prune the old
    "#);
}

#[test]
fn what_is_ignored_is_a_finding_and_not_in_the_step() {
    let world = host(json!({ "image": "b", "size": "large" }), json!({ "image": "a", "size": "small" }));
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        size "small" → "large"
    CN020 host.web: image a → b: an image is only used to make a host
    "#);
    let step = &world.plan().steps[0];
    assert_eq!(json!([step.before, step.after]), json!([{ "size": "small" }, { "size": "large" }]));
    assert!(host(json!({ "image": "b" }), json!({ "image": "a" })).plan().is_empty());
}

#[test]
fn instructions_are_never_compared_and_always_there() {
    assert_eq!(host(json!({ "drain": true }), json!({})).show(), "");
    let world = host(json!({ "drain": true, "size": "large", "zone": "a" }), json!({ "size": "small", "zone": "a" }));
    let step = &world.plan().steps[0];
    assert_eq!(json!([step.before, step.after]), json!([{ "size": "small" }, { "size": "large", "drain": true }]));
}

#[test]
fn a_create_holds_every_field() {
    let mut world = World::new();
    world.declare("host.web", json!({ "size": "large", "zone": "a", "drain": true }));
    let step = &world.plan().steps[0];
    assert_eq!(json!(step.after), json!({ "size": "large", "zone": "a", "drain": true }));
    assert_eq!((&step.before, &step.object), (&None, &None));
}

#[test]
fn entries_of_a_table_are_added_removed_and_compared() {
    let rule = |port: u16| json!({ "port": port, "from": ["10.0.0.0/8"] });
    let desired = json!({ "ingress": { "http": rule(80), "https": rule(443), "same": rule(22) } });
    let live =
        json!({ "ingress": { "http": rule(8080), "same": rule(22), "(unnamed) tcp 1 from 0.0.0.0/0": rule(1) } });
    let world = group(desired.clone(), live.clone());
    assert_snapshot!(world.show(), @r#"
    ~ group.web/rules
        ingress.http.port 8080 → 80
        ingress.https + {"port":443,"from":["10.0.0.0/8"]}
        ingress.(unnamed) tcp 1 from 0.0.0.0/0 - {"port":1,"from":["10.0.0.0/8"]}
    "#);
    let step = &world.plan().steps[0];
    assert_eq!(json!([step.before, step.after]), json!([live, desired]));
}

#[test]
fn normalizing_makes_equal_meaning_equal() {
    let rule = |from: &[&str]| json!({ "ingress": { "http": { "port": 80, "from": from } } });
    let world = group(rule(&["192.0.2.0/24", "10.0.0.0/8", "10.0.0.0/8"]), rule(&["10.0.0.0/8", "192.0.2.0/24"]));
    assert_eq!(world.show(), "");
}

#[test]
fn live_ids_are_named_as_the_file_names_them() {
    let mut world =
        host(json!({ "groups": ["group.web", "group-0777"] }), json!({ "groups": ["group-0002", "group-0001"] }));
    world.owned("group.web", "group-0001", json!({}));
    world.declare("group.web", json!({}));
    let staging = samples::owned("staging/group.db", object("group-0002", "staging-db", json!({})));
    world.object(staging);
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        groups ["group.web","staging/group.db"] → ["group.web","group-0777"]
    "#);
    let ids: Vec<_> = world.plan().ids.into_iter().map(|(address, id)| format!("{address} {id}")).collect();
    assert_eq!(ids, ["group.web group-0001", "staging/group.db group-0002"]);
}

#[test]
fn ids_and_addresses_of_one_object_are_the_same() {
    for named in ["group-0001", "group.web", "production/group.web"] {
        let mut world = host(json!({ "groups": [named] }), json!({ "groups": ["group-0001"] }));
        world.declare("group.web", json!({}));
        world.owned("group.web", "group-0001", json!({}));
        assert_eq!(world.show(), "", "{named}");
    }
}

#[test]
fn a_name_that_differs_is_a_rename() {
    let mut world = host(json!({}), json!({}));
    world.declare("host.web", json!({})).name = "front".into();
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        name "demo-production-web" → "front"
        tag Name = "front"
    "#);
    assert_eq!(world.plan().steps[0].rename.as_deref(), Some("front"));
    let mut world = group(json!({}), json!({}));
    world.declare("group.web", json!({})).name = "front".into();
    assert!(world.show().starts_with("! group.web: name demo-production-web → front: a group is fixed"));
}

#[test]
fn what_was_begun_is_finished() {
    let mut world = host(json!({ "size": "large" }), json!({ "size": "large" }));
    world.objects[0].unfinished = Some("stopped for a change of size".into());
    assert_snapshot!(world.show(), @"
    ~ host.web
        reason stopped for a change of size
    ");
}

#[test]
fn templates_are_filled_from_what_is_there() {
    let note = json!({ "note": { "template": "see {{link.site.url}}" } });
    let mut world = host(note, json!({ "note": "see https://a" }));
    world.declare("link.site", json!({}));
    world.owned("link.site", "link-0001", json!({})).outputs.insert("url".into(), "https://a".into());
    assert_eq!(world.show(), "");
    world.objects[1].outputs.insert("url".into(), "https://b".into());
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        note "see https://a" → "see https://b"
    "#);
    world.objects.pop();
    assert_snapshot!(world.show(), @r#"
    + link.site
    ~ host.web
        note "see https://a" → {"template":"see {{link.site.url}}"} (known after apply)
        needs link.site
    "#);
}

#[test]
fn kinds_add_findings_and_environments_silence_them() {
    let mut world = host(json!({ "size": "tiny" }), json!({ "size": "tiny" }));
    assert_snapshot!(world.show(), @"CN900 host.web: a tiny host in production");
    let kinds = crate::testing::kinds::kinds();
    assert_eq!(crate::check::check(&world.environment, &kinds, samples::NOW), world.plan().findings);
    let silence = |finding: &str, on: &str| crate::check::Silence {
        finding: finding.into(),
        on: Some(samples::address(on)),
        reason: "accepted".into(),
    };
    world.environment.silences = vec![silence("CN900", "host.other"), silence("CN001", "host.web")];
    assert_eq!(world.plan().findings.len(), 1);
    world.environment.silences.push(silence("CN900", "host.web"));
    assert_eq!(world.show(), "");
    world.environment.silences.clear();
    world.environment.tier = Tier::Development;
    assert_eq!(world.show(), "");
}

#[test]
fn two_resources_of_one_unique_name_are_an_error_finding() {
    let mut world = World::new();
    world.declare("group.a", json!({})).name = "same".into();
    world.declare("group.b", json!({})).name = "same".into();
    let found = crate::check::check(&world.environment, &crate::testing::kinds::kinds(), samples::NOW);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code.as_str(), found[0].severity), ("CN012", crate::check::Severity::Error));
    world.declare("group.a", json!({ "network": "a" })).name = "same".into();
    world.declare("group.b", json!({ "network": "b" })).name = "same".into();
    assert!(crate::check::check(&world.environment, &crate::testing::kinds::kinds(), samples::NOW).is_empty());
}

#[test]
fn a_document_that_is_not_of_its_kind_is_an_error() {
    let world = host(json!({ "colour": "red" }), json!({}));
    assert_snapshot!(world.show(), @"
    error: host.web is not valid
    hint: 
    ");
}

#[test]
fn a_live_reference_may_name_an_object_by_an_alias() {
    let mut world = host(json!({}), json!({}));
    world.objects[0].aliases = vec!["host-card".into()];
    world.declare("link.site", json!({ "host": "host.web" }));
    world.owned("link.site", "link-0001", json!({ "host": "host-card" }));
    assert_eq!(world.show(), "");
}

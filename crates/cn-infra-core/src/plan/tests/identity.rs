//! Which object is whose.

use insta::assert_snapshot;
use serde_json::json;

use super::World;
use crate::address::PhysicalId;
use crate::live::Readiness;
use crate::owner;
use crate::plan::{Action, PlanError};
use crate::testing::samples::{self, address, object};
use crate::token::Token;

/// A host that is declared, and its object as it should be.
fn host() -> World {
    let mut world = World::new();
    world.declare("host.web", json!({ "size": "large" }));
    world.owned("host.web", "host-0001", json!({ "size": "large" }));
    world
}

/// A host that is declared, and an object that might be it.
fn host_beside(object: crate::live::Object) -> World {
    let mut world = World::new();
    world.declare("host.web", json!({ "size": "large" }));
    world.object(object);
    world
}

fn named(id: &str) -> crate::live::Object {
    object(id, "demo-production-web", json!({ "size": "large" }))
}

fn token(generation: u32) -> String {
    let environment = samples::environment();
    Token::new(&environment.account, &environment.region, &environment.owner(&address("host.web")), generation).text()
}

#[test]
fn the_three_tags_make_an_object_ours() {
    assert_eq!(host().show(), "");
}

#[test]
fn other_projects_and_environments_do_not_count() {
    let mut world = host();
    world.objects[0].tags.insert(owner::PROJECT.into(), "other".into());
    assert!(world.show().starts_with("+ host.web"));
    let mut world = host();
    world.objects[0].tags.insert(owner::ENVIRONMENT.into(), "staging".into());
    assert!(world.show().starts_with("+ host.web"));
}

#[test]
fn a_terminated_object_is_not_there_and_counts_as_a_generation() {
    let mut world = host();
    world.objects[0].readiness = Readiness::Gone;
    let plan = world.plan();
    assert_eq!((plan.steps[0].action, plan.steps[0].generation), (Action::Create, 1));
}

#[test]
fn a_generation_whose_token_a_gone_object_bears_is_skipped() {
    let mut gone = named("host-0001");
    gone.readiness = Readiness::Gone;
    gone.token = Some(token(0));
    assert_eq!(host_beside(gone).plan().steps[0].generation, 1);
}

#[test]
fn a_former_address_is_repaired_and_nothing_else() {
    let mut world = World::new();
    world.declare("host.web", json!({ "size": "large" })).renamed_from = Some(address("host.old"));
    world.object(samples::owned("host.old", named("host-0001")));
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        reason renamed from host.old
        tag cn-infra:address = "host.web"
    "#);
}

#[test]
fn a_rename_that_is_done_has_no_effect() {
    let mut world = host();
    world.declare("host.web", json!({ "size": "large" })).renamed_from = Some(address("host.old"));
    assert_snapshot!(world.show(), @"CN004 host.web: host-0001 bears the new address");
}

#[test]
fn missing_tags_are_repaired_where_the_name_agrees() {
    let mut world = host();
    world.objects[0].tags.remove(owner::PROJECT);
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        reason tags repaired
        tag cn-infra:project = "demo"
    CN001 host.web: host-0001 has lost some of its ownership tags
    "#);
}

#[test]
fn missing_tags_are_repaired_where_the_token_agrees() {
    let mut world = host();
    let object = &mut world.objects[0];
    object.tags.remove(owner::ADDRESS);
    object.name = Some("renamed".into());
    object.token = Some(token(0));
    assert!(world.show().starts_with("~ host.web\n    reason tags repaired"));
}

#[test]
fn a_tag_that_contradicts_is_not_repaired() {
    let mut world = host();
    world.objects[0].tags.remove(owner::PROJECT);
    world.objects[0].tags.insert(owner::ADDRESS.into(), "host.other".into());
    assert_snapshot!(world.show(), @"
    ! host.web: exists without our tags: host-0001
        hint: `cn-infra adopt production host.web host-0001` takes it under management, `--create-anyway host.web` makes a second one
    ");
}

#[test]
fn a_restored_copy_is_a_finding() {
    let mut world = host();
    let copy = object("host-0002", "restored", json!({ "size": "small" }));
    world.object(samples::owned("host.web", copy));
    assert_snapshot!(world.show(), @"CN002 host.web: host-0002 (restored) bears the same ownership tags and is not the one meant");
}

#[test]
fn two_objects_of_one_name_are_an_error() {
    let mut world = host();
    world.owned("host.web", "host-0002", json!({}));
    assert_snapshot!(world.show(), @"
    error: several objects bear the tags of host.web: host-0001, host-0002
    hint: remove the cn-infra tags of those that are not meant
    ");
    for object in &mut world.objects {
        object.name = Some("neither".into());
    }
    assert!(matches!(world.try_plan(), Err(PlanError::Ambiguous { .. })));
}

#[test]
fn adopting_sets_the_tags() {
    let mut world = host_beside(object("host-0009", "demo-production-web", json!({ "size": "small" })));
    world.declare("host.web", json!({ "size": "large" })).adopt = Some("host-0009".into());
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        reason adopted
        size "small" → "large"
        tag Name = "demo-production-web"
        tag cn-infra:address = "host.web"
        tag cn-infra:environment = "production"
        tag cn-infra:project = "demo"
    "#);
    assert_eq!(world.plan().steps[0].object, Some(PhysicalId::from("host-0009")));
}

#[test]
fn adopting_goes_by_an_output_too() {
    let mut world = World::new();
    world.declare("host.web", json!({})).adopt = Some("198.51.100.7".into());
    world.object(named("host-0009")).outputs.insert("ip".into(), "198.51.100.7".into());
    assert_eq!(world.plan().steps[0].object, Some(PhysicalId::from("host-0009")));
}

#[test]
fn adopting_does_not_matter_once_it_is_done() {
    let mut world = host();
    world.declare("host.web", json!({ "size": "large" })).adopt = Some("host-0777".into());
    assert_snapshot!(world.show(), @"CN003 host.web: host-0001 is under management");
}

#[test]
fn adopting_what_is_not_there_is_an_error() {
    let mut world = World::new();
    world.declare("host.web", json!({})).adopt = Some("host-0009".into());
    assert_snapshot!(world.show(), @"
    error: host.web is to adopt host-0009, and there is no such host
    hint: correct `adopt` of host.web; remove it, and host.web is created
    ");
}

#[test]
fn adopting_what_others_own_is_blocked() {
    let mut world = host_beside(samples::owned("staging/host.web", named("host-0009")));
    world.declare("host.web", json!({})).adopt = Some("host-0009".into());
    assert_snapshot!(world.show(), @r#"
    ! host.web: host-0009 belongs to staging/host.web
        hint: give it up in environment staging first, or refer to it as "staging/host.web"
    "#);
    world.objects[0].tags.insert(owner::PROJECT.into(), "other".into());
    assert_snapshot!(world.show(), @"
    ! host.web: host-0009 belongs to project other, environment staging (host.web)
        hint: remove its cn-infra tags if it is no longer managed there, or remove `adopt`
    ");
}

#[test]
fn a_leaving_object_holds_back_a_create() {
    let mut world = host();
    world.objects[0].readiness = Readiness::Leaving("shutting-down".into());
    assert_snapshot!(world.show(), @"
    ! host.web: host-0001 is still being deleted (shutting-down)
        hint: plan again when it is gone
    ");
}

#[test]
fn a_look_alike_holds_back_a_create_unless_told_otherwise() {
    let mut world = host_beside(named("host-0009"));
    assert!(world.show().starts_with("! host.web: exists without our tags: host-0009"));
    world.options.create_anyway = vec![address("host.web")];
    assert_eq!(world.show(), "+ host.web");
}

#[test]
fn a_token_makes_a_look_alike() {
    let mut alike = object("host-0009", "another", json!({}));
    alike.token = Some(token(0));
    assert!(host_beside(alike).show().starts_with("! host.web: exists without our tags: host-0009"));
}

#[test]
fn a_unique_name_cannot_be_used_twice() {
    let mut world = World::new();
    world.declare("group.web", json!({ "network": "a" }));
    let name = "demo-production-web";
    world.object(object("group-0001", name, json!({ "network": "b" })));
    assert_eq!(world.show(), "+ group.web", "a name counts within its network only");
    world.objects[0] = object("group-0001", name, json!({ "network": "a" }));
    world.options.create_anyway = vec![address("group.web")];
    assert_snapshot!(world.show(), @"
    ! group.web: exists without our tags: group-0001
        hint: `cn-infra adopt production group.web group-0001` takes it under management
    ");
    world.objects[0] = samples::owned("staging/group.web", object("group-0001", name, json!({ "network": "a" })));
    assert_snapshot!(world.show(), @r#"
    ! group.web: group-0001 is named "demo-production-web" too and belongs to project demo, environment staging (group.web)
        hint: give group.web another `name`
    "#);
}

#[test]
fn a_failed_object_is_planned_and_said() {
    let mut world = host();
    world.objects[0].readiness = Readiness::Failed("impaired".into());
    world.objects[0].live = samples::document(json!({ "size": "small" }));
    assert_snapshot!(world.show(), @r#"
    ~ host.web
        size "small" → "large"
    CN005 host.web: host-0001 is impaired
    "#);
}

#[test]
fn outputs_are_those_of_the_resources_objects() {
    let mut world = host();
    world.objects[0].outputs.insert("ip".into(), "10.0.0.1".into());
    world.declare("host.db", json!({}));
    let live = samples::live(world.objects.clone());
    let outputs = crate::plan::outputs(&world.environment, &live, &crate::testing::kinds::kinds());
    assert_eq!(outputs.len(), 1);
    assert_eq!(outputs[&address("host.web")]["ip"], "10.0.0.1");
}

//! What the file no longer declares.

use insta::assert_snapshot;
use serde_json::json;

use super::World;
use crate::kinds::Kinds;
use crate::live::Live;
use crate::owner;
use crate::plan::PlanOptions;
use crate::resource::{Field, FieldChange, Impact, Naming, Output, Resource};
use crate::testing::samples::{self, address};

/// Two groups that name each other and a host in one of them, all unlisted; and a resource to create.
fn unlisted() -> World {
    let mut world = World::new();
    let rules = |other: &str| json!({ "ingress": { "all": { "port": 1, "from": [other] } } });
    world.owned("group.a", "group-000a", rules("group-000b"));
    world.owned("group.b", "group-000b", rules("group-000a"));
    world.owned("host.old", "host-0001", json!({ "groups": ["group-000a"] }));
    world.declare("link.new", json!({}));
    world
}

#[test]
fn without_prune_it_is_reported_only() {
    assert_snapshot!(unlisted().show(), @"
    + link.new
    unlisted group.a group-000a
    unlisted group.b group-000b
    unlisted host.old host-0001
    ");
}

#[test]
fn prune_deletes_what_refers_before_what_is_referred_to_and_last_of_all() {
    let mut world = unlisted();
    world.options.prune = true;
    assert_snapshot!(world.show(), @"
    + link.new
    - host.old
        needs link.new
    - group.a/rules
        needs link.new
    - group.b/rules
        needs link.new
    - group.b
        needs group.a/rules
        needs group.b/rules
    - group.a
        needs group.a/rules
        needs group.b/rules
        needs host.old
    unlisted group.a group-000a
    unlisted group.b group-000b
    unlisted host.old host-0001
    ");
    let plan = world.plan();
    let rules = plan.steps.iter().find(|step| step.id.to_string() == "group.a/rules").expect("there is one");
    assert_eq!(json!(rules.before), json!({ "ingress": { "all": { "port": 1, "from": ["group.b"] } } }));
    assert_eq!(plan.ids[&address("group.b")].0, "group-000b");
}

#[test]
fn deletes_wait_for_parts_too() {
    let mut world = World::new();
    world.declare("link.site", json!({ "host": "none" }));
    world.owned("link.site", "link-0001", json!({ "host": "host-0001" }));
    world.owned("host.old", "host-0001", json!({}));
    world.options.prune = true;
    assert_snapshot!(world.show(), @r#"
    ~ link.site/association
        host "host.old" → "none"
    - host.old
        needs link.site/association
    unlisted host.old host-0001
    "#);
}

#[test]
fn a_part_that_is_empty_needs_no_delete() {
    let mut world = World::new();
    world.owned("link.old", "link-0001", json!({ "host": "none" }));
    world.owned("group.old", "group-0001", json!({ "ingress": {} }));
    world.options.prune = true;
    let ids: Vec<_> = world.plan().steps.iter().map(|step| step.id.to_string()).collect();
    assert_eq!(ids, ["group.old", "link.old"]);
}

#[test]
fn the_protected_stay_and_what_they_name_too() {
    let mut world = unlisted();
    world.options.prune = true;
    world.objects[2].tags.insert(owner::PROTECT.into(), "true".into());
    assert_snapshot!(world.show(), @"
    + link.new
    ! host.old: is protected by its tag cn-infra:protect
        hint: declare host.old again with `protect = false`, apply, then prune
    ! group.a: host.old refers to it and stays
        hint: delete host.old first
    ! group.b: group.a refers to it and stays
        hint: delete group.a first
    unlisted group.a group-000a
    unlisted group.b group-000b
    unlisted host.old host-0001
    ");
    assert!(world.plan().unlisted[2].protected);
}

#[test]
fn others_objects_are_never_unlisted() {
    let mut world = World::new();
    world.owned("staging/host.web", "host-0001", json!({}));
    world.owned("host.web", "host-0002", json!({})).tags.insert(owner::PROJECT.into(), "other".into());
    world.object(crate::testing::samples::object("host-0003", "somebody's", json!({})));
    world.options.prune = true;
    assert_eq!(world.show(), "");
}

#[test]
fn two_unlisted_objects_of_one_address_are_left_to_a_person() {
    let mut world = World::new();
    world.owned("host.old", "host-0001", json!({}));
    world.owned("host.old", "host-0002", json!({}));
    world.options.prune = true;
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_eq!(plan.blocked.len(), 2);
}

#[test]
fn prune_is_limited_by_only() {
    let mut world = unlisted();
    world.options.prune = true;
    world.options.only = vec![address("host.old")];
    assert_snapshot!(world.show(), @"
    - host.old
    unlisted group.a group-000a
    unlisted group.b group-000b
    unlisted host.old host-0001
    left out link.new
    left out group.a
    left out group.b
    ");
}

#[test]
fn what_others_still_use_stays() {
    let mut world = unlisted();
    world.options.prune = true;
    world.declare("host.web", json!({ "size": "small" }));
    world.owned("host.web", "host-0002", json!({ "size": "small", "groups": ["group-000b"] }));
    let plan = world.plan();
    let blocked: Vec<_> = plan.blocked.iter().map(|blocked| (blocked.id.to_string(), blocked.why.as_str())).collect();
    assert_eq!(
        blocked,
        [("group.b".to_owned(), "host.web still uses it"), ("group.a".to_owned(), "group.b refers to it and stays"),]
    );
}

#[test]
fn what_the_plan_takes_out_of_use_is_deleted() {
    let mut world = unlisted();
    world.options.prune = true;
    world.declare("host.web", json!({ "groups": [] }));
    world.owned("host.web", "host-0002", json!({ "groups": ["group-000b"] }));
    assert_eq!(world.plan().blocked, []);
}

/// A kind whose objects hold what cannot be made again.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Vault {}

impl Resource for Vault {
    const KIND: &'static str = "vault";
    const FIELDS: &'static [Field] = &[];
    const OUTPUTS: &'static [Output] = &[];
    const NAMING: Naming = Naming { tag: false, required: true, unique: true };
    const PRUNE: bool = false;
    const ID_FORM: &'static str = "a vault's name";

    fn is_physical_id(_: &str) -> bool {
        true
    }

    fn impact(_: &FieldChange<'_, Self>) -> Impact {
        Impact::in_place()
    }
}

#[test]
fn kinds_can_be_kept_from_prune() {
    let mut live = Live::new(samples::NOW);
    live.insert("vault", vec![samples::owned("vault.old", samples::object("old", "old", json!({})))]);
    let options = PlanOptions { prune: true, ..PlanOptions::default() };
    let kinds = Kinds::new().with::<Vault>();
    let plan = crate::plan::plan(&samples::environment(), &live, &kinds, &options, samples::NOW).expect("a plan");
    assert_snapshot!(super::show(&plan), @"
    ! vault.old: a vault is not deleted by --prune
        hint: delete it by hand, or declare vault.old again
    unlisted vault.old old
    ");
}

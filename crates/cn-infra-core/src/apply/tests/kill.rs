//! An apply may be killed at any call: the next one finishes it, and nothing is there twice.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::testing::cloud::Trouble;
use crate::testing::samples::{declare, environment};

/// Two groups that name each other, a host in one, a link to it, and another link.
fn first() -> Environment {
    let mut environment = environment();
    let rules = |group: &str| json!({ "ingress": { "in": { "port": 22, "from": [group, "10.0.0.0/8"] } } });
    declare(&mut environment, "group.a", rules("group.b"));
    declare(&mut environment, "group.b", rules("group.a"));
    let note = json!({ "template": "{{link.site.url}}" });
    declare(&mut environment, "host.web", json!({ "size": "small", "groups": ["group.a"], "note": note }));
    declare(&mut environment, "link.site", json!({ "host": "host.web" }));
    declare(&mut environment, "link.spare", json!({ "host": "none" }));
    environment
}

/// The same with another size, other rules, the link elsewhere, and some of it gone.
fn second() -> Environment {
    let mut environment = first();
    environment.resources.remove(&Address::new("group", "b"));
    environment.resources.remove(&Address::new("link", "spare"));
    let rules = json!({ "ingress": { "in": { "port": 80, "from": ["group.a"] } } });
    declare(&mut environment, "group.a", rules);
    declare(&mut environment, "host.web", json!({ "size": "large", "disk": { "size_gib": 20 } }))
        .tags
        .insert("team".into(), "reef".into());
    declare(&mut environment, "host.new", json!({ "size": "small", "groups": ["group.a"] }));
    declare(&mut environment, "link.site", json!({ "host": "host.new" }));
    environment
}

fn nothing() -> Environment {
    environment()
}

/// How a killed apply is gone on with.
#[derive(Clone, Copy)]
enum Next {
    PlanAgain,
    SamePlan,
}

/// Brings a world to `from`, kills the apply that brings it to `to` at the `nth` call, and goes on. Whether it was killed.
async fn killed_at(nth: usize, after: bool, from: &Environment, to: &Environment, next: Next) -> bool {
    let timing = Timing { visible_after: seconds(3), ..Timing::default() };
    let mut world = World::with(timing);
    converge(&world, from).await;
    let plan = world.plan(to, true).await;
    world.cloud.fail("", nth, Trouble::Death { after });
    let killed = tokio::select! {
        told = world.apply_plan(&plan) => { assert!(told.report.is_success(), "{}", told.events); false }
        () = world.cloud.died() => true,
    };
    if !killed {
        return false;
    }
    // As long as it takes a person to call it again: what was made is visible by then.
    world.clock.advance(seconds(10));
    if let Next::SamePlan = next {
        world.options.verify = true;
        let told = world.apply_plan(&plan).await;
        assert!(told.report.is_success(), "call {nth}, after {after}:\n{}{:#?}", told.events, world.cloud.changes());
        world.options.verify = false;
    } else {
        converge(&world, to).await;
    }
    let plan = world.plan(to, true).await;
    assert!(plan.is_empty() && plan.blocked.is_empty(), "call {nth}, after {after}: {plan:#?}");
    let objects: Vec<_> = ["group", "host", "link"].into_iter().flat_map(|kind| world.cloud.objects(kind)).collect();
    let owners: BTreeSet<_> = objects.iter().filter_map(Object::owner).collect();
    assert_eq!(objects.len(), to.resources.len(), "call {nth}, after {after}: {:#?}", world.cloud.changes());
    assert_eq!(owners.len(), to.resources.len());
    true
}

/// Plans and applies; what was still being deleted can be planned only when it is gone.
async fn converge(world: &World, environment: &Environment) {
    for _ in 0..2 {
        let plan = world.plan(environment, true).await;
        let told = world.apply_plan(&plan).await;
        assert!(told.report.is_success(), "{}{:#?}", told.events, world.cloud.changes());
        world.clock.advance(seconds(30));
    }
}

async fn killed_at_every_call(from: Environment, to: Environment, next: Next) {
    for after in [false, true] {
        let mut nth = 1;
        while killed_at(nth, after, &from, &to, next).await {
            nth += 1;
        }
        assert!(nth > 10, "only {nth} calls");
    }
}

#[tokio::test]
async fn creates_survive() {
    killed_at_every_call(nothing(), first(), Next::PlanAgain).await;
}

#[tokio::test]
async fn updates_survive() {
    killed_at_every_call(first(), second(), Next::PlanAgain).await;
}

#[tokio::test]
async fn deletes_survive() {
    killed_at_every_call(first(), nothing(), Next::PlanAgain).await;
}

#[tokio::test]
async fn a_saved_plan_can_be_applied_again() {
    killed_at_every_call(nothing(), first(), Next::SamePlan).await;
    killed_at_every_call(first(), second(), Next::SamePlan).await;
    killed_at_every_call(first(), nothing(), Next::SamePlan).await;
}

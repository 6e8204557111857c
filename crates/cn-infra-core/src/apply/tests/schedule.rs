use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::manager::ErrorClass;
use crate::testing::cloud::Trouble;

#[tokio::test]
async fn no_more_steps_run_at_once_than_allowed_and_in_the_plans_order() {
    let timing = Timing { latency: seconds(2), ..Timing::default() };
    let world = World { options: ApplyOptions { parallelism: 2, ..ApplyOptions::default() }, ..World::with(timing) };
    let told = world.apply(["c", "a", "b"].map(|name| create(&format!("host.{name}"), host("small"))).into()).await;
    let begun: Vec<_> = told.events.lines().filter(|line| line.ends_with("Create") || line.ends_with("done")).collect();
    assert_snapshot!(begun.join("\n"), @"
     0 host.c: Create
     0 host.a: Create
     4 host.b: Create
    39 host.c: done
    39 host.a: done
    41 host.b: done
    ");
}

#[tokio::test]
async fn a_change_keeps_its_place_while_it_waits() {
    let world = World { options: ApplyOptions { parallelism: 1, ..ApplyOptions::default() }, ..World::new() };
    world.given(["a", "b"].map(|name| create(&format!("host.{name}"), host("small"))).into()).await;
    let larger = ["host.a", "host.b"].map(|id| world.update(id, host("small"), host("large")));
    let told = world.apply(larger.into()).await;
    let begun: Vec<_> = told.events.lines().map(|line| &line[5..]).filter(|line| !line.contains("waits")).collect();
    assert_eq!(begun[1..], ["host.a: Update", "host.a: done", "host.b: Update", "host.b: done"]);
}

#[tokio::test]
async fn a_failure_holds_back_only_what_needs_it_and_all_deletes() {
    let world = World::new();
    world.given(vec![create("link.old", json!({}))]).await;
    world.cloud.fail("create group.web", 1, Trouble::Refusal(ErrorClass::Denied));
    let steps = vec![
        create("group.web", json!({})),
        create("host.web", json!({ "size": "small", "groups": ["group.web"] })).needs(&["group.web"]),
        create("link.site", json!({})),
        create("link.site/association", json!({ "host": "host.web" })).needs(&["link.site", "host.web"]),
        world.delete("link.old"),
    ];
    let told = world.apply(steps).await;
    assert_snapshot!(told.events, @"
    0 began, 5 steps
    0 group.web: Create
    0 link.site: Create
    0 group.web: failed, create group.web: Denied
    0 host.web: not started, needs group.web, which failed
    0 link.site/association: not started, needs group.web, which failed
    0 link.old: not started, deletes come last, and group.web failed
    0 link.site: done
    ");
    assert_eq!(told.report.failed().map(|(step, _)| step.to_string()).collect::<Vec<_>>(), ["group.web"]);
    assert_eq!(told.report.outcomes.len(), 5);
}

#[tokio::test]
async fn deletes_come_last() {
    let world = World::new();
    world.given(vec![create("link.old", json!({}))]).await;
    world.apply(vec![world.delete("link.old"), create("host.web", host("small"))]).await;
    assert_eq!(world.cloud.changes(), ["create link.old", "create host.web", "delete link.old"]);
}

#[tokio::test]
async fn a_delete_that_fails_does_not_hold_back_the_others() {
    let world = World::new();
    world.given(vec![create("link.a", json!({})), create("link.b", json!({}))]).await;
    world.cloud.fail("delete link.a", 1, Trouble::Refusal(ErrorClass::Denied));
    world.apply(vec![world.delete("link.a"), world.delete("link.b")]).await;
    assert_eq!(world.cloud.objects("link").len(), 1);
}

#[tokio::test]
async fn steps_that_can_never_start_are_said() {
    let world = World::new();
    let told = world
        .apply(vec![
            create("link.a", json!({})).needs(&["link.none"]),
            create("link.b", json!({})).needs(&["link.a"]),
            create("link.c", json!({})).needs(&["link.d"]),
            create("link.d", json!({})).needs(&["link.c"]),
        ])
        .await;
    assert_snapshot!(told.events, @"
    0 began, 4 steps
    0 link.a: not started, needs link.none, which is not in the plan
    0 link.b: not started, needs link.a, which cannot start
    0 link.c: not started, its needs form a circle
    0 link.d: not started, its needs form a circle
    ");
    assert!(!told.report.is_success());
}

#[test]
fn an_apply_can_be_sent_to_another_thread() {
    fn sent(_: impl Send) {}
    let world = World::new();
    let (plan, kinds, managers) = (plan(Vec::new()), kinds(), world.cloud.managers());
    let mut reporter = |_: &Event| {};
    sent(apply(&plan, &kinds, &managers, &world.options, &world.clock, &world.cancellation, &mut reporter));
}

#[tokio::test]
async fn an_empty_plan_is_a_success() {
    let told = World::new().apply(Vec::new()).await;
    assert!(told.report.is_success() && !told.report.cancelled);
    assert_snapshot!(told.events, @"   0 began, 0 steps");
}

#[tokio::test]
async fn a_kind_that_nobody_manages_fails_only_its_own_steps() {
    let world = World::new();
    let told = world.apply(vec![create("moon.full", json!({})), create("link.a", json!({}))]).await;
    assert_snapshot!(told.events, @"
    0 began, 2 steps
    0 moon.full: Create
    0 moon.full: failed, there is no kind moon
    0 link.a: Create
    0 link.a: done
    ");
}

#[test]
fn readings_are_for_what_all_steps_of_a_resource_manage() {
    let world = World::new();
    let (managers, kinds) = (world.cloud.managers(), kinds());
    let steps = vec![
        create("group.web", json!({ "description": "d" })),
        create("group.web/rules", json!({ "ingress": {} })),
        Step { before: Some(document(json!({ "host": "none" }))), ..step("link.old", Action::Delete, None) },
    ];
    let plan = plan(steps);
    let (events, _) = mpsc::unbounded_channel();
    let run = Run::new(&plan, &kinds, &managers, &world.options, &world.clock, &world.cancellation, events);
    let managed =
        |kind: &str| json!(run.poll(kind).unwrap().declared().iter().map(|w| &w.resource).collect::<Vec<_>>());
    assert_eq!(managed("group"), json!([{ "description": "d", "ingress": {} }]));
    assert_eq!(managed("link"), json!([{ "host": "none" }]));
    assert_eq!(run.poll("group").unwrap().declared()[0].owner, owner(&Address::new("group", "web")));
}

#[test]
fn long_plans_take_linear_time() {
    let steps: Vec<_> = (0..100_000)
        .map(|number| {
            let step = create(&format!("link.l{number}"), json!({}));
            if number == 0 { step } else { step.needs(&[&format!("link.l{}", number - 1)]) }
        })
        .collect();
    let (mut schedule, _) = Schedule::new(&steps, 1);
    let mut order = Vec::new();
    while let Some(number) = schedule.start() {
        order.push(number);
        schedule.end(number, Outcome::Done);
    }
    assert!(order.into_iter().eq(0..100_000));
}

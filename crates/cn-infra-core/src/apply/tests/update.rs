use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::manager::ErrorClass;
use crate::testing::cloud::Trouble;
use crate::testing::kinds::Group;

async fn with_host() -> World {
    let world = World::new();
    world.given(vec![create("host.web", host("small"))]).await;
    world
}

/// The changes since the world was made ready.
fn changes(world: &World) -> String {
    world.cloud.changes()[1..].join("\n")
}

#[tokio::test]
async fn a_change_of_several_calls_is_called_again_with_fresh_readings() {
    let world = with_host().await;
    let told = world.apply(vec![world.update("host.web", host("small"), host("large"))]).await;
    assert_snapshot!(told.events, @"
    33 began, 1 steps
    33 host.web: Update
    33 host.web: waits, stopping
    34 host.web: waits, stopping
    36 host.web: waits, stopping
    38 host.web: waits, stopping
    41 host.web: waits, stopping
    47 host.web: waits, stopping
    54 host.web: waits, starting
    56 host.web: waits, starting
    57 host.web: waits, starting
    60 host.web: waits, starting
    63 host.web: waits, starting
    68 host.web: waits, starting
    76 host.web: waits, starting
    88 host.web: done
    ");
    assert_snapshot!(changes(&world), @"
    update host.web size
    update host.web size
    update host.web
    ");
    assert_eq!(size_of(&world, "host.web").as_deref(), Some("large"));
    assert_eq!(world.object("host.web").tags, owner(&Address::new("host", "web")).tags());
}

#[tokio::test]
async fn what_somebody_else_did_already_is_done() {
    let world = with_host().await;
    let step = world.update("host.web", host("small"), host("large"));
    world.cloud.edit(&step.object.clone().unwrap(), |host: &mut Host| host.size = Some("large".into())).unwrap();
    assert!(world.apply(vec![step]).await.report.is_success());
    assert_snapshot!(changes(&world), @"");
}

#[tokio::test]
async fn a_begun_change_is_finished_although_no_field_differs() {
    let world = with_host().await;
    world.cloud.fail("update host.web", 2, Trouble::Death { after: true });
    let step = world.update("host.web", host("small"), host("large"));
    tokio::select! {
        _ = world.apply(vec![step.clone()]) => panic!("it was to be killed"),
        () = world.cloud.died() => {}
    }
    assert!(world.apply(vec![step]).await.report.is_success());
    assert_snapshot!(changes(&world), @"
    update host.web size
    update host.web size
    update host.web
    ");
    assert!(world.object("host.web").unfinished.is_none());
}

#[tokio::test]
async fn a_saved_step_is_stale_once_live_moved() {
    let mut world = with_host().await;
    let step = world.update(
        "host.web",
        json!({ "size": "small", "disk": { "size_gib": 8 } }),
        json!({ "size": "large", "disk": { "size_gib": 20 } }),
    );
    let id = step.object.clone().unwrap();
    world
        .cloud
        .edit(&id, |host: &mut Host| {
            host.size = Some("medium".into());
            host.disk.as_mut().unwrap().size_gib = Some(20);
        })
        .unwrap();
    world.options.verify = true;
    let told = world.apply(vec![step.clone()]).await;
    assert_snapshot!(told.events, @r#"
    33 began, 1 steps
    33 host.web: stale, size "small" "medium" "large"
    "#);
    assert_snapshot!(changes(&world), @"");
    assert!(told.report.is_stale());

    world.options.verify = false;
    assert!(world.apply(vec![step]).await.report.is_success());
}

#[tokio::test]
async fn each_step_is_looked_at_again_just_before_it() {
    let world = World::new();
    world.given(vec![create("host.a", host("small")), create("host.b", host("small"))]).await;
    let step = |address: &str| world.update(address, host("small"), host("large"));
    let (plan, other) = (plan(vec![step("host.a"), step("host.b")]), world.object("host.b").id);
    let mut reporter = |event: &Event| {
        if matches!(event, Event::Started { step, .. } if step.address.name == "a") {
            world.cloud.edit(&other, |host: &mut Host| host.size = Some("medium".into())).unwrap();
        }
    };
    let options = ApplyOptions { verify: true, parallelism: 1, ..ApplyOptions::default() };
    let (managers, kinds) = (world.cloud.managers(), kinds());
    let report = apply(&plan, &kinds, &managers, &options, &world.clock, &world.cancellation, &mut reporter).await;
    assert_eq!(report.outcomes[&"host.a".parse().unwrap()], Outcome::Done);
    assert!(matches!(report.outcomes[&"host.b".parse().unwrap()], Outcome::Stale { .. }), "{report:#?}");
    assert_eq!(size_of(&world, "host.b").as_deref(), Some("medium"));
}

#[tokio::test]
async fn one_stale_step_stops_the_whole_plan() {
    let mut world = World::new();
    world.options.verify = true;
    world.given(vec![create("host.a", host("small")), create("host.b", host("small"))]).await;
    let steps = vec![
        world.update("host.a", host("small"), host("large")),
        Step { before: Some(document(host("small"))), ..world.delete("host.b") },
        create("link.site", json!({})),
    ];
    world.cloud.edit(&world.object("host.b").id, |host: &mut Host| host.size = Some("large".into())).unwrap();
    let told = world.apply(steps.clone()).await;
    assert_snapshot!(told.events, @r#"
    33 began, 3 steps
    33 host.b: stale, size "small" "large" null
    33 host.a: not started, live moved since the plan was made
    33 link.site: not started, live moved since the plan was made
    "#);
    assert_eq!(world.cloud.changes().len(), 2, "only what was given");

    world.cloud.fail("observe link", 1, Trouble::Refusal(ErrorClass::Denied));
    let told = world.apply(steps).await;
    assert_snapshot!(told.events, @"
    33 began, 3 steps
    33 link.site: failed, cannot read the link objects: observe link: Denied
    33 host.a: not started, what the plan depends on could not be read
    33 host.b: not started, what the plan depends on could not be read
    ");
    assert_eq!(world.cloud.changes().len(), 2);
}

#[tokio::test]
async fn references_are_no_reason_to_be_stale() {
    let mut world = World::new();
    world.options.verify = true;
    world.given(vec![create("group.a", json!({})), create("group.b", json!({}))]).await;
    let rules = |port: u16| json!({ "ingress": { "in": { "port": port, "from": ["10.0.0.0/8", "group.b"] } } });
    let live = json!({ "ingress": { "in": { "port": 1, "from": [world.object("group.b").id, "10.0.0.0/8"] } } });
    world
        .cloud
        .edit(&world.object("group.a").id, |group: &mut Group| *group = serde_json::from_value(live).unwrap())
        .unwrap();
    let step = world.update("group.a/rules", rules(1), rules(2));
    let mut plan = plan(vec![step]);
    plan.ids.insert(Address::new("group", "b"), world.object("group.b").id);
    let told = world.apply_plan(&plan).await;
    assert!(told.report.is_success(), "{}", told.events);
    assert_snapshot!(world.cloud.changes()[2..].join("\n"), @"update group.a/rules ingress.in.port");
}

#[tokio::test]
async fn a_change_that_became_impossible_is_not_tried() {
    let world = with_host().await;
    let step = world.update("host.web", json!({ "disk": { "size_gib": 8 } }), json!({ "disk": { "size_gib": 20 } }));
    world
        .cloud
        .edit(&world.object("host.web").id, |host: &mut Host| host.disk.as_mut().unwrap().size_gib = Some(50))
        .unwrap();
    let told = world.apply(vec![step]).await;
    assert_snapshot!(told.failure("host.web"), @"disk.size_gib: a disk never shrinks (hint: declare a new host with a smaller disk)");
    assert_snapshot!(changes(&world), @"");
}

#[tokio::test]
async fn only_tags_that_are_not_right_yet_are_sent() {
    let world = with_host().await;
    let id = world.object("host.web").id;
    world.cloud.retag(&id, |tags| tags.extend([("a".into(), "1".into()), ("old".into(), "x".into())])).unwrap();
    let tags = TagChange {
        set: [("a".into(), "1".into()), ("b".into(), "2".into())].into(),
        remove: ["old".into(), "gone".into()].into(),
    };
    let step = Step { tags, ..world.update("host.web", host("small"), host("small")) };
    assert!(world.apply(vec![step]).await.report.is_success());
    assert_snapshot!(changes(&world), @"update host.web +b -old");
}

#[tokio::test]
async fn a_new_name_is_sent_until_the_object_bears_it() {
    let world = with_host().await;
    let renamed = || Step { rename: Some("web-2".into()), ..world.update("host.web", host("small"), host("small")) };
    assert!(world.apply(vec![renamed(),]).await.report.is_success());
    assert!(world.apply(vec![renamed()]).await.report.is_success());
    assert_snapshot!(changes(&world), @"update host.web name");
}

#[tokio::test]
async fn a_lost_answer_is_looked_at_before_anything_is_sent_again() {
    let world = with_host().await;
    world.cloud.fail("update", 1, Trouble::Loss(ErrorClass::Unknown));
    let step = world.update("host.web", json!({ "disk": { "size_gib": 8 } }), json!({ "disk": { "size_gib": 20 } }));
    assert!(world.apply(vec![step]).await.report.is_success());
    assert_snapshot!(changes(&world), @"update host.web disk.size_gib");
}

#[tokio::test]
async fn a_busy_object_is_waited_for() {
    let world = with_host().await;
    world.cloud.fail("update", 1, Trouble::Refusal(ErrorClass::Busy));
    world.cloud.fail("update", 2, Trouble::Refusal(ErrorClass::Throttled));
    let step = world.update("host.web", json!({ "disk": { "size_gib": 8 } }), json!({ "disk": { "size_gib": 20 } }));
    let told = world.apply(vec![step]).await;
    assert!(told.report.is_success());
    assert_eq!(told.events.matches("retries, ").count(), 1);
    assert_eq!(told.events.matches("slows down, ").count(), 1);
}

#[tokio::test]
async fn a_change_may_be_the_repair() {
    let world = with_host().await;
    world.cloud.spoil(&world.object("host.web").id, "out-of-order").unwrap();
    let step = world.update("host.web", json!({ "disk": { "size_gib": 8 } }), json!({ "disk": { "size_gib": 20 } }));
    assert!(world.apply(vec![step]).await.report.is_success());
}

#[tokio::test]
async fn an_object_that_is_gone_is_said_to_be() {
    let world = with_host().await;
    let step = world.update("host.web", host("small"), host("large"));
    world.cloud.remove(step.object.as_ref().unwrap());
    assert_snapshot!(world.apply(vec![step]).await.failure("host.web"), @"the object is gone (hint: plan again)");
}

#[tokio::test]
async fn parts_and_the_rest_keep_to_their_own_fields() {
    let world = World::new();
    let both = json!({ "description": "d", "ingress": { "ssh": { "port": 22, "from": ["10.0.0.0/8"] } } });
    world.given(vec![create("group.web", both.clone()), create("group.web/rules", both).needs(&["group.web"])]).await;
    assert_snapshot!(world.cloud.changes().join("\n"), @"
    create group.web
    update group.web/rules ingress.ssh
    ");
    assert_snapshot!(json!(world.object("group.web").live), @r#"{"description":"d","network":"default","ingress":{"ssh":{"port":22,"from":["10.0.0.0/8"]}}}"#);
}

#[tokio::test]
async fn without_waiting_an_update_ends_with_its_last_call() {
    let mut world = with_host().await;
    world.options.no_wait = true;
    let step = world.update("host.web", json!({ "state": "running" }), json!({ "state": "stopped" }));
    assert!(world.apply(vec![step]).await.report.is_success());
    assert_eq!(world.object("host.web").readiness, crate::live::Readiness::Pending("stopping".into()));
}

#[tokio::test]
async fn while_readings_fail_a_waiting_step_says_so_every_half_minute() {
    let world = World::new();
    for nth in 2..10 {
        world.cloud.fail("observe host", nth, Trouble::Refusal(ErrorClass::Unknown));
    }
    let told = world.apply(vec![create("host.web", host("small"))]).await;
    assert!(told.report.is_success(), "{}", told.events);
    let times = told.events.lines().map(|line| line[..4].trim().parse::<u64>().unwrap());
    let times: Vec<_> = times.collect();
    assert!(times.last() > Some(&100) && times.windows(2).all(|pair| pair[1] - pair[0] <= 30), "{}", told.events);
    assert!(told.events.contains("host.web: waits, cannot be read now: observe host"), "{}", told.events);
}

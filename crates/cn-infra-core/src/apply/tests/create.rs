use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::manager::ErrorClass;
use crate::testing::cloud::Trouble;
use crate::testing::kinds::{Group, Host, Link};

#[tokio::test]
async fn waits_until_the_object_is_ready() {
    let world = World::new();
    let told = world.apply(vec![create("host.web", host("small"))]).await;
    assert!(told.report.is_success());
    assert_eq!(told.report.made[&Address::new("host", "web")], PhysicalId::from("host-0001"));
    assert_snapshot!(told.events, @"
     0 began, 1 steps
     0 host.web: Create
     0 host.web: waits, starting
     1 host.web: waits, starting
     2 host.web: waits, starting
     5 host.web: waits, starting
     8 host.web: waits, starting
    13 host.web: waits, starting
    21 host.web: waits, starting
    33 host.web: done
    ");
}

#[tokio::test]
async fn fills_references_and_templates_with_what_was_just_made() {
    let world = World::new();
    let note = json!({ "template": "at {{ link.site.url }}, in {{group.web.id}}" });
    let steps = vec![
        create("group.web", json!({})),
        create("link.site", json!({})),
        create("host.web", json!({ "size": "small", "groups": ["group.web"], "note": note }))
            .needs(&["group.web", "link.site"]),
        create("group.web/rules", json!({ "ingress": { "own": { "port": 22, "from": ["group.web"] } } }))
            .needs(&["group.web"]),
        create("link.site/association", json!({ "host": "host.web" })).needs(&["link.site", "host.web"]),
    ];
    let told = world.apply(steps).await;
    assert!(told.report.is_success(), "{}", told.events);
    let made: Host = world.object("host.web").live.to().unwrap();
    assert_snapshot!(made.note.unwrap().as_str(), @"at https://link-0001.example, in group-0001");
    assert_snapshot!(json!([
        world.object("host.web").live.get("groups"),
        world.object("group.web").live.get("ingress"),
        world.object("link.site").live.get("host"),
    ]), @r#"[["group-0001"],{"own":{"port":22,"from":["group-0001"]}},"host-0001"]"#);
    assert_snapshot!(world.cloud.changes().join("\n"), @"
    create group.web
    create link.site
    create host.web
    update group.web/rules ingress.own
    update link.site/association host
    ");
}

#[tokio::test]
async fn reads_what_a_template_names_but_no_step_made() {
    let world = World::new();
    world.given(vec![create("link.site", json!({})), create("group.web", json!({}))]).await;
    let note = json!({ "template": "{{link.site.url}}" });
    let mut plan = plan(vec![create("host.web", json!({ "size": "small", "note": note }))]);
    plan.ids.insert(Address::new("link", "site"), PhysicalId::from("link-0001"));
    assert!(world.apply_plan(&plan).await.report.is_success());
    assert_eq!(world.object("host.web").live.get("note").unwrap(), "https://link-0001.example");
}

#[tokio::test]
async fn fails_where_a_reference_or_an_output_is_not_there() {
    let world = World::new();
    let told = world
        .apply(vec![
            create("host.a", json!({ "size": "small", "groups": ["group.none"] })),
            create("host.b", json!({ "size": "small", "note": { "template": "{{link.none.url}}" } })),
        ])
        .await;
    assert_snapshot!(told.events, @"
    0 began, 2 steps
    0 host.a: Create
    0 host.a: failed, groups: group.none is not there (hint: plan again)
    0 host.b: Create
    0 host.b: failed, {{link.none.url}} is not known (hint: plan again)
    ");
    assert!(world.cloud.changes().is_empty());
}

#[tokio::test]
async fn an_object_may_stay_invisible_for_a_while() {
    let world = World::with(Timing { visible_after: seconds(20), ..Timing::default() });
    let told = world.apply(vec![create("group.web", json!({}))]).await;
    assert_snapshot!(told.events, @"
     0 began, 1 steps
     0 group.web: Create
     0 group.web: waits, not visible yet
     1 group.web: waits, not visible yet
     2 group.web: waits, not visible yet
     5 group.web: waits, not visible yet
     8 group.web: waits, not visible yet
    13 group.web: waits, not visible yet
    21 group.web: done
    ");
    let world = World::with(Timing { visible_after: seconds(90), ..Timing::default() });
    let told = world.apply(vec![create("group.web", json!({}))]).await;
    assert_snapshot!(told.failure("group.web"), @"group-0001 was made, but no reading shows it (hint: plan again: it may show later, and is found by its tags)");
}

#[tokio::test]
async fn a_throttled_create_is_sent_again() {
    let world = World::new();
    for nth in 1..=3 {
        world.cloud.fail("create", nth, Trouble::Refusal(ErrorClass::Throttled));
    }
    assert!(world.apply(vec![create("group.web", json!({}))]).await.report.is_success());
    assert_eq!(world.cloud.changes().len(), 4);
    assert_eq!(world.cloud.objects("group").len(), 1);
}

#[tokio::test]
async fn a_refused_create_is_sent_once_and_says_why() {
    for class in [ErrorClass::Denied, ErrorClass::Invalid] {
        let world = World::new();
        world.cloud.fail("create", 1, Trouble::Refusal(class));
        let told = world.apply(vec![create("group.web", json!({}))]).await;
        assert_eq!(told.failure("group.web"), format!("create group.web: {class:?}"));
        assert_eq!(world.cloud.changes().len(), 1);
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_object() {
    let world = World::with(Timing { visible_after: seconds(20), ..Timing::default() });
    world.cloud.fail("create", 1, Trouble::Loss(ErrorClass::Unknown));
    let told = world.apply(vec![create("link.site", json!({}))]).await;
    assert!(told.report.is_success());
    assert_snapshot!(told.events, @"
     0 began, 1 steps
     0 link.site: Create
     0 link.site: waits, looking whether it was made
     1 link.site: waits, looking whether it was made
     2 link.site: waits, looking whether it was made
     5 link.site: waits, looking whether it was made
     8 link.site: waits, looking whether it was made
    13 link.site: waits, looking whether it was made
    21 link.site: done
    ");
    assert_eq!(world.cloud.changes(), ["create link.site"]);
}

#[tokio::test]
async fn an_ambiguous_create_without_effect_is_sent_again_after_the_consistency_time() {
    let world = World::new();
    world.cloud.fail("create", 1, Trouble::Refusal(ErrorClass::Unknown));
    assert!(world.apply(vec![create("link.site", json!({}))]).await.report.is_success());
    assert!(world.clock.elapsed() > world.options.consistency);
    assert_eq!(world.cloud.changes().len(), 2);
    assert_eq!(world.cloud.objects("link").len(), 1);
}

#[tokio::test]
async fn an_ambiguous_create_is_sent_three_times_at_most() {
    let world = World::new();
    for nth in 1..=5 {
        world.cloud.fail("create", nth, Trouble::Refusal(ErrorClass::Unknown));
    }
    let told = world.apply(vec![create("link.site", json!({}))]).await;
    assert_eq!(told.failure("link.site"), "create link.site: Unknown");
    assert_eq!(world.cloud.changes().len(), 3);
}

#[tokio::test]
async fn a_name_that_is_taken_is_ours_only_with_our_tags() {
    let world = World::new();
    world.cloud.put("p-e-web", &Tags::new(), &Group { network: Some("n".into()), ..Group::default() }).unwrap();
    let told = world.apply(vec![create("group.web", json!({ "network": "n" }))]).await;
    assert_snapshot!(told.failure("group.web"), @"the name p-e-web is taken (hint: an object of this name is there, without the tags of this resource: adopt it, or choose another name)");

    let world = World::new();
    let tags = owner(&Address::new("group", "web")).tags();
    let id = world.cloud.put("p-e-web", &tags, &Group::default()).unwrap();
    let told = world.apply(vec![create("group.web", json!({}))]).await;
    assert!(told.report.is_success(), "{}", told.events);
    assert_eq!(told.report.made[&Address::new("group", "web")], id);
}

#[tokio::test]
async fn a_reference_that_is_not_visible_yet_is_tried_again() {
    let world = World::with(Timing { visible_after: seconds(10), ..Timing::default() });
    let id = world.cloud.put("g", &Tags::new(), &Group::default()).unwrap();
    world.cloud.fail("create host", 1, Trouble::Refusal(ErrorClass::Gone));
    let told = world.apply(vec![create("host.web", json!({ "size": "s", "groups": [id.0] }))]).await;
    assert!(told.report.is_success());
    assert!(told.events.contains("retries, create host.web: Gone"), "{}", told.events);
}

#[tokio::test]
async fn a_busy_create_waits_no_longer_than_the_time_limit() {
    let world = World { options: ApplyOptions { timeout: seconds(300), ..ApplyOptions::default() }, ..World::new() };
    for nth in 1..=100 {
        world.cloud.fail("create", nth, Trouble::Refusal(ErrorClass::Busy));
    }
    let told = world.apply(vec![create("host.web", host("small"))]).await;
    let failure = told.failure("host.web");
    assert!(failure.starts_with("create host.web: Busy; still so after 5 min "), "{failure}");
    assert!(failure.contains("(hint: apply again later"), "{failure}");
    assert!((300..340).contains(&world.clock.elapsed().as_secs()));
}

#[tokio::test]
async fn a_wait_that_is_too_long_ends_but_not_the_change() {
    let world = World { options: ApplyOptions { timeout: seconds(20), ..ApplyOptions::default() }, ..World::new() };
    let told = world.apply(vec![create("host.web", host("small"))]).await;
    assert_eq!(world.clock.elapsed(), seconds(20) + world_latency());
    assert_snapshot!(told.failure("host.web"), @"still starting after 20 s (hint: only the waiting ended: the change goes on in the cloud; apply again to wait for it)");
}

fn world_latency() -> Duration {
    Timing::default().latency
}

#[tokio::test]
async fn an_object_that_breaks_down_fails_its_step() {
    let world = World::new();
    let break_down = async {
        world.clock.sleep(seconds(4)).await;
        world.cloud.spoil(&PhysicalId::from("host-0001"), "out-of-order").unwrap();
    };
    let (told, ()) = tokio::join!(world.apply(vec![create("host.web", host("small"))]), break_down);
    assert_snapshot!(told.failure("host.web"), @"its status is out-of-order, which does not pass by itself (hint: look at the object in the cloud's console, then plan again)");
}

#[tokio::test]
async fn what_the_create_call_cannot_do_is_done_once_the_object_is_ready() {
    let world = World::new();
    let runs = async {
        world.clock.sleep(seconds(4)).await;
        let run = |host: &mut Host| host.state = Some("running".to_owned());
        world.cloud.edit(&PhysicalId::from("host-0001"), run).unwrap();
    };
    let wanted = json!({ "size": "small", "state": "stopped" });
    let (told, ()) = tokio::join!(world.apply(vec![create("host.web", wanted)]), runs);
    assert!(told.report.is_success());
    assert_eq!(world.object("host.web").live.get("state"), Some(&json!("stopped")));
    assert_eq!(world.cloud.changes(), ["create host.web", "update host.web state"]);
}

#[tokio::test]
async fn without_waiting_only_needed_objects_are_waited_for() {
    let world = World { options: ApplyOptions { no_wait: true, ..ApplyOptions::default() }, ..World::new() };
    let steps = vec![
        create("host.a", host("small")),
        create("host.b", host("small")),
        create("link.b", json!({})),
        create("link.b/association", json!({ "host": "host.b" })).needs(&["link.b", "host.b"]),
    ];
    let told = world.apply(steps).await;
    assert_snapshot!(told.events, @"
     0 began, 4 steps
     0 host.a: Create
     0 host.b: Create
     0 link.b: Create
     0 host.a: done
     0 host.b: waits, starting
     0 link.b: done
     1 host.b: waits, starting
     2 host.b: waits, starting
     5 host.b: waits, starting
     8 host.b: waits, starting
    13 host.b: waits, starting
    21 host.b: waits, starting
    33 host.b: done
    33 link.b/association: Create
    33 link.b/association: done
    ");
}

#[tokio::test]
async fn a_saved_plan_that_was_killed_finds_what_it_made() {
    let world = World { options: ApplyOptions { verify: true, ..ApplyOptions::default() }, ..World::new() };
    let steps = || vec![create("link.site", json!({})), create("link.other", json!({}))];
    world.cloud.fail("create link.other", 1, Trouble::Death { after: false });
    tokio::select! {
        _ = world.apply(steps()) => panic!("it was to be killed"),
        () = world.cloud.died() => {}
    }
    let told = world.apply(steps()).await;
    assert!(told.report.is_success(), "{}", told.events);
    assert_eq!(world.cloud.objects("link").len(), 2);
}

#[tokio::test]
async fn a_saved_plan_reads_all_objects_of_a_kind_once() {
    let world = World { options: ApplyOptions { verify: true, ..ApplyOptions::default() }, ..World::new() };
    let names: Vec<_> = (0..5).map(|number| format!("link.l{number}")).collect();
    let chained = |(number, name): (usize, &String)| {
        let step = create(name, json!({}));
        if number == 0 { step } else { step.needs(&[&names[number - 1]]) }
    };
    assert!(world.apply(names.iter().enumerate().map(chained).collect()).await.report.is_success());
    assert_eq!(world.cloud.calls().iter().filter(|call| *call == "observe link").count(), 1);
}

#[tokio::test]
async fn steps_that_wait_share_their_readings() {
    let world = World::new();
    let steps = (0..10).map(|number| create(&format!("host.h{number}"), host("small"))).collect();
    assert!(world.apply(steps).await.report.is_success());
    let readings = world.cloud.calls().into_iter().filter(|call| call.starts_with("observe")).count();
    assert!(readings <= 12, "{readings} readings");
}

#[tokio::test]
async fn a_reading_that_fails_for_a_while_is_no_failure() {
    let world = World::new();
    for nth in 1..=5 {
        world.cloud.fail("observe", nth, Trouble::Refusal(ErrorClass::Unknown));
    }
    assert!(world.apply(vec![create("host.web", host("small"))]).await.report.is_success());

    let world = World::new();
    world.cloud.fail("observe", 1, Trouble::Refusal(ErrorClass::Denied));
    let told = world.apply(vec![create("link.site", json!({}))]).await;
    assert_snapshot!(told.failure("link.site"), @"cannot read the link objects: observe link link-0001: Denied");
    assert_eq!(world.cloud.objects("link")[0].live.to::<Link>().unwrap().host, Some(crate::value::OrNone::None));
}

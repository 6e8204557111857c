use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::manager::ErrorClass;
use crate::testing::cloud::Trouble;
use crate::testing::kinds::Group;

async fn with(steps: Vec<Step>) -> World {
    let world = World::new();
    world.given(steps).await;
    world
}

#[tokio::test]
async fn what_is_leaving_or_gone_is_deleted() {
    let world = with(vec![create("host.web", host("small")), create("link.site", json!({}))]).await;
    let told = world.apply(vec![world.delete("host.web"), world.delete("link.site")]).await;
    assert_snapshot!(told.events, @"
    33 began, 2 steps
    33 host.web: Delete
    33 link.site: Delete
    33 host.web: done
    33 link.site: done
    ");
    assert!(world.cloud.objects("host").is_empty() && world.cloud.objects("link").is_empty());

    let world = with(vec![create("link.site", json!({}))]).await;
    let step = world.delete("link.site");
    world.cloud.remove(step.object.as_ref().unwrap());
    assert!(world.apply(vec![step]).await.report.is_success());
    assert_eq!(world.cloud.changes(), ["create link.site"]);
}

#[tokio::test]
async fn what_is_protected_or_not_ours_stays() {
    let world = with(vec![create("link.a", json!({})), create("link.b", json!({}))]).await;
    let steps = vec![world.delete("link.a"), world.delete("link.b")];
    world
        .cloud
        .retag(&world.object("link.a").id, |tags| _ = tags.insert(crate::owner::PROTECT.into(), String::new()))
        .unwrap();
    world.cloud.retag(&world.object("link.b").id, Tags::clear).unwrap();
    let told = world.apply(steps).await;
    assert_snapshot!(told.events, @"
    0 began, 2 steps
    0 link.a: Delete
    0 link.b: Delete
    0 link.a: failed, link-0001 is protected by its tag cn-infra:protect (hint: set `protect = false` and apply that first)
    0 link.b: failed, link-0002 no longer bears the tags of link.b (hint: plan again)
    ");
    assert_eq!(world.cloud.objects("link").len(), 2);
}

#[tokio::test]
async fn what_is_still_used_is_waited_for() {
    let mut world = with(vec![
        create("group.web", json!({})),
        create("host.web", json!({ "size": "small", "groups": ["group.web"] })).needs(&["group.web"]),
    ])
    .await;
    let told = world.apply(vec![world.delete("group.web"), world.delete("host.web")]).await;
    assert!(told.report.is_success(), "{}", told.events);
    assert!(told.events.contains("group.web: retries, group-0001 is used by host-0001"), "{}", told.events);

    world = with(vec![
        create("group.web", json!({})),
        create("host.web", json!({ "size": "small", "groups": ["group.web"] })).needs(&["group.web"]),
    ])
    .await;
    let began = world.clock.elapsed();
    let told = world.apply(vec![world.delete("group.web")]).await;
    let failure = told.failure("group.web");
    assert!(failure.starts_with("group-0001 is used by host-0001; still so after 10 min "), "{failure}");
    assert!((600..640).contains(&world.clock.elapsed().saturating_sub(began).as_secs()));
}

#[tokio::test]
async fn a_part_is_taken_away_from_an_object_that_stays() {
    let rules = json!({ "ingress": { "own": { "port": 22, "from": ["group.web"] } } });
    let world =
        with(vec![create("group.web", json!({})), create("group.web/rules", rules).needs(&["group.web"])]).await;
    let object = Some(world.object("group.web").id);
    let step = Step { object, ..step("group.web/rules", Action::Delete, None) };
    assert!(world.apply(vec![step]).await.report.is_success());
    assert_eq!(world.object("group.web").live.to::<Group>().unwrap().ingress, Some([].into()));
}

#[tokio::test]
async fn what_goes_away_just_before_the_call_is_deleted() {
    let world = with(vec![create("link.site", json!({}))]).await;
    world.cloud.fail("delete", 1, Trouble::Refusal(ErrorClass::Gone));
    let told = world.apply(vec![world.delete("link.site")]).await;
    assert!(told.report.is_success() && !told.events.contains("retries"), "{}", told.events);
}

#[tokio::test]
async fn a_lost_answer_is_looked_at() {
    let world = with(vec![create("link.site", json!({}))]).await;
    world.cloud.fail("delete", 1, Trouble::Loss(ErrorClass::Unknown));
    assert!(world.apply(vec![world.delete("link.site")]).await.report.is_success());
    assert_eq!(world.cloud.changes(), ["create link.site", "delete link.site"]);
}

#[tokio::test]
async fn a_saved_delete_is_stale_once_live_moved() {
    let mut world = with(vec![create("host.web", host("small"))]).await;
    world.options.verify = true;
    let step = Step { before: Some(document(host("tiny"))), ..world.delete("host.web") };
    assert_snapshot!(world.apply(vec![step]).await.events, @r#"
    33 began, 1 steps
    33 host.web: stale, size "tiny" "small" null
    "#);
}

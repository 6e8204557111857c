use insta::assert_snapshot;
use serde_json::json;

use super::*;

/// Applies, and cancels after some seconds.
async fn cancelled_after(world: &World, time: u64, steps: Vec<Step>) -> Told {
    let cancel = async {
        world.clock.sleep(seconds(time)).await;
        world.cancellation.cancel();
    };
    tokio::join!(world.apply(steps), cancel).0
}

#[tokio::test]
async fn nothing_new_starts_and_waits_end() {
    let world = World::new();
    let after = |link: &str| create(link, json!({})).needs(&["host.web"]);
    let steps = vec![create("host.web", host("small")), after("link.a"), after("link.b")];
    let told = cancelled_after(&world, 5, steps).await;
    assert_snapshot!(told.events, @"
    0 began, 3 steps
    0 host.web: Create
    0 host.web: waits, starting
    1 host.web: waits, starting
    2 host.web: waits, starting
    5 cancelled
    5 link.a: not started, interrupted
    5 link.b: not started, interrupted
    5 host.web: failed, interrupted while waiting; the next apply goes on
    ");
    assert!(told.report.cancelled);
    assert_eq!(told.report.outcomes.len(), 3);
    assert_eq!(world.cloud.changes(), ["create host.web"]);
}

#[tokio::test]
async fn a_call_in_flight_is_finished() {
    let world = World::with(Timing { latency: seconds(2), ..Timing::default() });
    let told = cancelled_after(&world, 1, vec![create("link.a", json!({}))]).await;
    assert!(told.report.is_success() && told.report.cancelled, "{}", told.events);
    assert_eq!(world.cloud.objects("link").len(), 1);
}

#[tokio::test]
async fn no_second_call_of_a_change_is_sent() {
    let world = World::new();
    world.given(vec![create("host.web", host("small"))]).await;
    let step = world.update("host.web", host("small"), host("large"));
    let told = cancelled_after(&world, 1, vec![step.clone()]).await;
    assert_snapshot!(told.failure("host.web"), @"interrupted while waiting; the next apply goes on");
    assert_eq!(world.cloud.changes(), ["create host.web", "update host.web size"]);

    let again = World { cancellation: Cancellation::default(), ..world };
    assert!(again.apply(vec![step]).await.report.is_success());
    assert!(again.object("host.web").unfinished.is_none());
}

#[tokio::test]
async fn no_second_call_is_sent_even_if_it_could_be_at_once() {
    let world = World::with(Timing { latency: seconds(2), stops: Duration::ZERO, ..Timing::default() });
    world.given(vec![create("host.web", host("small"))]).await;
    let step = world.update("host.web", host("small"), host("large"));
    cancelled_after(&world, 3, vec![step]).await;
    assert_eq!(world.cloud.changes(), ["create host.web", "update host.web size"]);
}

#[tokio::test]
async fn cancelled_before_it_began_nothing_is_done() {
    let world = World::new();
    world.cancellation.cancel();
    let told = world.apply(vec![create("link.a", json!({}))]).await;
    assert_snapshot!(told.events, @"
    0 began, 1 steps
    0 cancelled
    0 link.a: not started, interrupted
    ");
    assert!(world.cloud.calls().is_empty());
}

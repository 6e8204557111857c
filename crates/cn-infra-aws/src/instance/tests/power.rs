use cn_infra_core::manager::{ErrorClass, Progress};
use serde_json::{Value, json};

use super::{ID, marked, observed, update};
use crate::testing::Script;

fn script() -> Script {
    ["CreateTags", "DeleteTags", "StopInstances", "StartInstances", "ModifyInstanceAttribute"]
        .iter()
        .fold(Script::new(), |script, call| script.answer(call, ""))
}

fn server(of: &str, state: &str) -> Value {
    json!({ "type": of, "state": state })
}

#[tokio::test]
async fn a_new_type_stops_modifies_and_starts() {
    let (script, wanted) = (script(), json!({ "type": "t2.large" }));
    let first = update(&script, &observed(server("t2.medium", "running")), wanted.clone(), &["type"]).await.unwrap();
    let stopped = marked(server("t2.medium", "stopped"), "t2.medium");
    let second = update(&script, &stopped, wanted.clone(), &["type"]).await.unwrap();
    let third = update(&script, &marked(server("t2.large", "running"), "t2.medium"), wanted, &[]).await.unwrap();
    assert_eq!([first, second, third], [Progress::Again, Progress::Again, Progress::Done]);
    insta::assert_snapshot!(script.writes(), @r"
    CreateTags
    ResourceId.1=i-0123456789abcdef0
    Tag.1.Key=cn-infra:restart
    Tag.1.Value=t2.medium

    StopInstances
    InstanceId.1=i-0123456789abcdef0

    ModifyInstanceAttribute
    InstanceId=i-0123456789abcdef0
    InstanceType.Value=t2.large

    StartInstances
    InstanceId.1=i-0123456789abcdef0

    DeleteTags
    ResourceId.1=i-0123456789abcdef0
    Tag.1.Key=cn-infra:restart
    ");
    assert_eq!(script.requests().len(), 5, "and nothing is read");
}

#[tokio::test]
async fn optimization_is_given_up_before_and_asked_for_after() {
    for (wanted, order) in [(false, ["EbsOptimized", "InstanceType"]), (true, ["InstanceType", "EbsOptimized"])] {
        let script = script();
        let desired = json!({ "type": "t2.large", "ebs_optimized": wanted });
        let live = observed(server("t2.medium", "stopped"));
        assert_eq!(update(&script, &live, desired, &["type", "ebs_optimized"]).await.unwrap(), Progress::Done);
        let attributes: Vec<_> =
            script.requests().iter().map(|request| request.lines().nth(2).unwrap().to_owned()).collect();
        assert!(attributes.iter().zip(order).all(|(line, name)| line.starts_with(name)), "{attributes:?}");
    }
}

#[tokio::test]
async fn a_server_found_stopped_stays_so() {
    let script = script();
    let live = observed(server("t2.medium", "stopped"));
    assert_eq!(update(&script, &live, json!({ "type": "t2.large" }), &["type"]).await.unwrap(), Progress::Done);
    assert_eq!(script.writes(), format!("ModifyInstanceAttribute\nInstanceId={ID}\nInstanceType.Value=t2.large"));
}

#[tokio::test]
async fn a_server_that_shall_stop_gets_no_restart_tag() {
    let script = script();
    let wanted = json!({ "type": "t2.large", "state": "stopped" });
    let live = observed(server("t2.medium", "running"));
    assert_eq!(update(&script, &live, wanted.clone(), &["type", "state"]).await.unwrap(), Progress::Again);
    let live = observed(server("t2.medium", "stopped"));
    assert_eq!(update(&script, &live, wanted, &["type"]).await.unwrap(), Progress::Done);
    let calls: Vec<_> = script.requests().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    assert_eq!(calls, ["StopInstances", "ModifyInstanceAttribute"]);
}

#[tokio::test]
async fn states_are_reached_by_one_call() {
    for (from, to, call) in [("stopped", "running", "StartInstances"), ("running", "stopped", "StopInstances")] {
        let script = script();
        let live = observed(server("t2.large", from));
        assert_eq!(update(&script, &live, json!({ "state": to }), &["state"]).await.unwrap(), Progress::Again);
        let live = observed(server("t2.large", to));
        assert_eq!(update(&script, &live, json!({ "state": to }), &[]).await.unwrap(), Progress::Done);
        assert_eq!(script.writes(), format!("{call}\nInstanceId.1={ID}"));
    }
}

#[tokio::test]
async fn the_next_apply_finishes_what_a_kill_left() {
    // Killed after the stop and before the start; `state` is left out of the file.
    let script = script();
    let live = marked(server("t2.large", "stopped"), "t2.medium");
    assert_eq!(update(&script, &live, json!({ "type": "t2.large" }), &[]).await.unwrap(), Progress::Again);
    let live = marked(server("t2.large", "running"), "t2.medium");
    assert_eq!(update(&script, &live, json!({ "type": "t2.large" }), &[]).await.unwrap(), Progress::Done);
    insta::assert_snapshot!(script.writes(), @r"
    StartInstances
    InstanceId.1=i-0123456789abcdef0

    DeleteTags
    ResourceId.1=i-0123456789abcdef0
    Tag.1.Key=cn-infra:restart
    ");
}

#[tokio::test]
async fn a_file_that_now_wants_it_stopped_only_clears_the_tag() {
    let script = script();
    let live = marked(server("t2.large", "stopped"), "t2.medium");
    let wanted = json!({ "type": "t2.large", "state": "stopped" });
    assert_eq!(update(&script, &live, wanted, &[]).await.unwrap(), Progress::Done);
    assert_eq!(script.writes(), format!("DeleteTags\nResourceId.1={ID}\nTag.1.Key=cn-infra:restart"));
}

/// AWS answers so with status 500, which the SDK tries three times.
fn no_capacity(times: usize) -> Script {
    (0..3 * times).fold(Script::new(), |script, _| script.fail("StartInstances", 500, "InsufficientInstanceCapacity"))
}

#[tokio::test]
async fn without_capacity_the_former_type_comes_back() {
    let script = no_capacity(1).answer("StartInstances", "").answer("ModifyInstanceAttribute", "");
    let live = marked(server("t2.medium", "stopped"), "t2.medium");
    let error = update(&script, &live, json!({ "type": "m5.large" }), &["type"]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid, "the step fails and is not tried again");
    insta::assert_snapshot!(error, @"StartInstances: AWS's words for InsufficientInstanceCapacity (InsufficientInstanceCapacity); the server starts again as t2.medium");
    insta::assert_snapshot!(error.hint.unwrap(), @"try again later, or choose another type or availability zone");
    insta::assert_snapshot!(script.writes(), @r"
    ModifyInstanceAttribute
    InstanceId=i-0123456789abcdef0
    InstanceType.Value=m5.large

    StartInstances
    InstanceId.1=i-0123456789abcdef0

    StartInstances
    InstanceId.1=i-0123456789abcdef0

    StartInstances
    InstanceId.1=i-0123456789abcdef0

    ModifyInstanceAttribute
    InstanceId=i-0123456789abcdef0
    InstanceType.Value=t2.medium

    StartInstances
    InstanceId.1=i-0123456789abcdef0
    ");
}

#[tokio::test]
async fn a_type_that_aws_refuses_does_not_leave_the_server_stopped() {
    let script = Script::new()
        .fail("ModifyInstanceAttribute", 400, "InvalidParameterValue")
        .answer("ModifyInstanceAttribute", "")
        .answer("StartInstances", "");
    let live = marked(server("t2.medium", "stopped"), "t2.medium");
    let error = update(&script, &live, json!({ "type": "t2.big" }), &["type"]).await.unwrap_err();
    insta::assert_snapshot!(error, @"ModifyInstanceAttribute: AWS's words for InvalidParameterValue (InvalidParameterValue); the server starts again as t2.medium");
    assert!(script.writes().ends_with(&format!("StartInstances\nInstanceId.1={ID}")), "{}", script.writes());
}

#[tokio::test]
async fn a_missing_permission_does_not_leave_the_server_stopped() {
    let script =
        Script::new().fail("ModifyInstanceAttribute", 403, "UnauthorizedOperation").answer("StartInstances", "");
    let live = marked(server("t2.medium", "stopped"), "t2.medium");
    let error = update(&script, &live, json!({ "type": "t2.large" }), &["type"]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert!(error.message.ends_with("; the server starts again"), "{error}");
}

#[tokio::test]
async fn a_server_protected_from_stopping_is_said_to_be() {
    let script = Script::new().answer("CreateTags", "").fail("StopInstances", 400, "OperationNotPermitted");
    let live = observed(server("t2.medium", "running"));
    let error = update(&script, &live, json!({ "type": "t2.large" }), &["type"]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.hint.is_some_and(|hint| hint.contains("--no-disable-api-stop")));
}

#[tokio::test]
async fn says_so_if_the_server_stays_stopped() {
    let script = no_capacity(2).answer("ModifyInstanceAttribute", "");
    let live = marked(server("m5.large", "stopped"), "t2.medium");
    let error = update(&script, &live, json!({ "type": "m5.large" }), &[]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    insta::assert_snapshot!(error, @"StartInstances: AWS's words for InsufficientInstanceCapacity (InsufficientInstanceCapacity); the server stays stopped: as t2.medium it does not start either: StartInstances: AWS's words for InsufficientInstanceCapacity (InsufficientInstanceCapacity)");
}

#[tokio::test]
async fn a_state_that_passes_is_waited_for() {
    let script = Script::new().fail("ModifyInstanceAttribute", 400, "IncorrectInstanceState");
    let live = marked(server("t2.medium", "stopped"), "t2.medium");
    let error = update(&script, &live, json!({ "type": "m5.large" }), &["type"]).await.unwrap_err();
    assert_eq!((error.class, script.requests().len()), (ErrorClass::Busy, 1));
}

#[tokio::test]
async fn a_start_that_nothing_was_changed_for_waits_for_a_machine() {
    let script = no_capacity(1);
    let live = observed(server("t2.medium", "stopped"));
    let error = update(&script, &live, json!({ "state": "running" }), &["state"]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Scarce);
    assert!(script.requests().iter().all(|request| request.starts_with("StartInstances")));
}

#[tokio::test]
async fn a_server_that_has_its_former_type_again_waits_for_a_machine() {
    let script = no_capacity(1);
    let live = marked(server("t2.medium", "stopped"), "t2.medium");
    let error = update(&script, &live, json!({ "type": "t2.medium" }), &[]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Scarce);
    assert!(script.requests().iter().all(|request| request.starts_with("StartInstances")));
}

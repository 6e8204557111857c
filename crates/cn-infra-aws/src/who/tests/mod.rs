use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use cn_infra_core::clock::TokioClock;
use cn_infra_core::testing::clock::VirtualClock;
use serde_json::{Value, json};

use super::*;

fn session(client: SharedHttpClient) -> Session {
    let credentials = Credentials::new("AKID", "made up", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-west-2"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client)
        .build();
    // It only reads.
    Session::read_only(&config, "123456789012")
}

/// The calls that were made: target and body.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A CloudTrail that answers everybody the same; and what it was asked.
fn trail(status: u16, answer: Value) -> (Session, Asked) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let client = infallible_client_fn(move |request: http::Request<SdkBody>| {
        let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        log.lock().unwrap().push((target, body));
        http::Response::builder().status(status).body(SdkBody::from(answer.to_string())).unwrap()
    });
    (session(SharedHttpClient::new(client)), asked)
}

fn plan() -> Plan {
    let step = |id: &str, object: Option<&str>, name: &str| json!({ "id": id, "action": "update", "object": object, "name": name });
    let steps = [
        step("db_instance.main", Some("db-ABCDEFGHIJKLMNOP"), "coralnet-main"),
        step("security_group.web", Some("sg-1"), "web"),
        step("security_group.web/rules", Some("sg-1"), "web"),
        step("instance.new", None, "new"),
    ];
    serde_json::from_value(json!({
        "environment": "staging", "project": "coralnet", "account": "123456789012", "region": "us-west-2",
        "at": "2026-11-30T19:00:00Z", "files": "0", "steps": steps, "blocked": [], "unlisted": [], "findings": [],
    }))
    .unwrap()
}

fn stale(steps: &[&str]) -> Report {
    let stale = |step: &&str| (step.parse().unwrap(), Outcome::Stale { moved: Vec::new() });
    Report { outcomes: steps.iter().map(stale).collect(), ..Report::default() }
}

/// An event at a second of 2026-11-30 19:05.
fn event(second: i64, call: &str, more: &Value) -> Value {
    json!({
        "EventId": "1", "EventName": call, "ReadOnly": "false", "EventTime": 1_796_065_500 + second,
        "Username": "ana", "Resources": [], "CloudTrailEvent": more.to_string(),
    })
}

#[tokio::test]
async fn the_last_change_that_took_effect_is_told_with_its_caller() {
    let ana = json!({ "userIdentity": { "arn": "arn:aws:iam::123456789012:user/ana" } });
    let refused = json!({ "errorCode": "Client.UnauthorizedOperation", "userIdentity": { "arn": "arn:of:ben" } });
    let mut read = event(50, "DescribeSecurityGroups", &ana);
    read["ReadOnly"] = json!("true");
    let events = [
        event(10, "CreateTags", &json!({})),
        event(30, "AuthorizeSecurityGroupIngress", &ana),
        event(40, "RevokeSecurityGroupIngress", &refused),
        read,
    ];
    let (session, asked) = trail(200, json!({ "Events": events }));
    let report = stale(&["security_group.web", "security_group.web/rules", "instance.new"]);
    let found = who(&plan(), &report, &session, &VirtualClock::default()).await;
    let changed = Changed {
        by: "arn:aws:iam::123456789012:user/ana".to_owned(),
        call: "AuthorizeSecurityGroupIngress".to_owned(),
        at: "2026-11-30T19:05:30Z".parse().unwrap(),
    };
    let steps = ["security_group.web", "security_group.web/rules"].map(|step| (step.parse().unwrap(), changed.clone()));
    assert_eq!(found, BTreeMap::from(steps));
    // One question for both steps, none about what is only to be made.
    let expected = json!({
        "LookupAttributes": [{ "AttributeKey": "ResourceName", "AttributeValue": "sg-1" }],
        "StartTime": 1_796_065_200,
    });
    let target = "CloudTrail_20131101.LookupEvents";
    assert_eq!(*asked.lock().unwrap(), [(target.to_owned(), expected)]);
}

#[tokio::test]
async fn a_database_is_looked_up_by_its_identifier() {
    let (session, asked) = trail(200, json!({ "Events": [event(0, "ModifyDBInstance", &json!({}))] }));
    let found = who(&plan(), &stale(&["db_instance.main"]), &session, &VirtualClock::default()).await;
    assert_eq!(found.into_values().map(|changed| changed.by).collect::<Vec<_>>(), ["ana"]);
    assert_eq!(asked.lock().unwrap()[0].1["LookupAttributes"][0]["AttributeValue"], "coralnet-main");
}

#[tokio::test]
async fn whoever_may_not_ask_is_told_nothing_and_asks_once() {
    let (session, asked) = trail(400, json!({ "__type": "AccessDeniedException", "Message": "no" }));
    let report = stale(&["db_instance.main", "security_group.web"]);
    assert_eq!(who(&plan(), &report, &session, &VirtualClock::default()).await, BTreeMap::new());
    assert_eq!(asked.lock().unwrap().len(), 1);
    // Nothing stale, nothing asked.
    assert_eq!(who(&plan(), &Report::default(), &session, &TokioClock::new()).await, BTreeMap::new());
    assert_eq!(asked.lock().unwrap().len(), 1);
}

/// Never answers.
#[derive(Clone, Debug)]
struct Silent;

impl HttpConnector for Silent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

impl HttpClient for Silent {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

#[tokio::test]
async fn silence_is_waited_for_three_seconds() {
    let clock = VirtualClock::default();
    let session = session(SharedHttpClient::new(Silent));
    assert_eq!(who(&plan(), &stale(&["security_group.web"]), &session, &clock).await, BTreeMap::new());
    assert_eq!(clock.elapsed(), LIMIT);
}

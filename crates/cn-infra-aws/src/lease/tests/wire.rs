//! The calls as S3 gets them, and what its answers mean.

use std::time::Duration;

use super::super::protocol::Found;
use super::super::record::Record;
use super::super::store::{Condition, Refused, S3, Store};
use crate::testing::Script;

const OBJECT: &str = "/coral-locks/cn-infra/coralnet/production.lock";

fn store(script: &Script) -> S3 {
    S3::new(&script.session(), "coral-locks", "cn-infra/coralnet/production.lock")
}

fn record() -> Record {
    Record {
        who: "ana@laptop".to_owned(),
        process: 7,
        since: "2026-11-30T12:00:00Z".parse().unwrap(),
        ttl_seconds: 240,
        attempt_seconds: 60,
        token: "0123".to_owned(),
        number: 2,
    }
}

#[tokio::test]
async fn writes_bear_their_condition_and_the_owner_of_the_bucket() {
    let put = format!("PUT {OBJECT}");
    let script =
        Script::new().respond(&put, 200, &[("etag", "\"e\"")], "").respond(&format!("DELETE {OBJECT}"), 204, &[], "");
    let store = store(&script);
    assert_eq!(store.put(&record(), Condition::Absent).await.unwrap(), "\"e\"");
    store.put(&record(), Condition::Is("\"e\"".to_owned())).await.unwrap();
    store.delete("\"e\"").await.unwrap();
    insta::assert_snapshot!(script.requests().join("\n\n"), @r#"
    PUT /coral-locks/cn-infra/coralnet/production.lock
    if-none-match: *
    x-amz-expected-bucket-owner: 123456789012
    {
      "who": "ana@laptop",
      "process": 7,
      "since": "2026-11-30T12:00:00Z",
      "ttl_seconds": 240,
      "attempt_seconds": 60,
      "token": "0123",
      "number": 2
    }

    PUT /coral-locks/cn-infra/coralnet/production.lock
    if-match: "e"
    x-amz-expected-bucket-owner: 123456789012
    {
      "who": "ana@laptop",
      "process": 7,
      "since": "2026-11-30T12:00:00Z",
      "ttl_seconds": 240,
      "attempt_seconds": 60,
      "token": "0123",
      "number": 2
    }

    DELETE /coral-locks/cn-infra/coralnet/production.lock
    if-match: "e"
    x-amz-expected-bucket-owner: 123456789012
    "#);
}

#[tokio::test]
async fn an_age_is_told_by_the_clock_of_s3_alone() {
    let headers = [
        ("etag", "\"e\""),
        ("last-modified", "Mon, 30 Nov 2026 12:00:00 GMT"),
        ("date", "Mon, 30 Nov 2026 12:04:00 GMT"),
    ];
    let get = format!("GET {OBJECT}");
    let body = serde_json::to_string(&record()).unwrap();
    let script = Script::new().respond(&get, 200, &headers, &body).respond(&get, 200, &headers[..2], &body);
    let script = script.respond(&get, 200, &headers, "no lease").fail(&get, 404, "NoSuchKey");
    let store = store(&script);
    for age in [240, 0] {
        let Found::Lease(lease) = store.get().await.unwrap() else { panic!("no lease") };
        assert_eq!((lease.record, lease.age), (record(), Duration::from_secs(age)));
    }
    assert_eq!(store.get().await.unwrap(), Found::Foreign);
    assert_eq!(store.get().await.unwrap(), Found::Nothing);
}

#[tokio::test]
async fn three_refusals_say_that_the_condition_does_not_hold() {
    for (status, code) in [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict"), (404, "NoSuchKey")] {
        let script = Script::new().fail(&format!("PUT {OBJECT}"), status, code);
        let answer = store(&script).put(&record(), Condition::Is("e".to_owned())).await;
        assert!(matches!(answer, Err(Refused::Condition)), "{code}: {answer:?}");
    }
    for (status, code) in [(500, "InternalError"), (503, "SlowDown")] {
        let script = Script::new().fail(&format!("PUT {OBJECT}"), status, code);
        let answer = store(&script).put(&record(), Condition::Absent).await;
        assert!(matches!(answer, Err(Refused::Unknown(_))), "{code}: {answer:?}");
        assert_eq!(script.requests().len(), 1, "the lease decides itself what is sent again");
    }
    for (status, code) in [(404, "NoSuchBucket"), (403, "AccessDenied")] {
        let script = Script::new().fail(&format!("PUT {OBJECT}"), status, code);
        let answer = store(&script).put(&record(), Condition::Absent).await;
        assert!(matches!(answer, Err(Refused::Failed(_))), "{code}: {answer:?}");
    }
}

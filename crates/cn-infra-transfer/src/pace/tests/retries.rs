//! What is sent again, and what is not: the real SDK against a sandbox with faults.

use cn_infra_core::clock::Clock;
use cn_infra_sandbox::faults::{Effect, Fault};
use futures_util::FutureExt;

use super::super::Prefix;
use crate::bucket::Bucket;
use crate::failure::{Class, Failure};
use crate::stand_in::Account;

async fn head(account: &Account, bucket: &Bucket) -> Result<(), Failure> {
    let request = || bucket.client().head_object().bucket(bucket.name()).key("a").send();
    account.pace.send(&Prefix::of(bucket.name(), "a"), "HeadObject", 0, request).await.map(drop)
}

async fn acl(account: &Account, bucket: &Bucket) -> Result<(), Failure> {
    let request = || bucket.client().get_object_acl().bucket(bucket.name()).key("a").send();
    account.pace.send(&Prefix::of(bucket.name(), "a"), "GetObjectAcl", 0, request).await.map(drop)
}

fn with_an_object() -> (Account, Bucket) {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    account.put("/bucket/a", &[]);
    (account, bucket)
}

#[tokio::test]
async fn what_fails_in_passing_is_sent_again() {
    let (account, bucket) = with_an_object();
    for effect in [Effect::Throttle, Effect::Cut, Effect::LoseAnswer, Effect::Garbage, Effect::Fail, Effect::Hang] {
        let before = account.calls("GetObjectAcl");
        account.fault("s3:GetObjectAcl", effect, 1);
        acl(&account, &bucket).await.unwrap_or_else(|failure| panic!("{effect:?}: {failure}"));
        assert_eq!(account.calls("GetObjectAcl") - before, 2, "{effect:?}");
    }
    assert_eq!(account.pace.requests()["GetObjectAcl"], 12, "each sending counts");
    assert_eq!(account.pace.speed().slow_downs, 1);
}

#[tokio::test]
async fn it_ends_after_some_attempts_and_says_what_s3_said() {
    let (account, bucket) = with_an_object();
    account.fail("s3:GetObjectAcl", 500, "InternalError", None);
    let began = account.clock.elapsed();
    let failure = acl(&account, &bucket).await.unwrap_err();
    assert_eq!((failure.class, failure.code.as_deref()), (Class::Server, Some("InternalError")));
    assert!(failure.request_id.is_some());
    assert_eq!(account.calls("GetObjectAcl"), 6);
    let waited = account.clock.elapsed().checked_sub(began).unwrap().as_secs_f64();
    assert!((1.5..4.0).contains(&waited), "{waited}");
}

#[tokio::test]
async fn s3_asking_to_slow_down_is_borne_for_a_minute() {
    let (account, bucket) = with_an_object();
    account.sandbox.add_fault(Fault { times: Some(11), ..Fault::new("s3:HeadObject", Effect::Throttle) }).unwrap();
    head(&account, &bucket).await.unwrap();
    account.sandbox.add_fault(Fault::new("s3:HeadObject", Effect::Throttle)).unwrap();
    assert_eq!(head(&account, &bucket).await.unwrap_err().class, Class::SlowDown);
    assert_eq!(account.calls("HeadObject"), 24);
}

#[tokio::test]
async fn what_lasts_is_sent_once() {
    let (account, bucket) = with_an_object();
    for (status, code, class) in [
        (404, "NoSuchKey", Class::Gone),
        (403, "AccessDenied", Class::Denied),
        (412, "PreconditionFailed", Class::Changed),
        (400, "InvalidRequest", Class::Refused),
    ] {
        account.fail("s3:GetObjectAcl", status, code, Some(1));
        let before = account.calls("GetObjectAcl");
        assert_eq!(acl(&account, &bucket).await.unwrap_err().class, class, "{code}");
        assert_eq!(account.calls("GetObjectAcl") - before, 1, "{code}");
    }
}

#[tokio::test]
async fn a_dropped_request_leaves_its_place() {
    let (account, bucket) = with_an_object();
    for _ in 0..2_000 {
        assert!(acl(&account, &bucket).now_or_never().is_none());
    }
    acl(&account, &bucket).await.unwrap();
    assert_eq!(account.pace.speed().in_flight, 0);
}

//! Keys that fail, answers that get lost, storms.

use cn_infra_core::clock::Clock;
use cn_infra_sandbox::faults::{Effect, Fault};

use super::*;
use crate::failure::Class;

const ALL: usize = 2_000;

fn filled() -> (Account, Bucket) {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    fill(&account, "bucket", "a/", ALL);
    (account, bucket)
}

#[tokio::test]
async fn keys_that_fail_in_passing_alone_are_tried_again() {
    for code in ["InternalError", "SlowDown"] {
        let (account, bucket) = filled();
        account.fail("s3:DeleteObjects.Key", 500, code, Some(700));
        let report = run(&account, &bucket, EmptyOptions::default()).await;
        assert!(report.is_success(), "{report:#?}");
        assert_eq!((report.counts.deleted, account.count("bucket")), (2_000, 0));
        assert_eq!(account.calls("DeleteObjects"), 3, "{code}: two batches, and the rest of the first");
        assert_eq!(account.pace.speed().slow_downs, u64::from(code == "SlowDown"));
    }
}

#[tokio::test]
async fn keys_that_fail_for_good_are_in_the_report() {
    let (account, bucket) = filled();
    account.fail("s3:DeleteObjects.Key", 403, "AccessDenied", Some(3));
    let options = EmptyOptions { what: What::Bucket, ..EmptyOptions::default() };
    let report = run(&account, &bucket, options).await;
    assert_eq!((report.counts.deleted, report.counts.failed), (1_997, 3));
    let failed: Vec<_> = report.failed.iter().map(|failed| (failed.key.as_str(), failed.failure.class)).collect();
    assert_eq!(failed, [("a/00000", Class::Denied), ("a/00001", Class::Denied), ("a/00002", Class::Denied)]);
    assert_eq!((account.count("bucket"), account.calls("DeleteBucket")), (3, 0));
}

#[tokio::test]
async fn keys_that_never_succeed_fail_in_the_end() {
    let (account, bucket) = filled();
    account.fail("s3:DeleteObjects.Key", 500, "InternalError", None);
    let report = run(&account, &bucket, EmptyOptions::default()).await;
    assert_eq!((report.counts.deleted, report.counts.failed), (0, 2_000));
    assert_eq!(account.calls("DeleteObjects"), 12, "six attempts of two batches");
}

#[tokio::test]
async fn cut_connections_and_lost_answers_lose_nothing() {
    let (account, bucket) = filled();
    for (operation, effect) in [
        ("s3:DeleteObjects", Effect::LoseAnswer),
        ("s3:DeleteObjects", Effect::Garbage),
        ("s3:ListObjectVersions", Effect::Cut),
        ("s3:ListMultipartUploads", Effect::Hang),
    ] {
        account.fault(operation, effect, 1);
    }
    let report = run(&account, &bucket, EmptyOptions::default()).await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!((report.counts.deleted, account.count("bucket")), (2_000, 0));
}

#[tokio::test]
async fn a_storm_is_sat_out() {
    let (account, bucket) = filled();
    account.sandbox.add_fault(Fault { times: Some(11), ..Fault::new("s3:*", Effect::Throttle) }).unwrap();
    let report = run(&account, &bucket, EmptyOptions::default()).await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!(account.count("bucket"), 0);
    assert!(account.clock.elapsed().as_secs() < 120);
}

#[tokio::test]
async fn a_batch_that_is_refused_fails_with_each_of_its_keys() {
    let (account, bucket) = filled();
    account.fail("s3:DeleteObjects", 403, "AccessDenied", Some(1));
    let report = run(&account, &bucket, EmptyOptions::default()).await;
    assert_eq!((report.counts.deleted, report.counts.failed), (1_000, 1_000));
    assert_eq!(account.count("bucket"), 1_000);
}

#[tokio::test]
async fn a_listing_that_is_refused_says_so() {
    let (account, bucket) = filled();
    account.fail("s3:ListObjectVersions", 403, "AccessDenied", None);
    let report = run(&account, &bucket, EmptyOptions::default()).await;
    assert_eq!(report.failed.len(), 1);
    assert!(report.ended_early.as_deref().is_some_and(|why| why.starts_with("not everything could be listed")));
    assert_eq!(report.failed[0].failure.code.as_deref(), Some("AccessDenied"));
    assert_eq!(account.calls("DeleteObjects"), 0);
}

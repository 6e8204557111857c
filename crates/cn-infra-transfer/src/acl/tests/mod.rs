//! ACLs in a sandbox: what is written is what had to be.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};
use cn_infra_core::apply::Cancellation;
use cn_infra_sandbox::faults::{Effect, Fault};
use http::Method;

use super::*;
use crate::pace::PaceOptions;
use crate::stand_in::Account;

const PUBLIC: &[(&str, &str)] = &[("x-amz-acl", "public-read")];
/// Canonical ids are 64 hexadecimal digits.
const STRANGER: &[(&str, &str)] =
    &[("x-amz-grant-read", "id=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"")];

/// Twenty objects of their owner, two of the public, one that somebody else may read.
fn mixed() -> (Account, Bucket) {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    for n in 0..20 {
        account.put(&format!("/bucket/a/{n:02}"), &[]);
    }
    account.put("/bucket/a/10", PUBLIC);
    account.put("/bucket/b", PUBLIC);
    account.put("/bucket/c", STRANGER);
    (account, bucket)
}

async fn run(account: &Account, bucket: &Bucket, options: &AclOptions) -> Report {
    set_private(bucket, options, &account.pace, &Tally::default(), &Cancellation::default()).await
}

fn mode(mode: Mode) -> AclOptions {
    AclOptions { mode, ..AclOptions::default() }
}

#[tokio::test]
async fn only_what_grants_more_is_written() {
    let (account, bucket) = mixed();
    let report = run(&account, &bucket, &mode(Mode::Reset)).await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!((account.calls("GetObjectAcl"), account.calls("PutObjectAcl")), (22, 3));
    assert_eq!((report.counts.counted, report.counts.skipped, report.counts.reset), (22, 19, 3));
    assert_eq!((report.found["public"], report.found["shared"]), (2, 1));
    let mut shared: Vec<_> =
        report.shared.iter().map(|shared| (shared.key.as_str(), shared.grants.join(", "))).collect();
    shared.sort();
    assert_eq!(shared[0], ("a/10", "everyone: READ".to_owned()));
    assert!(shared[2].1.ends_with("aaa: READ"), "{shared:?}");
    let again = run(&account, &bucket, &mode(Mode::Check)).await;
    assert_eq!((again.counts.skipped, again.shared.len()), (22, 0));
    let acl = String::from_utf8(account.call(Method::GET, "/bucket/b?acl", &[], "")).unwrap();
    assert!(!acl.contains("AllUsers"));
}

#[tokio::test]
async fn a_check_writes_nothing() {
    let (account, bucket) = mixed();
    let report = run(&account, &bucket, &mode(Mode::Check)).await;
    assert!(report.dry_run && report.is_success());
    assert_eq!((report.shared.len(), report.counts.reset, account.calls("PutObjectAcl")), (3, 0, 0));
}

#[tokio::test]
async fn force_writes_all_unread() {
    let (account, bucket) = mixed();
    let report = run(&account, &bucket, &AclOptions { prefix: "a/".into(), ..mode(Mode::Force) }).await;
    assert_eq!((account.calls("GetObjectAcl"), account.calls("PutObjectAcl"), report.counts.reset), (0, 20, 20));
}

#[tokio::test]
async fn older_versions_are_reset_too_and_markers_have_none() {
    for (current_only, writes) in [(false, 2), (true, 1)] {
        let account = Account::new();
        let bucket = account.versioned_bucket("bucket").await;
        for path in ["/bucket/a", "/bucket/a", "/bucket/gone"] {
            account.put(path, if path == "/bucket/gone" { &[] } else { PUBLIC });
        }
        account.call(Method::DELETE, "/bucket/gone", &[], "");
        let report = run(&account, &bucket, &AclOptions { current_only, ..AclOptions::default() }).await;
        assert!(report.is_success(), "{report:#?}");
        assert_eq!(account.calls("PutObjectAcl"), writes);
        let older = report.shared.iter().filter(|shared| shared.version.is_some()).count();
        assert_eq!(older, writes - 1);
    }
}

#[tokio::test]
async fn faults_are_sat_out_or_reported() {
    let (account, bucket) = mixed();
    account.sandbox.add_fault(Fault { times: Some(15), ..Fault::new("s3:GetObjectAcl", Effect::Throttle) }).unwrap();
    account.fault("s3:PutObjectAcl", Effect::LoseAnswer, 1);
    let denied = Fault::new("s3:PutObjectAcl", Effect::Fail).code("AccessDenied").at(2);
    account.sandbox.add_fault(Fault { times: Some(2), status: Some(403), ..denied }).unwrap();
    let report = run(&account, &bucket, &mode(Mode::Reset)).await;
    assert_eq!((report.counts.reset, report.counts.failed), (1, 2), "{report:#?}");
    assert!(report.failed.iter().all(|failed| failed.operation == "PutObjectAcl"));
}

#[tokio::test]
async fn a_bucket_with_acls_disabled_ends_the_run() {
    let (account, bucket) = mixed();
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced).build().unwrap();
    let controls = OwnershipControls::builder().rules(rule).build().unwrap();
    let request = bucket.client().put_bucket_ownership_controls().bucket("bucket").ownership_controls(controls);
    request.send().await.unwrap();
    let report = run(&account, &bucket, &mode(Mode::Force)).await;
    assert!(report.ended_early.as_deref().is_some_and(|why| why.contains("ACLs disabled")), "{report:#?}");
    assert_eq!(report.counts.failed, 0);
}

#[tokio::test]
async fn credentials_that_expire_end_the_run() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    for n in 0..2_500 {
        account.put(&format!("/bucket/{n}"), &[]);
    }
    account.fail("s3:GetObjectAcl", 400, "ExpiredToken", None);
    let report = run(&account, &bucket, &mode(Mode::Reset)).await;
    let why = report.ended_early.as_deref();
    assert!(why.is_some_and(|why| why.starts_with("all else would fail too: ExpiredToken")), "{why:?}");
    assert!((1..=1_000).contains(&report.counts.failed), "no more than were under way: {}", report.counts.failed);
}

/// The reader of the listing and the writers share one place.
#[tokio::test]
async fn one_place_is_enough() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    for n in 0..6_000 {
        account.put(&format!("/bucket/{n}"), &[]);
    }
    let clock = Arc::new(account.clock.clone());
    let pace = Pace::new(PaceOptions { initial: 1, max: 1, clock, ..PaceOptions::default() });
    let (tally, stop) = (Tally::default(), Cancellation::default());
    let report = set_private(&bucket, &mode(Mode::Force), &pace, &tally, &stop).await;
    assert_eq!(report.counts.reset, 6_000);
}

/// 6,000 writes of 3,500 in a second, of which one second's are saved.
#[tokio::test]
async fn a_reset_comes_within_a_quarter_of_s3s_limit() {
    let account = Account::limited();
    let bucket = account.bucket("bucket");
    for n in 0..6_000 {
        if n % 2_000 == 0 {
            account.clock.advance(Duration::from_secs(1));
        }
        account.put(&format!("/bucket/a/{n}"), &[]);
    }
    account.clock.advance(Duration::from_secs(1));
    let report = run(&account, &bucket, &mode(Mode::Force)).await;
    assert_eq!((report.counts.reset, report.counts.failed), (6_000, 0), "{report:#?}");
    assert!(report.seconds <= 1.25 * 6_000.0 / 3_500.0, "{}", report.seconds);
    assert!(account.pace.speed().slow_downs > 0);
}

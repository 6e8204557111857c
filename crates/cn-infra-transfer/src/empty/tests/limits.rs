//! `max_delete`, being stopped, and S3's budget.

use std::sync::Arc;

use super::*;
use crate::progress::{Event, Progress};

#[tokio::test]
async fn the_limit_is_reached_and_not_passed() {
    let account = Account::new();
    let bucket = account.versioned_bucket("bucket").await;
    fill(&account, "bucket", "a/", 2_500);
    let limited = |max| EmptyOptions { what: What::Bucket, max_delete: Some(max), ..EmptyOptions::default() };
    let report = run(&account, &bucket, limited(1_200)).await;
    assert_eq!(report.ended_early.as_deref(), Some("it would have deleted more than the limit"));
    assert_eq!((report.counts.deleted, report.counts.failed), (1_200, 0));
    assert_eq!(account.calls("DeleteBucket"), 0);
    let report = run(&account, &bucket, limited(1_299)).await;
    assert_eq!((report.counts.deleted, report.is_success()), (1_299, false));
    assert_eq!(account.count("bucket"), 1);
    let report = run(&account, &bucket, limited(1)).await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!(account.calls("DeleteBucket"), 1);
}

#[tokio::test]
async fn a_limit_of_none_deletes_none() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    fill(&account, "bucket", "", 3);
    let report = run(&account, &bucket, EmptyOptions { max_delete: Some(0), ..EmptyOptions::default() }).await;
    assert!(!report.is_success());
    assert_eq!((account.count("bucket"), account.calls("DeleteObjects")), (3, 0));
}

/// Stops a run at its first failure.
struct Stopper(Cancellation);

impl Progress for Stopper {
    fn event(&self, _: &Event) {
        self.0.cancel();
    }
}

#[tokio::test]
async fn a_stopped_run_finishes_what_it_began_and_a_second_run_the_rest() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    fill(&account, "bucket", "", 3_000);
    account.fail("s3:DeleteObjects.Key", 403, "AccessDenied", Some(1));
    let stop = Cancellation::default();
    let tally = Tally::new(Arc::new(Stopper(stop.clone())));
    let report = empty(&bucket, &EmptyOptions::default(), &account.pace, &tally, &stop).await;
    assert_eq!(report.ended_early.as_deref(), Some("it was stopped"));
    assert!((999..3_000).contains(&report.counts.deleted), "{}", report.counts.deleted);
    let rest = run(&account, &bucket, EmptyOptions::default()).await;
    assert!(rest.is_success());
    assert_eq!(report.counts.deleted + rest.counts.deleted, 3_000);
}

#[tokio::test]
async fn a_stop_before_it_begins_sends_nothing() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    let (stop, before) = (Cancellation::default(), account.sandbox.calls().len());
    stop.cancel();
    let report = empty(&bucket, &EmptyOptions::default(), &account.pace, &Tally::default(), &stop).await;
    assert!(!report.is_success());
    assert_eq!(account.sandbox.calls().len(), before);
}

//! Versions, markers, uploads, odd keys, the bucket itself.

use aws_sdk_s3::types::BucketVersioningStatus;
use http::Method;

use super::*;
use crate::stand_in::set_versioning;

/// Two versions and a marker of `a`, one version of `b`, three unfinished uploads.
async fn with_history() -> (Account, Bucket) {
    let account = Account::new();
    let bucket = account.versioned_bucket("bucket").await;
    for path in ["/bucket/a", "/bucket/a", "/bucket/b"] {
        account.put(path, &[]);
    }
    account.call(Method::DELETE, "/bucket/a", &[], "");
    for _ in 0..3 {
        account.call(Method::POST, "/bucket/c?uploads", &[], "");
    }
    (account, bucket)
}

#[tokio::test]
async fn versions_markers_and_uploads_go_and_then_the_bucket() {
    let (account, bucket) = with_history().await;
    let report = run(&account, &bucket, EmptyOptions { what: What::Bucket, ..EmptyOptions::default() }).await;
    assert!(report.is_success(), "{report:#?}");
    let found: Vec<_> = report.found.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(found, [("markers", 1), ("objects", 1), ("older", 2), ("uploads", 3)]);
    assert_eq!((report.counts.counted, report.counts.deleted, report.counts.bytes), (7, 7, 15));
    assert_eq!(account.calls("DeleteObjects"), 1);
    assert_eq!(account.calls("AbortMultipartUpload"), 3);
    let buckets = account.call(Method::GET, "/", &[], "");
    assert!(!String::from_utf8(buckets).unwrap().contains("<Bucket>"));
}

#[tokio::test]
async fn a_dry_run_counts_and_deletes_nothing() {
    let (account, bucket) = with_history().await;
    let options = EmptyOptions { what: What::Bucket, dry_run: true, max_delete: Some(1) };
    let report = run(&account, &bucket, options).await;
    assert!(report.dry_run && report.is_success(), "{report:#?}");
    assert_eq!((report.counts.deleted, report.counts.bytes), (7, 15));
    assert!(report.requests.keys().all(|operation| operation.starts_with("List")), "{:?}", report.requests);
    assert_eq!(account.count("bucket"), 4);
}

#[tokio::test]
async fn a_prefix_goes_and_the_rest_stays() {
    let (account, bucket) = with_history().await;
    let report = run(&account, &bucket, prefix("a")).await;
    assert!(report.is_success());
    assert_eq!((report.counts.deleted, account.count("bucket")), (3, 1));
    assert_eq!((account.calls("AbortMultipartUpload"), account.calls("DeleteBucket")), (0, 0));
}

#[tokio::test]
async fn a_bucket_that_suspended_versioning_gets_no_markers() {
    let (account, bucket) = with_history().await;
    set_versioning(&bucket, BucketVersioningStatus::Suspended).await;
    account.put("/bucket/d", &[]);
    run(&account, &bucket, EmptyOptions::default()).await;
    assert_eq!(account.count("bucket"), 0);
}

#[tokio::test]
async fn odd_keys_go_too() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    let long = "k".repeat(1_024);
    let keys = ["a%20b", "a%2Bb", "a%26%3Cb%3E", "%C3%A9%F0%9F%90%A0", "%01", "%0D%0A", "a/../b", "%2525", &long];
    for key in keys {
        account.put(&format!("/bucket/{key}"), &[]);
    }
    let report = run(&account, &bucket, EmptyOptions::default()).await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!((report.counts.deleted, account.count("bucket")), (9, 0));
    assert_eq!((account.calls("DeleteObjects"), account.calls("DeleteObject")), (1, 1), "XML cannot say U+0001");
}

#[tokio::test]
async fn an_empty_bucket_costs_two_listings() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    let report = run(&account, &bucket, EmptyOptions::default()).await;
    assert!(report.is_success());
    assert_eq!(report.requests.values().sum::<u64>(), 2);
}

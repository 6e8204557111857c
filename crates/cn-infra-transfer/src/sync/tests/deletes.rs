//! What is only at the destination goes only where that is wanted, and only last.

use super::*;

fn deleting(most: u64) -> SyncOptions {
    SyncOptions { delete: Some(most), ..SyncOptions::default() }
}

fn extra(account: &Account, number: usize) {
    let objects: Objects = (0..number).map(|n| (format!("extra/{n}"), "5".to_owned())).collect();
    put(account, "new-site", "", &objects);
}

#[tokio::test]
async fn extra_objects_are_deleted_up_to_the_limit_or_not_at_all() {
    let account = Account::new();
    let (from, to) = buckets(&account, "", "");
    put(&account, "old-site", "", &odd_objects());
    extra(&account, 5);
    let report = run(&account, &[map(&from, &to)], &deleting(4)).await;
    let why = report.ended_early.as_deref().unwrap();
    assert_eq!(why, "nothing is deleted: 5 would be, and at most 4 may be");
    assert_eq!((report.is_success(), account.calls("DeleteObjects")), (false, 0));

    let dry = SyncOptions { dry_run: true, ..deleting(5) };
    assert_eq!(run(&account, &[map(&from, &to)], &dry).await.counts.deleted, 5);
    let report = run(&account, &[map(&from, &to)], &deleting(5)).await;
    assert!(report.is_success());
    assert_eq!((report.counts.deleted, objects(&account, &to).await), (5, odd_objects()));
}

#[tokio::test]
async fn a_thousand_go_in_one_call_and_each_is_accounted_for() {
    let account = Account::new();
    let (from, to) = buckets(&account, "", "");
    put(&account, "old-site", "", &odd_objects());
    extra(&account, 1_500);
    account.fail("s3:DeleteObjects", 403, "AccessDenied", Some(1));
    let report = run(&account, &[map(&from, &to)], &deleting(2_000)).await;
    assert_eq!((report.counts.failed + report.counts.deleted, report.is_success()), (1_500, false));
    assert!(report.counts.failed >= 500, "{report:?}");
    let report = run(&account, &[map(&from, &to)], &deleting(2_000)).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!(objects(&account, &to).await, odd_objects());
    assert!(account.calls("DeleteObjects") <= 4 && account.calls("DeleteObject") == 0);
}

#[tokio::test]
async fn nothing_is_deleted_where_something_failed() {
    let account = Account::new();
    let (from, to) = buckets(&account, "", "");
    put(&account, "old-site", "", &odd_objects());
    extra(&account, 1);
    account.fail("s3:CopyObject", 403, "AccessDenied", Some(1));
    let report = run(&account, &[map(&from, &to)], &deleting(9)).await;
    assert_eq!((report.counts.failed, report.counts.deleted), (1, 0));
    assert!(report.ended_early.unwrap().starts_with("nothing is deleted, since 1 failed"));

    account.fail("s3:ListObjectsV2", 403, "AccessDenied", Some(1));
    let report = run(&account, &[map(&from, &to)], &deleting(9)).await;
    assert!(report.ended_early.unwrap().starts_with("not everything could be listed: AccessDenied"));
    assert_eq!(account.calls("DeleteObject"), 0);
}

//! Whatever fails: what is reported as copied is there, byte for byte.

use cn_infra_sandbox::faults::Effect;

use super::directories::{file, files, from};
use super::witness::Witness;
use super::*;

const EFFECTS: [Effect; 5] = [Effect::Cut, Effect::LoseAnswer, Effect::Garbage, Effect::Throttle, Effect::Fail];

#[tokio::test]
async fn whatever_fails_what_is_copied_is_there() {
    for seed in 0..20 {
        let mut random = fastrand::Rng::with_seed(seed);
        let account = Account::new();
        let (source, to) = buckets(&account, "", "copies/");
        put(&account, "old-site", "", &odd_objects());
        for _ in 0..random.u64(1..20) {
            account.fault("s3:*", EFFECTS[random.usize(..EFFECTS.len())], random.u64(1..40));
        }
        let report = run(&account, &[map(&source, &to)], &SyncOptions::default()).await;
        account.sandbox.clear_faults().unwrap();
        let there = objects(&account, &to).await;
        let right = odd_objects().iter().filter(|(key, body)| there.get(*key) == Some(body)).count() as u64;
        assert!(right >= report.counts.copied, "seed {seed}: {right} of {report:?}");
        assert!(report.is_success() || report.counts.failed > 0, "seed {seed}: {report:?}");
        if report.is_success() {
            assert_eq!(there, odd_objects(), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_storm_of_slow_downs_passes() {
    let account = Account::new();
    let (source, to) = buckets(&account, "", "");
    put(&account, "old-site", "", &odd_objects());
    account.fail("s3:CopyObject", 503, "SlowDown", Some(60));
    let report = run(&account, &[map(&source, &to)], &SyncOptions::default()).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!(objects(&account, &to).await, odd_objects());
    assert_eq!(report.requests["CopyObject"], 60 + odd_objects().len() as u64);
}

#[tokio::test]
async fn what_is_damaged_on_the_way_is_sent_again() {
    let account = Account::new();
    let (_, bucket) = Witness::of(&account.bucket("new-site"), None, Some(3));
    let to = Listing::new(bucket, "");
    let root = tempfile::tempdir().unwrap();
    for (name, body) in files() {
        file(root.path(), &name, body.as_bytes());
    }
    let report = run(&account, &[from(&root, &to)], &SyncOptions::default()).await;
    assert!(report.is_success(), "{report:?}");
    assert!(account.sandbox.calls().iter().any(|call| call.status == Some(400)), "something was damaged");
    assert_eq!(objects(&account, &to).await, files());
}

#[tokio::test]
async fn what_fails_for_good_is_reported_with_its_source() {
    let account = Account::new();
    let (source, to) = buckets(&account, "data/", "copies/");
    put(&account, "old-site", "data/", &odd_objects());
    account.fail("s3:CopyObject", 403, "AccessDenied", None);
    let report = run(&account, &[map(&source, &to)], &SyncOptions::default()).await;
    assert_eq!((report.counts.copied, report.counts.failed), (0, odd_objects().len() as u64));
    let failed = report.failed.iter().find(|failed| failed.key == "copies/a/plain.jpg").unwrap();
    assert_eq!(failed.from.as_deref(), Some("s3://old-site/data/a/plain.jpg"));
    assert_eq!((failed.operation.as_str(), failed.failure.code.as_deref()), ("CopyObject", Some("AccessDenied")));
}

#[tokio::test]
async fn what_can_only_fail_ends() {
    let account = Account::new();
    let (source, to) = buckets(&account, "", "");
    let many: Objects = (0..2_500).map(|n| (format!("{n:04}"), String::new())).collect();
    put(&account, "old-site", "", &many);
    account.fail("s3:CopyObject", 404, "NoSuchBucket", None);
    let options = SyncOptions { in_work: 10, ..SyncOptions::default() };
    let report = run(&account, &[map(&source, &to)], &options).await;
    assert!(report.ended_early.unwrap().starts_with("all else would fail too: NoSuchBucket"));
    assert!(report.counts.failed < 30, "{:?}", report.counts);

    let nowhere = Listing::new(crate::bucket::Bucket::new(to.bucket.client(), "no-such-bucket"), "");
    let report = run(&account, &[map(&nowhere, &to)], &options).await;
    let why = report.ended_early.unwrap();
    assert!(why.starts_with("not everything could be listed: NoSuchBucket: s3://no-such-bucket/: "), "{why}");
}

#[tokio::test]
async fn what_failed_is_tried_again_by_the_report() {
    let account = Account::new();
    let (source, to) = buckets(&account, "data/", "copies/");
    put(&account, "old-site", "data/", &odd_objects());
    let root = tempfile::tempdir().unwrap();
    file(root.path(), "file", b"1");
    let to_files = Listing::new(to.bucket.clone(), "files/");
    let maps = [map(&source, &to), from(&root, &to_files)];
    account.fail("s3:CopyObject", 403, "AccessDenied", Some(5));
    account.fail("s3:PutObject", 403, "AccessDenied", Some(1));
    let report = run(&account, &maps, &SyncOptions::default()).await;
    assert_eq!(report.counts.failed, 6);

    let path = root.path().join("report.json");
    report.write(&path).unwrap();
    let before = Report::read(&path).unwrap();
    let listed = account.calls("ListObjectsV2");
    let again = async |report: &Report| {
        let (tally, stop) = (Tally::default(), Cancellation::default());
        retry(&maps, report, &SyncOptions::default(), &account.pace, &tally, &stop).await.unwrap()
    };
    let report = again(&before).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!((report.counts.copied, account.calls("ListObjectsV2")), (6, listed));
    assert_eq!(objects(&account, &to).await, odd_objects());
    assert_eq!(objects(&account, &to_files).await.len(), 1);

    let elsewhere = crate::report::Failed { key: "elsewhere".to_owned(), ..before.failed[0].clone() };
    let report = again(&Report { failed: vec![elsewhere], ..before.clone() }).await;
    assert_eq!(report.failed[0].failure.message, "this cannot be tried again on its own: sync again");
    assert!(report.ended_early.unwrap().contains("is not of all"));
}

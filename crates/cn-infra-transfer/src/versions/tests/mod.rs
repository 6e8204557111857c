//! Every version is listed once, however its keys are spread, and cuts cost little.

use std::collections::BTreeSet;

use cn_infra_core::apply::Cancellation;
use futures_util::StreamExt;
use http::Method;

use super::*;
use crate::progress::Tally;
use crate::stand_in::Account;

/// All that a listing has, and how many requests it took.
async fn listed(account: &Account, bucket: &crate::bucket::Bucket, prefix: &str) -> (Vec<Version>, usize) {
    let (tally, stop, before) = (Tally::default(), Cancellation::default(), account.calls("ListObjectVersions"));
    let run = Run::new(bucket, &account.pace, &tally, &stop);
    let mut versions = Vec::new();
    with_pages(&run, prefix, async |pages| versions = pages.flat_map(stream::iter).collect().await).await;
    assert_eq!(tally.snapshot().counted, u64::try_from(versions.len()).unwrap());
    assert_eq!(run.report(crate::report::Action::Empty, prefix).ended_early, None);
    (versions, account.calls("ListObjectVersions") - before)
}

/// A key of each kind of spreading, from a number.
type Spread = fn(u32) -> String;

const SPREADS: &[(&str, Spread)] = &[
    ("counted", |n| format!("in/img_{n:06}.jpg")),
    ("hashed", |n| format!("in/{:08x}", n.wrapping_mul(2_654_435_761))),
    ("foldered", |n| format!("in/{}/{}/{n}", n % 7, n % 31)),
    ("worded", |n| format!("in/{}{n}", ["alpha", "beta-", "caf%C3%A9", "%E7%8F%8A", "Z"][n as usize % 5])),
];

#[tokio::test]
async fn every_key_is_listed_once_at_little_cost() {
    const KEYS: u32 = 8_000;
    for (name, key) in SPREADS {
        let account = Account::new();
        let bucket = account.bucket("bucket");
        for n in 0..KEYS {
            account.put(&format!("/bucket/{}", key(n)), &[]);
        }
        for path in ["/bucket/i", "/bucket/in", "/bucket/in0", "/bucket/zzz"] {
            account.put(path, &[]);
        }
        let (versions, requests) = listed(&account, &bucket, "in/").await;
        let keys: BTreeSet<_> = versions.iter().map(|version| &version.key).collect();
        assert_eq!((versions.len(), keys.len()), (KEYS as usize, KEYS as usize), "{name}");
        assert!((8..40).contains(&requests), "{name}: {requests}");
        println!("{name}: {requests} requests for 8 pages");
    }
}

#[tokio::test]
async fn versions_of_a_key_are_not_torn_apart() {
    let account = Account::new();
    let bucket = account.versioned_bucket("bucket").await;
    for n in 0..3_000 {
        for _ in 0..2 {
            account.put(&format!("/bucket/a/{n:05}"), &[]);
        }
    }
    for _ in 0..2_500 {
        account.put("/bucket/a/01500", &[]);
    }
    for n in (0..3_000).step_by(3) {
        account.call(Method::DELETE, &format!("/bucket/a/{n:05}"), &[], "");
    }
    let (versions, _) = listed(&account, &bucket, "").await;
    let names: BTreeSet<_> = versions.iter().map(|version| (&version.key, &version.id)).collect();
    assert_eq!((versions.len(), names.len()), (9_500, 9_500));
    assert_eq!(versions.iter().filter(|version| version.is_marker).count(), 1_000);
    assert_eq!(versions.iter().filter(|version| version.is_latest).count(), 3_000);
}

#[tokio::test]
async fn few_are_read_without_a_cut() {
    let account = Account::new();
    let bucket = account.bucket("bucket");
    for n in 0..2_500 {
        account.put(&format!("/bucket/{n}"), &[]);
    }
    assert_eq!(listed(&account, &bucket, "").await.1, 3);
}

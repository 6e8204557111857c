//! A sync is killed at any moment and begun again: what was done is not done again.

use std::collections::BTreeSet;

use super::directories::{file, from};
use super::witness::Witness;
use super::*;

fn many() -> Objects {
    let mut objects: Objects = (0..70).map(|n| (format!("{}/{n:03}", n % 7), format!("bytes {n}"))).collect();
    objects.extend(odd_objects());
    objects
}

/// Runs maps until a request hangs, and drops the run; then again to the end. Returns what both runs have written.
async fn killed(
    account: &Account,
    to: &Listing,
    at: usize,
    map: impl Fn(&Listing) -> Map,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let watched = |hangs_from| {
        let (witness, bucket) = Witness::of(&to.bucket, hangs_from, None);
        (witness, Listing::new(bucket, to.prefix.clone()))
    };
    let (first, watched_to) = watched(Some(at));
    let (maps, options, tally, stop) =
        ([map(&watched_to)], SyncOptions::default(), Tally::default(), Cancellation::default());
    tokio::select! {
        () = first.hung() => {}
        report = sync(&maps, &options, &account.pace, &tally, &stop) => {
            panic!("request {at} did not hang: {:?}", report.unwrap());
        }
    }
    let (second, watched_to) = watched(None);
    let report = run(account, &[map(&watched_to)], &SyncOptions::default()).await;
    assert!(report.is_success(), "killed at {at}: {report:?}");
    (first.written().into_iter().collect(), second.written().into_iter().collect())
}

#[tokio::test]
async fn copies_go_on_where_they_were_killed() {
    let number = many().len();
    for round in 0..20 {
        let account = Account::new();
        let (source, to) = buckets(&account, "", "copies/");
        put(&account, "old-site", "", &many());
        let at = 1 + round * (number - 1) / 20 + fastrand::usize(..4).min(number / 20);
        let (first, second) = killed(&account, &to, at, |to| map(&source, to)).await;
        assert!(first.is_disjoint(&second), "killed at {at}: {:?}", first.intersection(&second));
        assert!(objects(&account, &to).await == many(), "killed at {at}");
    }
}

#[tokio::test]
async fn uploads_go_on_where_they_were_killed() {
    let root = tempfile::tempdir().unwrap();
    for n in 0..70 {
        file(root.path(), &format!("{}/{n:03}", n % 7), format!("bytes {n}").as_bytes());
    }
    for round in 0..20 {
        let account = Account::new();
        let to = Listing::new(account.bucket("new-site"), "uploads/");
        let at = 1 + round * 3 + fastrand::usize(..3);
        let (first, second) = killed(&account, &to, at, |to| from(&root, to)).await;
        assert!(first.is_disjoint(&second), "killed at {at}: {:?}", first.intersection(&second));
        let there = objects(&account, &to).await;
        assert_eq!(there.len(), 70);
        assert!(there.iter().all(|(key, body)| std::fs::read_to_string(root.path().join(key)).unwrap() == *body));
    }
}

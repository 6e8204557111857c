//! Buckets are verified in a sandbox.

use std::fs;

use http::Method;

use super::*;
use crate::stand_in::Account;

fn bucket(account: &Account, name: &str, objects: &[(&str, &str)]) -> Listing {
    let listing = Listing::new(account.bucket(name), "p/");
    for (key, body) in objects {
        account.call(Method::PUT, &format!("/{name}/p/{key}"), &[], body);
    }
    listing
}

async fn run(account: &Account, expected: &Expected, at: &Listing) -> (Verified, Vec<(String, Kind)>) {
    let (stop, options, tally) = (Cancellation::default(), VerifyOptions::default(), Tally::default());
    let mut told = Vec::new();
    let each = |difference: Difference| told.push((difference.key, difference.kind));
    let verified = verify(expected, at, &options, &account.pace, &tally, &stop, each).await;
    told.sort();
    (verified, told)
}

fn told(all: &[(&str, Kind)]) -> Vec<(String, Kind)> {
    all.iter().map(|(key, kind)| ((*key).to_owned(), *kind)).collect()
}

const THERE: &[(&str, &str)] = &[("a", "1"), ("b", "22"), ("c", "3"), ("e", "5")];
const DIFFER: [(&str, Kind); 4] =
    [("b", Kind::Different), ("c", Kind::Different), ("d", Kind::Missing), ("e", Kind::Extra)];

#[tokio::test]
async fn a_bucket_is_verified_against_another() {
    let account = Account::new();
    let at = bucket(&account, "new-site", THERE);
    let expected = bucket(&account, "old-site", &[("a", "1"), ("b", "2"), ("c", "4"), ("d", "4")]);
    let (verified, differences) = run(&account, &Expected::Bucket(expected), &at).await;
    assert_eq!(differences, told(&DIFFER));
    assert_eq!((verified.missing, verified.extra, verified.different, verified.is_success()), (1, 1, 2, false));
    assert_eq!((verified.report.counts.verified, verified.report.found["same_by_tag"]), (1, 1));
    assert_eq!(verified.report.requests, [("ListObjectsV2".to_owned(), 2)].into());
    let (verified, differences) = run(&account, &Expected::Bucket(at.clone()), &at).await;
    assert!(verified.is_success() && differences.is_empty());
}

#[tokio::test]
async fn a_bucket_is_verified_against_a_manifest() {
    let account = Account::new();
    let at = bucket(&account, "new-site", THERE);
    let manifest = Manifest::read("d\nb\t3\na\t1\nc\n".as_bytes()).unwrap();
    let (verified, differences) = run(&account, &Expected::Manifest(manifest), &at).await;
    assert_eq!(differences, told(&[("b", Kind::Different), ("d", Kind::Missing), ("e", Kind::Extra)]));
    assert_eq!((verified.report.found["same_by_size"], verified.report.found["same_by_presence"]), (1, 1));
}

#[tokio::test]
async fn a_bucket_is_verified_against_a_directory() {
    let account = Account::new();
    let at = bucket(&account, "new-site", THERE);
    let root = tempfile::tempdir().unwrap();
    for (name, body) in [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")] {
        fs::write(root.path().join(name), body).unwrap();
    }
    let (verified, differences) = run(&account, &Expected::Directory(root.path().to_owned()), &at).await;
    assert_eq!(differences, told(&[("b", Kind::Different), ("d", Kind::Missing), ("e", Kind::Extra)]));
    assert_eq!(verified.report.found["same_by_size"], 2);
}

#[tokio::test]
async fn files_are_read_where_that_is_wanted() {
    let account = Account::new();
    let at = bucket(&account, "new-site", &[("a", "1"), ("b", "2"), ("e", "")]);
    let root = tempfile::tempdir().unwrap();
    let large = crate::stand_in::text(17_000_000);
    for (name, body) in [("a", "1"), ("b", "9"), ("e", ""), ("large", &large), ("other", &large)] {
        fs::write(root.path().join(name), body).unwrap();
    }
    let upload = crate::sync::Map { from: crate::sync::Source::Directory(root.path().to_owned()), to: at.clone() };
    let (stop, tally) = (Cancellation::default(), Tally::default());
    let by_size = crate::sync::SyncOptions { comparison: Comparison::Size, ..Default::default() };
    crate::sync::sync(&[upload], &by_size, &account.pace, &tally, &stop).await.unwrap();
    fs::write(root.path().join("other"), large.replace('7', "8")).unwrap();

    let options = VerifyOptions { read_files: true, ..VerifyOptions::default() };
    let mut told = Vec::new();
    let expected = Expected::Directory(root.path().to_owned());
    let each = |difference: Difference| told.push((difference.key, difference.by));
    let verified = verify(&expected, &at, &options, &account.pace, &Tally::default(), &stop, each).await;
    told.sort();
    assert_eq!(told, [("b".to_owned(), Some(Basis::Tag)), ("other".to_owned(), Some(Basis::Tag))]);
    assert_eq!((verified.report.found["same_by_tag"], verified.different), (3, 2));
}

#[tokio::test]
async fn what_cannot_be_listed_is_not_verified() {
    let account = Account::new();
    let at = bucket(&account, "new-site", THERE);
    account.fail("s3:ListObjectsV2", 403, "AccessDenied", None);
    let (verified, _) = run(&account, &Expected::Manifest(Manifest::default()), &at).await;
    assert!(!verified.is_success() && verified.report.ended_early.unwrap().contains("AccessDenied"));
}

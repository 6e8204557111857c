//! Syncs in a sandbox: what is copied, what is left, what is told.

mod any;
mod deletes;
mod directories;
mod faults;
mod killed;
mod witness;

use std::collections::BTreeMap;

use aws_sdk_s3::types::{ObjectStorageClass, StorageClass};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::*;
use crate::attributes::Class;
use crate::list::Listing;
use crate::stand_in::Account;

/// Keys that trip clients.
const ODD: &[&str] = &[
    "a/plain.jpg",
    "a b/c  d",
    "ä/ü-雪/🪸",
    "../up",
    "a/../b/./c",
    "//double//slash",
    "/leading",
    "folder/",
    "plus+percent%20and%",
    "xml<&>'\"]]>",
    "control\u{1}\u{7f}\n\t",
    "?query=1&versionId=2#fragment",
    "ends with space ",
];

type Objects = BTreeMap<String, String>;

fn odd_objects() -> Objects {
    let long = "k".repeat(1_000);
    let keys = ODD.iter().copied().chain([long.as_str()]);
    keys.map(|key| (key.to_owned(), format!("bytes of {key}"))).collect()
}

fn uri(bucket: &str, key: &str) -> String {
    format!("/{bucket}/{}", utf8_percent_encode(key, NON_ALPHANUMERIC))
}

fn put(account: &Account, bucket: &str, prefix: &str, objects: &Objects) {
    for (key, body) in objects {
        account.call(Method::PUT, &uri(bucket, &format!("{prefix}{key}")), &[], body);
    }
}

/// All objects of a bucket under a prefix, by what follows it.
async fn objects(account: &Account, listing: &Listing) -> Objects {
    let (mut all, mut next) = (Objects::new(), crate::list::Next::After(None));
    while next != crate::list::Next::End {
        let (page, after) = listing.page(&account.pace, &next).await.unwrap();
        for entry in page.iter() {
            let path = uri(listing.bucket.name(), &format!("{}{}", listing.prefix, entry.key));
            let body = account.call(Method::GET, &path, &[], "");
            all.insert(entry.key.to_owned(), String::from_utf8(body).unwrap());
        }
        next = after;
    }
    all
}

fn buckets(account: &Account, from: &str, to: &str) -> (Listing, Listing) {
    (Listing::new(account.bucket("old-site"), from), Listing::new(account.bucket("new-site"), to))
}

fn map(from: &Listing, to: &Listing) -> Map {
    Map { from: Source::Bucket(from.clone()), to: to.clone() }
}

async fn run(account: &Account, maps: &[Map], options: &SyncOptions) -> Report {
    sync(maps, options, &account.pace, &Tally::default(), &Cancellation::default()).await.unwrap()
}

#[tokio::test]
async fn every_key_is_copied_byte_for_byte_and_the_next_run_only_lists() {
    let account = Account::new();
    let (from, to) = buckets(&account, "data/", "media/images/");
    put(&account, "old-site", "data/", &odd_objects());
    put(&account, "old-site", "other/", &odd_objects());
    let report = run(&account, &[map(&from, &to)], &SyncOptions::default()).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!(objects(&account, &to).await, odd_objects());
    let number = odd_objects().len() as u64;
    assert_eq!((report.counts.counted, report.counts.copied, report.found["new"]), (number, number, number));
    assert_eq!(report.counts.bytes, odd_objects().values().map(|body| body.len() as u64).sum::<u64>());

    let before = account.sandbox.calls().len();
    let report = run(&account, &[map(&from, &to)], &SyncOptions::default()).await;
    assert_eq!((report.counts.copied, report.counts.skipped, report.found["same_by_tag"]), (0, number, number));
    let calls = account.sandbox.calls();
    assert!(calls[before..].iter().all(|call| call.operation == "ListObjectsV2"));
    assert_eq!(calls.len() - before, 2);
}

#[tokio::test]
async fn what_has_changed_is_copied_again() {
    let account = Account::new();
    let (from, to) = buckets(&account, "", "");
    let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, body)| ((*key).to_owned(), (*body).to_owned())).collect();
    put(&account, "old-site", "", &of(&[("same", "1"), ("size", "22"), ("bytes", "3")]));
    put(&account, "new-site", "", &of(&[("same", "1"), ("size", "2"), ("bytes", "4"), ("extra", "5")]));
    let by_size = SyncOptions { comparison: Comparison::Size, dry_run: true, ..SyncOptions::default() };
    let report = run(&account, &[map(&from, &to)], &by_size).await;
    assert_eq!((report.counts.copied, report.dry_run, account.calls("CopyObject")), (1, true, 0));

    let report = run(&account, &[map(&from, &to)], &SyncOptions::default()).await;
    assert_eq!(report.found["different_by_size"] + report.found["different_by_tag"], 2);
    let expected = of(&[("same", "1"), ("size", "22"), ("bytes", "3"), ("extra", "5")]);
    assert_eq!(objects(&account, &to).await, expected);
    assert_eq!((report.counts.deleted, report.found["extra"]), (0, 1));
}

#[tokio::test]
async fn several_maps_go_in_one_run() {
    let account = Account::new();
    let (from, to) = buckets(&account, "", "");
    let listing = |of: &Listing, prefix: &str| Listing::new(of.bucket.clone(), prefix);
    for prefix in ["data/original/", "classifiers/"] {
        put(&account, "old-site", prefix, &odd_objects());
    }
    let maps = [
        map(&listing(&from, "data/original/"), &listing(&to, "media/images/")),
        map(&listing(&from, "classifiers/"), &listing(&to, "media/")),
    ];
    let report = run(&account, &maps, &SyncOptions::default()).await;
    assert_eq!(report.target, "s3://new-site/media/images/, s3://new-site/media/");
    assert_eq!(objects(&account, &listing(&to, "media/images/")).await, odd_objects());
    assert_eq!(report.counts.copied, 2 * odd_objects().len() as u64);

    let refused = |maps: &[Map], deletes| map::check(maps, deletes).unwrap_err().to_string();
    let inside = [map(&listing(&from, "a/"), &listing(&from, "a/b/"))];
    assert!(refused(&inside, false).contains("would be a source itself"));
    assert!(refused(&maps, true).contains("would delete what the other has"));
    assert!(refused(&[], false).contains("no map is given"));
}

#[tokio::test]
async fn metadata_tags_and_class_are_kept_unless_others_are_set() {
    let account = Account::new();
    let (from, to) = buckets(&account, "", "");
    let headers = [
        ("content-type", "image/png"),
        ("x-amz-meta-site", "reef"),
        ("x-amz-tagging", "kind=photo"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ];
    account.call(Method::PUT, "/old-site/a", &headers, "1");
    run(&account, &[map(&from, &to)], &SyncOptions::default()).await;
    let head = async || to.bucket.client().head_object().bucket("new-site").key("a").send().await.unwrap();
    let copied = head().await;
    assert_eq!((copied.content_type(), copied.tag_count), (Some("image/png"), Some(1)));
    assert_eq!(
        (copied.metadata.unwrap()["site"].as_str(), copied.storage_class),
        ("reef", Some(StorageClass::StandardIa))
    );

    let attributes = Attributes {
        headers: Some(crate::attributes::Headers {
            cache_control: Some("max-age=9".to_owned()),
            ..crate::attributes::Headers::default()
        }),
        tags: Some(Vec::new()),
        class: Class::Set(StorageClass::Standard),
        acl: None,
    };
    account.call(Method::DELETE, "/new-site/a", &[], "");
    run(&account, &[map(&from, &to)], &SyncOptions { attributes, ..SyncOptions::default() }).await;
    let copied = head().await;
    assert_eq!(
        (copied.cache_control(), copied.tag_count, copied.storage_class.clone()),
        (Some("max-age=9"), None, None)
    );
    assert!(copied.metadata.is_none_or(|metadata| metadata.is_empty()));
    assert_eq!(Class::OfSource.of(Some(&ObjectStorageClass::GlacierIr)), Some(StorageClass::GlacierIr));
}

#[tokio::test]
async fn once_stopped_nothing_new_begins() {
    let account = Account::new();
    let (from, to) = buckets(&account, "", "");
    put(&account, "old-site", "", &odd_objects());
    let stop = Cancellation::default();
    stop.cancel();
    let report =
        sync(&[map(&from, &to)], &SyncOptions::default(), &account.pace, &Tally::default(), &stop).await.unwrap();
    assert_eq!((report.ended_early.as_deref(), account.calls("CopyObject")), (Some("it was stopped"), 0));
}

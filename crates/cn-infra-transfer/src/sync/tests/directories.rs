//! Files go to a bucket.

use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::*;
use crate::progress::Progress;

/// A file of long ago.
pub(super) fn file(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    let past = SystemTime::now() - Duration::from_hours(1);
    File::options().write(true).open(path).unwrap().set_modified(past).unwrap();
}

pub(super) fn from(root: &TempDir, to: &Listing) -> Map {
    Map { from: Source::Directory(root.path().to_owned()), to: to.clone() }
}

/// Names that a directory can have.
pub(super) fn files() -> Objects {
    let names = ["a-b", "a/b c", "a/ä+%.JPG", "a/..x", "ab", "xml<&>'\"", "control\u{1}\n", "z"];
    names.iter().map(|name| ((*name).to_owned(), format!("bytes of {name}"))).collect()
}

#[tokio::test]
async fn files_are_uploaded_byte_for_byte_and_the_next_run_only_lists() {
    let account = Account::new();
    let to = Listing::new(account.bucket("new-site"), "media/");
    let root = tempfile::tempdir().unwrap();
    for (name, body) in files() {
        file(root.path(), &name, body.as_bytes());
    }
    let report = run(&account, &[from(&root, &to)], &SyncOptions::default()).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!(objects(&account, &to).await, files());
    let head = to.bucket.client().head_object().bucket("new-site").key("media/a/ä+%.JPG").send().await.unwrap();
    assert_eq!(head.content_type(), Some("image/jpeg"));

    let before = account.sandbox.calls().len();
    let report = run(&account, &[from(&root, &to)], &SyncOptions::default()).await;
    assert_eq!((report.counts.copied, report.found["same_by_time"]), (0, files().len() as u64));
    assert!(account.sandbox.calls()[before..].iter().all(|call| call.operation == "ListObjectsV2"));

    file(root.path(), "a-b", b"other bytes");
    fs::write(root.path().join("new"), "new").unwrap();
    let report = run(&account, &[from(&root, &to)], &SyncOptions::default()).await;
    assert_eq!((report.counts.copied, report.found["new"], report.found["different_by_size"]), (2, 1, 1));
}

#[tokio::test]
async fn large_files_go_in_parts() {
    let account = Account::new();
    let to = Listing::new(account.bucket("new-site"), "");
    let root = tempfile::tempdir().unwrap();
    let bytes: String = crate::stand_in::text(17_600_000);
    file(root.path(), "large", bytes.as_bytes());
    file(root.path(), "empty", b"");
    account.fault("s3:UploadPart", cn_infra_sandbox::faults::Effect::Cut, 2);
    account.fault("s3:CompleteMultipartUpload", cn_infra_sandbox::faults::Effect::LoseAnswer, 1);
    let report = run(&account, &[from(&root, &to)], &SyncOptions { memory: 0, ..SyncOptions::default() }).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!((account.calls("UploadPart"), report.counts.bytes), (4, bytes.len() as u64));
    let there = objects(&account, &to).await;
    assert!(there["large"] == bytes && there["empty"].is_empty());
    let report = run(&account, &[from(&root, &to)], &SyncOptions::default()).await;
    assert_eq!(report.counts.copied, 0);
}

#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn event(&self, event: &crate::progress::Event) {
        self.0.lock().unwrap().push(serde_json::to_string(event).unwrap());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_uploaded_is_told_and_nothing_is_deleted_for_want_of_it() {
    let account = Account::new();
    let to = Listing::new(account.bucket("new-site"), "");
    put(&account, "new-site", "", &[("extra".to_owned(), "5".to_owned())].into());
    let root = tempfile::tempdir().unwrap();
    file(root.path(), "file", b"1");
    std::os::unix::fs::symlink("nowhere", root.path().join("lost")).unwrap();
    let told = Arc::new(Told::default());
    let tally = Tally::new(Arc::clone(&told) as Arc<dyn Progress>);
    let options = SyncOptions { delete: Some(9), ..SyncOptions::default() };
    let stop = Cancellation::default();
    let report = sync(&[from(&root, &to)], &options, &account.pace, &tally, &stop).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert_eq!((report.counts.skipped, report.counts.deleted), (1, 1));
    assert!(told.0.lock().unwrap()[0].contains("links are not followed"));

    put(&account, "new-site", "", &[("extra".to_owned(), "5".to_owned())].into());
    let options = SyncOptions { follow_links: true, ..options };
    let report = run(&account, &[from(&root, &to)], &options).await;
    assert_eq!((report.counts.failed, report.counts.deleted), (1, 0));
    assert!(report.failed[0].from.as_ref().unwrap().ends_with("lost"));

    let nothing = Map { from: Source::Directory(root.path().join("nothing")), to: to.clone() };
    let report = run(&account, &[nothing], &options).await;
    assert!(report.ended_early.unwrap().contains("the directory"), "of an unreadable directory nothing is known");
    assert_eq!(objects(&account, &to).await.len(), 2);
}

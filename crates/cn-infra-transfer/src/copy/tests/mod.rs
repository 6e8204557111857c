//! Copies in a sandbox: of what has changed, and of what is too large for one request.

use aws_sdk_s3::types::StorageClass;
use cn_infra_sandbox::faults::Effect;
use http::Method;

use super::*;
use crate::stand_in::Account;

const MIB: u64 = 1 << 20;
const SMALL: Limits = Limits { largest_whole: 5 * MIB, part: 5 * MIB };

/// An account with two buckets, and `a` in the first.
fn account(body: &str, headers: &[(&str, &str)]) -> (Account, Listing, Listing) {
    let account = Account::new();
    let (from, to) = (account.bucket("old-site"), account.bucket("new-site"));
    account.call(Method::PUT, "/old-site/a", headers, body);
    (account, Listing::new(from, ""), Listing::new(to, "copies/"))
}

/// Copies `a` as it was listed, after something happened.
async fn copied(
    account: &Account,
    from: &Listing,
    to: &Listing,
    attributes: &Attributes,
    happens: impl FnOnce(),
) -> Result<u64, Undone> {
    let (page, _) = from.page(&account.pace, &crate::list::Next::After(None)).await.unwrap();
    happens();
    let copy = Copy { pace: &account.pace, from, to, attributes, limits: SMALL };
    copy.copy(page.get(0).unwrap()).await
}

fn body(account: &Account) -> String {
    String::from_utf8(account.call(Method::GET, "/new-site/copies/a", &[], "")).unwrap()
}

fn large() -> String {
    crate::stand_in::text(12_800_000)
}

#[tokio::test]
async fn what_has_changed_since_it_was_listed_is_copied_as_it_is() {
    let (account, from, to) = account("1", &[]);
    let changes = || _ = account.call(Method::PUT, "/old-site/a", &[], "22");
    assert_eq!(copied(&account, &from, &to, &Attributes::default(), changes).await.unwrap(), 2);
    assert_eq!((body(&account).as_str(), account.calls("HeadObject")), ("22", 1));
}

#[tokio::test]
async fn what_is_gone_is_told() {
    let (account, from, to) = account("1", &[]);
    let goes = || _ = account.call(Method::DELETE, "/old-site/a", &[], "");
    let undone = copied(&account, &from, &to, &Attributes::default(), goes).await.unwrap_err();
    assert_eq!((undone.failure.class, undone.failure.code.as_deref()), (Class::Gone, Some("NoSuchKey")));
}

#[tokio::test]
async fn large_objects_are_copied_in_parts_with_all_they_have() {
    let headers = [
        ("content-type", "image/png"),
        ("cache-control", "max-age=9"),
        ("x-amz-meta-site", "reef"),
        ("x-amz-tagging", "kind=a%20photo&of=reef"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ];
    let (account, from, to) = account(&large(), &headers);
    for (operation, effect, at) in [
        ("s3:UploadPartCopy", Effect::Cut, 2),
        ("s3:UploadPartCopy", Effect::LoseAnswer, 3),
        ("s3:CompleteMultipartUpload", Effect::LoseAnswer, 1),
    ] {
        account.fault(operation, effect, at);
    }
    let size = copied(&account, &from, &to, &Attributes::default(), || ()).await.unwrap();
    assert_eq!((size, account.calls("UploadPartCopy")), (12_800_000, 5));
    assert!(body(&account) == large());
    let head = to.bucket.client().head_object().bucket("new-site").key("copies/a").send().await.unwrap();
    assert_eq!((head.content_type(), head.cache_control()), (Some("image/png"), Some("max-age=9")));
    assert_eq!((head.tag_count, head.storage_class), (Some(2), Some(StorageClass::StandardIa)));
    assert_eq!(head.metadata.unwrap()["site"], "reef");
}

#[tokio::test]
async fn a_large_copy_that_fails_leaves_no_upload() {
    let (account, from, to) = account(&large(), &[]);
    account.fail("s3:UploadPartCopy", 403, "AccessDenied", Some(1));
    let undone = copied(&account, &from, &to, &Attributes::default(), || ()).await.unwrap_err();
    assert_eq!((undone.operation, undone.failure.class), ("UploadPartCopy", Class::Denied));
    let uploads = account.call(Method::GET, "/new-site?uploads", &[], "");
    assert!(!String::from_utf8(uploads).unwrap().contains("<Upload>"));
}

#[tokio::test]
async fn another_upload_is_not_taken_for_this_one() {
    let (account, from, to) = account(&large(), &[]);
    account.fail("s3:CompleteMultipartUpload", 404, "NoSuchUpload", Some(1));
    let undone = copied(&account, &from, &to, &Attributes::default(), || ()).await.unwrap_err();
    assert_eq!(undone.operation, "CompleteMultipartUpload");
    assert_eq!(account.calls("HeadObject"), 2);
}

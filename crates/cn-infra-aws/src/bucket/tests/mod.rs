//! Tests of the kind: what a file may say, what a change costs, what S3 is sent and what is made of its answers.

mod change;
mod compare;
mod create;
mod model;
mod observe;

use std::fmt::Write as _;

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{ManageError, Manager, New, Scope, Wanted};
use cn_infra_core::owner::{Owner, Tags};
use cn_infra_core::token::Token;
use serde_json::{Value, json};

use super::{Bucket, Buckets};
use crate::testing::Script;

const NAME: &str = "coralnet-production";

fn bucket(fields: Value) -> Bucket {
    serde_json::from_value(fields).unwrap()
}

fn owner() -> Owner {
    Owner { project: "coralnet".into(), environment: "production".into(), address: Address::new("bucket", "media") }
}

fn tag_set(tags: &Tags) -> String {
    let mut set = String::new();
    for (key, value) in tags {
        let _ = write!(set, "<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    }
    format!("<Tagging><TagSet>{set}</TagSet></Tagging>")
}

/// A script in which every reading of the bucket says that nothing is configured.
fn unconfigured() -> Script {
    [
        ("tagging", "NoSuchTagSet"),
        ("ownershipControls", "OwnershipControlsNotFoundError"),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("policy", "NoSuchBucketPolicy"),
        ("cors", "NoSuchCORSConfiguration"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
        ("website", "NoSuchWebsiteConfiguration"),
    ]
    .into_iter()
    .fold(Script::new(), |script, (aspect, code)| script.fail(&get(aspect), 404, code))
    .answer(&get("versioning"), "<VersioningConfiguration/>")
    .answer(&get("logging"), "<BucketLoggingStatus/>")
    .answer(&get("acl"), OWNER_ONLY)
}

const OWNER_ONLY: &str = r#"<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList><Grant>
<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>me</ID></Grantee>
<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"#;

fn get(aspect: &str) -> String {
    format!("GET /{NAME}?{aspect}")
}

/// The same script, accepting every write to the bucket.
fn accepting(script: Script) -> Script {
    let aspects = [
        "tagging",
        "ownershipControls",
        "publicAccessBlock",
        "encryption",
        "versioning",
        "policy",
        "cors",
        "lifecycle",
        "logging",
        "website",
        "acl",
    ];
    let puts = aspects.map(|aspect| format!("PUT /{NAME}?{aspect}"));
    let deletes = ["policy", "cors", "lifecycle", "website"].map(|aspect| format!("DELETE /{NAME}?{aspect}"));
    let calls = puts.into_iter().chain(deletes).chain([format!("PUT /{NAME}")]);
    calls.fold(script, |script, call| script.answer(&call, ""))
}

/// Every field, each with a value that no new bucket has.
fn everything() -> Bucket {
    bucket(json!({
        "versioning": true,
        "object_ownership": "object_writer",
        "public_access_block": {
            "block_public_acls": true, "ignore_public_acls": false, "block_public_policy": false,
            "restrict_public_buckets": false,
        },
        "encryption": { "kms": "alias/media", "bucket_key": true },
        "policy_file": "{\"Version\": \"2012-10-17\", \"Statement\": []}",
        "cors": [{ "id": "all", "origins": ["*"], "methods": ["GET"], "headers": ["Authorization"],
            "expose_headers": ["ETag"], "max_age_seconds": 3000 }],
        "lifecycle": [
            { "id": "unfinished-uploads", "abort_incomplete_multipart_days": 7 },
            { "id": "old", "enabled": false, "prefix": "tmp/", "tags": { "keep": "no" }, "larger_than": 1024,
              "smaller_than": 2048, "expiration_days": 30, "noncurrent_expiration_days": 10,
              "transitions": [{ "days": 5, "storage_class": "GLACIER" }] },
            { "id": "date", "prefix": "old/", "expiration_date": "2027-01-31" },
            { "id": "markers", "tags": { "a": "b" }, "expired_object_delete_marker": true },
        ],
        "acl": "public-read",
        "logging": { "bucket": "coralnet-logs", "prefix": "media/" },
        "website": { "index": "index.html", "error": "error.html" },
    }))
}

async fn observe(script: &Script, resource: Bucket) -> Result<Vec<Observed<Bucket>>, ManageError> {
    let declared = [Wanted { owner: owner(), name: NAME.into(), adopt: None, resource }];
    Buckets::new(&script.session()).observe(&Scope { only: None, declared: &declared }).await
}

async fn create(script: &Script, resource: &Bucket) -> Result<PhysicalId, ManageError> {
    let token = Token::new("123456789012", "us-west-2", &owner(), 0);
    let address = owner().address;
    let new = New { address: &address, name: NAME, resource, tags: &owner().tags(), token: &token };
    Buckets::new(&script.session()).create(new).await
}

//! What is read, and what is made of it.

use std::collections::BTreeSet;

use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::{ErrorClass, Manager, Scope, Wanted};
use cn_infra_core::owner::{Owner, Tags};
use serde_json::json;

use super::super::{Bucket, Buckets};
use super::{NAME, OWNER_ONLY, accepting, bucket, create, everything, get, observe, owner, tag_set, unconfigured};
use crate::testing::Script;

const LIST: &str = "GET /?bucket-region=us-west-2";

fn listing(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
    format!("<ListAllMyBucketsResult><Buckets>{}</Buckets></ListAllMyBucketsResult>", names.concat())
}

#[tokio::test]
async fn undeclared_buckets_are_listed_with_their_tags() {
    let script = Script::new()
        .answer(LIST, &listing(&["ours", "closed"]))
        .answer("GET /ours?tagging", &tag_set(&owner().tags()))
        .fail("GET /closed?tagging", 403, "AccessDenied");
    let found = Buckets::new(&script.session()).observe_undeclared().await.unwrap();
    assert_eq!(
        found.iter().map(|bucket| (bucket.id.0.as_str(), Owner::of(&bucket.tags))).collect::<Vec<_>>(),
        [("ours", Some(owner()))]
    );
}

#[tokio::test]
async fn observe_reads_the_managed_aspects_alone() {
    let script = unconfigured();
    let managed = bucket(json!({ "policy_file": "none", "public_access_block": true }));
    let objects = observe(&script, managed).await.unwrap();
    let mut requests = script.requests();
    requests.sort();
    insta::assert_snapshot!(requests.join("\n"), @r"
    GET /coralnet-production?policy
    x-amz-expected-bucket-owner: 123456789012
    GET /coralnet-production?publicAccessBlock
    x-amz-expected-bucket-owner: 123456789012
    GET /coralnet-production?tagging
    x-amz-expected-bucket-owner: 123456789012
    ");
    insta::assert_snapshot!(serde_json::to_string_pretty(&objects[0].live).unwrap(), @r#"
    {
      "public_access_block": {
        "block_public_acls": false,
        "ignore_public_acls": false,
        "block_public_policy": false,
        "restrict_public_buckets": false
      },
      "policy_file": "none"
    }
    "#);
}

#[tokio::test]
async fn what_is_not_configured_is_stated() {
    let objects = observe(&unconfigured(), everything()).await.unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&objects[0].live).unwrap(), @r#"
    {
      "versioning": false,
      "object_ownership": "object_writer",
      "public_access_block": {
        "block_public_acls": false,
        "ignore_public_acls": false,
        "block_public_policy": false,
        "restrict_public_buckets": false
      },
      "encryption": "AES256",
      "policy_file": "none",
      "cors": [],
      "lifecycle": [],
      "acl": "private",
      "logging": "none",
      "website": "none"
    }
    "#);
    assert_eq!(objects[0].name.as_deref(), Some(NAME));
    insta::assert_snapshot!(serde_json::to_string_pretty(&objects[0].outputs).unwrap(), @r#"
    {
      "arn": "arn:aws:s3:::coralnet-production",
      "domain": "coralnet-production.s3.us-west-2.amazonaws.com",
      "name": "coralnet-production"
    }
    "#);
}

#[tokio::test]
async fn what_was_written_is_read_back() {
    let script = accepting(unconfigured());
    create(&script, &everything()).await.unwrap();
    // S3 answers a reading with the document that was written.
    let mut again = Script::new().answer(
        &get("acl"),
        &OWNER_ONLY.replace(
            "</AccessControlList>",
            r#"<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
        <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
        </AccessControlList>"#,
        ),
    );
    for request in script.requests() {
        let Some((aspect, body)) =
            request.strip_prefix(&format!("PUT /{NAME}?")).and_then(|rest| rest.split_once('\n'))
        else {
            continue;
        };
        if let Some(body) = body.lines().find(|line| line.starts_with(['<', '{'])) {
            again = again.answer(&get(aspect), body);
        }
    }
    let objects = observe(&again, everything()).await.unwrap();
    assert_eq!(objects[0].live, everything());
    assert_eq!(Owner::of(&objects[0].tags), Some(owner()));
    assert_eq!(objects[0].outputs["website_endpoint"], "coralnet-production.s3-website-us-west-2.amazonaws.com");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_absent_whatever_answers_first() {
    let missing = Script::new().fail(&get("tagging"), 404, "NoSuchBucket").fail(&get("policy"), 404, "NoSuchBucket");
    let script = missing.answer(LIST, &listing(&["others"])).answer("GET /others?tagging", &tag_set(&Tags::new()));
    assert_eq!(observe(&script, bucket(json!({ "policy_file": "none" }))).await.unwrap(), []);
    let missing = Script::new().fail(&get("tagging"), 404, "NoSuchBucket").fail(&get("policy"), 404, "NoSuchBucket");
    let script = missing.fail(LIST, 403, "AccessDenied");
    assert_eq!(observe(&script, bucket(json!({ "policy_file": "none" }))).await.unwrap(), [], "nobody may list them");
}

#[tokio::test]
async fn a_bucket_whose_name_the_file_changes_is_found_by_its_tags() {
    let tags = tag_set(&owner().tags());
    let missing = Script::new().fail(&get("tagging"), 404, "NoSuchBucket").fail(&get("policy"), 404, "NoSuchBucket");
    let script = missing
        .answer(LIST, &listing(&["former"]))
        .answer("GET /former?tagging", &tags)
        .answer("GET /former?tagging", &tags)
        .fail("GET /former?policy", 404, "NoSuchBucketPolicy");
    let found = observe(&script, bucket(json!({ "policy_file": "none" }))).await.unwrap();
    let found: Vec<_> = found.iter().map(|bucket| (bucket.id.0.as_str(), bucket.live.policy_file.is_some())).collect();
    assert_eq!(found, [("former", true)]);
}

#[tokio::test]
async fn a_refusal_is_never_an_absence() {
    let script = Script::new().fail(&get("tagging"), 403, "AccessDenied").fail(&get("policy"), 403, "AccessDenied");
    let failure = observe(&script, bucket(json!({ "policy_file": "none" }))).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Denied);
    insta::assert_snapshot!(failure, @"bucket coralnet-production belongs to another account or you may not read it (GetBucketTagging: AWS's words for AccessDenied (AccessDenied))");
}

#[tokio::test]
async fn a_bucket_of_another_region_is_told() {
    let error = "<Error><Code>PermanentRedirect</Code><Message>The bucket is elsewhere.</Message></Error>";
    let script = Script::new().respond(&get("tagging"), 301, &[("x-amz-bucket-region", "eu-west-1")], error);
    let failure = observe(&script, Bucket::default()).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Invalid);
    insta::assert_snapshot!(failure, @"bucket coralnet-production is in eu-west-1, not in us-west-2");
}

#[tokio::test]
async fn versioning_that_is_suspended_is_off() {
    let read = async |status: &str| {
        let body = format!("<VersioningConfiguration>{status}</VersioningConfiguration>");
        let script = Script::new().fail(&get("tagging"), 404, "NoSuchTagSet").answer(&get("versioning"), &body);
        observe(&script, bucket(json!({ "versioning": true }))).await.unwrap()[0].live.versioning
    };
    assert_eq!(read("<Status>Enabled</Status>").await, Some(true));
    assert_eq!(read("<Status>Suspended</Status>").await, Some(false));
    assert_eq!(read("").await, Some(false));
}

/// Each bucket has a host of its own: bucket by bucket, every call would open a connection.
#[tokio::test]
async fn one_aspect_of_all_buckets_is_read_before_the_next() {
    let names = ["first", "second"];
    let script = names.iter().fold(Script::new(), |script, name| {
        script
            .answer(&format!("GET /{name}?tagging"), &tag_set(&owner().tags()))
            .answer(&format!("GET /{name}?versioning"), "<VersioningConfiguration/>")
    });
    let versioned = || bucket(json!({ "versioning": false }));
    let declared = names.map(|name| Wanted { owner: owner(), name: name.into(), adopt: None, resource: versioned() });
    Buckets::new(&script.session()).observe(&Scope { only: None, declared: &declared }).await.unwrap();
    let requests = script.requests();
    let calls: Vec<_> = requests.iter().filter_map(|request| request.lines().next()).collect();
    insta::assert_snapshot!(calls.join("\n"), @r"
    GET /first?tagging
    GET /second?tagging
    GET /first?versioning
    GET /second?versioning
    ");
}

#[tokio::test]
async fn a_reading_of_one_bucket_reads_no_other() {
    let script = Script::new().answer("GET /old?tagging", &tag_set(&owner().tags()));
    let only = BTreeSet::from([PhysicalId::from("old")]);
    let declared = [Wanted { owner: owner(), name: NAME.into(), adopt: None, resource: everything() }];
    let scope = Scope { only: Some(&only), declared: &declared };
    let objects = Buckets::new(&script.session()).observe(&scope).await.unwrap();
    assert_eq!(objects.len(), 1);
    assert_eq!(script.requests().len(), 1);
}

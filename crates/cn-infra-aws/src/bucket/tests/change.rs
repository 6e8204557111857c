//! How a bucket is changed and deleted.

use std::fmt::Write as _;

use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::{Change, Delete, ErrorClass, ManageError, Manager, Progress, TagChange};
use cn_infra_core::owner::Tags;
use serde_json::{Value, json};

use super::super::{Bucket, Buckets};
use super::{NAME, accepting, bucket, get, tag_set, unconfigured};
use crate::testing::Script;

fn observed(live: Bucket) -> Observed<Bucket> {
    Observed {
        id: NAME.into(),
        aliases: Vec::new(),
        name: Some(NAME.into()),
        token: None,
        tags: Tags::new(),
        live,
        readiness: Readiness::Ready,
        unfinished: None,
        outputs: [].into(),
    }
}

async fn update(
    script: &Script,
    desired: &Bucket,
    changed: &[&str],
    tags: &TagChange,
) -> Result<Progress, ManageError> {
    let live = observed(Bucket::default());
    let changed: Vec<_> = changed.iter().map(ToString::to_string).collect();
    let change = Change { part: None, name: None, desired, live: &live, changed: &changed, tags };
    Buckets::new(&script.session()).update(&NAME.into(), change).await
}

/// What one field's update writes, on a bucket where nothing is configured.
async fn written(field: &str, value: Value) -> String {
    let script = accepting(unconfigured());
    let desired = bucket(json!({ field: value }));
    assert_eq!(update(&script, &desired, &[field], &TagChange::default()).await.unwrap(), Progress::Done);
    script.writes()
}

#[tokio::test]
async fn each_aspect_is_one_request() {
    let mut all = String::new();
    for (field, value) in [
        ("versioning", json!(true)),
        ("encryption", json!("AES256")),
        ("encryption", json!({ "kms": "alias/aws/s3" })),
        ("policy_file", json!("none")),
        ("cors", json!([])),
        ("lifecycle", json!([])),
        ("logging", json!("none")),
        ("website", json!("none")),
        ("website", json!({ "redirect_all_to": "example.org", "protocol": "https" })),
        ("acl", json!("log-delivery-write")),
    ] {
        let _ = writeln!(all, "{}\n", written(field, value).await);
    }
    insta::assert_snapshot!(all, @r#"
    PUT /coralnet-production?versioning
    x-amz-expected-bucket-owner: 123456789012
    <VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>

    PUT /coralnet-production?encryption
    x-amz-expected-bucket-owner: 123456789012
    <ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>

    PUT /coralnet-production?encryption
    x-amz-expected-bucket-owner: 123456789012
    <ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>

    DELETE /coralnet-production?policy
    x-amz-expected-bucket-owner: 123456789012

    DELETE /coralnet-production?cors
    x-amz-expected-bucket-owner: 123456789012

    DELETE /coralnet-production?lifecycle
    x-amz-expected-bucket-owner: 123456789012

    PUT /coralnet-production?logging
    x-amz-expected-bucket-owner: 123456789012
    <BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></BucketLoggingStatus>

    DELETE /coralnet-production?website
    x-amz-expected-bucket-owner: 123456789012

    PUT /coralnet-production?website
    x-amz-expected-bucket-owner: 123456789012
    <WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><RedirectAllRequestsTo><HostName>example.org</HostName><Protocol>https</Protocol></RedirectAllRequestsTo></WebsiteConfiguration>

    PUT /coralnet-production?acl
    x-amz-acl: log-delivery-write
    x-amz-expected-bucket-owner: 123456789012
    "#);
    assert_eq!(written("acl", json!("private")).await, "", "it is so already");
    assert_eq!(written("versioning", json!(false)).await, "", "it never was on");
    let script = accepting(
        Script::new()
            .answer(&get("versioning"), "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
    );
    update(&script, &bucket(json!({ "versioning": false })), &["versioning"], &TagChange::default()).await.unwrap();
    assert!(script.writes().contains("<Status>Suspended</Status>"));
}

#[tokio::test]
async fn a_switch_alone_leaves_the_others_as_they_are() {
    let live = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
                <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
                <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    let script = accepting(Script::new().answer(&get("publicAccessBlock"), live));
    let desired = bucket(json!({ "public_access_block": { "block_public_policy": false } }));
    update(&script, &desired, &["public_access_block.block_public_policy"], &TagChange::default()).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r#"
    PUT /coralnet-production?publicAccessBlock
    x-amz-expected-bucket-owner: 123456789012
    <PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>
    "#);
}

#[tokio::test]
async fn what_is_not_modelled_is_kept() {
    let script = accepting(
        Script::new()
            .respond(
                &get("lifecycle"),
                200,
                &[("x-amz-transition-default-minimum-object-size", "varies_by_storage_class")],
                "<LifecycleConfiguration><Rule><ID>a</ID><Prefix>old/</Prefix><Status>Enabled</Status>\
                 <NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays>\
                 <NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration>\
                 <NoncurrentVersionTransition><NoncurrentDays>4</NoncurrentDays><StorageClass>GLACIER</StorageClass>\
                 </NoncurrentVersionTransition><Transition><Date>2030-01-01T00:00:00Z</Date>\
                 <StorageClass>GLACIER</StorageClass></Transition></Rule></LifecycleConfiguration>",
            )
            .answer(
                &get("encryption"),
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
                 <SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
                 <BucketKeyEnabled>true</BucketKeyEnabled><BlockedEncryptionTypes>\
                 <EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule>\
                 </ServerSideEncryptionConfiguration>",
            )
            .answer(
                &get("website"),
                "<WebsiteConfiguration><IndexDocument><Suffix>a</Suffix></IndexDocument><RoutingRules><RoutingRule>\
                 <Redirect><ReplaceKeyWith>b</ReplaceKeyWith></Redirect></RoutingRule></RoutingRules>\
                 </WebsiteConfiguration>",
            )
            .answer(
                &get("logging"),
                "<BucketLoggingStatus><LoggingEnabled><TargetBucket>old</TargetBucket><TargetPrefix/>\
                 <TargetObjectKeyFormat><SimplePrefix/></TargetObjectKeyFormat></LoggingEnabled>\
                 </BucketLoggingStatus>",
            ),
    );
    let desired = bucket(json!({
        "encryption": { "kms": "alias/new" },
        "lifecycle": [{ "id": "a", "prefix": "new/", "noncurrent_expiration_days": 8 }],
        "website": { "index": "index.html" },
        "logging": { "bucket": "coralnet-logs" },
    }));
    let changed = ["encryption", "lifecycle", "website", "logging"];
    update(&script, &desired, &changed, &TagChange::default()).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r#"
    PUT /coralnet-production?encryption
    x-amz-expected-bucket-owner: 123456789012
    <ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/new</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>

    PUT /coralnet-production?lifecycle
    x-amz-expected-bucket-owner: 123456789012
    x-amz-transition-default-minimum-object-size: varies_by_storage_class
    <LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>a</ID><Filter><Prefix>new/</Prefix></Filter><Status>Enabled</Status><Transition><Date>2030-01-01T00:00:00Z</Date><StorageClass>GLACIER</StorageClass></Transition><NoncurrentVersionTransition><NoncurrentDays>4</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition><NoncurrentVersionExpiration><NoncurrentDays>8</NoncurrentDays><NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>

    PUT /coralnet-production?logging
    x-amz-expected-bucket-owner: 123456789012
    <BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled><TargetBucket>coralnet-logs</TargetBucket><TargetPrefix></TargetPrefix><TargetObjectKeyFormat><SimplePrefix></SimplePrefix></TargetObjectKeyFormat></LoggingEnabled></BucketLoggingStatus>

    PUT /coralnet-production?website
    x-amz-expected-bucket-owner: 123456789012
    <WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IndexDocument><Suffix>index.html</Suffix></IndexDocument><RoutingRules><RoutingRule><Redirect><ReplaceKeyWith>b</ReplaceKeyWith></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>
    "#);
}

#[tokio::test]
async fn tags_of_others_survive_a_write() {
    let live: Tags = [("aws:cloudformation:stack", "s"), ("theirs", "1"), ("ours", "old"), ("gone", "x")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let script = accepting(Script::new().answer(&get("tagging"), &tag_set(&live)));
    let tags = TagChange { set: [("ours".to_owned(), "new".to_owned())].into(), remove: ["gone".to_owned()].into() };
    update(&script, &Bucket::default(), &[], &tags).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r#"
    PUT /coralnet-production?tagging
    x-amz-expected-bucket-owner: 123456789012
    <Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>aws:cloudformation:stack</Key><Value>s</Value></Tag><Tag><Key>ours</Key><Value>new</Value></Tag><Tag><Key>theirs</Key><Value>1</Value></Tag></TagSet></Tagging>
    "#);
    let nothing = TagChange { set: [("ours".to_owned(), "old".to_owned())].into(), remove: [].into() };
    let script = accepting(Script::new().answer(&get("tagging"), &tag_set(&live)));
    update(&script, &Bucket::default(), &[], &nothing).await.unwrap();
    assert_eq!(script.writes(), "");
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let hint = async |call: &str, code: &str, field: &str, value: Value| {
        let script = unconfigured().fail(&format!("{call} /{NAME}?{field}"), 403, code);
        let name = if field == "policy" { "policy_file" } else { field };
        let desired = bucket(json!({ name: value }));
        let failure = update(&script, &desired, &[name], &TagChange::default()).await.unwrap_err();
        format!("{failure}\n{}", failure.hint.as_deref().unwrap_or_default())
    };
    insta::assert_snapshot!(hint("PUT", "AccessDenied", "policy", json!("{}")).await, @r#"
    bucket coralnet-production: PutBucketPolicy: AWS's words for AccessDenied (AccessDenied)
    a public policy is refused while `block_public_policy` is on, for the bucket or for the whole account (S3 console, "Block Public Access settings for this account"); otherwise the credentials lack s3:PutBucketPolicy
    "#);
    insta::assert_snapshot!(hint("PUT", "AccessControlListNotSupported", "acl", json!("public-read")).await, @r#"
    bucket coralnet-production: PutBucketAcl: AWS's words for AccessControlListNotSupported (AccessControlListNotSupported)
    ACLs are off: set `object_ownership` to "bucket_owner_preferred" or "object_writer", or leave `acl` out and grant access by the policy
    "#);
    let busy = Script::new().fail(&format!("PUT /{NAME}?versioning"), 409, "OperationAborted");
    let versioned = bucket(json!({ "versioning": true }));
    let failure = update(&busy, &versioned, &["versioning"], &TagChange::default()).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Busy);
}

#[tokio::test]
async fn what_was_just_turned_off_may_refuse_for_a_while() {
    let everyone =
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}"#;
    let class = async |field: &str, code: &str, desired: Value| {
        let call = if field == "policy_file" { "policy" } else { field };
        let script = unconfigured().fail(&format!("PUT /{NAME}?{call}"), 403, code);
        update(&script, &bucket(desired), &[field], &TagChange::default()).await.unwrap_err().class
    };
    let open = json!({ "block_public_policy": false, "block_public_acls": false });
    let policy = |text: &str, block: &Value| json!({ "policy_file": text, "public_access_block": block });
    assert_eq!(class("policy_file", "AccessDenied", policy(everyone, &open)).await, ErrorClass::Gone);
    assert_eq!(class("policy_file", "AccessDenied", policy(everyone, &json!(true))).await, ErrorClass::Denied);
    assert_eq!(class("policy_file", "AccessDenied", policy("{}", &open)).await, ErrorClass::Denied);
    let acl = |more: Value| {
        let mut fields = json!({ "acl": "public-read" });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    assert_eq!(class("acl", "AccessDenied", acl(json!({ "public_access_block": open }))).await, ErrorClass::Gone);
    assert_eq!(class("acl", "AccessDenied", acl(json!({}))).await, ErrorClass::Denied);
    let counts = acl(json!({ "object_ownership": "object_writer" }));
    assert_eq!(class("acl", "AccessControlListNotSupported", counts).await, ErrorClass::Gone);
    assert_eq!(class("acl", "AccessControlListNotSupported", acl(json!({}))).await, ErrorClass::Invalid);
}

#[tokio::test]
async fn delete_wants_an_empty_bucket_and_takes_a_missing_one_for_deleted() {
    let delete = async |script: Script| {
        let live = observed(Bucket::default());
        Buckets::new(&script.session()).delete(&NAME.into(), Delete { part: None, live: &live }).await
    };
    let call = format!("DELETE /{NAME}");
    assert_eq!(delete(Script::new().respond(&call, 204, &[], "")).await.unwrap(), Progress::Done);
    assert_eq!(delete(Script::new().fail(&call, 404, "NoSuchBucket")).await.unwrap(), Progress::Done);
    let failure = delete(Script::new().fail(&call, 409, "BucketNotEmpty")).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Invalid);
    assert!(failure.hint.unwrap().contains("delete every object"));
}

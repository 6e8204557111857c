use std::collections::BTreeSet;
use std::fmt::Write as _;

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::check::{Context, Situation};
use cn_infra_core::environment::Tier;
use cn_infra_core::field_tree::FieldTree;
use cn_infra_core::live::{Observed, Readiness};
use cn_infra_core::manager::{
    Change, Delete, ErrorClass, ManageError, Manager, New, Progress, Scope, TagChange, Wanted,
};
use cn_infra_core::owner::{Owner, Tags};
use cn_infra_core::resource::{FieldChange, Impact, Resource};
use cn_infra_core::token::Token;
use cn_infra_core::value::OrNone;
use jiff::Timestamp;
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

#[test]
fn every_field_is_listed_and_round_trips() {
    let document = serde_json::to_value(everything()).unwrap();
    assert_eq!(bucket(document.clone()), everything());
    let tree = FieldTree::of(Bucket::FIELDS);
    for field in document.as_object().unwrap().keys() {
        assert!(tree.child(field).is_some(), "{field}");
    }
    for field in Bucket::FIELDS {
        let pointer = format!("/{}", field.path.replace('.', "/"));
        assert!(document.pointer(&pointer).is_some(), "{}", field.path);
    }
}

#[test]
fn unions_say_what_they_allow() {
    let block = |value: Value| serde_json::from_value::<Bucket>(json!({ "public_access_block": value }));
    let all = json!({ "block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true,
        "restrict_public_buckets": true });
    assert_eq!(serde_json::to_value(block(json!(true)).unwrap()).unwrap()["public_access_block"], all);
    let one = json!({ "block_public_policy": false });
    assert_eq!(serde_json::to_value(block(one.clone()).unwrap()).unwrap()["public_access_block"], one);
    insta::assert_snapshot!(block(json!("on")).unwrap_err(), @r#"invalid type: string "on", expected true, false or a table such as { block_public_acls = true, block_public_policy = false }"#);
    insta::assert_snapshot!(block(json!({ "block": true })).unwrap_err(), @"unknown field `block`, expected one of `block_public_acls`, `ignore_public_acls`, `block_public_policy`, `restrict_public_buckets`");
    for field in ["policy_file", "logging", "website"] {
        assert!(serde_json::from_value::<Bucket>(json!({ field: "none" })).is_ok(), "{field}");
    }
}

#[test]
fn dates_are_days() {
    let read = |date: &str| {
        let rule = format!("lifecycle = [{{ id = \"a\", expiration_date = {date} }}]");
        toml::from_str::<Bucket>(&rule).map_err(|error| error.message().to_owned())
    };
    assert_eq!(read("2027-01-31"), read("\"2027-01-31\""));
    insta::assert_snapshot!(read("2027-01-31T12:00:00Z").unwrap_err(), @r#""2027-01-31T12:00:00Z" is no date: write year, month and day, as in 2027-01-31"#);
    insta::assert_snapshot!(read("31").unwrap_err(), @"invalid type: integer `31`, expected a date such as 2027-01-31");
}

#[test]
fn problems_are_all_told() {
    let wrong = bucket(json!({
        "object_ownership": "bucket_owner_enforced",
        "acl": "custom",
        "encryption": "aws:kms:dsse",
        "policy_file": "{\n  \"Statement\": [,]\n}",
        "cors": [{ "origins": ["https://*.*"], "methods": ["get"] }, { "origins": [], "methods": ["GET"] }],
        "lifecycle": [
            { "id": "a" },
            { "id": "a", "expiration_days": 0, "expired_object_delete_marker": true },
            { "id": "b", "transitions": [{ "days": -1, "storage_class": "COLD" }] },
            { "id": "c", "abort_incomplete_multipart_days": 1, "tags": { "a": "b" } },
        ],
        "website": { "index": "a", "redirect_all_to": "b" },
    }));
    let mut text = String::new();
    wrong.validate(&mut |problem| writeln!(text, "{}: {}", problem.path, problem.message).unwrap());
    insta::assert_snapshot!(text, @r#"
    policy_file: the policy is not valid JSON: expected value at line 2 column 17
    encryption: "aws:kms:dsse" cannot be asked for
    acl: "custom" cannot be asked for
    acl: ACLs are off where object_ownership is "bucket_owner_enforced"
    cors.0: rule 1: "get" is not a method that S3 knows: GET, PUT, POST, DELETE, HEAD
    cors.0: rule 1: "https://*.*" holds more than one *
    cors.1: rule 2: it needs at least one origin and one method
    lifecycle.0: rule "a": it says nothing to do
    lifecycle.1: rule "a": another rule has this id
    lifecycle.1: rule "a": it may have one of expiration_days, expiration_date and expired_object_delete_marker
    lifecycle.1: rule "a": days must be 1 or more
    lifecycle.2: rule "b": "COLD" is not a storage class to move to: STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER, DEEP_ARCHIVE
    lifecycle.2: rule "b": days of a transition must be 0 or more
    lifecycle.3: rule "c": abort_incomplete_multipart_days goes with a prefix only, not with tags or sizes
    website: `index` and `redirect_all_to` exclude each other
    "#);
}

#[test]
fn policies_too_long_or_without_statements_are_problems_and_unfilled_templates_are_not() {
    let problems = |policy: Value| {
        let mut problems = Vec::new();
        bucket(json!({ "policy_file": policy })).validate(&mut |problem| problems.push(problem.message));
        problems.join("\n")
    };
    insta::assert_snapshot!(problems(json!(format!("{{\"Statement\": \"{}\"}}", "a".repeat(20_480)))), @"the policy has 20497 bytes, and S3 allows 20480");
    insta::assert_snapshot!(problems(json!("{}")), @r#"the policy has no "Statement""#);
    assert_eq!(problems(json!({ "template": "{ {{bucket.media.arn}} }" })), "");
    assert_eq!(problems(json!("none")), "");
}

#[test]
fn every_change_has_an_impact() {
    let (desired, live) = (Bucket::default(), Bucket::default());
    let mut table = String::new();
    let paths = Bucket::FIELDS.iter().map(|field| field.path).chain(["name"]);
    for path in paths {
        for after in [json!(true), json!(false), json!("none"), json!("bucket_owner_enforced"), json!("public-read")] {
            let change = FieldChange { path, before: None, after: Some(&after), desired: &desired, live: &live };
            let impact = match Bucket::impact(&change) {
                Impact::InPlace { note: None } => continue,
                Impact::InPlace { note: Some(note) } => note,
                Impact::Impossible { why, hint } => format!("impossible: {why}; {hint}"),
                other => panic!("{path}: {other:?}"),
            };
            if !table.lines().any(|seen| seen.starts_with(path) && seen.ends_with(&impact)) {
                let _ = writeln!(table, "{path} -> {after}: {impact}");
            }
        }
    }
    insta::assert_snapshot!(table, @r#"
    versioning -> true: once on, versioning can only be suspended
    versioning -> false: suspends versioning: no new versions, those that exist stay
    object_ownership -> true: ACLs of the bucket and its objects count
    object_ownership -> "bucket_owner_enforced": ACLs no longer count: access that only an ACL gives ends
    public_access_block.block_public_acls -> true: public ACLs are refused from now on; those that exist stay
    public_access_block.ignore_public_acls -> true: access that only a public ACL gives ends
    public_access_block.ignore_public_acls -> false: public ACLs count, also those that exist
    public_access_block.block_public_policy -> true: a public policy is refused from now on; the present one stays
    public_access_block.restrict_public_buckets -> true: access that only a public policy gives ends
    public_access_block.restrict_public_buckets -> false: a public policy counts, also the present one
    encryption -> true: for new objects; those that exist stay as they are
    policy_file -> "none": access that only the policy gives ends
    lifecycle -> true: counts for objects that exist too; what expires cannot be brought back
    acl -> "public-read": everyone gets access to the bucket
    website -> "none": the website endpoint stops answering
    name -> true: impossible: a bucket cannot be renamed; declare a new bucket, copy the objects, point references at it, then delete the old one
    "#);
}

#[test]
fn normalize_rewrites_live_alone_and_once() {
    let mut desired = bucket(json!({
        "encryption": { "kms": "alias/media" },
        "policy_file": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"a:B\"}]}",
        "cors": [{ "origins": ["b", "a"], "methods": ["GET", "HEAD"] }],
        "lifecycle": [
            { "id": "one", "transitions": [{ "days": 30, "storage_class": "GLACIER" }, { "days": 5, "storage_class": "GLACIER_IR" }] },
            { "id": "two", "expiration_days": 3 },
        ],
    }));
    let mut live = bucket(json!({
        "encryption": { "kms": "arn:aws:kms:us-west-2:123456789012:alias/media", "bucket_key": true },
        "policy_file": "{\"Statement\":{\"Action\":[\"a:b\"],\"Effect\":\"Deny\"},\"Version\":\"2012-10-17\"}",
        "cors": [{ "id": "x", "origins": ["a", "b"], "methods": ["HEAD", "GET"] }],
        "lifecycle": [
            { "id": "two", "expiration_days": 3 },
            { "id": "one", "transitions": [{ "days": 5, "storage_class": "GLACIER_IR" }, { "days": 30, "storage_class": "GLACIER" }] },
        ],
    }));
    let asked = desired.clone();
    desired.normalize(&mut live, Timestamp::UNIX_EPOCH);
    assert_eq!(desired, asked);
    assert_eq!(live, asked);
    let mut other = everything();
    asked.clone().normalize(&mut other, Timestamp::UNIX_EPOCH);
    let once = other.clone();
    asked.clone().normalize(&mut other, Timestamp::UNIX_EPOCH);
    assert_eq!(other, once);
}

fn findings(name: &str, desired: &Bucket, live: Option<&Bucket>) -> String {
    let situation = Situation { tier: Tier::Production, now: Timestamp::UNIX_EPOCH, name };
    let mut text = String::new();
    desired.check(&Context { live, situation: &situation }, &mut |finding| {
        writeln!(text, "{} {:?}: {}", finding.code, finding.severity, finding.message).unwrap();
    });
    text
}

#[test]
fn findings_name_what_deserves_a_remark() {
    let public = json!(
        "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"r\"}}"
    );
    let gone = json!(
        "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"AROAJ2EXAMPLEID00001\"},\"Action\":\"s3:*\"}}"
    );
    let live = bucket(json!({ "policy_file": gone, "public_access_block": true }));
    assert_eq!(findings(NAME, &Bucket::default(), None), "");
    insta::assert_snapshot!(findings(NAME, &bucket(json!({ "policy_file": public.clone() })), None), @"CN404 Note: the policy is public (Allow s3:GetObject), and a new bucket refuses it: block_public_policy is on unless the file says otherwise");
    insta::assert_snapshot!(findings("Media", &bucket(json!({ "policy_file": gone })), Some(&live)), @r#"
    CN401 Error: "Media" cannot be the name of a bucket: it may hold lowercase letters, digits, hyphens and dots only
    CN402 Warning: the policy names users or roles that were deleted: AROAJ2EXAMPLEID00001
    "#);
    insta::assert_snapshot!(findings(NAME, &bucket(json!({ "policy_file": public })), Some(&live)), @r"
    CN403 Warning: the change of the policy takes access away: Allow s3:* goes
    CN402 Warning: the policy names users or roles that were deleted: AROAJ2EXAMPLEID00001
    CN404 Warning: the policy is public (Allow s3:GetObject), and block_public_policy refuses it
    ");
    insta::assert_snapshot!(findings(NAME, &bucket(json!({ "policy_file": "none" })), Some(&live)), @"CN403 Warning: the change of the policy takes access away: Allow s3:* goes");
}

#[tokio::test]
async fn undeclared_buckets_are_listed_with_their_tags() {
    let list = "<ListAllMyBucketsResult><Buckets><Bucket><Name>ours</Name></Bucket><Bucket><Name>closed</Name></Bucket>\
                </Buckets></ListAllMyBucketsResult>";
    let script = Script::new()
        .answer("GET /?bucket-region=us-west-2", list)
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
    let script = Script::new().fail(&get("tagging"), 404, "NoSuchBucket").fail(&get("policy"), 404, "NoSuchBucket");
    assert_eq!(observe(&script, bucket(json!({ "policy_file": "none" }))).await.unwrap(), []);
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

#[tokio::test]
async fn create_writes_everything_in_the_fixed_order() {
    let script = accepting(unconfigured());
    assert_eq!(create(&script, &everything()).await.unwrap(), NAME.into());
    insta::assert_snapshot!(script.writes(), @r#"
    PUT /coralnet-production
    <CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>us-west-2</LocationConstraint><Tags><Tag><Key>cn-infra:address</Key><Value>bucket.media</Value></Tag><Tag><Key>cn-infra:environment</Key><Value>production</Value></Tag><Tag><Key>cn-infra:project</Key><Value>coralnet</Value></Tag></Tags></CreateBucketConfiguration>

    PUT /coralnet-production?tagging
    x-amz-expected-bucket-owner: 123456789012
    <Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>cn-infra:address</Key><Value>bucket.media</Value></Tag><Tag><Key>cn-infra:environment</Key><Value>production</Value></Tag><Tag><Key>cn-infra:project</Key><Value>coralnet</Value></Tag></TagSet></Tagging>

    PUT /coralnet-production?ownershipControls
    x-amz-expected-bucket-owner: 123456789012
    <OwnershipControls xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>

    PUT /coralnet-production?publicAccessBlock
    x-amz-expected-bucket-owner: 123456789012
    <PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>

    PUT /coralnet-production?encryption
    x-amz-expected-bucket-owner: 123456789012
    <ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/media</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>

    PUT /coralnet-production?versioning
    x-amz-expected-bucket-owner: 123456789012
    <VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>

    PUT /coralnet-production?policy
    x-amz-expected-bucket-owner: 123456789012
    {"Version": "2012-10-17", "Statement": []}

    PUT /coralnet-production?cors
    x-amz-expected-bucket-owner: 123456789012
    <CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule><ID>all</ID><AllowedHeader>Authorization</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>

    PUT /coralnet-production?lifecycle
    x-amz-expected-bucket-owner: 123456789012
    <LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>unfinished-uploads</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule><Rule><Expiration><Days>30</Days></Expiration><ID>old</ID><Filter><And><Prefix>tmp/</Prefix><Tag><Key>keep</Key><Value>no</Value></Tag><ObjectSizeGreaterThan>1024</ObjectSizeGreaterThan><ObjectSizeLessThan>2048</ObjectSizeLessThan></And></Filter><Status>Disabled</Status><Transition><Days>5</Days><StorageClass>GLACIER</StorageClass></Transition><NoncurrentVersionExpiration><NoncurrentDays>10</NoncurrentDays></NoncurrentVersionExpiration></Rule><Rule><Expiration><Date>2027-01-31T00:00:00Z</Date></Expiration><ID>date</ID><Filter><Prefix>old/</Prefix></Filter><Status>Enabled</Status></Rule><Rule><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><ID>markers</ID><Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Status>Enabled</Status></Rule></LifecycleConfiguration>

    PUT /coralnet-production?logging
    x-amz-expected-bucket-owner: 123456789012
    <BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled><TargetBucket>coralnet-logs</TargetBucket><TargetPrefix>media/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>

    PUT /coralnet-production?website
    x-amz-expected-bucket-owner: 123456789012
    <WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ErrorDocument><Key>error.html</Key></ErrorDocument><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>

    PUT /coralnet-production?acl
    x-amz-acl: public-read
    x-amz-expected-bucket-owner: 123456789012
    "#);
}

#[tokio::test]
async fn create_of_a_bare_bucket_sends_tags_twice_only_if_the_first_were_ignored() {
    let script = Script::new().answer(&format!("PUT /{NAME}"), "").answer(&get("tagging"), &tag_set(&owner().tags()));
    create(&script, &Bucket::default()).await.unwrap();
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn create_goes_on_with_its_own_bucket_and_leaves_others_alone() {
    let taken = |tags: &Tags| {
        Script::new()
            .fail(&format!("PUT /{NAME}"), 409, "BucketAlreadyOwnedByYou")
            .answer(&get("tagging"), &tag_set(tags))
            .answer(&format!("PUT /{NAME}?versioning"), "")
    };
    let versioned = bucket(json!({ "versioning": true }));
    let script = taken(&owner().tags());
    create(&script, &versioned).await.unwrap();
    assert!(script.writes().contains("?versioning"));
    let script = taken(&Tags::new());
    let failure = create(&script, &versioned).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Exists);
    assert!(!script.writes().contains("?versioning"));
    insta::assert_snapshot!(failure, @"bucket coralnet-production exists already, without the tags of this resource");
}

#[tokio::test]
async fn create_is_sent_once_and_may_be_called_again_where_its_end_is_not_known() {
    let script = Script::new().fail(&format!("PUT /{NAME}"), 500, "InternalError");
    assert_eq!(create(&script, &Bucket::default()).await.unwrap_err().class, ErrorClass::Throttled);
    assert_eq!(script.requests().len(), 1);
    let script = Script::new().answer(&format!("PUT /{NAME}"), "").fail(&get("tagging"), 404, "NoSuchBucket");
    assert_eq!(create(&script, &Bucket::default()).await.unwrap_err().class, ErrorClass::Gone);
    let script = Script::new().fail(&format!("PUT /{NAME}"), 409, "BucketAlreadyExists");
    assert_eq!(create(&script, &Bucket::default()).await.unwrap_err().class, ErrorClass::Invalid);
}

#[tokio::test]
async fn the_first_region_takes_no_location_and_is_asked_before() {
    let exists = |status: u16| {
        Script::new()
            .respond(&format!("HEAD /{NAME}"), status, &[], "")
            .answer(&format!("PUT /{NAME}"), "")
            .answer(&get("tagging"), &tag_set(&owner().tags()))
    };
    let create = async |script: &Script| {
        let mut session = script.session();
        session.region = "us-east-1".to_owned();
        let token = Token::new("123456789012", "us-east-1", &owner(), 0);
        let address = owner().address;
        let (resource, tags) = (Bucket::default(), owner().tags());
        let new = New { address: &address, name: NAME, resource: &resource, tags: &tags, token: &token };
        Buckets::new(&session).create(new).await
    };
    let script = exists(404);
    create(&script).await.unwrap();
    assert!(!script.writes().contains("LocationConstraint"));
    let script = exists(200);
    create(&script).await.unwrap();
    assert_eq!(script.writes(), "", "it is ours: made by an attempt whose answer was lost");
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

#[test]
fn references_are_visited() {
    let mut wanted = bucket(json!({ "logging": { "bucket": "bucket.logs" } }));
    let mut seen = Vec::new();
    wanted.references(&mut |path, reference| seen.push(format!("{path} {reference}")));
    assert_eq!(seen, ["logging.bucket bucket.logs"]);
    assert!(matches!(wanted.logging, Some(OrNone::Some(_))));
}

//! What a file may say.

use std::fmt::Write as _;

use cn_infra_core::field_tree::FieldTree;
use cn_infra_core::resource::Resource;
use cn_infra_core::value::OrNone;
use serde_json::{Value, json};

use super::super::Bucket;
use super::{bucket, everything};

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
fn references_are_visited() {
    let mut wanted = bucket(json!({ "logging": { "bucket": "bucket.logs" } }));
    let mut seen = Vec::new();
    wanted.references(&mut |path, reference| seen.push(format!("{path} {reference}")));
    assert_eq!(seen, ["logging.bucket bucket.logs"]);
    assert!(matches!(wanted.logging, Some(OrNone::Some(_))));
}

//! How both sides are compared, what a change costs, and what deserves a remark.

use std::fmt::Write as _;

use cn_infra_core::check::{Context, Situation};
use cn_infra_core::environment::Tier;
use cn_infra_core::resource::{FieldChange, Impact, Resource};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::Bucket;
use super::{NAME, bucket, everything};

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
    findings_in(Tier::Staging, name, desired, live)
}

fn findings_in(tier: Tier, name: &str, desired: &Bucket, live: Option<&Bucket>) -> String {
    let situation = Situation { tier, now: Timestamp::UNIX_EPOCH, name, my_ip: None };
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

#[test]
fn production_keeps_former_versions() {
    let of = |tier, desired, live: Option<Value>| {
        let live = live.map(bucket);
        findings_in(tier, NAME, &bucket(desired), live.as_ref())
    };
    let lost = "CN406 Warning: a production bucket keeps no former versions: what is overwritten or deleted is gone\n";
    assert_eq!(of(Tier::Production, json!({}), None), lost);
    assert_eq!(of(Tier::Production, json!({ "versioning": false }), Some(json!({ "versioning": true }))), lost);
    assert_eq!(
        of(Tier::Production, json!({}), Some(json!({ "versioning": true }))),
        "",
        "what is not managed stays on"
    );
    assert_eq!(of(Tier::Production, json!({ "versioning": true }), None), "");
    assert_eq!(of(Tier::Staging, json!({}), None), "");
}

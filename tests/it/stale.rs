//! A saved plan whose basis moved is refused as a whole, before anything is written; what it does not touch may drift.

use cn_infra::aws::kinds;
use cn_infra::core::address::Address;
use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::event::{Moved, Outcome};
use cn_infra::core::plan::{Plan, PlanOptions};
use http::Method;

use crate::simulated::Simulated;

const BEFORE: &str = r#"
[environment]
name = "staging"
project = "coralnet"
account = "123456789012"
region = "us-west-2"

[security_group.web.ingress]
ssh = { port = 22, from = ["198.51.100.7/32"] }
http = { port = 80, from = ["0.0.0.0/0"] }
[security_group.spare.ingress]
[instance.web]
type = "t3.small"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
security_groups = ["security_group.web"]
tags = { team = "reef" }
[instance.old]
type = "t3.small"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
security_groups = ["security_group.web"]
[instance.other]
type = "t3.small"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
security_groups = ["security_group.web"]
[elastic_ip.site]
instance = "instance.old"
[db_instance.main]
engine = "postgres"
engine_version = "16"
class = "db.t3.micro"
storage = { size_gib = 20 }
master_username = "coralnet"
master_password = "managed"
backup_retention_days = 1
[bucket.media]
name = "coralnet-staging"
policy_file = "policy.json"
public_access_block = false
"#;

/// What the files say next: every kind changes, and something is new.
const AFTER: &[(&str, &str)] = &[
    ("port = 80, from = [\"0.0.0.0/0\"]", "port = 443, from = [\"0.0.0.0/0\"]"),
    ("tags = { team = \"reef\" }", "tags = { team = \"coral\" }"),
    ("security_groups = [\"security_group.web\"]\ntags", "security_groups = [\"security_group.spare\"]\ntags"),
    ("instance = \"instance.old\"", "instance = \"instance.web\""),
    ("backup_retention_days = 1", "backup_retention_days = 7"),
    ("[security_group.spare.ingress]", "[security_group.new.ingress]\n[security_group.spare.ingress]"),
];

const POLICY: &str = r#"{ "Version": "2012-10-17", "Statement": [{ "Sid": "SID", "Effect": "Allow", "Principal": { "AWS":
    "123456789012" }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::coralnet-staging/*" }] }"#;

fn environment(text: &str, sid: &str) -> Environment {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("staging.toml"), text).unwrap();
    std::fs::write(directory.path().join("policy.json"), POLICY.replace("SID", sid)).unwrap();
    Environment::load(directory.path(), "staging", &kinds()).unwrap()
}

fn after() -> Environment {
    let changed = AFTER.iter().fold(BEFORE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    environment(&changed, "new")
}

/// An account as it was, and the plan that was made and saved then.
struct Saved {
    account: Simulated,
    plan: Plan,
}

impl Saved {
    async fn new() -> Self {
        let account = Simulated::start().await;
        account.given(&environment(BEFORE, "old")).await;
        let plan = account.plan(&after(), &PlanOptions::default()).await;
        assert_eq!(plan.blocked, []);
        let steps: Vec<_> = plan.steps.iter().map(|step| step.id.to_string()).collect();
        assert_eq!(steps, STEPS);
        Self { account, plan }
    }

    fn id(&self, step: &str) -> String {
        let step = self.plan.steps.iter().find(|one| one.id.to_string() == step).unwrap();
        step.object.as_ref().unwrap().to_string()
    }

    /// Applies the saved plan: what moved, by step. Nothing may have been written.
    async fn refused(&self) -> Vec<String> {
        let (report, writes) = self.account.apply(&self.plan, &verifying()).await;
        assert_eq!(writes, [""; 0], "nothing is written");
        assert!(report.is_stale(), "{:#?}", report.outcomes);
        assert!(report.outcomes.len() == STEPS.len() && report.failed().count() == 0, "{:#?}", report.outcomes);
        let mut lines = Vec::new();
        for (step, outcome) in &report.outcomes {
            if let Outcome::Stale { moved } = outcome {
                lines.extend(moved.iter().map(|moved| format!("{step} {}", line(moved))));
            }
        }
        lines
    }
}

const STEPS: &[&str] = &[
    "bucket.media",
    "db_instance.main",
    "elastic_ip.site/association",
    "instance.web",
    "security_group.new",
    "security_group.new/rules",
    "security_group.web/rules",
];

fn verifying() -> ApplyOptions {
    ApplyOptions { verify: true, ..ApplyOptions::default() }
}

fn line(moved: &Moved) -> String {
    let Moved { path, reviewed, live, wanted } = moved;
    format!("{path}: {reviewed} | {live} | {wanted}")
}

impl Saved {
    /// The id of a resource's object that no step acts on.
    async fn other(&self, resource: &str) -> String {
        let address: Address = resource.parse().unwrap();
        self.account.id(&environment(BEFORE, "old"), &address).await
    }
}

/// A rule for one port, as EC2's parameters have it.
fn rule<'a>(group: &'a str, port: &'a str, cidr: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", port),
        ("IpPermissions.1.ToPort", port),
        ("IpPermissions.1.IpRanges.1.CidrIp", cidr),
    ]
}

#[tokio::test]
async fn a_tag_that_somebody_changed() {
    let saved = Saved::new().await;
    let id = saved.id("instance.web");
    saved.account.query("ec2", "CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "team"), ("Tag.1.Value", "ops")]);
    assert_eq!(saved.refused().await, [r#"instance.web tags.team: "reef" | "ops" | "coral""#]);
}

#[tokio::test]
async fn a_rule_that_somebody_added_or_took_away() {
    let saved = Saved::new().await;
    let id = saved.id("security_group.web/rules");
    saved.account.query("ec2", "AuthorizeSecurityGroupIngress", &rule(&id, "8080", "0.0.0.0/0"));
    let moved = saved.refused().await;
    assert!(moved.len() == 1 && moved[0].starts_with("security_group.web/rules ingress."), "{moved:?}");
    assert!(moved[0].contains("8080") && moved[0].contains(": null | "), "{moved:?}");

    let saved = Saved::new().await;
    let id = saved.id("security_group.web/rules");
    saved.account.query("ec2", "RevokeSecurityGroupIngress", &rule(&id, "22", "198.51.100.7/32"));
    let moved = saved.refused().await;
    assert!(moved.len() == 1 && moved[0].starts_with("security_group.web/rules ingress.ssh"), "{moved:?}");
}

#[tokio::test]
async fn a_group_that_somebody_deleted() {
    let saved = Saved::new().await;
    let id = saved.other("security_group.spare").await;
    saved.account.query("ec2", "DeleteSecurityGroup", &[("GroupId", &id)]);
    let line = format!(r#"instance.web security_groups: "{id}" | null | "security_group.spare""#);
    assert_eq!(saved.refused().await, [line]);
}

#[tokio::test]
async fn a_name_that_stands_for_another_object() {
    let saved = Saved::new().await;
    let old = saved.other("security_group.spare").await;
    let made =
        saved.account.query("ec2", "CreateSecurityGroup", &[("GroupName", "another"), ("GroupDescription", "another")]);
    let new = made.get("groupId").unwrap();
    let tags = [("project", "coralnet"), ("environment", "staging"), ("address", "security_group.spare")];
    for (key, value) in tags {
        let key = format!("cn-infra:{key}");
        saved.account.query("ec2", "DeleteTags", &[("ResourceId.1", &old), ("Tag.1.Key", &key)]);
        saved.account.query("ec2", "CreateTags", &[("ResourceId.1", new), ("Tag.1.Key", &key), ("Tag.1.Value", value)]);
    }
    let spare = "security_group.spare";
    let line = format!(r#"instance.web security_groups: "{spare} ({old})" | "{spare} ({new})" | "{spare}""#);
    assert_eq!(saved.refused().await, [line]);
}

#[tokio::test]
async fn a_database_that_somebody_renamed() {
    let saved = Saved::new().await;
    saved.account.query(
        "rds",
        "ModifyDBInstance",
        &[
            ("DBInstanceIdentifier", "coralnet-staging-main"),
            ("NewDBInstanceIdentifier", "kept"),
            ("ApplyImmediately", "true"),
        ],
    );
    saved.account.wait(30);
    let name = r#""coralnet-staging-main""#;
    assert_eq!(saved.refused().await, [format!(r#"db_instance.main name: {name} | "kept" | {name}"#)]);
}

#[tokio::test]
async fn an_address_that_somebody_moved() {
    let saved = Saved::new().await;
    let (address, other) = (saved.id("elastic_ip.site/association"), saved.other("instance.other").await);
    saved.account.query(
        "ec2",
        "AssociateAddress",
        &[("AllocationId", &address), ("InstanceId", &other), ("AllowReassociation", "true")],
    );
    let line = format!(r#"elastic_ip.site/association instance: "instance.old" | "{other}" | "instance.web""#);
    assert_eq!(saved.refused().await, [line]);
}

#[tokio::test]
async fn an_instance_that_somebody_terminated() {
    let saved = Saved::new().await;
    let id = saved.id("instance.web");
    saved.account.query("ec2", "TerminateInstances", &[("InstanceId.1", &id)]);
    for minutes in [0, 5, 120] {
        saved.account.wait(minutes);
        let lines = [
            format!(r#"elastic_ip.site/association instance: "{id}" | null | "instance.web""#),
            format!(r#"instance.web object: "{id}" | null | "{id}""#),
        ];
        assert_eq!(saved.refused().await, lines, "after {minutes} min");
    }
}

#[tokio::test]
async fn a_bucket_policy_that_somebody_changed() {
    let saved = Saved::new().await;
    saved.account.given(&environment(BEFORE, "theirs")).await;
    let moved = saved.refused().await;
    assert!(moved.len() == 1 && moved[0].starts_with("bucket.media policy_file: "), "{moved:?}");
    assert!(moved[0].contains("old") && moved[0].contains("theirs") && moved[0].contains("new"), "{moved:?}");

    saved.account.caller().s3(Method::DELETE, "/coralnet-staging?policy", &[], "").unwrap();
    let moved = saved.refused().await;
    assert!(moved.len() == 1 && moved[0].contains(r#" | "none" | "#), "{moved:?}");
}

#[tokio::test]
async fn an_object_that_somebody_made() {
    let saved = Saved::new().await;
    let made = saved.account.query(
        "ec2",
        "CreateSecurityGroup",
        &[("GroupName", "coralnet-staging-new"), ("GroupDescription", "theirs")],
    );
    let (id, name) = (made.get("groupId").unwrap(), "coralnet-staging-new");
    let line = format!(r#"security_group.new name: null | "{name}, made meanwhile: {id}" | "{name}""#);
    assert_eq!(saved.refused().await, [line]);
}

#[tokio::test]
async fn an_object_that_is_no_longer_ours() {
    let saved = Saved::new().await;
    let id = saved.id("security_group.web/rules");
    let ours = "cn-infra:environment";
    saved.account.query("ec2", "CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", ours), ("Tag.1.Value", "theirs")]);
    let line = format!(r#"security_group.web/rules tags.{ours}: "staging" | "theirs" | "staging""#);
    assert_eq!(saved.refused().await, [line]);
}

#[tokio::test]
async fn what_the_plan_does_not_touch_may_drift() {
    let saved = Saved::new().await;
    let (web, spare) = (saved.id("instance.web"), saved.other("security_group.spare").await);
    let account = &saved.account;
    account.query("ec2", "CreateTags", &[("ResourceId.1", &web), ("Tag.1.Key", "note"), ("Tag.1.Value", "theirs")]);
    account.query("ec2", "AuthorizeSecurityGroupIngress", &rule(&spare, "8080", "0.0.0.0/0"));
    account.query("ec2", "AllocateAddress", &[("Domain", "vpc")]);
    account.query("ec2", "TerminateInstances", &[("InstanceId.1", &saved.other("instance.other").await)]);
    let (report, writes) = account.apply(&saved.plan, &verifying()).await;
    assert!(report.is_success() && !writes.is_empty(), "{:#?}", report.outcomes);
}

#[tokio::test]
async fn all_is_looked_at_in_one_reading() {
    let saved = Saved::new().await;
    let before = saved.account.sandbox.calls().len();
    let id = saved.id("instance.web");
    saved.account.query("ec2", "CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "team"), ("Tag.1.Value", "ops")]);
    saved.refused().await;
    let calls = saved.account.sandbox.calls();
    let mut calls: Vec<_> = calls[before + 1..].iter().map(|call| call.operation.as_str()).collect();
    calls.sort_unstable();
    let expected = [
        "DescribeAddresses",
        "DescribeDBInstances",
        "DescribeInstances",
        "DescribeSecurityGroups",
        "GetBucketPolicy",
        "GetBucketTagging",
        "GetPublicAccessBlock",
    ];
    assert_eq!(calls, expected);
}

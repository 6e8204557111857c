//! The least IAM policy: no call outside it is ever sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use cn_infra::TokioClock;
use cn_infra::aws::kinds;
use cn_infra::aws::lease::{Claim, Lease, LeaseError};
use cn_infra::aws::policy::{Policy, Purpose, policy};
use cn_infra::core::address::PhysicalId;
use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::owner::Tags;
use cn_infra::core::plan::Plan;
use cn_infra_sandbox::Call;
use serde_json::Value;

use crate::crash::scenario::SCENARIOS;
use crate::guarded::environment;
use crate::recorder::{Recorder, Request};
use crate::simulated::Simulated;

/// S3's operations whose IAM action has another name, by the "Service Authorization Reference" for Amazon S3.
const S3: &[(&str, &str)] = &[
    ("HeadBucket", "ListBucket"),
    ("ListBuckets", "ListAllMyBuckets"),
    ("ListObjectsV2", "ListBucket"),
    ("ListObjectVersions", "ListBucketVersions"),
    ("GetBucketCors", "GetBucketCORS"),
    ("PutBucketCors", "PutBucketCORS"),
    ("DeleteBucketCors", "PutBucketCORS"),
    ("GetBucketEncryption", "GetEncryptionConfiguration"),
    ("PutBucketEncryption", "PutEncryptionConfiguration"),
    ("GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"),
    ("PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"),
    ("DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    ("GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
];

/// What AWS asks for beside the action of a call's own name: by the page of each operation. A text is a parameter, or how
/// it begins, with which that is so.
const ALSO: &[(&str, &str, &[&str])] = &[
    ("AllocateAddress", "", &["ec2:CreateTags"]),
    ("AssociateIamInstanceProfile", "", &["iam:PassRole"]),
    ("CreateBucket", "", &["s3:TagResource"]),
    ("CreateDBInstance", "", &["rds:AddTagsToResource"]),
    ("CreateDBInstance", "ManageMasterUserPassword=true", MANAGED),
    ("CreateDBInstance", "MonitoringRoleArn=", &["iam:PassRole"]),
    ("CreateDBSnapshot", "", &["rds:AddTagsToResource"]),
    ("CreateSecurityGroup", "", &["ec2:CreateTags"]),
    ("DeleteDBInstance", "FinalDBSnapshotIdentifier=", &["rds:CreateDBSnapshot"]),
    // Of an object that may not be there.
    ("GetObject", "", &["s3:ListBucket"]),
    ("ModifyDBInstance", "ManageMasterUserPassword=true", MANAGED),
    ("ModifyDBInstance", "MonitoringRoleArn=", &["iam:PassRole"]),
    ("ReplaceIamInstanceProfileAssociation", "", &["iam:PassRole"]),
    ("RunInstances", "", &["ec2:CreateTags"]),
    ("RunInstances", "IamInstanceProfile.", &["iam:PassRole"]),
    ("RunInstances", "ImageId=resolve:ssm:", &["ssm:GetParameters"]),
];

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html>
const MANAGED: &[&str] =
    &["kms:CreateGrant", "kms:DescribeKey", "secretsmanager:CreateSecret", "secretsmanager:TagResource"];

/// The IAM actions that a call needs; `GetCallerIdentity` needs none.
fn needs(service: &str, operation: &str, parameters: &[(String, String)]) -> Vec<String> {
    let named = S3.iter().find(|(name, _)| service == "s3" && *name == operation);
    let own = (service != "sts").then(|| format!("{service}:{}", named.map_or(operation, |(_, action)| action)));
    let has = |text: &str| parameters.iter().any(|(name, value)| format!("{name}={value}").starts_with(text));
    let also = ALSO.iter().filter(|(call, with, _)| *call == operation && (with.is_empty() || has(with)));
    own.into_iter().chain(also.flat_map(|(.., actions)| *actions).map(ToString::to_string)).collect()
}

fn actions(policy: &Policy) -> BTreeSet<&str> {
    policy.statement.iter().flat_map(|statement| &statement.action).map(String::as_str).collect()
}

/// The actions that a policy does not allow.
fn outside(policy: &Policy, needed: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let allowed = actions(policy);
    needed.into_iter().filter(|action| !allowed.contains(action.as_str())).collect()
}

/// Panics unless the policy of a plan allows every request that carried it out: by action, and for S3 by bucket.
pub fn assert_allowed(environment: &Environment, plan: &Plan, requests: &[Request]) {
    let policy = policy(environment, Purpose::Plan(plan));
    let needed = requests.iter().flat_map(|request| match request.call.split_once(" /") {
        None => {
            let is_rds = request.call.contains("DB") || request.call.ends_with("Resource");
            needs(if is_rds { "rds" } else { "ec2" }, &request.call, &request.parameters)
        }
        Some(("PUT", path)) if !path.contains(['?', '/']) => needs("s3", "CreateBucket", &request.parameters),
        Some(_) => Vec::new(),
    });
    assert_eq!(outside(&policy, needed), BTreeSet::new(), "{plan:#?}");
    for request in requests.iter().filter_map(|request| request.call.split_once(" /")) {
        let bucket = request.1.split(['?', '/']).next().unwrap_or_default();
        let arn = format!("arn:aws:s3:::{bucket}");
        let is_named = policy.statement.iter().any(|statement| statement.resource.contains(&arn));
        assert!(bucket.is_empty() || is_named, "{request:?} is outside of {:?}", policy.statement);
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn needed(calls: &[Call]) -> impl Iterator<Item = String> {
    calls.iter().flat_map(|call| needs(&call.service, &call.operation, &[]))
}

#[test]
fn no_call_of_any_change_is_outside_of_the_policy_for_it() {
    for scenario in SCENARIOS {
        let (read, whole, of_plan) = run(async {
            let scene = scenario.prepare().await;
            let account = scene.account.fork();
            let environment = &scene.wanted.environment;
            let before = account.sandbox.calls().len();
            let plan = account.plan(&scene.wanted).await.unwrap();
            let reads = account.sandbox.calls().split_off(before);
            let report = account.apply(&plan, &account.wire()).await.unwrap();
            assert!(report.is_success(), "{}", scenario.name);
            let all = account.sandbox.calls().split_off(before);
            (
                outside(&policy(environment, Purpose::Read), needed(&reads)),
                // What left the file is pruned by the policy of its plan.
                if scenario.name == "prune" {
                    BTreeSet::new()
                } else {
                    outside(&policy(environment, Purpose::File), needed(&all))
                },
                outside(&policy(environment, Purpose::Plan(&plan)), needed(&all)),
            )
        });
        assert_eq!([read, whole, of_plan], [const { BTreeSet::new() }; 3], "{}", scenario.name);
    }
}

#[tokio::test]
async fn what_is_to_be_pruned_is_looked_at_within_the_policy_for_reading() {
    let account = Simulated::start().await;
    account.given(&environment("[bucket.media]\nname = \"coralnet-staging\"\n")).await;
    let (before, empty) = (account.sandbox.calls().len(), environment(""));
    let plan = account.prune(&empty).await;
    let calls = account.sandbox.calls().split_off(before);
    assert!(calls.iter().any(|call| call.operation == "ListObjectVersions"), "it is looked into");
    assert_eq!(outside(&policy(&empty, Purpose::Read), needed(&calls)), BTreeSet::new());
    assert!(actions(&policy(&empty, Purpose::Plan(&plan))).contains("s3:DeleteBucket"));
    assert!(!actions(&policy(&empty, Purpose::File)).contains("s3:DeleteBucket"), "the file names no bucket");
}

/// A server with an address and a group.
pub const SERVER: &str = r#"
[security_group.web]
[instance.web]
type = "t3.small"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
security_groups = ["security_group.web"]
[elastic_ip.site]
instance = "instance.web"
"#;

/// Whether a policy lets a call through: by its action, the region it is sent to, and the tags of what it acts on.
fn may(policy: &Policy, action: &str, region: &str, tags: &Tags) -> bool {
    let value = |key: &str| match key.split_once('/') {
        Some(("aws:ResourceTag", tag)) => tags.get(tag).map(String::as_str),
        _ => (key == "aws:RequestedRegion").then_some(region),
    };
    let holds = |condition: &Value| {
        condition["StringEquals"].as_object().unwrap().iter().all(|(key, wanted)| value(key) == wanted.as_str())
    };
    let mut allowing = policy.statement.iter().filter(|statement| statement.action.contains(action));
    allowing.any(|statement| statement.condition.as_ref().is_none_or(holds))
}

#[tokio::test]
async fn what_is_deleted_is_where_and_what_the_conditions_say() {
    let mut recorder = None;
    let account = Simulated::behind(|sandbox| {
        recorder = Some(Recorder::before(sandbox.http_client()));
        SharedHttpClient::new(recorder.clone().unwrap())
    });
    let (account, recorder) = (account.await, recorder.unwrap());
    account.given(&environment(SERVER)).await;
    let live = account.whole().await;
    let empty = environment("");
    let plan = account.prune(&empty).await;
    recorder.take();
    let (report, _) = account.apply(&plan, &ApplyOptions::default()).await;
    assert!(report.is_success(), "{:#?}", report.outcomes);

    let policy = policy(&empty, Purpose::Plan(&plan));
    let region = &empty.region;
    let mut deleted = BTreeSet::new();
    for request in recorder.take().iter().filter(|request| request.is_write()) {
        let ids = request.parameters.iter().map(|(_, value)| PhysicalId(value.clone()));
        // What is no object, as an association, has no tags.
        let mut tags: Vec<_> = ids.filter_map(|id| Some(live.by_id(&id)?.1.tags.clone())).collect();
        tags.resize_with(tags.len().max(1), Tags::new);
        let action = format!("ec2:{}", request.call);
        let allowed = |tags| may(&policy, &action, region, tags);
        assert!(tags.iter().all(allowed), "{request}");
        assert!(!may(&policy, &action, "eu-west-1", &tags[0]), "{request}");
        if !allowed(&Tags::new()) {
            deleted.insert(request.call.clone());
        }
    }
    assert_eq!(deleted, ["DeleteSecurityGroup", "ReleaseAddress", "TerminateInstances"].map(str::to_owned).into());
}

#[tokio::test]
async fn the_lease_is_within_the_policy_and_only_its_object_is_written() {
    let account = Simulated::start().await;
    account.given(&environment("[bucket.locks]\nname = \"coralnet-locks\"\n")).await;
    let file = environment("[lock]\nbucket = \"coralnet-locks\"\n[elastic_ip.site]\n");
    let before = account.sandbox.calls().len();
    let claim =
        Claim { bucket: "coralnet-locks", project: "coralnet", environment: "staging", who: "ana", unlock: None };
    let session = &account.session;
    let clock = Arc::new(TokioClock::new());
    let lease = Lease::take(session, &claim, clock.clone()).await.unwrap();
    assert!(matches!(Lease::take(session, &claim, clock).await, Err(LeaseError::Held(_))));
    lease.release().await.unwrap();
    let calls = account.sandbox.calls().split_off(before);
    let policy = policy(&file, Purpose::File);
    assert_eq!(outside(&policy, needed(&calls)), BTreeSet::new());
    for operation in ["PutObject", "GetObject", "DeleteObject"] {
        assert!(calls.iter().any(|call| call.operation == operation), "{operation} is part of it");
        let action = format!("s3:{operation}");
        let on: Vec<_> =
            policy.statement.iter().filter(|one| one.action.contains(&action)).map(|one| &one.resource).collect();
        assert_eq!(on, [&[format!("arn:aws:s3:::coralnet-locks/{}", claim.key())]], "{operation}");
    }
}

#[test]
fn reading_alone_allows_no_write() {
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("environments");
    let production = Environment::load(&repository, "production", &kinds()).unwrap();
    let policy = policy(&production, Purpose::Read);
    let reads = ["Describe", "Get", "List"];
    let writes = |action: &&str| !reads.iter().any(|read| action.split(':').nth(1).unwrap().starts_with(read));
    assert_eq!(actions(&policy).into_iter().filter(writes).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_page_shows_what_the_command_prints() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let staging = Environment::load(&root.join("environments"), "staging", &kinds()).unwrap();
    let page = std::fs::read_to_string(root.join("docs/policy.md")).unwrap();
    let shown = page.split("```json\n").nth(1).and_then(|rest| rest.split("\n```").next()).unwrap();
    assert_eq!(shown, serde_json::to_string_pretty(&policy(&staging, Purpose::Read)).unwrap());
}

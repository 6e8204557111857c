//! The least IAM policy: no call outside it is ever sent.

use std::collections::BTreeSet;

use cn_infra::aws::kinds;
use cn_infra::aws::policy::{Policy, Purpose, policy};
use cn_infra::core::environment::Environment;
use cn_infra::core::plan::Plan;
use cn_infra_sandbox::Call;

use crate::crash::scenario::SCENARIOS;
use crate::recorder::Request;

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

/// The IAM action that a call needs; `GetCallerIdentity` needs none.
fn action(service: &str, operation: &str) -> Option<String> {
    let named = S3.iter().find(|(name, _)| service == "s3" && *name == operation);
    (service != "sts").then(|| format!("{service}:{}", named.map_or(operation, |(_, action)| action)))
}

fn actions(policy: &Policy) -> BTreeSet<&str> {
    policy.statement.iter().flat_map(|statement| &statement.action).map(String::as_str).collect()
}

/// The calls that a policy does not allow.
fn outside(policy: &Policy, calls: impl IntoIterator<Item = (String, String)>) -> BTreeSet<String> {
    let allowed = actions(policy);
    let needed: BTreeSet<_> =
        calls.into_iter().filter_map(|(service, operation)| action(&service, &operation)).collect();
    needed.into_iter().filter(|action| !allowed.contains(action.as_str())).collect()
}

/// Panics unless the policy of a plan allows every request that carried it out: by action, and for S3 by bucket.
pub fn assert_allowed(environment: &Environment, plan: &Plan, requests: &[Request]) {
    let policy = policy(environment, Purpose::Plan(plan));
    let forms = requests.iter().filter(|request| !request.call.contains(' '));
    let calls = forms.map(|request| {
        let is_rds = request.call.contains("DB") || request.call.ends_with("Resource");
        ((if is_rds { "rds" } else { "ec2" }).to_owned(), request.call.clone())
    });
    assert_eq!(outside(&policy, calls), BTreeSet::new(), "{plan:#?}");
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

fn pairs(calls: &[Call]) -> impl Iterator<Item = (String, String)> {
    calls.iter().map(|call| (call.service.clone(), call.operation.clone()))
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
                outside(&policy(environment, Purpose::Read), pairs(&reads)),
                // What left the file is pruned by the policy of its plan.
                if scenario.name == "prune" {
                    BTreeSet::new()
                } else {
                    outside(&policy(environment, Purpose::File), pairs(&all))
                },
                outside(&policy(environment, Purpose::Plan(&plan)), pairs(&all)),
            )
        });
        assert_eq!([read, whole, of_plan], [const { BTreeSet::new() }; 3], "{}", scenario.name);
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

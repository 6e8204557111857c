//! `export`: what is there, as a file, means what is there.

mod accounts;

use std::path::Path;

use cn_infra::aws::kinds;
use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::export::{Export, Source, export};
use cn_infra::core::plan::{Action, Difference, PlanOptions};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::simulated::Simulated;

/// Not public, so that no bucket refuses it.
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::coralnet-bNUMBER/*"}]}"#;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A directory with one environment file in it, loaded.
fn load(directory: &Path, exported: &Export) -> Environment {
    std::fs::write(directory.join("staging.toml"), &exported.text).unwrap();
    for (path, text) in &exported.files {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Environment::load(directory, "staging", &kinds()).unwrap_or_else(|error| panic!("{error}\n{}", exported.text))
}

/// What an account exports to a file that declares nothing yet.
async fn exported(account: &Simulated, strangers: bool) -> Export {
    let directory = tempfile::tempdir().unwrap();
    let empty = load(directory.path(), &Export { text: accounts::HEAD.to_owned(), files: [].into() });
    let live = account.whole().await;
    let (kinds, declares) = (kinds(), |_: &_| false);
    let source = Source {
        text: accounts::HEAD,
        environment: &empty,
        live: &live,
        kinds: &kinds,
        strangers,
        declares: &declares,
    };
    export(&source).unwrap()
}

/// The lines that are no comments: ids differ from account to account.
fn without_comments(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with("# ")).collect()
}

/// What is still to do.
async fn steps(account: &Simulated, environment: &Environment) -> Vec<String> {
    let plan = account.plan(environment, &PlanOptions::default()).await;
    let blocked = plan.blocked.iter().map(|blocked| format!("{} is blocked: {}", blocked.id, blocked.why));
    let step =
        |step: &cn_infra::core::plan::Step| format!("{:?} {} {:?} {:?}", step.action, step.id, step.before, step.after);
    plan.steps.iter().map(step).chain(blocked).collect()
}

/// The environment of a text in an account of its own.
async fn account_of(directory: &Path, text: &str) -> Simulated {
    let account = Simulated::start().await;
    account.grant();
    for number in ["0", "1", "2"] {
        let policy = POLICY.replace("NUMBER", number);
        std::fs::write(directory.join(format!("policy-{number}.json")), policy).unwrap();
    }
    account.given(&load(directory, &Export { text: text.to_owned(), files: [].into() })).await;
    account
}

async fn comes_back(text: &str) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let account = account_of(directory.path(), text).await;
    let first = exported(&account, false).await;
    let directory = tempfile::tempdir().unwrap();
    let environment = load(directory.path(), &first);
    let left = steps(&account, &environment).await;
    prop_assert!(left.is_empty(), "its plan is not empty: {left:#?}\n{}", first.text);

    let empty = Simulated::start().await;
    empty.grant();
    empty.given(&environment).await;
    let second = exported(&empty, false).await;
    prop_assert_eq!(without_comments(&first.text), without_comments(&second.text));
    prop_assert_eq!(first.files, second.files);
    Ok(())
}

#[test]
fn what_is_exported_plans_to_nothing_and_makes_the_same_again() {
    let config = Config { cases: 16, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    TestRunner::new(config).run(&accounts::environment(), |text| run(comes_back(&text))).unwrap();
}

#[test]
fn what_nobody_owns_is_adopted_and_nothing_else_happens_to_it() {
    run(async {
        let account = Simulated::start().await;
        cn_infra_sandbox::seed::beta_migration(&account.sandbox, "123456789012", "us-west-2").unwrap();
        let first = exported(&account, true).await;
        let directory = tempfile::tempdir().unwrap();
        let environment = load(directory.path(), &first);
        let plan = account.plan(&environment, &PlanOptions::default()).await;
        assert_eq!(plan.blocked, []);
        assert_eq!(plan.steps.len(), 7, "a server, its address, a database, two groups and two buckets");
        for step in &plan.steps {
            assert_eq!(step.action, Action::Update, "{}", step.id);
            let is_first_name = |difference: &Difference| difference.path == "name" && difference.before.is_none();
            assert!(step.differences.iter().all(is_first_name), "{}: {:?}", step.id, step.differences);
            assert!(!step.tags.set.is_empty() && step.tags.remove.is_empty(), "{}", step.id);
        }
        let (report, calls) = account.apply(&plan, &ApplyOptions::default()).await;
        assert!(report.is_success());
        let tags = ["CreateTags", "AddTagsToResource", "PutBucketTagging"];
        assert!(calls.iter().all(|call| tags.iter().any(|tag| call.ends_with(tag))), "{calls:?}");

        // Now that it is the environment's, `adopt` goes; all else is as before.
        let second = exported(&account, false).await;
        let lines = |text: &str| {
            let text = without_comments(text);
            let kept = text.lines().filter(|line| !line.is_empty() && !line.starts_with("adopt"));
            kept.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&first.text), lines(&second.text));
    });
}

#[test]
fn a_file_says_no_password_and_no_user_data() {
    run(async {
        let account = Simulated::start().await;
        account.grant();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("init.sh"), "#!/bin/sh\necho planted-secret\n").unwrap();
        let text = format!(
            "{}[security_group.web]\n[instance.web]\ntype = \"t3.micro\"\nsecurity_groups = [\"security_group.web\"]\nuser_data = {{ file = \"init.sh\" }}\n",
            accounts::HEAD
        );
        account.given(&load(directory.path(), &Export { text, files: [].into() })).await;
        let before = account.sandbox.calls().len();
        let exported = exported(&account, true).await;
        assert!(!exported.text.contains("planted-secret") && !exported.text.contains("user_data"), "{}", exported.text);
        assert!(exported.files.is_empty());
        let reads_it = |call: &cn_infra_sandbox::Call| call.operation.ends_with("DescribeInstanceAttribute");
        assert_eq!(
            account.sandbox.calls()[before..].iter().filter(|call| reads_it(call)).count(),
            2,
            "protection and shutdown behaviour"
        );
    });
}

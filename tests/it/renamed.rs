//! Names that change: what can be renamed in place, what cannot, and who has to follow.

use cn_infra::aws::kinds;
use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::plan::{Plan, PlanOptions};

use crate::guarded::{HEAD, environment};
use crate::simulated::Simulated;

pub const DATABASE: &str = r#"
[db_instance.main]
name = "coralnet"
engine = "postgres"
engine_version = "16"
class = "db.t3.micro"
storage = { size_gib = 20 }
master_username = "coralnet"
master_password = "managed"
"#;

/// An environment beside whose file stand others.
fn environment_with(files: &[(&str, String)], body: &str) -> Environment {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    std::fs::write(directory.path().join("staging.toml"), format!("{HEAD}{body}")).unwrap();
    Environment::load(directory.path(), "staging", &kinds()).unwrap()
}

async fn planned(account: &Simulated, environment: &Environment) -> Plan {
    account.plan(environment, &PlanOptions::default()).await
}

#[tokio::test]
async fn whoever_names_the_former_endpoint_of_a_database_is_told() {
    let account = Simulated::start().await;
    account.given(&environment(DATABASE)).await;
    let live = account.whole().await;
    let endpoint = live.kind("db_instance")[0].outputs["endpoint"].clone();
    let rest = endpoint.strip_prefix("coralnet.").unwrap();
    let renamed = DATABASE.replace("\"coralnet\"\nengine", "\"coralnet-staging\"\nengine");
    let around = format!(
        r#"
[values]
db_host = "{endpoint}"
[bucket.media]
name = "coralnet-media"
tags = {{ Unrelated = "coralnet" }}
cors = [{{ origins = ["http://{endpoint}"], methods = ["GET"] }}]
"#
    );
    let wanted = environment(&format!("{around}{renamed}"));
    let plan = planned(&account, &wanted).await;
    let told: Vec<_> = plan.findings.iter().filter(|finding| finding.code == "CN313").collect();
    assert_eq!(told.len(), 1, "{:?}", plan.findings);
    assert_eq!(
        told[0].message,
        format!(
            "its endpoint becomes coralnet-staging.{rest} in place of {endpoint}; the former one stands in [values] \
             db_host, cors of bucket.media"
        )
    );

    let (report, calls) = account.apply(&plan, &ApplyOptions::default()).await;
    assert!(report.is_success(), "{:#?}", report.outcomes);
    assert!(calls.iter().all(|call| !call.contains("Delete") && call != "CreateDBInstance"), "{calls:?}");
    let live = account.whole().await;
    assert_eq!(live.kind("db_instance")[0].outputs["endpoint"], format!("coralnet-staging.{rest}"));
    assert!(planned(&account, &wanted).await.findings.iter().all(|finding| finding.code != "CN313"));
}

/// What a template fills in is said too, and of a server that its user data came with its first start.
#[tokio::test]
async fn whatever_a_template_tells_the_former_endpoint_is_named() {
    const SERVER: &str = r#"
type = "t3.small"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
user_data = { file = "start.sh", template = true }
"#;
    let account = Simulated::start().await;
    let body = |database: &str, more: &str| {
        format!(
            "[bucket.media]\nname = \"coralnet-media\"\npolicy_file = \"policy.json\"\n[instance.web]{SERVER}{more}{database}"
        )
    };
    let files = |host: &str| {
        let statement = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::coralnet-media/*", "Condition": {{"StringEquals": {{"aws:Referer": "{host}"}}}}}}]}}"#
        );
        [("policy.json", statement), ("start.sh", format!("#!/bin/sh\nDB={host}\n"))]
    };
    let filled = files("{{ db_instance.main.endpoint }}");
    account.given(&environment_with(&filled, &body(DATABASE, ""))).await;
    let renamed = DATABASE.replace("\"coralnet\"\nengine", "\"coralnet-new\"\nengine");
    let told = async |files: &[(&str, String)], more: &str| {
        let plan = planned(&account, &environment_with(files, &body(&renamed, more))).await;
        let told: Vec<_> = plan.findings.into_iter().filter(|finding| finding.code == "CN313").collect();
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].message.split_once("; ").map(|(_, rest)| rest.to_owned())
    };
    assert_eq!(
        told(&filled, &format!("[instance.next]{SERVER}")).await.unwrap(),
        "it is filled into policy_file of bucket.media, user_data of instance.next, by the next apply after this one; \
         user_data of instance.web told it at the first start, which does not come again"
    );

    let live = account.whole().await;
    let endpoint = &live.kind("db_instance")[0].outputs["endpoint"];
    assert_eq!(
        told(&files(endpoint), "").await.unwrap(),
        "the former one stands in policy_file of bucket.media, user_data of instance.web"
    );
    // The endpoint of another database ends as this one does.
    assert_eq!(told(&files(&format!("old-{endpoint}")), "").await, None);
}

/// A tag changes in place; what has its name for good is held back with the way out.
#[tokio::test]
async fn names_that_are_tags_change_and_others_are_held_back() {
    const IMAGE: &str = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    let body = |suffix: &str| {
        format!(
            r#"
[instance.web]
name = "web{suffix}"
type = "t3.small"
image = "{IMAGE}"
[elastic_ip.site]
name = "site{suffix}"
[security_group.db]
name = "db{suffix}"
[bucket.media]
name = "coralnet-media{suffix}"
"#
        )
    };
    let account = Simulated::start().await;
    account.given(&environment(&body(""))).await;
    let plan = planned(&account, &environment(&body("-new"))).await;
    let steps: Vec<_> = plan.steps.iter().map(|step| format!("{:?} {}", step.action, step.id)).collect();
    assert_eq!(steps, ["Update elastic_ip.site", "Update instance.web"]);
    let blocked: Vec<_> = plan.blocked.iter().map(|blocked| format!("{}: {}", blocked.id, blocked.why)).collect();
    assert_eq!(blocked.len(), 2, "{blocked:?}");
    assert!(blocked[0].starts_with("bucket.media: ") && blocked[0].contains("cannot be renamed"), "{blocked:?}");
    assert!(blocked[1].starts_with("security_group.db: ") && blocked[1].contains("name"), "{blocked:?}");
    assert!(plan.blocked.iter().all(|blocked| !blocked.hint.is_empty()), "{:?}", plan.blocked);
}

/// Another name in the file for the same object: its tags follow, and nothing is made or deleted, not even with `--prune`.
#[tokio::test]
async fn a_resource_that_is_renamed_keeps_its_object() {
    let account = Simulated::start().await;
    let before = "[elastic_ip.old]\n[security_group.old]\nname = \"web\"\n";
    account.given(&environment(before)).await;
    let after = "[elastic_ip.new]\nrenamed_from = \"elastic_ip.old\"\n[security_group.new]\nname = \"web\"\nrenamed_from = \"security_group.old\"\n";
    let after = environment(after);
    let plan = account.prune(&after).await;
    let (report, calls) = account.apply(&plan, &ApplyOptions::default()).await;
    assert!(report.is_success(), "{:#?}", report.outcomes);
    assert!(!calls.is_empty() && calls.iter().all(|call| call.ends_with("Tags")), "{calls:?}");
    assert!(account.prune(&after).await.is_empty());
}

//! What a plan holds back until somebody says that it is meant.

use cn_infra::aws::kinds;
use cn_infra::core::address::Address;
use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::plan::{Plan, PlanOptions};
use http::Method;

use crate::simulated::Simulated;

pub const HEAD: &str = r#"
[environment]
name = "staging"
project = "coralnet"
account = "123456789012"
region = "us-west-2"
"#;

const GROUP: &str = r#"
[security_group.web.ingress]
ssh = { port = 22, from = ["198.51.100.0/24"] }
http = { port = 80, from = ["0.0.0.0/0"] }
"#;

const DATA: &str = r#"
[db_instance.main]
engine = "postgres"
engine_version = "16"
class = "db.t3.micro"
storage = { size_gib = 20 }
master_username = "coralnet"
master_password = "managed"
deletion_protection = true
[bucket.media]
name = "coralnet-staging"
[instance.web]
type = "t3.small"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
termination_protection = true
"#;

pub fn environment(body: &str) -> Environment {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("staging.toml"), format!("{HEAD}{body}")).unwrap();
    Environment::load(directory.path(), "staging", &kinds()).unwrap()
}

fn blocked(plan: &Plan) -> Vec<String> {
    plan.blocked.iter().map(|blocked| format!("{}: {}", blocked.id, blocked.why)).collect()
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn from(address: &str) -> PlanOptions {
    PlanOptions { my_ip: Some(address.parse().unwrap()), ..PlanOptions::default() }
}

#[tokio::test]
async fn port_22_stays_open_to_whoever_plans() {
    let account = Simulated::start().await;
    account.given(&environment(GROUP)).await;
    let narrower = GROUP.replace("198.51.100.0/24", "198.51.100.7/32");
    let plan = account.plan(&environment(&narrower), &from("198.51.100.8")).await;
    assert_eq!(plan.steps, []);
    let why = "security_group.web/rules: port 22 would be closed to 198.51.100.8, your own address [CN105]";
    assert_eq!((blocked(&plan), codes(&plan)), (vec![why.to_owned()], vec!["CN105"]));

    // Whoever stays in, or never was in, is not held back.
    for address in ["198.51.100.7", "192.0.2.1"] {
        let plan = account.plan(&environment(&narrower), &from(address)).await;
        assert_eq!((plan.steps.len(), codes(&plan)), (1, vec![]), "{address}");
    }
    let plan = account.plan(&environment(&narrower), &PlanOptions::default()).await;
    assert_eq!((plan.steps.len(), codes(&plan)), (1, vec!["CN106"]));
    let other = GROUP.replace("port = 80", "port = 443");
    let plan = account.plan(&environment(&other), &PlanOptions::default()).await;
    assert_eq!((plan.steps.len(), codes(&plan)), (1, vec!["CN110"]), "of port 22 nothing is said");

    let silence = "\n[[silence]]\nfinding = \"CN105\"\non = \"security_group.web\"\nreason = \"the VPN\"\n";
    let plan = account.plan(&environment(&(narrower + silence)), &from("198.51.100.8")).await;
    assert_eq!((plan.steps.len(), blocked(&plan), codes(&plan)), (1, vec![], vec![]));
}

#[tokio::test]
async fn a_group_is_not_emptied_by_the_way() {
    let account = Simulated::start().await;
    account.given(&environment(GROUP)).await;
    let empty = "[security_group.web]\ntags = { team = \"reef\" }\n[security_group.web.ingress]\n";
    let plan = account.plan(&environment(empty), &PlanOptions::default()).await;
    assert_eq!(blocked(&plan).len(), 1);
    assert!(blocked(&plan)[0].ends_with("nothing could come in [CN103]"), "{:?}", plan.blocked);
    let steps: Vec<_> = plan.steps.iter().map(|step| step.id.to_string()).collect();
    assert_eq!(steps, ["security_group.web"], "the rest of the group is not held back");
    let silence = "[[silence]]\nfinding = \"CN103\"\nreason = \"closed for good\"\n";
    let plan = account.plan(&environment(&format!("{empty}{silence}")), &PlanOptions::default()).await;
    assert_eq!((plan.steps.len(), blocked(&plan)), (2, vec![]));
}

#[tokio::test]
async fn quotas_are_told_before_aws_tells_them() {
    let account = Simulated::start().await;
    let addresses = |count: usize| (1..=count).map(|n| format!("[elastic_ip.a{n}]\n")).collect::<Vec<_>>().concat();
    account.given(&environment(&addresses(4))).await;
    let plan = account.plan(&environment(&addresses(5)), &PlanOptions::default()).await;
    assert_eq!(codes(&plan), [""; 0]);
    let plan = account.plan(&environment(&addresses(6)), &PlanOptions::default()).await;
    assert_eq!((codes(&plan), plan.steps.len()), (vec!["CN021"], 2), "a warning: the account may have more");

    let groups = ["a", "b", "c", "d", "e", "f"];
    let tables = groups.iter().map(|name| format!("[security_group.{name}]\n")).collect::<Vec<_>>().concat();
    let server = "[instance.web]\ntype = \"t3.small\"\nimage = \"ami-0123456789abcdef0\"\nsecurity_groups = ";
    let with = |count: usize| {
        let names: Vec<_> = groups[..count].iter().map(|name| format!("security_group.{name}")).collect();
        environment(&format!("{tables}{server}{names:?}\n"))
    };
    assert_eq!(codes(&account.plan(&with(5), &PlanOptions::default()).await), [""; 0]);
    assert_eq!(codes(&account.plan(&with(6), &PlanOptions::default()).await), ["CN205"]);
}

/// What is pruned once the file declares nothing.
async fn pruned(account: &Simulated) -> Plan {
    let empty = environment("");
    account.prune(&empty).await
}

#[tokio::test]
async fn what_is_protected_or_full_is_not_pruned() {
    let account = Simulated::start().await;
    account.given(&environment(DATA)).await;
    account.caller().s3(Method::PUT, "/coralnet-staging/reef.jpg", &[], "coral").unwrap();
    let before = account.sandbox.calls().len();
    let plan = pruned(&account).await;
    assert_eq!(plan.steps, []);
    let why = [
        "bucket.media: the bucket holds objects, and S3 deletes only an empty one [CN405]",
        "db_instance.main: it is protected from deletion",
        "instance.web: it is protected from termination",
    ];
    assert_eq!((blocked(&plan), codes(&plan)), (why.map(str::to_owned).to_vec(), vec!["CN405"]));
    let calls = account.sandbox.calls();
    let looked = |operation: &str| calls[before..].iter().filter(|call| call.operation == operation).count();
    assert_eq!((looked("ListObjectVersions"), looked("DescribeInstanceAttribute")), (1, 1));
}

#[tokio::test]
async fn old_versions_and_markers_are_objects_too() {
    let account = Simulated::start().await;
    account.given(&environment("[bucket.media]\nname = \"coralnet-staging\"\nversioning = true\n")).await;
    account.caller().s3(Method::PUT, "/coralnet-staging/reef.jpg", &[], "coral").unwrap();
    account.caller().s3(Method::DELETE, "/coralnet-staging/reef.jpg", &[], "").unwrap();
    let plan = pruned(&account).await;
    assert_eq!((plan.steps.len(), codes(&plan)), (0, vec!["CN405"]), "a listing shows no object any more");
}

#[tokio::test]
async fn data_is_deleted_by_its_name_only_and_protect_wins() {
    let account = Simulated::start().await;
    let lifted = DATA.replace("protection = true", "protection = false");
    account.given(&environment(&lifted)).await;
    let plan = pruned(&account).await;
    assert_eq!(blocked(&plan), [""; 0]);
    let all = kinds();
    let named: Vec<_> = plan.data_deletes(&all).map(ToString::to_string).collect();
    assert_eq!(named, ["bucket.media", "db_instance.main"]);
    let (report, writes) = account.apply(&plan, &ApplyOptions::default()).await;
    assert_eq!(writes, ["TerminateInstances"]);
    assert_eq!(report.failed().count(), 2, "{:#?}", report.outcomes);

    // The tag that forbids it was set after the plan was made.
    let allow: Vec<Address> = named.iter().map(|name| name.parse().unwrap()).collect();
    let options = ApplyOptions { allow_delete: allow.into_iter().collect(), ..ApplyOptions::default() };
    account
        .given(&environment(
            &lifted.replace("name = \"coralnet-staging\"", "name = \"coralnet-staging\"\nprotect = true"),
        ))
        .await;
    let (report, writes) = account.apply(&plan, &options).await;
    let failed: Vec<_> = report.failed().map(|(step, failure)| format!("{step}: {}", failure.message)).collect();
    assert_eq!(failed, ["bucket.media: coralnet-staging is protected by its tag cn-infra:protect"]);
    assert_eq!(writes, ["DeleteDBInstance"]);
    assert_eq!(blocked(&pruned(&account).await).len(), 1, "the plan says so too");
}

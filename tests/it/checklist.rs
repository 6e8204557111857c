//! The eight faults of the checklist of November 2016, by which a site was moved: each is told before it happens, or held
//! back.

use cn_infra::aws::kinds;
use cn_infra::core::check::check;
use cn_infra::core::environment::Environment;
use cn_infra::core::plan::{Plan, PlanOptions};
use cn_infra::core::testing::samples::NOW;
use http::Method;

use crate::simulated::Simulated;

/// Who is who.
const NETWORKS: &str = r#"
[networks]
developers = ["198.51.100.7/32"]
everyone = ["0.0.0.0/0", "::/0"]
"#;

const WEB: &str = r#"
[security_group.web.ingress]
ssh = { port = 22, from = ["developers"] }
http = { port = 80, from = ["everyone"] }
https = { port = 443, from = ["everyone"] }
"#;

const SERVER: &str = r#"
[instance.web]
type = "t3.large"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
security_groups = ["security_group.web"]
public_ip = false
termination_protection = true
"#;

const DATABASE: &str = r#"
[db_instance.main]
engine = "postgres"
engine_version = "16"
class = "db.t3.micro"
storage = { size_gib = 20 }
master_username = "coralnet"
master_password = "managed"
deletion_protection = true
storage_encrypted = true
"#;

fn environment(name: &str, body: &str) -> Environment {
    let directory = tempfile::tempdir().unwrap();
    let head = format!(
        "[environment]\nname = {name:?}\nproject = \"coralnet\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\ntier = {name:?}\n"
    );
    std::fs::write(directory.path().join(format!("{name}.toml")), format!("{head}{NETWORKS}{body}")).unwrap();
    // What the one file names of the other has to be declared there.
    let other = if name == "production" { "staging" } else { "production" };
    let beside = format!("{}{NETWORKS}{WEB}{SERVER}", head.replace(name, other));
    std::fs::write(directory.path().join(format!("{other}.toml")), beside).unwrap();
    Environment::load(directory.path(), name, &kinds()).unwrap_or_else(|error| panic!("{error}"))
}

fn production(body: &str) -> Environment {
    environment("production", body)
}

/// The findings that the file alone gives.
fn told(environment: &Environment) -> Vec<String> {
    check(environment, &kinds(), NOW).into_iter().map(|finding| told_of(&finding)).collect()
}

fn told_of(finding: &cn_infra::Finding) -> String {
    let on = finding.on.as_ref().map(|on| format!(" {on}")).unwrap_or_default();
    format!("{}{on}: {}", finding.code, finding.message)
}

/// The findings of a plan with one code.
fn planned(plan: &Plan, code: &str) -> Vec<String> {
    plan.findings.iter().filter(|finding| finding.code == code).map(told_of).collect()
}

fn hidden(web: &str) -> String {
    web.replace("from = [\"everyone\"]", "from = [\"developers\"]")
}

#[tokio::test]
async fn fault_1_port_80_is_closed_before_the_certificate_is_asked_for() {
    let account = Simulated::start().await;
    account.given(&production(WEB)).await;
    let plan = account.plan(&production(&hidden(WEB)), &PlanOptions::default()).await;
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(planned(&plan, "CN110").len(), 1, "{:?}", plan.findings);
    let only_https = WEB.replace("443, from = [\"everyone\"]", "443, from = [\"developers\"]");
    let plan = account.plan(&production(&only_https), &PlanOptions::default()).await;
    assert_eq!((plan.steps.len(), planned(&plan, "CN110")), (1, Vec::new()), "port 80 stays open");
}

#[tokio::test]
async fn fault_2_a_server_is_worked_on_while_its_only_address_is_lent_away() {
    let lent = "[elastic_ip.site]\ninstance = \"staging/instance.web\"\n";
    let said =
        "CN210 instance.web: the server has no public address, and no rule lets its own network in: nobody reaches it";
    let with = |rest: &str| told(&production(&format!("{WEB}{SERVER}{rest}")));
    assert_eq!(with(lent), [said]);
    assert_eq!(with("[elastic_ip.site]\ninstance = \"instance.web\"\n"), [""; 0]);
    let path = WEB.replace("22, from = [\"developers\"]", "22, from = [\"10.0.0.0/8\"]");
    assert_eq!(told(&production(&format!("{path}{SERVER}{lent}"))), [""; 0], "it is reached from within");

    // In a plan what is live counts too: here the address that staging lends to it.
    let account = Simulated::start().await;
    let nothing = production(&format!("{WEB}{SERVER}"));
    account.given(&nothing).await;
    let plan = account.plan(&nothing, &PlanOptions::default()).await;
    assert_eq!(planned(&plan, "CN210"), [said]);
    account.given(&environment("staging", "[elastic_ip.site]\ninstance = \"production/instance.web\"\n")).await;
    let plan = account.plan(&nothing, &PlanOptions::default()).await;
    assert_eq!(planned(&plan, "CN210"), [""; 0]);
}

#[tokio::test]
async fn fault_3_restricting_the_shared_group_for_production_also_hides_staging() {
    let account = Simulated::start().await;
    let body = format!("{WEB}{SERVER}[elastic_ip.site]\ninstance = \"instance.web\"\n");
    account.given(&production(&body)).await;
    let hide = production(&hidden(&body));
    let plan = account.plan(&hide, &PlanOptions::default()).await;
    assert_eq!(planned(&plan, "CN111"), [""; 0], "nobody shares it yet");
    let shared = SERVER.replace("security_group.web", "production/security_group.web");
    account.given(&environment("staging", &shared)).await;
    let plan = account.plan(&hide, &PlanOptions::default()).await;
    let said = "CN111 security_group.web: the change also closes what is not of this environment and bears the group: staging/instance.web tcp 80, staging/instance.web tcp 443";
    assert_eq!(planned(&plan, "CN111"), [said]);
    let same = account.plan(&production(&body), &PlanOptions::default()).await;
    assert_eq!(planned(&same, "CN111"), [""; 0], "nothing changes");
}

#[tokio::test]
async fn fault_4_renaming_a_database_changes_its_endpoint() {
    let account = Simulated::start().await;
    account.given(&production(DATABASE)).await;
    let renamed = DATABASE.replace("[db_instance.main]", "[db_instance.main]\nname = \"coralnet-old\"");
    let plan = account.plan(&production(&renamed), &PlanOptions::default()).await;
    let json = serde_json::to_string(&plan.steps).unwrap();
    assert!(json.contains("endpoint"), "{json}");
}

#[test]
fn fault_5_the_referer_must_match_scheme_and_host() {
    let of = |site: &str, pattern: &str| {
        let directory = tempfile::tempdir().unwrap();
        let policy = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::coralnet-production/*", "Condition": {{"StringLike": {{"aws:Referer": "{pattern}"}}}}}}}}"#
        );
        std::fs::write(directory.path().join("policy.json"), policy).unwrap();
        let file = format!(
            "[environment]\nname = \"production\"\nproject = \"coralnet\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n[values]\nsite = {site:?}\n[bucket.media]\nname = \"coralnet-production\"\npolicy_file = \"policy.json\"\n"
        );
        std::fs::write(directory.path().join("production.toml"), file).unwrap();
        let environment = Environment::load(directory.path(), "production", &kinds()).unwrap();
        told(&environment).into_iter().filter(|finding| finding.starts_with("CN407")).collect::<Vec<_>>()
    };
    let site = "https://coralnet.ucsd.edu";
    for pattern in ["http://coralnet.ucsd.edu/*", "https://www.coralnet.ucsd.edu/*", "https://coralnet.ucsd.edu"] {
        assert_eq!(
            of(site, pattern),
            [format!(
                "CN407 bucket.media: the policy lets in pages of {pattern}, and the site is {site}: its pages get 403"
            )]
        );
    }
    for pattern in ["https://coralnet.ucsd.edu/*", "{{site}}/*", "https://*.ucsd.edu/*"] {
        assert_eq!(of(site, pattern), [""; 0], "{pattern}");
    }
    assert_eq!(
        of("https://coralnet.ucsd.edu/source/", "{{site}}*").len(),
        1,
        "a page's origin may be all that is told"
    );
}

#[tokio::test]
async fn fault_6_temporary_rules_have_an_end() {
    let loader = r#"
[security_group.db.ingress]
alpha = { port = 5432, from = ["192.0.2.10/32"], description = "alpha, while data is loaded" }
app = { port = 5432, from = ["developers"] }
"#;
    let said = "CN109 security_group.db: ingress rule alpha: \"while\" sounds temporary, and nothing says when it ends";
    assert_eq!(told(&production(loader)), [said]);
    let silence = "[[silence]]\nfinding = \"CN109\"\non = \"security_group.db\"\nreason = \"alpha stays\"\n";
    assert_eq!(told(&production(&format!("{loader}{silence}"))), [""; 0]);

    let account = Simulated::start().await;
    let until = NOW + jiff::SignedDuration::from_hours(1);
    let ends = loader.replace("loaded\" }", &format!("loaded\", until = {until} }}"));
    let ends = production(&ends);
    account.given(&ends).await;
    assert!(account.plan(&ends, &PlanOptions::default()).await.is_empty());
    account.wait(4 * 60);
    let plan = account.plan(&ends, &PlanOptions::default()).await;
    assert_eq!(plan.steps.len(), 1, "pending, so exit 2: nothing runs by itself");
    assert_eq!(planned(&plan, "CN102"), ["CN102 security_group.db: ingress rule alpha: expired 3 h ago, still open"]);
}

#[tokio::test]
async fn fault_7_an_elastic_ip_displaces_the_address_that_a_server_had() {
    let account = Simulated::start().await;
    let staging = format!("{WEB}{SERVER}[elastic_ip.site]\ninstance = \"instance.web\"\n");
    account.given(&environment("staging", &staging)).await;
    let lent = production("[elastic_ip.site]\ninstance = \"staging/instance.web\"\n");
    let plan = account.plan(&lent, &PlanOptions::default()).await;
    let said = "CN211 elastic_ip.site: it takes the place of staging/elastic_ip.site at staging/instance.web, and staging/elastic_ip.site then points at nothing";
    assert_eq!(planned(&plan, "CN211"), [said]);
    // The other way round: what the plan takes the address from is told with the step.
    account.given(&lent).await;
    let back = production("[elastic_ip.site]\ninstance = \"none\"\n");
    let plan = account.plan(&back, &PlanOptions::default()).await;
    let json = serde_json::to_string(&plan.steps).unwrap();
    assert!(json.contains("staging/instance.web loses this address and has none then"), "{json}");

    let twice = "[elastic_ip.a]\ninstance = \"instance.web\"\n[elastic_ip.b]\ninstance = \"instance.web\"\n";
    let found = told(&production(&format!("{WEB}{SERVER}{twice}")));
    let said = "CN211 elastic_ip.b: it takes the place of elastic_ip.a at instance.web, and elastic_ip.a then points at nothing";
    assert_eq!(found, [said], "of one file, offline");
}

#[tokio::test]
async fn fault_8_what_cannot_be_undone_needs_to_be_named() {
    let account = Simulated::start().await;
    let lifted = DATABASE.replace("deletion_protection = true", "deletion_protection = false");
    let bucket = "[bucket.old]\nname = \"coralnet-serve-1\"\n";
    account.given(&production(&format!("{lifted}{bucket}"))).await;
    account.caller().s3(Method::PUT, "/coralnet-serve-1/reef.jpg", &[], "coral").unwrap();
    let plan = account.prune(&production("")).await;
    let blocked: Vec<_> = plan.blocked.iter().map(|blocked| blocked.id.to_string()).collect();
    assert_eq!(blocked, ["bucket.old"], "a bucket with objects is never pruned");
    let all = kinds();
    let named: Vec<_> = plan.data_deletes(&all).map(ToString::to_string).collect();
    assert_eq!(named, ["db_instance.main"]);
    let (report, writes) = account.apply(&plan, &cn_infra::ApplyOptions::default()).await;
    assert_eq!((report.failed().count(), writes), (1, Vec::new()), "not without its name");
}

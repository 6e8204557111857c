//! Names that change: what can be renamed in place, what cannot, and who has to follow.

use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::plan::{Plan, PlanOptions};

use crate::guarded::environment;
use crate::simulated::Simulated;

const DATABASE: &str = r#"
[db_instance.main]
name = "coralnet"
engine = "postgres"
engine_version = "16"
class = "db.t3.micro"
storage = { size_gib = 20 }
master_username = "coralnet"
master_password = "managed"
"#;

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

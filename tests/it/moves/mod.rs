//! Addresses on their way from server to server, across environments: where they are after every single call.

mod watched;

use std::collections::BTreeMap;

use cn_infra::aws::kinds;
use cn_infra::core::address::Address;
use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::plan::{Plan, PlanOptions};

use crate::simulated::Simulated;
use watched::{State, Watch, points_at};

const DEFAULTS: &str = r#"
[defaults.instance]
type = "t3.micro"
image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
[instance.web]
"#;

/// Two environments, in files beside each other.
fn environments(bodies: [&str; 2]) -> [Environment; 2] {
    let directory = tempfile::tempdir().unwrap();
    let names = ["production", "staging"];
    for (name, body) in names.iter().zip(bodies) {
        let head = format!(
            "[environment]\nname = \"{name}\"\nproject = \"coralnet\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n"
        );
        std::fs::write(directory.path().join(format!("{name}.toml")), format!("{head}{DEFAULTS}{body}")).unwrap();
    }
    names.map(|name| Environment::load(directory.path(), name, &kinds()).unwrap())
}

fn site(instance: &str) -> String {
    format!("[elastic_ip.site]\ninstance = \"{instance}\"\n")
}

/// Two environments with an address each.
fn both(production: &str, staging: &str) -> [Environment; 2] {
    environments([&site(production), &site(staging)])
}

/// An account that is watched, with the environments in it.
async fn given(environments: &[Environment]) -> (Simulated, Watch) {
    let watch = Watch::default();
    let account = Simulated::behind(|sandbox| watch.client(sandbox)).await;
    for environment in environments {
        account.given(environment).await;
    }
    watch.take();
    (account, watch)
}

async fn plan([production, staging]: &[Environment; 2], account: &Simulated) -> Plan {
    let first = Some(Address::new("elastic_ip", "site"));
    account.plan_together(production, &[staging], &PlanOptions { first, ..PlanOptions::default() }).await
}

/// The ids of the addresses of production and staging.
async fn ids([production, staging]: &[Environment; 2], account: &Simulated) -> [String; 2] {
    let address = Address::new("elastic_ip", "site");
    [account.id(production, &address).await, account.id(staging, &address).await]
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| step.id.to_string()).collect()
}

/// The numbers of the calls of an operation.
fn of(states: &[State], operation: &str) -> Vec<usize> {
    states.iter().enumerate().filter(|(_, state)| state.operation == operation).map(|(number, _)| number).collect()
}

async fn apply(plan: &Plan, account: &Simulated) {
    let (report, _) = account.apply(plan, &ApplyOptions::default()).await;
    assert!(report.is_success(), "{:#?}", report.outcomes);
}

#[tokio::test]
async fn an_address_moves_to_a_running_server_in_one_call_and_is_never_away() {
    let before = environments([&site("instance.web"), ""]);
    let (account, watch) = given(&before).await;
    let after = environments([&site("staging/instance.web"), ""]);
    let plan = plan(&after, &account).await;
    assert_eq!(steps(&plan), ["elastic_ip.site/association"]);
    watch.take();
    apply(&plan, &account).await;
    let states = watch.take();
    assert_eq!(of(&states, "AssociateAddress").len(), 1);
    assert_eq!(of(&states, "DisassociateAddress").len(), 0);
    let call = &states[of(&states, "AssociateAddress")[0]].request;
    assert!(call.contains("&AllowReassociation=true") && call.contains("&NetworkInterfaceId=eni-"), "{call}");
    assert!(states.iter().all(|state| state.points_at.values().all(Option::is_some)), "{states:#?}");
    let there = of(&states, "AssociateAddress")[0] - 1;
    assert_eq!(states[there].operation, "DescribeInstances", "the target is read just before");
}

#[tokio::test]
async fn two_addresses_change_places_one_right_after_the_other() {
    for parallelism in [1, 10] {
        let (account, watch) = given(&both("instance.web", "instance.web")).await;
        let after = both("staging/instance.web", "production/instance.web");
        let [first, second] = ids(&after, &account).await;
        let before = points_at(&account.sandbox);
        let plan = plan(&after, &account).await;
        assert_eq!(steps(&plan), ["elastic_ip.site/association", "staging/elastic_ip.site/association"]);
        watch.take();
        let options = ApplyOptions { parallelism, ..ApplyOptions::default() };
        let (report, _) = account.apply(&plan, &options).await;
        assert!(report.is_success(), "{:#?}", report.outcomes);
        let states = watch.take();
        let sent = of(&states, "AssociateAddress");
        assert_eq!((sent.len(), of(&states, "DisassociateAddress").len()), (2, 0));
        assert_eq!(sent[1], sent[0] + 1, "nothing else is sent between: {:#?}", names(&states));
        for (number, State { points_at, .. }) in states.iter().enumerate() {
            assert!(points_at[&first].is_some(), "after call {number}");
            assert_eq!(points_at[&second].is_none(), number == sent[0], "after call {number}");
        }
        let swapped = [(first.clone(), before[&second].clone()), (second.clone(), before[&first].clone())];
        assert_eq!(points_at(&account.sandbox), BTreeMap::from(swapped));
    }
}

fn names(states: &[State]) -> Vec<&str> {
    states.iter().map(|state| state.operation.as_str()).collect()
}

#[tokio::test]
async fn an_exchange_that_is_killed_in_the_middle_is_finished_by_the_next_apply() {
    let (account, watch) = given(&both("instance.web", "instance.web")).await;
    let after = both("staging/instance.web", "production/instance.web");
    let [first, second] = ids(&after, &account).await;
    let exchange = plan(&after, &account).await;
    watch.allow(Some(1));
    tokio::select! {
        () = apply(&exchange, &account) => panic!("it was to hang"),
        () = watch.hangs.notified() => {}
    }
    assert_eq!(points_at(&account.sandbox)[&second], None);
    watch.allow(None);
    let rest = plan(&after, &account).await;
    assert_eq!(steps(&rest), ["staging/elastic_ip.site/association"]);
    watch.take();
    apply(&rest, &account).await;
    let states = watch.take();
    assert_eq!((of(&states, "AssociateAddress").len(), of(&states, "DisassociateAddress").len()), (1, 0));
    assert!(states.iter().all(|state| state.points_at[&first].is_some()));
    assert!(plan(&after, &account).await.is_empty());
}

#[tokio::test]
async fn an_address_stays_until_the_server_that_the_same_apply_makes_runs() {
    let watch = Watch::default();
    let account = Simulated::behind(|sandbox| watch.client(sandbox)).await;
    account.given(&environments([&site("instance.web"), ""])[0]).await;
    let after = environments([&site("staging/instance.web"), ""]);
    let before = points_at(&account.sandbox);
    let options = PlanOptions { only: vec![Address::new("elastic_ip", "site")], ..PlanOptions::default() };
    let plan = account.plan_together(&after[0], &[&after[1]], &options).await;
    assert_eq!(steps(&plan), ["staging/instance.web", "elastic_ip.site/association"]);
    watch.take();
    apply(&plan, &account).await;
    let states = watch.take();
    let [associated] = of(&states, "AssociateAddress")[..] else { panic!("{:#?}", names(&states)) };
    assert!(of(&states, "RunInstances")[0] < associated);
    assert!(states[..associated].iter().all(|state| state.points_at == before));
    let [staging] = [account.id(&after[1], &Address::new("instance", "web")).await];
    let answer = account.query("ec2", "DescribeInstances", &[("InstanceId.1", &staging)]);
    assert!(format!("{answer:?}").contains("running"));
    assert!(states[associated..].iter().all(|state| state.points_at.values().all(Option::is_some)));
}

#[tokio::test]
async fn an_address_that_takes_a_place_waits_until_the_one_there_has_moved_on() {
    let place = |to: [&str; 2]| {
        let body = format!(
            "[instance.other]\n[elastic_ip.a]\ninstance = \"instance.{}\"\n[elastic_ip.b]\ninstance = \"{}\"\n",
            to[0], to[1]
        );
        environments([&body, ""])
    };
    // a takes b's place: in the order of their names b would be pushed out.
    let (account, watch) = given(&place(["web", "instance.other"])[..1]).await;
    let after = place(["other", "staging/instance.web"]);
    let plan = plan(&after, &account).await;
    apply(&plan, &account).await;
    assert!(watch.take().iter().all(|state| state.points_at.values().all(Option::is_some)));
}

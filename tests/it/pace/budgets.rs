//! Pace: an apply takes as long as AWS's budgets make it take, gives way to others, and survives a storm.

use std::fmt::Write as _;
use std::time::Duration;

use cn_infra::Clock;
use cn_infra_sandbox::Caller;

use super::account::{ACCOUNT, Account, Applied, REGION};
use super::{SITE, site};

const GROUPS: usize = 500;
/// (500 groups − a bucket of 50) ÷ 5 in a second; rules are as many, in a bucket of their own.
const BUDGET_SECONDS: f64 = 90.0;

fn groups() -> String {
    let mut file =
        "[environment]\nname = \"site\"\nproject = \"pace\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n"
            .to_owned();
    for n in 0..GROUPS {
        let _ = write!(
            file,
            "[security_group.g{n}.ingress]\nssh = {{ port = 22, from = [\"198.51.100.7/32\"] }}\n\
             https = {{ port = 443, from = [\"0.0.0.0/0\", \"::/0\"] }}\n"
        );
    }
    file
}

/// Prints a row of the table in `docs/benchmarks.md`.
fn row(what: &str, applied: &Applied) {
    let failed = applied.report.failed().count();
    println!("| {what} | {:.1} | {failed} | {} | {} |", applied.seconds, applied.throttled(), applied.calls.len());
}

#[tokio::test]
async fn five_hundred_groups_take_what_the_budgets_allow() {
    for (what, share) in [("95 % of each budget (default)", 0.95), ("whole budgets", 1.0), ("80 %", 0.8)] {
        let account = Account { share, ..Account::new() };
        let applied = account.apply(&groups()).await;
        row(what, &applied);
        assert!(applied.report.is_success());
        assert_eq!(applied.count("CreateSecurityGroup"), GROUPS + applied.throttled());
        assert_eq!(applied.count("AuthorizeSecurityGroupIngress"), GROUPS);
        assert!(share > 0.9 || applied.seconds <= 1.1 * BUDGET_SECONDS / share, "{}", applied.seconds);
        assert!(share < 0.9 || applied.seconds <= 1.1 * BUDGET_SECONDS, "{}", applied.seconds);
        assert_eq!(applied.throttled(), 0);
    }
}

/// Calls what the apply calls, half as often as AWS allows, until it is dropped. Counts what it got.
async fn foreign(account: &Account, served: &mut [usize; 2]) {
    let caller = Caller::new(&account.sandbox, ACCOUNT, REGION);
    loop {
        account.clock.sleep(Duration::from_millis(400)).await;
        account.catch_up();
        for operation in ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress"] {
            let dry_run = caller.query("ec2", operation, &[("DryRun", "true"), ("GroupName", "x")]);
            served[usize::from(dry_run.unwrap_err().code == "RequestLimitExceeded")] += 1;
        }
    }
}

#[tokio::test]
async fn who_takes_half_of_the_budget_slows_it_and_fails_nothing() {
    let account = Account::new();
    let (file, mut served) = (groups(), [0, 0]);
    let applied = tokio::select! {
        applied = account.apply(&file) => applied,
        () = foreign(&account, &mut served) => unreachable!("it goes on for ever"),
    };
    row("a foreign client takes half", &applied);
    println!("the foreign client: {} of its calls were served, {} throttled", served[0], served[1]);
    assert!(applied.report.is_success());
    assert!(applied.seconds <= 1.5 * 2.0 * BUDGET_SECONDS, "{}", applied.seconds);
    assert!(served[0] > served[1], "it has to get its share");
}

#[tokio::test]
async fn a_storm_of_throttles_ends_well_and_is_shown() {
    let account = Account::new();
    let plan = account.plan(&groups()).await;
    account.throttle("ec2:*", 30);
    let applied = account.carry_out(&plan).await;
    row("a storm: 30 calls of EC2 are throttled", &applied);
    assert!(applied.report.is_success());
    assert_eq!(applied.throttled(), 30);
    assert!(applied.slow_downs().contains(&"AWS asks to slow down (RequestLimitExceeded)"));
    assert!(applied.seconds <= 2.0 * BUDGET_SECONDS, "{}", applied.seconds);
}

#[tokio::test]
async fn throttled_in_every_service_and_while_reading() {
    for (operation, code) in
        [("ec2:*", "RequestLimitExceeded"), ("rds:*", "Throttling"), ("s3:*", "SlowDown"), ("*", "")]
    {
        let account = Account::new();
        let plan = account.plan(SITE).await;
        account.throttle(operation, 10);
        let applied = account.carry_out(&plan).await;
        assert!(applied.report.is_success(), "{:#?}", applied.report);
        assert!(applied.slow_downs().iter().any(|why| why.contains(code)), "{operation}: {:?}", applied.slow_downs());
        account.throttle("*", 10);
        assert!(account.plan(SITE).await.steps.is_empty(), "a plan waits as well");
    }
}

/// A queue of one action holds up no other: address and bucket are there while groups still wait for their turn.
#[tokio::test]
async fn lanes_of_other_actions_go_on() {
    let account = Account::new();
    let file = groups() + SITE.split_once("[elastic_ip.spare]").map(|_| "[elastic_ip.spare]\n").unwrap();
    let applied = account.apply(&file).await;
    assert!(applied.report.is_success());
    let at = |operation: &str| {
        let of = applied.calls.iter().filter(|call| call.operation == operation);
        of.map(|call| call.at).max().unwrap()
    };
    let (address, last) = (at("AllocateAddress"), at("CreateSecurityGroup"));
    assert!(address < last, "{address} {last}");
}

#[tokio::test]
async fn lasting_throttling_ends_after_a_quarter_of_an_hour() {
    let account = Account::with(SITE).await;
    let file = site("[elastic_ip.spare]", "[elastic_ip.spare]\n[elastic_ip.third]\n[security_group.late.ingress]");
    account.fail("ec2:AllocateAddress", 503, "RequestLimitExceeded", None);
    let applied = account.apply(&file).await;
    let (step, failure, _) = applied.failure();
    assert_eq!(step, "elastic_ip.third");
    assert!(failure.message.contains("(RequestLimitExceeded); still so after 1"), "{failure:?}");
    assert!(failure.request_id.is_some() && failure.hint.is_some(), "{failure:?}");
    assert!((900.0..1_500.0).contains(&applied.seconds), "{}", applied.seconds);
    assert_eq!(applied.report.outcomes.len(), 3);
}

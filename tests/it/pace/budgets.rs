//! Pace: an apply takes as long as AWS's budgets make it take, gives way to others, and survives a storm.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use cn_infra::Clock;
use cn_infra_sandbox::Caller;

use super::account::{ACCOUNT, Account, Applied, REGION};
use super::{SITE, site};

const GROUPS: usize = 500;
/// (500 groups − a bucket of 50) ÷ 5 in a second; rules are as many, in a bucket of their own.
const BUDGET_SECONDS: f64 = 90.0;
/// Calls in a second.
const BUDGET: f64 = 5.0;

fn groups(number: usize) -> String {
    let mut file =
        "[environment]\nname = \"site\"\nproject = \"pace\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n"
            .to_owned();
    for n in 0..number {
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
    let account = Account::new();
    let applied = account.apply(&groups(GROUPS)).await;
    row("95 % of each budget, as unless set", &applied);
    assert!(applied.seconds <= 1.1 * BUDGET_SECONDS, "{}", applied.seconds);
    assert_each_once(&applied);
}

fn assert_each_once(applied: &Applied) {
    assert!(applied.report.is_success());
    assert_eq!(applied.count("CreateSecurityGroup"), GROUPS);
    assert_eq!(applied.count("AuthorizeSecurityGroupIngress"), GROUPS);
    assert_eq!(applied.throttled(), 0);
}

#[tokio::test]
async fn other_shares_take_what_they_allow() {
    for (what, share, seconds) in [("whole budgets", 1.0, BUDGET_SECONDS), ("80 % of each", 0.8, 115.0)] {
        let account = Account { share, ..Account::new() };
        let applied = account.apply(&groups(GROUPS)).await;
        row(what, &applied);
        assert!(applied.seconds <= 1.1 * seconds, "{}", applied.seconds);
        assert_each_once(&applied);
    }
}

/// Eats half of what AWS allows of the calls that the apply makes, and knows no mercy: it asks until it is served. Goes
/// on until it is dropped; counts the calls that it got.
async fn foreign(account: &Account, operation: &str, served: &Cell<u32>) {
    let caller = Caller::new(&account.sandbox, ACCOUNT, REGION);
    let began = account.clock.elapsed();
    loop {
        account.clock.sleep(Duration::from_millis(20)).await;
        account.catch_up();
        while account.clock.elapsed().checked_sub(began).unwrap().as_secs_f64() * BUDGET / 2.0 > f64::from(served.get())
        {
            let dry_run = caller.query("ec2", operation, &[("DryRun", "true"), ("GroupName", "x")]);
            if dry_run.unwrap_err().code == "RequestLimitExceeded" {
                break;
            }
            served.set(served.get() + 1);
        }
    }
}

#[tokio::test]
async fn who_takes_half_of_the_budget_slows_it_and_fails_nothing() {
    let account = Account::new();
    let (file, created, authorized) = (groups(GROUPS), Cell::new(0), Cell::new(0));
    let applied = tokio::select! {
        applied = account.apply(&file) => applied,
        () = foreign(&account, "CreateSecurityGroup", &created) => unreachable!("it goes on for ever"),
        () = foreign(&account, "AuthorizeSecurityGroupIngress", &authorized) => unreachable!("it goes on for ever"),
    };
    let told = applied.slow_downs().len();
    println!("| a foreign client eats half, without mercy | {:.1} | 0 | {told} | |", applied.seconds);
    println!("which got {} and {} calls", created.get(), authorized.get());
    assert!(applied.report.is_success());
    assert!(applied.seconds <= 1.25 * 2.0 * BUDGET_SECONDS, "{}", applied.seconds);
    assert!(f64::from(created.get()) >= 0.45 * BUDGET * applied.seconds, "it eats half");
    assert!(told <= GROUPS / 2, "{told}");
}

#[tokio::test]
async fn a_storm_of_throttles_ends_well_and_is_shown() {
    let account = Account::new();
    let (number, alone) = (200, 30.0);
    let plan = account.plan(&groups(number)).await;
    // In the middle, when all kinds of calls are under way.
    account.throttle("ec2:*", 500, 30);
    let applied = account.carry_out(&plan).await;
    row("a storm over 200 groups: 30 calls of EC2 in a row are throttled", &applied);
    let lanes: BTreeSet<_> =
        applied.calls.iter().filter(|call| call.code.is_some()).map(|call| &call.operation).collect();
    assert!(lanes.len() >= 2, "it hits several lanes: {lanes:?}");
    assert!(applied.report.is_success());
    assert_eq!(applied.throttled(), 30);
    assert!(applied.slow_downs().contains(&"AWS asks to slow down (RequestLimitExceeded)"));
    assert!(applied.seconds <= alone + 120.0, "{}", applied.seconds);
}

#[tokio::test]
async fn throttled_in_every_service_and_while_reading() {
    for (operation, code) in [("ec2:*", "RequestLimitExceeded"), ("rds:*", "Throttling"), ("s3:*", "SlowDown")] {
        let account = Account::new();
        let plan = account.plan(SITE).await;
        account.throttle(operation, 1, 10);
        let applied = account.carry_out(&plan).await;
        assert!(applied.report.is_success(), "{:#?}", applied.report);
        assert!(applied.slow_downs().iter().any(|why| why.contains(code)), "{operation}: {:?}", applied.slow_downs());
        account.throttle("*", 1, 10);
        assert!(account.plan(SITE).await.steps.is_empty(), "a plan waits as well");
    }
}

/// A queue of one action holds up no other: address and bucket are there while groups still wait for their turn.
#[tokio::test]
async fn lanes_of_other_actions_go_on() {
    let account = Account::new();
    let file = groups(100) + "[elastic_ip.spare]\n";
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

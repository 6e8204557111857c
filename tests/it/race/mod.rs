//! Two applies at once: with a lease one writes, without one they make nothing twice.

mod account;
mod engine;
mod time;

use std::time::Duration;

use cn_infra::core::apply::Report;
use cn_infra::core::environment::Environment;
use cn_infra_sandbox::faults::{Effect, Fault};
use jiff::SignedDuration;

use account::{Account, environment};
use engine::{Engine, Pause};
use time::run;

/// The bucket of the leases.
const LOCKS: &str = "race-locks";

/// Instances, addresses, groups, databases and buckets of the environment.
const WANTED: [usize; 5] = [2, 3, 2, 1, 1];

type Applied = Option<Result<Report, String>>;

#[derive(Clone, Copy, PartialEq)]
enum With {
    Lease,
    Nothing,
}

/// Applies by several processes at once.
fn race(account: &Account, environment: &Environment, engines: &[&Engine], with: With) -> Vec<Applied> {
    let processes = engines.iter().map(|engine| {
        let applying: futures_util::future::BoxFuture<'_, _> = match with {
            With::Lease => Box::pin(engine.apply_alone(environment)),
            With::Nothing => Box::pin(engine.apply(environment)),
        };
        (engine.stop.clone(), applying)
    });
    run(&account.time, processes.collect())
}

/// Lets a minute pass, and counts.
fn counts_after_a_minute(account: &Account) -> [usize; 5] {
    let then = account.time.now() + Duration::from_mins(1);
    run(&account.time, vec![(time::Stop::default(), Box::pin(account.time.at(then)))]);
    account.counts()
}

/// What another apply has left to do.
fn steps_left(account: &Account, environment: &Environment) -> Vec<String> {
    let engine = Engine::new("later", account, 99);
    let plan = run(&account.time, vec![(engine.stop.clone(), Box::pin(engine.plan(environment)))]).remove(0).unwrap();
    plan.unwrap().steps.iter().map(|step| format!("{:?} {}", step.action, step.id)).collect()
}

fn report(applied: &Applied) -> &Report {
    applied.as_ref().expect("it ended").as_ref().expect("it planned")
}

#[test]
fn one_apply_makes_everything() {
    let (account, environment) = (Account::new(0.0), environment());
    let engine = Engine::new("a", &account, 1);
    let applied = race(&account, &environment, &[&engine], With::Lease);
    assert!(report(&applied[0]).is_success(), "{applied:#?}");
    assert_eq!(account.counts(), WANTED, "{:#?}", account.contents());
    assert_eq!(steps_left(&account, &environment), Vec::<String>::new());
}

#[test]
fn twenty_pairs_with_a_lease() {
    let environment = environment();
    for seed in 0..20 {
        let account = Account::new(0.0);
        let (a, b) = (Engine::new("a", &account, seed), Engine::new("b", &account, 1000 + seed));
        let applied = race(&account, &environment, &[&a, &b], With::Lease);
        assert!(applied.iter().all(|applied| report(applied).is_success()), "pair {seed}: {applied:#?}");
        assert_eq!(counts_after_a_minute(&account), WANTED, "pair {seed}");
        let spans = [&a, &b].map(|engine| {
            let writes: Vec<_> = engine.sent().into_iter().filter(|sent| sent.is_write).map(|sent| sent.at).collect();
            writes.first().copied().zip(writes.last().copied())
        });
        if let [Some(a), Some(b)] = spans {
            assert!(a.1 < b.0 || b.1 < a.0, "pair {seed}: both write at once: {spans:?}");
        }
    }
}

/// A pair without a lease; the second one's plan is read for a while before it is carried out.
fn pair_without(seed: u64, reads_for: u64, consistency_delay: f64) {
    let environment = environment();
    let account = Account::new(consistency_delay);
    let (a, mut b) = (Engine::new("a", &account, seed), Engine::new("b", &account, 1000 + seed));
    b.reads_for = Duration::from_secs(reads_for);
    let applied = race(&account, &environment, &[&a, &b], With::Nothing);
    let failed: Vec<_> = applied.iter().flat_map(|applied| report(applied).failed()).collect();
    assert!(failed.is_empty(), "pair {seed}: {failed:#?}");
    assert_eq!(counts_after_a_minute(&account), WANTED, "pair {seed}");
    assert_eq!(steps_left(&account, &environment), Vec::<String>::new(), "pair {seed}");
}

#[test]
fn twenty_pairs_without_one() {
    for seed in 0..20 {
        pair_without(seed, 0, 0.0);
    }
}

#[test]
fn twenty_pairs_of_which_one_begins_later_than_it_planned() {
    for seed in 0..20 {
        pair_without(seed, 2 + 5 * seed, 0.0);
    }
}

/// What was just made is not there for the other one to see.
#[test]
fn twenty_pairs_where_readings_are_late() {
    for seed in 0..20 {
        pair_without(seed, seed, 5.0);
    }
}

/// How many calls an apply makes.
fn length(environment: &Environment) -> usize {
    let account = Account::new(0.0);
    let engine = Engine::new("a", &account, 1);
    race(&account, environment, &[&engine], With::Lease);
    engine.sent().len()
}

#[test]
fn a_holder_that_is_stopped_past_its_time_writes_no_more() {
    let environment = environment();
    for after in 1..=length(&environment) {
        let account = Account::new(0.0);
        let pause = Pause { after, time: Duration::from_mins(30) };
        let a = Engine::with("a", &account, 1, Some(pause), SignedDuration::ZERO);
        let b = Engine::new("b", &account, 2);
        let applied = race(&account, &environment, &[&a, &b], With::Lease);
        let resumed = *a.stop.lock().unwrap();
        let late: Vec<_> = a.sent().into_iter().filter(|sent| sent.is_write && sent.at >= resumed).collect();
        let holds = a.sent()[..after].iter().any(|sent| sent.call.contains(LOCKS));
        assert!(late.is_empty() || !holds, "stopped after call {after}: {late:#?}");
        assert!(report(&applied[1]).is_success(), "stopped after call {after}: {:#?}", applied[1]);
        assert_eq!(account.counts(), WANTED, "stopped after call {after}");
        assert_eq!(steps_left(&account, &environment), Vec::<String>::new(), "stopped after call {after}");
    }
}

/// Where requests wait for their turn, the pause falls into that wait.
#[test]
fn what_waits_for_its_turn_past_the_lease_is_not_sent() {
    let environment = environment();
    let calls = {
        let account = Account::new(0.0);
        let engine = Engine::slow("a", &account, None);
        race(&account, &environment, &[&engine], With::Lease);
        engine.sent().len()
    };
    let mut fenced = 0;
    for after in (1..=calls).step_by(6) {
        let account = Account::new(0.0);
        let a = Engine::slow("a", &account, Some(Pause { after, time: Duration::from_mins(30) }));
        let b = Engine::new("b", &account, 2);
        let applied = race(&account, &environment, &[&a, &b], With::Lease);
        let resumed = *a.stop.lock().unwrap();
        let late: Vec<_> = a.sent().into_iter().filter(|sent| sent.is_write && sent.at >= resumed).collect();
        let holds = a.sent()[..after].iter().any(|sent| sent.call.contains(LOCKS));
        assert!(late.is_empty() || !holds, "stopped after call {after}: {late:#?}");
        fenced += applied[0]
            .iter()
            .flatten()
            .flat_map(Report::failed)
            .filter(|(_, why)| why.message.contains("not sent"))
            .count();
        assert!(report(&applied[1]).is_success(), "stopped after call {after}: {:#?}", applied[1]);
        assert_eq!(account.counts(), WANTED, "stopped after call {after}");
    }
    assert!(fenced > 0, "no request waited while its process stood still");
}

#[test]
fn what_a_dead_holder_left_another_finishes() {
    let environment = environment();
    for after in (1..=length(&environment)).step_by(5) {
        let account = Account::new(0.0);
        let a = Engine::with("a", &account, 1, Some(Pause { after, time: Duration::MAX }), SignedDuration::ZERO);
        let b = Engine::with("b", &account, 2, None, SignedDuration::from_hours(-30));
        let applied = race(&account, &environment, &[&a, &b], With::Lease);
        assert!(report(&applied[1]).is_success(), "dead after call {after}: {:#?}", applied[1]);
        assert_eq!(account.counts(), WANTED, "dead after call {after}");
    }
}

#[test]
fn a_lost_answer_of_the_take_is_no_lost_lease() {
    let (account, environment) = (Account::new(0.0), environment());
    account.sandbox.add_fault(Fault::new("s3:PutObject", Effect::LoseAnswer).at(1)).unwrap();
    let engine = Engine::new("a", &account, 1);
    let applied = race(&account, &environment, &[&engine], With::Lease);
    assert!(report(&applied[0]).is_success(), "{applied:#?}");
    assert!(account.time.now() < Duration::from_hours(1));
}

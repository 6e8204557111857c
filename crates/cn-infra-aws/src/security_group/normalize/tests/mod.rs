use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::change::{There, Work, wanted};
use super::super::{Rule, SecurityGroup};
use super::*;

const NOW: &str = "2026-12-01T00:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// What AWS has, as it is observed: without names.
fn live(rules: &[(&str, &str, Option<&str>)]) -> Rules {
    let rules = rules.iter().map(|(traffic, peer, description)| {
        let rule: Rule = toml::from_str(traffic).unwrap();
        let rule = AwsRule { traffic: rule.traffic().unwrap(), peer: peer.parse().unwrap() };
        (rule, description.map(str::to_owned))
    });
    unnamed(Direction::Ingress, rules).collect()
}

/// Both sides after normalizing, as a reader of a plan would see them.
fn normalized(desired: &str, live: Rules) -> String {
    let mut desired: SecurityGroup = toml::from_str(desired).unwrap();
    let mut live = Some(live);
    normalize(Direction::Ingress, &mut desired.ingress, &mut live, now());
    format!("desired\n{}live\n{}", shown(desired.ingress.as_ref()), shown(live.as_ref()))
}

fn shown(rules: Option<&Rules>) -> String {
    let line = |(name, rule)| format!("  {name}: {}\n", serde_json::to_string(rule).unwrap());
    rules.into_iter().flatten().map(line).collect()
}

#[test]
fn live_rules_get_the_names_of_desired() {
    let desired = r#"
        [ingress]
        ssh = { ports = "22-22", from = ["198.51.100.7/24", "198.51.100.0/24", "192.0.2.1/32"] }
        app = { port = 5432, from = ["security_group.web"] }
    "#;
    let live = live(&[
        ("port = 22", "198.51.100.0/24", Some("ssh")),
        ("port = 22", "203.0.113.9/32", None),
        ("port = 5432", "sg-0123456789abcdef0", None),
        ("port = 8080", "0.0.0.0/0", None),
        ("port = 8080", "::/0", None),
        ("port = 8080", "192.0.2.1/32", Some("proxy")),
    ]);
    insta::assert_snapshot!(normalized(desired, live), @r#"
    desired
      app: {"protocol":"tcp","port":5432,"from":["security_group.web"]}
      ssh: {"protocol":"tcp","port":22,"from":["192.0.2.1/32","198.51.100.0/24"]}
    live
      (unnamed) tcp 8080: {"protocol":"tcp","port":8080,"from":["0.0.0.0/0","::/0"]}
      (unnamed) tcp 8080 (2): {"protocol":"tcp","port":8080,"from":["192.0.2.1/32"],"description":"proxy"}
      app: {"protocol":"tcp","port":5432,"from":["sg-0123456789abcdef0"]}
      ssh: {"protocol":"tcp","port":22,"from":["198.51.100.0/24","203.0.113.9/32"]}
    "#);
}

#[test]
fn expired_rules_and_rules_for_nobody_are_absent_and_keep_their_name_in_live() {
    let desired = r#"
        [ingress]
        app = { port = 5432, from = ["192.0.2.1/32"] }
        loader = { port = 5432, from = ["192.0.2.10/32"], until = 2026-11-30T21:00:00Z }
        closed = { port = 80, from = [] }
        later = { port = 443, from = ["0.0.0.0/0"], until = 2026-12-24T18:00:00Z }
    "#;
    let live = live(&[("port = 5432", "192.0.2.10/32", None), ("port = 80", "0.0.0.0/0", None)]);
    insta::assert_snapshot!(normalized(desired, live), @r#"
    desired
      app: {"protocol":"tcp","port":5432,"from":["192.0.2.1/32"]}
      later: {"protocol":"tcp","port":443,"from":["0.0.0.0/0"],"until":"2026-12-24T18:00:00Z"}
    live
      closed: {"protocol":"tcp","port":80,"from":["0.0.0.0/0"]}
      loader: {"protocol":"tcp","port":5432,"from":["192.0.2.10/32"]}
    "#);
}

#[test]
fn two_names_for_one_aws_rule_are_both_satisfied_by_it() {
    let desired = r#"
        [ingress]
        first = { port = 22, from = ["192.0.2.1/32"], description = "one" }
        second = { port = 22, from = ["192.0.2.1/32", "192.0.2.2/32"], description = "two" }
    "#;
    let live = live(&[("port = 22", "192.0.2.1/32", Some("one")), ("port = 22", "192.0.2.2/32", Some("two"))]);
    insta::assert_snapshot!(normalized(desired, live), @r#"
    desired
      first: {"protocol":"tcp","port":22,"from":["192.0.2.1/32"],"description":"one"}
      second: {"protocol":"tcp","port":22,"from":["192.0.2.1/32","192.0.2.2/32"],"description":"two"}
    live
      first: {"protocol":"tcp","port":22,"from":["192.0.2.1/32"],"description":"one"}
      second: {"protocol":"tcp","port":22,"from":["192.0.2.1/32","192.0.2.2/32"],"description":"two"}
    "#);
}

#[test]
fn a_description_counts_only_where_the_file_says_one() {
    let live = || live(&[("port = 22", "192.0.2.1/32", Some("by hand"))]);
    insta::assert_snapshot!(normalized("ingress.ssh = { port = 22, from = ['192.0.2.1/32'] }", live()), @r#"
    desired
      ssh: {"protocol":"tcp","port":22,"from":["192.0.2.1/32"]}
    live
      ssh: {"protocol":"tcp","port":22,"from":["192.0.2.1/32"]}
    "#);
    let described = "ingress.ssh = { port = 22, from = ['192.0.2.1/32'], description = 'operators' }";
    insta::assert_snapshot!(normalized(described, live()), @r#"
    desired
      ssh: {"protocol":"tcp","port":22,"from":["192.0.2.1/32"],"description":"operators"}
    live
      ssh: {"protocol":"tcp","port":22,"from":["192.0.2.1/32"],"description":"by hand"}
    "#);
}

#[test]
fn an_unmanaged_direction_is_left_alone() {
    let mut rules = Some(live(&[("port = 22", "192.0.2.1/32", None)]));
    let before = rules.clone();
    normalize(Direction::Ingress, &mut None, &mut rules, now());
    assert_eq!(rules, before);
    let mut none = None;
    normalize(Direction::Ingress, &mut rules, &mut none, now());
    assert_eq!(none, None);
}

const TRAFFICS: [&str; 5] =
    ["port = 22", "ports = '22-22'", "ports = '80-90'", "protocol = 'icmp'\nicmp = '8'", "protocol = 'all'"];
const PEERS: [&str; 6] =
    ["192.0.2.1/32", "198.51.100.7/24", "198.51.100.0/24", "::/0", "sg-0123456789abcdef0", "pl-0123456789abcdef0"];

fn rule() -> impl Strategy<Value = Rule> {
    let until = select(vec![None, Some("2026-11-01T00:00:00Z"), Some("2026-12-31T00:00:00Z")]);
    let description = select(vec![None, Some(""), Some("x"), Some("y")]);
    (select(&TRAFFICS[..]), subsequence(&PEERS[..], 0..=4), until, description).prop_map(
        |(traffic, peers, until, description)| {
            let mut rule: Rule = toml::from_str(traffic).unwrap();
            rule.from = Some(peers.iter().map(|peer| peer.parse().unwrap()).collect());
            rule.until = until.map(|until| super::super::Until(until.parse().unwrap()));
            rule.description = description.map(str::to_owned);
            rule
        },
    )
}

fn desired_rules() -> impl Strategy<Value = Rules> {
    let named = prop::collection::btree_map(select(vec!["a", "b", "c", "d"]), rule(), 0..=4);
    named.prop_map(|rules| rules.into_iter().map(|(name, rule)| (name.to_owned(), rule)).collect())
}

fn aws_rules() -> impl Strategy<Value = Vec<There>> {
    let description = select(vec![None, Some("a"), Some("x"), Some("y")]);
    let rule = (select(&TRAFFICS[..]), select(&PEERS[..])).prop_map(|(traffic, peer)| {
        let rule: Rule = toml::from_str(traffic).unwrap();
        AwsRule { traffic: rule.traffic().unwrap(), peer: peer.parse::<Peer>().unwrap().canonical() }
    });
    prop::collection::btree_map(rule, description, 0..=8).prop_map(|rules| {
        let numbered = rules.into_iter().enumerate();
        numbered.map(|(number, (rule, description))| there(number, rule, description.map(str::to_owned))).collect()
    })
}

fn there(number: usize, rule: AwsRule, description: Option<String>) -> There {
    There { id: format!("sgr-{number}"), direction: Direction::Ingress, rule: Some(rule), description }
}

fn observed(there: &[There]) -> Rules {
    let rules = there.iter().filter_map(|there| Some((there.rule.clone()?, there.description.clone())));
    unnamed(Direction::Ingress, rules).collect()
}

/// What AWS has once the work is done.
fn applied(there: Vec<There>, work: Work) -> Vec<There> {
    let mut after: Vec<_> = there.into_iter().filter(|there| !work.extra.contains(&there.id)).collect();
    for There { id, description, .. } in &mut after {
        if let Some((_, text)) = work.described.iter().find(|(described, _)| described == id) {
            *description = Some(text.clone()).filter(|text| !text.is_empty());
        }
    }
    let added = work.missing.into_iter().enumerate();
    after.extend(added.map(|(number, (rule, text))| there_added(number, rule, text)));
    after
}

fn there_added(number: usize, rule: AwsRule, text: String) -> There {
    there(100 + number, rule, Some(text).filter(|text| !text.is_empty()))
}

/// Whether a planner would find nothing to do: the same names, and in each what desired says.
fn is_equal(desired: Option<&Rules>, live: Option<&Rules>) -> bool {
    let (desired, live) = (desired.unwrap(), live.unwrap());
    let says_the_same = |(name, rule): (&String, &Rule)| {
        let Some(there) = live.get(name) else { return false };
        let wanted = Rule { until: None, ..rule.clone() };
        let description = rule.description.as_ref().and(there.description.clone());
        wanted == Rule { description, ..there.clone() }
    };
    desired.len() == live.len() && desired.iter().all(says_the_same)
}

fn check<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner.run(strategy, test).unwrap();
}

#[test]
fn normalizing_twice_changes_nothing_more() {
    check(&(desired_rules(), aws_rules()), |(desired, there)| {
        let (mut desired, mut live) = (Some(desired), Some(observed(&there)));
        normalize(Direction::Ingress, &mut desired, &mut live, now());
        let once = (desired.clone(), live.clone());
        normalize(Direction::Ingress, &mut desired, &mut live, now());
        prop_assert_eq!((desired, live), once);
        Ok(())
    });
}

#[test]
fn a_difference_shows_exactly_where_there_is_work_and_is_gone_after_it() {
    check(&(desired_rules(), aws_rules()), |(desired, there)| {
        let (mut desired, mut live) = (Some(desired), Some(observed(&there)));
        normalize(Direction::Ingress, &mut desired, &mut live, now());
        let wanted = wanted(Direction::Ingress, desired.as_ref().unwrap()).unwrap();
        let work = Work::of(Direction::Ingress, &wanted, &there);
        let is_idle = work.missing.is_empty() && work.extra.is_empty() && work.described.is_empty();
        prop_assert_eq!(is_equal(desired.as_ref(), live.as_ref()), is_idle);

        let mut live = Some(observed(&applied(there, work)));
        normalize(Direction::Ingress, &mut desired, &mut live, now());
        prop_assert!(is_equal(desired.as_ref(), live.as_ref()), "{:?}\n{:?}", desired, live);
        Ok(())
    });
}

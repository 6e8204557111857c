//! Five hundred of each: the calls of an empty plan follow the formula, and no unmanaged aspect is read.

use std::collections::BTreeMap;
use std::time::Duration;

use cn_infra::aws::{Session, kinds, managers};
use cn_infra::core::environment::Environment;
use cn_infra::core::observe::observe;
use cn_infra::core::plan::{PlanOptions, plan};
use jiff::Timestamp;

use crate::wide::Wide;

#[tokio::test]
async fn an_empty_plan_of_a_wide_account_needs_the_fewest_calls() {
    const N: usize = 500;
    let account = Wide::new(N, Duration::ZERO);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("wide.toml"), account.environment()).unwrap();
    for n in 0..N {
        std::fs::write(directory.path().join(format!("policy-{n}.json")), Wide::policy(n)).unwrap();
    }
    let environment = Environment::load(directory.path(), "wide", &kinds()).unwrap();
    let session = Session::read_only(&account.config(), "123456789012");

    let live = observe(&environment, &managers(&session), Timestamp::now()).await.unwrap();
    let plan = plan(&environment, &live, &kinds(), &PlanOptions::default(), Timestamp::now()).unwrap();

    assert_eq!(plan.steps, []);
    assert_eq!(plan.blocked, []);
    let expected = [
        ("DescribeInstances", 1),
        ("DescribeAddresses", 1),
        ("DescribeSecurityGroups", 1),
        ("DescribeVpcs", 1),
        ("DescribeDBInstances", 1),
        ("GET ?tagging", N),
        ("GET ?policy", N),
        ("GET ?publicAccessBlock", N),
    ];
    assert_eq!(account.calls(), BTreeMap::from(expected.map(|(call, count)| (call.to_owned(), count))));
    assert_eq!(session.calls.count(), 5 + 3 * N);
}

//! What an account holds from the start: files name its objects, so their ids may not change.

use cn_infra_sandbox::{Caller, Sandbox, SandboxOptions, seed};
use jiff::{SignedDuration, Timestamp};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-west-2";

/// What the answers to some questions say under a name: ids, addresses.
fn told(sandbox: &Sandbox, service: &str, operation: &str, names: &[&str]) -> Vec<String> {
    let answer = Caller::new(sandbox, ACCOUNT, REGION).query(service, operation, &[]).expect("an answer");
    let mut elements = vec![&answer];
    let mut told = Vec::new();
    while let Some(element) = elements.pop() {
        told.extend(names.iter().filter_map(|name| element.get(name)).map(str::to_owned));
        elements.extend(&element.children);
    }
    told.sort();
    told
}

fn seeded(start: Timestamp) -> Vec<Vec<String>> {
    let sandbox = Sandbox::new(SandboxOptions { start, speed: 0.0, ..SandboxOptions::default() });
    seed::beta_migration(&sandbox, ACCOUNT, REGION).expect("the seed goes in");
    vec![
        told(&sandbox, "ec2", "DescribeInstances", &["instanceId", "volumeId", "networkInterfaceId"]),
        told(&sandbox, "ec2", "DescribeAddresses", &["allocationId", "associationId", "publicIp"]),
        told(&sandbox, "ec2", "DescribeSecurityGroupRules", &["securityGroupRuleId", "groupId"]),
        told(&sandbox, "rds", "DescribeDBInstances", &["DbiResourceId"]),
    ]
}

/// A week, in steps that meet every hour and other minutes each time: RDS has windows in which it does more.
#[test]
fn the_ids_of_the_seed_are_the_same_whenever_it_is_put_in() {
    let first = seeded(Timestamp::UNIX_EPOCH);
    assert!(first.iter().all(|ids| !ids.is_empty()), "{first:?}");
    for n in 1..40 {
        let start = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(n * 7 * 37);
        assert_eq!(seeded(start), first, "begun at {start}");
    }
}

/// The example's file names them; so do those of whoever copied it.
#[test]
fn the_example_adopts_the_objects_of_the_seed() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/beta-migration/environments/staging.toml");
    let file = std::fs::read_to_string(file).expect("the example");
    let adopted = file.lines().filter_map(|line| line.strip_prefix("adopt")?.split('"').nth(1));
    let adopted: Vec<_> = adopted.map(str::to_owned).collect();
    let seeded = seeded(Timestamp::now()).concat();
    assert_eq!(adopted.len(), 5, "{adopted:?}");
    assert!(adopted.iter().all(|id| seeded.contains(id)), "{adopted:?} of {seeded:?}");
}

/// It draws its ids from a generator that begins anew; the ids of what is made later are not to repeat.
#[test]
fn what_is_made_after_the_seed_has_ids_of_its_own() {
    let after = || {
        let sandbox = Sandbox::new(SandboxOptions { speed: 0.0, ..SandboxOptions::default() });
        seed::beta_migration(&sandbox, ACCOUNT, REGION).expect("the seed goes in");
        let made = Caller::new(&sandbox, ACCOUNT, REGION).query("ec2", "AllocateAddress", &[("Domain", "vpc")]);
        made.expect("an address").get("allocationId").map(str::to_owned)
    };
    assert_ne!(after(), after());
}

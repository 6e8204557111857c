//! All environments of a directory in one plan and one apply.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::gate::{Gate, Verdict};
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};

scenarios!(what_environments_share_is_made_first_and_once, an_apply_of_all_is_undone);

const SHARED: &str = r#"
[environment]
name    = "shared"
project = "coralnet"
account = "123456789012"
region  = "us-west-2"

[security_group.public]
description = "Web servers of both sites"
[security_group.public.ingress]
https = { port = 443, from = ["0.0.0.0/0"] }
"#;

/// The servers in the group that both sites share.
const SHARING: &str = "
shared = next(g['GroupId'] for g in ec2.describe_security_groups()['SecurityGroups'] if g['GroupName'] == 'coralnet-shared-public')
servers = [server for r in ec2.describe_instances()['Reservations'] for server in r['Instances']]
groups = lambda server: [group['GroupId'] for interface in server['NetworkInterfaces'] for group in interface['Groups']]
print([server['State']['Name'] for server in servers if shared in groups(server)])";

/// Both sites' servers, in the group that they share.
fn checkout(endpoint: &str) -> Checkout {
    let checkout = Checkout::at(endpoint);
    checkout.write("environments/shared.toml", SHARED);
    for environment in ["environments/production.toml", "environments/staging.toml"] {
        let text = checkout.read(environment);
        let text =
            text.replace(r#"["security_group.web"]"#, r#"["security_group.web", "shared/security_group.public"]"#);
        checkout.write(environment, &text);
    }
    checkout
}

fn what_environments_share_is_made_first_and_once(stand_in: &StandIn) {
    let checkout = checkout(&stand_in.endpoint());
    let alone = checkout.run("plan production");
    let plan = checkout.run("plan --all --detailed-exitcode");
    assert_eq!(plan.code, Some(2), "{plan}");
    let heads: Vec<_> = plan.stdout.lines().filter(|line| line.starts_with("  + ")).collect();
    let heads: Vec<_> = heads.iter().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    let at = |step: &str| heads.iter().position(|head| *head == step).unwrap_or_else(|| panic!("{step}: {heads:?}"));
    for site in ["production", "staging"] {
        assert!(at("shared/security_group.public") < at(&format!("{site}/instance.web")), "{heads:?}");
    }
    assert!(plan.stdout.starts_with("production, shared, staging · coralnet · account 123456789012 · us-west-2\n"));
    assert!(plan.stderr.contains("cn-infra apply --all"), "{plan}");
    assert!(alone.stdout.contains("shared/security_group.public"), "alone it cannot be planned: {alone}");

    checkout.expect(0, "apply --all --yes");
    checkout.expect(0, "plan --all --detailed-exitcode");
    for environment in ["production", "shared", "staging"] {
        checkout.expect(0, &format!("plan {environment} --detailed-exitcode"));
    }
    assert_eq!(stand_in.boto3(SHARING), "['running', 'running']");
}

fn an_apply_of_all_is_undone(stand_in: &StandIn) {
    const NAMES: &str = "print(sorted(g['GroupName'] for g in ec2.describe_security_groups()['SecurityGroups']))";
    let checkout = Checkout::empty().with("AWS_ENDPOINT_URL", stand_in.endpoint());
    checkout.write("environments/shared.toml", SHARED);
    let staging = SHARED.replace("\"shared\"", "\"staging\"").replace("security_group.public", "security_group.db");
    checkout.write("environments/staging.toml", &staging.replace("0.0.0.0/0", "shared/security_group.public"));
    let before = stand_in.boto3(NAMES);
    checkout.expect(0, "apply --all --yes");
    assert_ne!(stand_in.boto3(NAMES), before);
    let one = checkout.run("undo staging --yes");
    assert_eq!(one.code, Some(1), "{one}");
    assert!(one.stderr.contains("the last apply to staging was one to shared as well"), "{one}");
    assert!(one.stderr.contains("`cn-infra undo shared` takes back all of it"), "{one}");
    checkout.expect(0, "undo shared --yes");
    assert_eq!(stand_in.boto3(NAMES), before);
}

/// However many environments: each kind of thing is described once.
#[test]
fn all_are_planned_over_one_reading() {
    let sandbox = StandIn::sandbox();
    let (told, calls) = channel();
    let told = Mutex::new(told);
    let gate = Gate::before(Some(&sandbox.endpoint()), move |request| {
        told.lock().unwrap().send(request.action()).unwrap();
        Verdict::Forward
    });
    let checkout = checkout(&gate.endpoint());
    let described = |arguments: &str| {
        checkout.run(arguments);
        let mut described: Vec<_> = calls.try_iter().filter(|call| call.starts_with("Describe")).collect();
        described.sort_unstable();
        described
    };
    let alone = described("plan production");
    assert!(alone.iter().any(|call| call == "DescribeInstances"), "{alone:?}");
    assert_eq!(described("plan --all"), alone);
}

#[test]
fn what_two_files_claim_is_an_error_that_names_both() {
    let checkout = Checkout::new();
    checkout.edit(
        "environments/staging.toml",
        "\"coralnet-staging\"\nversioning",
        "\"coralnet-production\"\nversioning",
    );
    for arguments in ["plan --all", "apply --all --yes", "check"] {
        let run = checkout.run(arguments);
        assert_eq!(run.code, Some(1), "{run}");
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("bucket.media (line 49) is named \"coralnet-production\""), "{said}");
        assert!(said.contains("--> environments/staging.toml"), "{said}");
        assert!(said.contains("and so is bucket.media in environments/production.toml (line "), "{said}");
    }
}

#[test]
fn what_is_for_one_environment_is_refused_for_all() {
    let checkout = Checkout::new();
    for arguments in ["plan --all --prune", "apply --all --yes --only instance.web", "plan --all production", "plan"] {
        let run = checkout.run(arguments);
        assert_eq!(run.code, Some(64), "{run}");
    }
    assert_snapshot!(mask(&checkout.run("plan --all --prune").stderr), @"
    error: --all takes in all that the files declare, and prunes nothing

    hint: give --prune, --only and --create-anyway together with one environment
    ");
}

/// What programs read names its environment everywhere, so that a step of the plan is found among the events.
#[test]
fn every_event_names_its_environment() {
    let sandbox = StandIn::sandbox();
    let checkout = checkout(&sandbox.endpoint());
    let run = checkout.run("apply --all --yes --json");
    assert_eq!(run.code, Some(0), "{run}");
    let steps: Vec<_> = run.stdout.lines().filter(|line| line.contains("\"event\":\"started\"")).collect();
    assert_eq!(steps.len(), 20, "{run}");
    let named =
        |line: &&str| ["production/", "shared/", "staging/"].iter().any(|name| line.contains(&format!("\"{name}")));
    assert_eq!(steps.iter().filter(|line| !named(line)).count(), 0, "{steps:#?}");
    assert!(run.stderr.contains("API calls"), "{run}");
}

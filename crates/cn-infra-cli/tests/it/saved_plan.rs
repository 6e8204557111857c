//! A plan that was reviewed is what is applied, or nothing is.

use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};

scenarios!(
    a_saved_plan_is_applied_once,
    a_plan_can_be_kept_elsewhere,
    a_plan_of_other_files_is_stale,
    a_plan_of_what_moved_meanwhile_writes_nothing
);

const SAVED: &str = ".cn-infra/plan.json";

fn a_saved_plan_is_applied_once(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "plan staging");
    let mode = checkout.path(SAVED).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let run = checkout.run("apply");
    assert_eq!(run.code, Some(64), "{}", run.stderr);
    let run = checkout.run("apply --yes");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("Saved plan .cn-infra/plan.json, made "), "{}", run.stderr);
    assert_snapshot!(checkout.run("apply --yes"), @"
    exit 1
    stderr:
    error: no saved plan; run `cn-infra plan ENV`
    ");
    checkout.expect(0, "plan staging --detailed-exitcode");
    assert_snapshot!(checkout.run("apply --yes"), @"
    exit 0
    stdout:
    staging · coralnet · account 123456789012 · us-west-2

    staging matches its file: nothing to do.
    stderr:

    Saved plan .cn-infra/plan.json, made … s ago.
    ");
}

fn a_plan_can_be_kept_elsewhere(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "plan staging --out reviewed.json --only security_group.db");
    assert!(!checkout.path(SAVED).exists());
    let run = checkout.run("apply reviewed.json --yes");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("Applied 4 steps to staging."), "{}", run.stderr);
    assert_snapshot!(checkout.run("apply reviewed.json --yes"), @"
    exit 1
    stderr:
    error: there is no saved plan at reviewed.json

    hint: make one with `cn-infra plan ENV`
    ");
    assert_snapshot!(checkout.run("apply reviewed.json --prune --yes"), @"
    exit 64
    stderr:
    error: a saved plan is carried out as it is

    hint: give --prune, --only, --create-anyway and --my-ip to `cn-infra plan`, or name the environment here
    ");
}

fn a_plan_of_other_files_is_stale(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "plan staging");
    checkout.edit("environments/staging.toml", "t2.medium", "t2.large");
    assert_snapshot!(checkout.run("apply --yes"), @"
    exit 3
    stderr:
    error: the environment's files changed since the plan was made

    hint: run `cn-infra plan staging` again; nothing was written
    ");
    assert!(checkout.path(SAVED).exists());
    checkout.edit("environments/staging.toml", "t2.large", "t2.medium");
    checkout.edit("environments/staging/media-policy.json", "ImagesOnPagesOfTheSite", "Images");
    assert_eq!(checkout.run("apply --yes").code, Some(3));
}

fn a_plan_of_what_moved_meanwhile_writes_nothing(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "apply staging --yes");
    checkout.edit("environments/staging.toml", "visitors = \"developers\"", "visitors = \"everyone\"");
    checkout.expect(2, "plan staging --detailed-exitcode");
    stand_in.boto3(
        "group = ec2.describe_security_groups(Filters=[{'Name': 'group-name', 'Values': ['coralnet-staging-web']}])\n\
         group = group['SecurityGroups'][0]['GroupId']\n\
         ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[\n\
         {'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, 'IpRanges': [{'CidrIp': '192.0.2.99/32'}]}])",
    );
    let before = stand_in.boto3(RULES);
    let run = checkout.run("apply --yes");
    assert_eq!(run.code, Some(3));
    let report = run.stderr.split_once("stale:").map(|(_, report)| report).unwrap_or_default();
    assert_snapshot!(mask(report), @"
     security_group.web/rules moved since the plan was made; nothing was written
      ingress.http.from
        reviewed  developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
        live now  developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28), 192.0.2.99/32
        wanted    everyone (0.0.0.0/0, ::/0)

    Applied 0 of 1 step to staging: 1 stale.
    3 API calls, … s.
    ");
    assert_eq!(stand_in.boto3(RULES), before);
    checkout.expect(0, "plan staging");
    checkout.expect(0, "apply --yes");
    checkout.expect(0, "plan staging --detailed-exitcode");
}

const RULES: &str = r"
for group in ec2.describe_security_groups()['SecurityGroups']:
    print(group['GroupName'], group['IpPermissions'], group['IpPermissionsEgress'])
";

#[test]
fn a_plan_of_another_format_or_none_is_refused() {
    let checkout = Checkout::new();
    checkout.write(SAVED, r#"{ "format": 99, "cn_infra": "9.0.0", "plan": {} }"#);
    assert_snapshot!(checkout.run("apply --yes"), @"
    exit 3
    stderr:
    error: .cn-infra/plan.json has format 99, written by cn-infra 9.0.0; this version reads format 1

    hint: plan again: `cn-infra plan ENV`
    ");
    checkout.write(SAVED, r#"{ "format": 1, "plan": 7 }"#);
    assert_snapshot!(checkout.run("apply --yes"), @"
    exit 1
    stderr:
    error: .cn-infra/plan.json is no saved plan, or a damaged one
      caused by: invalid type: integer `7`, expected struct Plan at line 1 column 24

    hint: plan again: `cn-infra plan ENV`
    ");
}

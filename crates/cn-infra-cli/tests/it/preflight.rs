//! Trying a plan before its first write.

use cn_infra_sandbox::faults::{Effect, Fault};
use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::StandIn;

/// What the account has, in one line.
const COUNTS: &str = "print(len(ec2.describe_instances()['Reservations']), len(ec2.describe_addresses()['Addresses']), len(ec2.describe_security_groups()['SecurityGroups']))";

#[test]
fn what_ec2_would_refuse_is_said_before_anything_is_made() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    checkout.expect(0, "apply staging --yes --only security_group.web");
    let before = sandbox.boto3(COUNTS);
    let StandIn::Sandbox(account, _) = &sandbox else { panic!("it is one") };
    for operation in ["ec2:RunInstances", "ec2:AllocateAddress"] {
        let denied = Fault::new(operation, Effect::Fail);
        let denied = Fault { code: Some("UnauthorizedOperation".to_owned()), status: Some(403), ..denied };
        account.add_fault(denied).unwrap();
    }
    let run = checkout.run("apply staging --yes --preflight");
    assert_eq!(run.code, Some(1), "{run}");
    let said: Vec<_> = run.stderr.trim_start().lines().filter(|line| !line.contains("request ")).collect();
    assert_snapshot!(mask(&said.join("\n")), @"
    Preflight: EC2 would take 1 of 7 steps.
      not tried: bucket.media, db_instance.main (RDS and S3 know no dry run)
      not tried: elastic_ip.site/association (the object of elastic_ip.site is not known)
      not tried: security_group.db/rules (the object of security_group.db is not known)

    refused: elastic_ip.site
      AllocateAddress: An internal error has occurred (UnauthorizedOperation)
        hint: the credentials lack a permission for this call: `cn-infra policy ENV` prints those that are needed

    refused: instance.web
      RunInstances: An internal error has occurred (UnauthorizedOperation)
        hint: the credentials lack a permission for this call: `cn-infra policy ENV` prints those that are needed

    error: EC2 would refuse 2 steps; nothing was applied
    ");
    assert_eq!(sandbox.boto3(COUNTS), before);
}

#[test]
fn what_it_would_take_is_applied() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    let run = checkout.run("apply staging --yes --preflight");
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("Preflight: EC2 would take "), "{run}");
    checkout.edit("environments/staging.toml", "t2.medium", "t2.large");
    let run = checkout.run("apply staging --yes --preflight");
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("Preflight: EC2 would take 1 of 1 step"), "{run}");
}

//! Disks that are full, and places that cannot be written to: said clearly, and nothing happens in AWS unseen.

use std::fs::File;
use std::process::Stdio;

use crate::checkout::Checkout;
use crate::stand_in::StandIn;

/// Runs a command whose stdout is a full disk; tells how it ended and what it said.
fn into_full(checkout: &Checkout, arguments: &str) -> (Option<i32>, String) {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = checkout.command(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_plan_that_cannot_be_shown_says_so() {
    let sandbox = StandIn::sandbox();
    let (code, said) = into_full(&Checkout::at(sandbox.endpoint()), "plan staging");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error: cannot write stdout") && said.contains("No space left on device"), "{said}");
}

#[test]
fn what_cannot_be_shown_is_not_applied() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    for arguments in ["apply staging --yes", "apply staging --yes --json"] {
        let (code, said) = into_full(&checkout, arguments);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("error: cannot write stdout"), "{said}");
        assert_eq!(sandbox.boto3("print(ec2.describe_instances()['Reservations'])"), "[]");
    }
}

#[test]
fn a_plan_that_cannot_be_kept_says_so() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    checkout.write(".cn-infra", "a file in the place of the directory");
    for (arguments, place) in [("plan staging", ".cn-infra"), ("plan staging --out /dev/full/plan.json", "/dev/full")] {
        let run = checkout.run(arguments);
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stdout.contains("Plan: "), "it is shown all the same: {run}");
        assert!(run.stderr.contains("error: ") && run.stderr.contains(place), "{run}");
        assert!(!run.stderr.contains("panicked"), "{run}");
    }
}

//! An apply that is killed, again and again, right after AWS carried a call out and before its answer came.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::end_to_end::COUNTS;
use crate::gate::{Gate, Verdict};
use crate::stand_in::{StandIn, scenarios};

scenarios!(killed_after_each_of_its_calls_an_apply_converges_without_doubles);

fn killed_after_each_of_its_calls_an_apply_converges_without_doubles(stand_in: &StandIn) {
    let mut checkout = Checkout::new();
    let mut kills = 0;
    loop {
        let (told, lost) = channel();
        let told = Mutex::new(told);
        let gate = Gate::before(Some(&stand_in.endpoint()), move |request| {
            if request.is_write() { Verdict::Swallow(told.lock().unwrap().clone()) } else { Verdict::Forward }
        });
        checkout = checkout.with("AWS_ENDPOINT_URL", gate.endpoint());
        let mut command = checkout.command("apply staging --yes");
        let mut apply = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // An apply without a write ends by itself.
        let killed = loop {
            if lost.recv_timeout(Duration::from_millis(20)).is_ok() {
                break true;
            }
            if apply.try_wait().unwrap().is_some() {
                break false;
            }
        };
        apply.kill().ok();
        let status = apply.wait().unwrap();
        if !killed {
            assert_eq!(status.code(), Some(0));
            break;
        }
        kills += 1;
        assert!(kills < 60, "it makes no progress");
    }
    // The calls for a bucket come one after the other, so at least one apply for each was killed.
    assert!(kills >= 5, "{kills}");
    let checkout = checkout.with("AWS_ENDPOINT_URL", stand_in.endpoint());
    checkout.expect(0, "plan staging --detailed-exitcode");
    assert_snapshot!(stand_in.boto3(COUNTS), @"
    ['running']
    ['coralnet-staging-db', 'coralnet-staging-web', 'default']
    1 addresses
    ['coralnet-staging']
    ['coralnet-staging']
    ");
}

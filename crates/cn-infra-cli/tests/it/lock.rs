//! A second apply while one is at work, and after one that died: on the simulated account, in real time, so that the first
//! is at work for minutes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::checkout::Checkout;

const LOCK: &str = "[environment]\n";

/// An apply that waits for its servers.
fn begin(checkout: &Checkout) -> Child {
    let mut command = checkout.command("--sandbox --speed 1 apply staging --yes --json");
    let mut apply = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(apply.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("waiting")), "it ended before it waited for anything");
    apply
}

fn kill(mut apply: Child) {
    apply.kill().unwrap();
    apply.wait().unwrap();
}

fn checkout(lock: &str) -> Checkout {
    let checkout = Checkout::new().with("USER", "ana");
    checkout.edit("environments/staging.toml", LOCK, &format!("{lock}{LOCK}"));
    checkout
}

#[test]
fn a_directory_has_one_apply_at_a_time() {
    let checkout = checkout("");
    let first = begin(&checkout);
    let second = checkout.run("--sandbox apply staging --yes");
    let process = first.id();
    kill(first);
    assert_eq!(second.code, Some(1));
    let said = second.stderr;
    assert!(said.contains("another apply is at work in this directory: ana@"), "{said}");
    assert!(said.contains(&format!("(process {process}) holds it since ")), "{said}");
    assert!(
        said.contains("hint: wait until it ends: the lock on .cn-infra/sandbox/staging.lock ends with its process")
    );
    checkout.expect(0, "--sandbox --speed 1000 apply staging --yes");
}

#[test]
fn a_lease_tells_whose_it_is_and_can_be_taken_from_the_dead() {
    let checkout = checkout("[lock]\nbucket = \"coral-locks\"\n\n");
    let first = begin(&checkout);
    let process = first.id();
    let second = checkout.run("--sandbox --speed 1 apply staging --yes");
    kill(first);
    for said in [second, checkout.run("--sandbox --speed 1 adopt staging instance.web i-0123456789abcdef0 --yes")] {
        assert_eq!(said.code, Some(1), "{said}");
        let said = said.stderr;
        assert!(said.contains("error: somebody else changes staging now: ana@"), "{said}");
        assert!(said.contains(&format!("(process {process}) holds it since ")), "{said}");
        assert!(said.contains("--force-unlock takes it at once"), "{said}");
    }
    checkout.expect(0, "--sandbox --speed 1 plan staging");
    let forced = checkout.run("--sandbox --speed 1000 apply staging --yes --force-unlock");
    assert_eq!(forced.code, Some(0), "{forced}");
    assert!(forced.stderr.contains(&format!("(process {process}) holds it since ")), "{forced}");
    // It was released: the next one need not ask for it.
    checkout.expect(0, "--sandbox apply staging --yes");
}

#[test]
fn a_bucket_that_is_not_there_is_said_before_anything_is_made() {
    let checkout = checkout("[lock]\nbucket = \"coralnet-staging\"\n\n");
    let run = checkout.run("--sandbox apply staging --yes");
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("cannot take the lease of staging in the bucket coralnet-staging"), "{run}");
    assert!(run.stderr.contains("hint: make the bucket coralnet-staging"), "{run}");
    let check = checkout.run("check staging");
    assert!(format!("{check}").contains("CN019"), "{check}");
}

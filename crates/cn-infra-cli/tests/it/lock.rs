//! A second apply while one is at work, and after one that died: on the simulated account, in real time, so that the first
//! is at work for minutes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::channel;

use crate::checkout::Checkout;
use crate::gate::{Gate, Verdict};
use crate::stand_in::StandIn;
use crate::terminal::at_terminal;

const LOCK: &str = "[environment]\n";

/// An apply that waits for its servers, for minutes.
fn begin(checkout: &Checkout) -> Child {
    begin_at(1, checkout)
}

fn begin_at(speed: u32, checkout: &Checkout) -> Child {
    let mut command = checkout.command(&format!("--sandbox --speed {speed} apply staging --yes --json"));
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
fn whoever_is_interrupted_releases_the_lease() {
    let checkout = checkout("[lock]\nbucket = \"coral-locks\"\n\n");
    let mut first = begin_at(200, &checkout);
    assert!(Command::new("kill").args(["-INT", &first.id().to_string()]).status().unwrap().success());
    assert_eq!(first.wait().unwrap().code(), Some(130));
    checkout.expect(0, "--sandbox --speed 1000 apply staging --yes");
}

/// Asked to stop while it takes the lease, and while it reads for its plan.
#[test]
fn whoever_is_interrupted_before_the_first_write_releases_the_lease() {
    for action in ["PUT x-id", "DescribeDBInstances"] {
        let sandbox = StandIn::sandbox();
        sandbox
            .boto3("s3.create_bucket(Bucket='locks', CreateBucketConfiguration={'LocationConstraint': 'us-west-2'})");
        let ((reached, held), (let_go, wait)) = (channel(), channel::<()>());
        let (reached, wait) = (Mutex::new(reached), Mutex::new(wait));
        let gate = Gate::before(Some(&sandbox.endpoint()), move |request| {
            if request.action() == action {
                reached.lock().unwrap().send(()).ok();
                wait.lock().unwrap().recv().ok();
            }
            Verdict::Forward
        });
        let checkout = checkout("[lock]\nbucket = \"locks\"\n\n").with("AWS_ENDPOINT_URL", gate.endpoint());
        let mut apply = checkout.command("apply staging --yes");
        let apply = apply.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        held.recv().unwrap();
        let kill = Command::new("kill").args(["-TERM", &apply.id().to_string()]).status().unwrap();
        assert!(kill.success());
        if action == "PUT x-id" {
            let_go.send(()).unwrap();
        }
        let ended = apply.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(130), "{action}: {said}");
        assert!(said.contains("error: interrupted; nothing was written"), "{action}: {said}");
        let left = sandbox.boto3("print(s3.list_objects_v2(Bucket='locks')['KeyCount'])");
        assert_eq!(left, "0", "{action}: the lease is left");
    }
}

/// Of two that share an environment, the second is told whose lease it lacks, and gives back the one that it took.
#[test]
fn what_is_applied_to_all_needs_the_lease_of_each() {
    let checkout = checkout("[lock]\nbucket = \"coral-locks\"\n\n");
    let head = "[lock]\nbucket = \"coral-locks\"\n\n[environment]\n";
    checkout.edit("environments/production.toml", LOCK, head);
    let first = begin(&checkout);
    let all = checkout.run("--sandbox --speed 1 apply --all --yes");
    assert_eq!(all.code, Some(1), "{all}");
    assert!(all.stderr.contains("error: somebody else changes staging now: ana@"), "{all}");
    let alone = checkout.run("--sandbox --speed 1000 apply production --yes --only security_group.web");
    kill(first);
    assert_eq!(alone.code, Some(0), "the lease of production was given back: {alone}");
}

#[test]
fn at_a_terminal_the_lease_of_another_is_asked_for() {
    let checkout = checkout("[lock]\nbucket = \"coral-locks\"\n\n");
    let first = begin(&checkout);
    let process = first.id();
    kill(first);
    let forced = "--sandbox --speed 1000 apply staging --yes --force-unlock";
    // A thousand times as fast, the lease of the dead runs out in a third of a second: so it is asked for at once.
    let (code, screen) = at_terminal(&checkout, 100, "no\n", &forced.replace("1000", "1"));
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains(&format!("(process {process}) holds it since ")), "{screen}");
    assert!(screen.contains("Take the lease from ana@"), "{screen}");
    assert!(screen.contains("declined; nothing was applied"), "{screen}");
    let (code, screen) = at_terminal(&checkout, 100, "yes\n", forced);
    assert_eq!(code, Some(0), "{screen}");
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

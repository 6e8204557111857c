//! Ctrl-C and other requests to stop during an apply.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::end_to_end::COUNTS;
use crate::gate::{Gate, Verdict};
use crate::mask::mask;
use crate::secrets::assert_untold;
use crate::stand_in::StandIn;

/// An apply whose call to make the server is held back until the test lets it go.
struct Held {
    apply: Child,
    said: BufReader<std::process::ChildStderr>,
    let_go: Sender<()>,
}

impl Held {
    fn start(sandbox: &StandIn, checkout: Checkout) -> (Self, Checkout) {
        Self::start_by(sandbox, checkout, |checkout| checkout.command("apply staging --yes"))
    }

    fn start_by(sandbox: &StandIn, checkout: Checkout, command: fn(&Checkout) -> Command) -> (Self, Checkout) {
        let ((reached, held), (let_go, wait)) = (channel(), channel());
        let (reached, wait): (Mutex<Sender<()>>, Mutex<Receiver<()>>) = (Mutex::new(reached), Mutex::new(wait));
        let gate = Gate::before(Some(&sandbox.endpoint()), move |request| {
            if request.action() == "RunInstances" {
                reached.lock().unwrap().send(()).ok();
                wait.lock().unwrap().recv().ok();
            }
            Verdict::Forward
        });
        let checkout = checkout.with("AWS_ENDPOINT_URL", gate.endpoint());
        let mut apply = command(&checkout).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(apply.stderr.take().unwrap());
        held.recv().unwrap();
        (Self { apply, said, let_go }, checkout)
    }

    fn interrupt(&self) {
        self.signal("-INT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.apply.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Reads until the command says that it was interrupted.
    fn hear(&mut self) {
        let mut line = String::new();
        while !line.contains("interrupted: ") {
            line.clear();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "it ended without a word");
        }
    }

    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        assert_untold("stderr", &rest);
        (self.apply.wait().unwrap().code(), rest)
    }
}

#[test]
fn the_first_finishes_what_is_in_flight_and_the_next_apply_goes_on() {
    let sandbox = StandIn::sandbox();
    let (mut held, checkout) = Held::start(&sandbox, Checkout::new());
    held.interrupt();
    held.hear();
    held.let_go.send(()).unwrap();
    let (code, rest) = held.end();
    assert_eq!(code, Some(130));
    let report = rest.split_once("not started:").map(|(_, report)| report).unwrap_or_default();
    assert!(report.contains("elastic_ip.site/association") && report.contains("(interrupted)"), "{rest}");
    assert!(report.contains(" to staging: "), "{rest}");
    let checkout = checkout.with("AWS_ENDPOINT_URL", sandbox.endpoint());
    checkout.expect(0, "apply staging --yes");
    checkout.expect(0, "plan staging --detailed-exitcode");
    assert_snapshot!(sandbox.boto3(COUNTS), @"
    ['running']
    ['coralnet-staging-db', 'coralnet-staging-web', 'default']
    1 addresses
    ['coralnet-staging']
    ['coralnet-staging']
    ");
}

/// Of whoever supervises the process, and of a terminal that was closed.
#[test]
fn other_requests_to_stop_are_heard_as_well() {
    for signal in ["-TERM", "-HUP"] {
        let sandbox = StandIn::sandbox();
        let (mut held, checkout) = Held::start(&sandbox, Checkout::new());
        held.signal(signal);
        held.hear();
        held.let_go.send(()).unwrap();
        let (code, rest) = held.end();
        assert_eq!(code, Some(130), "{signal}: {rest}");
        assert!(rest.contains("(interrupted)"), "{signal}: {rest}");
        let checkout = checkout.with("AWS_ENDPOINT_URL", sandbox.endpoint());
        checkout.expect(0, "apply staging --yes");
        assert!(sandbox.boto3(COUNTS).starts_with("['running']"), "{signal}");
    }
}

#[test]
fn under_nohup_a_closed_terminal_stops_nothing() {
    let sandbox = StandIn::sandbox();
    let (held, _checkout) = Held::start_by(&sandbox, Checkout::new(), |checkout| {
        let mut command = Command::new("sh");
        let line = "trap '' HUP; exec \"$0\" \"$@\"";
        checkout.settle(&mut command);
        command.args(["-c", line, env!("CARGO_BIN_EXE_cn-infra"), "apply", "staging", "--yes"]);
        command
    });
    held.signal("-HUP");
    held.let_go.send(()).unwrap();
    let (code, rest) = held.end();
    assert_eq!(code, Some(0), "{rest}");
}

#[test]
fn the_second_drops_what_is_in_flight() {
    let sandbox = StandIn::sandbox();
    let (mut held, _checkout) = Held::start(&sandbox, Checkout::new());
    held.interrupt();
    held.hear();
    held.interrupt();
    let (code, rest) = held.end();
    assert_eq!(code, Some(130));
    assert_snapshot!(mask(rest.split_once("error:").map(|(_, error)| error).unwrap_or_default()), @"
     interrupted while calls were in flight; whether they took effect is not known

    hint: `cn-infra plan staging` shows what is left; what was created bears our tags
    ");
}

//! Secrets where they are nearest to being told. That none is told, every run and every checkout asserts by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::checkout::Checkout;
use crate::gate::{Gate, Verdict, error};
use crate::secrets::PLANTED;
use crate::stand_in::{StandIn, scenarios};

/// Every command that reads, in every form of its output, with the log of every call.
const LOOKS: [&str; 7] = [
    "-vv check --resolved",
    "-vv plan staging",
    "-vv plan staging --json",
    "-vv plan staging --markdown",
    "-vv show staging",
    "-vv output staging",
    "-vv output staging --json",
];

const FROM_A_VARIABLE: &str = "{ env = \"CN_DB_PASSWORD\" }";

fn with_a_password(checkout: Checkout) -> Checkout {
    checkout.edit("environments/common.toml", "\"managed\" ", FROM_A_VARIABLE);
    checkout
}

fn look(checkout: &Checkout, at: &str) {
    for arguments in LOOKS {
        let run = checkout.run(&format!("{at} {arguments}"));
        assert_eq!(run.code, Some(0), "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains("DEBUG") || arguments.contains("check"), "{arguments}: nothing is logged");
    }
}

scenarios!(a_password_is_sent_and_told_nowhere);

fn a_password_is_sent_and_told_nowhere(stand_in: &StandIn) {
    let sent = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&sent);
    let gate = Gate::before(Some(&stand_in.endpoint()), move |request| {
        seen.fetch_or(request.body().contains(&format!("MasterUserPassword={}", PLANTED[2].1)), Ordering::Relaxed);
        assert_eq!(request.header("x-amz-security-token"), Some(PLANTED[1].1));
        Verdict::Forward
    });
    let checkout = with_a_password(Checkout::at(gate.endpoint()));
    look(&checkout, "");
    checkout.expect(0, "-vv apply staging --yes");
    assert!(sent.load(Ordering::Relaxed), "the password was not sent");
    look(&checkout, "");
    checkout.expect(0, "-vv apply staging --yes --json");
}

#[test]
fn a_simulated_account_keeps_no_password() {
    let checkout = with_a_password(Checkout::new());
    look(&checkout, "--sandbox");
    assert!(checkout.read(".cn-infra/sandbox/plan.json").contains("CN_DB_PASSWORD"), "its name may be told");
    checkout.expect(0, "-vv --sandbox --speed 1000 apply staging --yes");
    look(&checkout, "--sandbox");
}

#[test]
fn a_password_that_is_refused() {
    let (_, password) = PLANTED[2];
    let checkout = with_a_password(Checkout::new()).with("CN_DB_PASSWORD", format!("{password}/@"));
    let run = checkout.run("-vv --sandbox --speed 1000 apply staging --yes");
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("is not a valid password"), "{}", run.stderr);
}

#[test]
fn a_password_in_the_file_is_refused_and_not_shown() {
    let checkout = Checkout::new();
    checkout.edit("environments/common.toml", "\"managed\" ", &format!("\"{}\"", PLANTED[2].1));
    for arguments in ["check", "check --json", "-vv plan staging", "--sandbox apply staging --yes"] {
        let run = checkout.run(arguments);
        assert_eq!(run.code, Some(1), "{arguments}");
        assert!((run.stdout + &run.stderr).contains("a password never stands in a file"), "{arguments}");
    }
}

#[test]
fn an_error_that_repeats_the_request() {
    let gate = Gate::before(None, |request| {
        let token = request.header("x-amz-security-token").unwrap_or_default();
        Verdict::Answer(
            403,
            error(
                "SignatureDoesNotMatch",
                &format!(
                    "The request signature we calculated does not match the signature you provided.\n\n\
                The Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:{token}\n'\n\n\
                The String-to-Sign should have been\n'AWS4-HMAC-SHA256'\n"
                ),
            ),
        )
    });
    let run = Checkout::at(gate.endpoint()).run("-vv plan staging");
    assert!(run.stderr.contains("does not match the signature you provided (SignatureDoesNotMatch)"), "{}", run.stderr);
}

#[test]
fn credentials_of_a_file() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint()).without_credentials().with("AWS_PROFILE", "staging");
    let [(_, secret), (_, token), _] = PLANTED;
    let file =
        format!("[staging]\naws_access_key_id = AKID\naws_secret_access_key = {secret}\naws_session_token = {token}\n");
    checkout.write("aws-credentials", &file);
    checkout.expect(0, "-vv plan staging");
    checkout.write("aws-credentials", &file.replace("[staging]", "[staging"));
    assert_eq!(checkout.run("-vv plan staging").code, Some(1));
}

#[test]
fn credentials_of_an_address() {
    let (_, password) = PLANTED[2];
    let address = format!("http://user:{password}@127.0.0.1:9");
    for variable in ["AWS_ENDPOINT_URL", "HTTP_PROXY", "HTTPS_PROXY"] {
        assert_eq!(Checkout::new().with(variable, &address).run("-vv plan staging").code, Some(1), "{variable}");
    }
}

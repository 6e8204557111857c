//! Bad surroundings: what is said, how the command ends, and that it does not keep anybody waiting.

use std::time::Duration;

use insta::assert_snapshot;

use crate::checkout::{Checkout, Run};
use crate::gate::{Gate, Verdict, ec2_error, error};
use crate::stand_in::StandIn;

/// A guard, not a measurement: what waits for nobody takes far less.
const SOON: Duration = Duration::from_secs(10);

#[track_caller]
fn plan(checkout: &Checkout) -> Run {
    let run = checkout.run("plan production");
    assert!(run.took < SOON, "{:?}", run.took);
    run
}

#[test]
fn no_credentials() {
    assert_snapshot!(plan(&Checkout::new().without_credentials()), @"
    exit 1
    stderr:
    error: no AWS credentials were found

    hint: run `aws sso login` or `aws configure`, set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; --sandbox needs none
    ");
}

#[test]
fn no_credentials_and_a_silent_metadata_service() {
    let silent = Gate::before(None, |_| Verdict::Silence);
    let checkout = Checkout::new().without_credentials().with("AWS_EC2_METADATA_DISABLED", "false");
    let checkout = checkout.with("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.endpoint());
    assert_snapshot!(plan(&checkout), @"
    exit 1
    stderr:
    error: no AWS credentials were found

    hint: run `aws sso login` or `aws configure`, set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; --sandbox needs none
    ");
}

#[test]
fn a_profile_that_is_missing() {
    let checkout = Checkout::new().without_credentials();
    checkout.write("aws-config", "[profile staging]\nregion = us-west-2\n[profile production]\nregion = us-west-2\n");
    assert_snapshot!(plan(&checkout.with("AWS_PROFILE", "prod")), @r#"
    exit 1
    stderr:
    error: there is no AWS profile "prod"

    hint: profiles there are: production, staging
    "#);
}

#[test]
fn a_configuration_that_is_broken() {
    let checkout = Checkout::new().without_credentials().with("AWS_PROFILE", "production");
    checkout.write("aws-config", "[profile production\nregion = us-west-2\n");
    assert_snapshot!(plan(&checkout), @"
    exit 1
    stderr:
    error: the AWS configuration files cannot be read: error parsing /tmp/DIRECTORY/aws-config on line 1: Profile definition must end with ']'

    hint: see ~/.aws/config and ~/.aws/credentials
    ");
}

#[test]
fn a_token_that_has_expired() {
    let gate = Gate::before(None, |_| {
        Verdict::Answer(403, error("ExpiredToken", "The security token included in the request is expired"))
    });
    assert_snapshot!(plan(&Checkout::at(gate.endpoint())), @"
    exit 1
    stderr:
    error: AWS refuses the credentials: GetCallerIdentity: The security token included in the request is expired (ExpiredToken)

    hint: sign in again (for example `aws sso login`), or choose other credentials with --profile
    ");
}

#[test]
fn another_account() {
    let gate = Gate::answering(
        200,
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::210987654321:user/ana</Arn>\
         <UserId>AIDA</UserId><Account>210987654321</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
    );
    assert_snapshot!(plan(&Checkout::at(gate.endpoint())), @"
    exit 1
    stderr:
    error: the credentials belong to account 210987654321, but the environment is in account 123456789012

    hint: they are those of arn:aws:iam::210987654321:user/ana; choose others with --profile or AWS_PROFILE
    ");
}

#[test]
fn an_endpoint_that_refuses() {
    assert_snapshot!(plan(&Checkout::new()), @"
    exit 1
    stderr:
    error: AWS cannot be reached: GetCallerIdentity: Connection refused (os error 111)

    hint: check the network, the region in the file, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; nothing was changed
    ");
}

#[test]
fn an_endpoint_that_is_silent() {
    let silent = Gate::before(None, |_| Verdict::Silence);
    assert_snapshot!(plan(&Checkout::at(silent.endpoint()).with("CN_INFRA_TIMEOUT", "1")), @"
    exit 1
    stderr:
    error: AWS cannot be reached: GetCallerIdentity: no answer within the time limit

    hint: check the network, the region in the file, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; nothing was changed
    ");
}

#[test]
fn answers_that_are_no_xml() {
    let gate = Gate::answering(200, "<html><body>Sign in to the hotel's network</body></html>");
    assert_snapshot!(plan(&Checkout::at(gate.endpoint())), @"
    exit 1
    stderr:
    error: AWS cannot be reached: GetCallerIdentity: the answer cannot be read: it is not the XML that AWS sends

    hint: check the network, the region in the file, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; nothing was changed
    ");
    let gate = Gate::answering(200, "Bad Gateway");
    assert_snapshot!(plan(&Checkout::at(gate.endpoint())), @"
    exit 1
    stderr:
    error: AWS cannot be reached: GetCallerIdentity: the answer cannot be read: it is not the XML that AWS sends

    hint: check the network, the region in the file, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; nothing was changed
    ");
}

#[test]
fn a_service_that_is_down_for_everybody() {
    let gate = Gate::answering(503, "");
    assert_snapshot!(plan(&Checkout::at(gate.endpoint())), @"
    exit 1
    stderr:
    error: AWS cannot be reached: GetCallerIdentity: the service answered HTTP 503

    hint: check the network, the region in the file, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; nothing was changed
    ");
}

#[test]
fn reading_that_is_not_allowed() {
    let sandbox = StandIn::sandbox();
    let gate = Gate::before(Some(&sandbox.endpoint()), |request| match request.action().as_str() {
        "DescribeInstances" => Verdict::Answer(
            403,
            ec2_error("UnauthorizedOperation", "You are not authorized to perform this operation."),
        ),
        _ => Verdict::Forward,
    });
    assert_snapshot!(plan(&Checkout::at(gate.endpoint())), @"
    exit 1
    stderr:
    error: cannot read the instance objects
      caused by: DescribeInstances: You are not authorized to perform this operation (UnauthorizedOperation)

    hint: the credentials lack a permission for this call: `cn-infra policy ENV` prints those that are needed
    ");
}

#[test]
fn a_call_that_is_denied_in_the_middle_of_an_apply() {
    let sandbox = StandIn::sandbox();
    let gate = Gate::before(Some(&sandbox.endpoint()), |request| match request.action().as_str() {
        "RunInstances" => Verdict::Answer(
            403,
            ec2_error("UnauthorizedOperation", "You are not authorized to perform this operation."),
        ),
        _ => Verdict::Forward,
    });
    let checkout = Checkout::at(gate.endpoint());
    let run = checkout.run("apply staging --yes");
    let (_, report) = run.stderr.split_once("\n\nfailed: ").unwrap_or_default();
    let report: Vec<_> = report.lines().filter(|line| !line.contains("API calls")).collect();
    assert_eq!(run.code, Some(1));
    assert_snapshot!(report.join("\n"), @"
    instance.web
      RunInstances: You are not authorized to perform this operation (UnauthorizedOperation)
        hint: the credentials lack a permission for this call: `cn-infra policy ENV` prints those that are needed

    not started: elastic_ip.site/association (needs instance.web, which failed)

    Applied 7 of 9 steps to staging: 1 failed, 1 not started.
    ");
    let checkout = checkout.with("AWS_ENDPOINT_URL", sandbox.endpoint());
    assert!(checkout.expect(2, "plan staging --detailed-exitcode").contains("+ instance.web"));
    checkout.expect(0, "apply staging --yes");
    checkout.expect(0, "plan staging --detailed-exitcode");
}

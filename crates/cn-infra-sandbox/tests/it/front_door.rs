//! Requests that nobody should send: whatever comes in, every answer is sound and what is refused changes nothing.

mod model;
pub mod play;
mod sound;

use cn_infra_sandbox::{Caller, Request, Sandbox, SandboxOptions};
use http::{HeaderValue, Method};
use jiff::Timestamp;
use play::{Choices, Game};
use proptest::collection::vec;
use proptest::prelude::*;

pub fn options() -> SandboxOptions {
    SandboxOptions { speed: 0.0, start: Timestamp::UNIX_EPOCH, ..SandboxOptions::default() }
}

/// Ids are random, so a case is not the same the next time: none is kept.
pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::with_cases(cases) }
}

/// Something like `text`, or anything.
fn about(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![proptest::sample::select(texts).prop_map(str::to_owned), "\\PC{0,20}", "[ -~]{0,40}"]
}

const AUTHORIZATIONS: &[&str] = &[
    "AWS4-HMAC-SHA256 Credential=A/20261130/us-west-2/ec2/aws4_request",
    "AWS4-HMAC-SHA256 Credential=A/20261130/us-west-2/rds/aws4_request",
    "AWS4-HMAC-SHA256 Credential=A/20261130/us-west-2/s3/aws4_request",
    "AWS4-HMAC-SHA256 Credential=A/20261130/us-west-2/ssm/aws4_request",
    "AWS4-HMAC-SHA256 Credential=A/20261130//iam/aws4_request",
    "AWS4-HMAC-SHA256 Credential=////",
    "AWS4-HMAC-SHA256 Credential=",
];

prop_compose! {
    /// Any request that HTTP has at all.
    fn any_request()(
        method in prop_oneof!["GET|PUT|POST|HEAD|DELETE", "[A-Z]{1,10}"],
        uri in about(&["/", "/media", "/media/web?tagging", "/media?delete", "/media?list-type=2", "/_sandbox/clock", "/v20180820/x", "//"]),
        authorization in about(AUTHORIZATIONS),
        host in about(&["127.0.0.1:5000", "media.localhost", "media.s3.us-west-2.amazonaws.com"]),
        header in about(&["x-amz-target", "x-amz-copy-source", "content-md5", "range", "x-amz-decoded-content-length"]),
        value in about(&["AmazonSSM.GetParameter", "media/web", "bytes=0-1", "1"]),
        body in prop_oneof![
            vec(any::<u8>(), 0..200),
            about(&["Action=DescribeInstances", "{}", "<a/>", "Action=CreateTags&DryRun=2"]).prop_map(String::into_bytes),
        ],
    ) -> Option<Request> {
        let mut request = http::Request::builder().method(method.as_str()).uri(uri.as_str());
        for (name, value) in [("authorization", &authorization), ("host", &host), (header.as_str(), &value)] {
            request = request.header(name, http::HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        Some(Request { parts: request.body(()).ok()?.into_parts().0, body: body.into() })
    }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn any_bytes_get_a_sound_answer(request in any_request()) {
        let Some(request) = request else { return Ok(()) };
        let sandbox = Sandbox::new(options());
        let sent = sound::send(&sandbox, &request);
        prop_assert!(sent.is_ok(), "{request:?}: {}", sent.expect_err("an error"));
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn real_operations_with_nasty_values_get_sound_answers(bytes in vec(any::<u8>(), 0..2_000)) {
        let sandbox = Sandbox::new(options());
        let played = Game::new(&sandbox).play(Choices(&bytes));
        prop_assert!(played.is_ok(), "{}", played.expect_err("an error"));
    }
}

#[test]
fn a_key_can_be_named_like_the_control_door() {
    let sandbox = Sandbox::new(options());
    let caller = Caller::new(&sandbox, "123456789012", "us-west-2");
    let region =
        "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>";
    caller.s3(Method::PUT, "/media", &[], region).expect("a bucket");
    caller.s3(Method::PUT, "/media/_sandbox/clock", &[], "text").expect("an object");
    let mut request = play::signed("s3", "GET", "/_sandbox/clock", &[], Vec::new());
    request.parts.headers.insert("host", HeaderValue::from_static("media.localhost:5000"));
    assert_eq!(sandbox.handle(&request).response.body(), "text");
}

#[test]
fn every_operation_is_one_of_awss() {
    let mut named: Vec<_> =
        model::model().iter().map(|asked| (asked.service.as_str(), asked.operation.as_str())).collect();
    named.dedup();
    assert_eq!(named, cn_infra_sandbox::operations());
}

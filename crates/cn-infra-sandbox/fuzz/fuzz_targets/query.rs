//! Requests of the query protocol (and of SSM, in JSON), one a line: the service, a blank, the body. A line `later N`
//! moves the clock on by N seconds. All of an input go to one account.
#![no_main]

#[path = "../../tests/it/front_door/sound.rs"]
mod sound;

use cn_infra_sandbox::{Request, Sandbox, SandboxOptions};
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let options = SandboxOptions { speed: 0.0, start: Timestamp::UNIX_EPOCH, ..SandboxOptions::default() };
    let sandbox = Sandbox::new(options);
    for line in input.split(|byte| *byte == b'\n').take(20) {
        let (word, body) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
        let (word, body) = (String::from_utf8_lossy(word), body.get(1..).unwrap_or_default());
        if word == "later" {
            let seconds = String::from_utf8_lossy(body).parse().unwrap_or(60);
            sandbox.advance(SignedDuration::from_secs(seconds)).expect("in memory");
            // What became due is not the doing of the next request.
            send(&sandbox, "ec2", b"Action=DescribeRegions");
        } else {
            send(&sandbox, &word, body);
        }
    }
});

fn send(sandbox: &Sandbox, service: &str, body: &[u8]) {
    let credential = format!("AWS4-HMAC-SHA256 Credential=AKID/20261130/us-west-2/{service}/aws4_request");
    let target = String::from_utf8_lossy(body).split('"').next().unwrap_or_default().trim_end_matches('{').to_owned();
    let request = http::Request::post("/").header("authorization", credential).header("x-amz-target", target);
    let Ok(request) = request.body(()) else { return };
    let start = if service == "ssm" { body.iter().position(|byte| *byte == b'{').unwrap_or(0) } else { 0 };
    let request = Request { parts: request.into_parts().0, body: body[start..].to_vec().into() };
    sound::send(sandbox, &request).unwrap_or_else(|why| panic!("{why}"));
}

//! Requests to S3 as HTTP has them: method and URI, headers, an empty line, the body. A line with a dot alone ends one.
//! All of an input go to one account, which has the bucket `media`.
#![no_main]

#[path = "../../tests/it/front_door/sound.rs"]
mod sound;

use cn_infra_sandbox::{Request, Sandbox, SandboxOptions};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=AKID/20261130/us-east-1/s3/aws4_request";

fuzz_target!(|input: &[u8]| {
    let options = SandboxOptions { speed: 0.0, start: Timestamp::UNIX_EPOCH, ..SandboxOptions::default() };
    let sandbox = Sandbox::new(options);
    send(&sandbox, b"PUT /media\n");
    let mut rest = input;
    for _ in 0..20 {
        let end = rest.windows(3).position(|window| window == b"\n.\n");
        send(&sandbox, &rest[..end.map_or(rest.len(), |end| end + 1)]);
        let Some(end) = end else { break };
        rest = &rest[end + 3..];
    }
});

fn send(sandbox: &Sandbox, text: &[u8]) {
    let Some(request) = request(text) else { return };
    sound::send(sandbox, &request).unwrap_or_else(|why| panic!("{why}"));
}

/// `None`: HTTP has no such request.
fn request(text: &[u8]) -> Option<Request> {
    let mut lines = text.splitn(2, |byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, uri) = first.split_once(' ')?;
    let mut request = http::Request::builder().method(method).uri(uri).header("authorization", SCOPE);
    let mut rest = lines.next().unwrap_or_default();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        request = request.header(name, value);
    }
    Some(Request { parts: request.body(()).ok()?.into_parts().0, body: rest.to_vec().into() })
}

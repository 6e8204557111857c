//! Measures S3 with a million small objects: `cargo run --release -p cn-infra-sandbox --example million -- 1000000`.
//!
//! First straight at the handler, to tell memory and speed of the store; then over HTTP on loopback, as any client has it.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use bytes::Bytes;
use cn_infra_sandbox::{Request, Sandbox, SandboxOptions, serve};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const AUTHORIZATION: &str =
    "AWS4-HMAC-SHA256 Credential=123456789012/20261130/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=0";

fn main() -> Outcome {
    let count: usize = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse())?;
    let sandbox = Sandbox::new(SandboxOptions { speed: 0.0, ..SandboxOptions::default() });
    call(&sandbox, "PUT", "/media", &[], location())?;
    let before = resident()?;
    let key = |number: usize| format!("/media/photos/{:02}/{number:09}.jpg", number % 100);
    let content_type = [("content-type", "image/jpeg")];
    report("PutObject", count, || {
        (0..count).try_for_each(|number| call(&sandbox, "PUT", &key(number), &content_type, "coral").map(drop))
    })?;
    println!("{:24} {:>10} bytes each", "memory", (resident()? - before) / count);
    let some = count / 10;
    report("CopyObject", some, || {
        (0..some).try_for_each(|number| {
            let source = [("x-amz-copy-source", key(number))];
            let source = source.each_ref().map(|(name, value)| (*name, value.as_str()));
            call(&sandbox, "PUT", &format!("/media/copies/{number:09}"), &source, "").map(drop)
        })
    })?;
    report("ListObjectsV2", count + some, || list(|path| call(&sandbox, "GET", path, &[], "")))?;
    report("DeleteObjects", some, || {
        (0..some / 1000).try_for_each(|page| call(&sandbox, "POST", "/media?delete", &[], &keys(page)).map(drop))
    })?;
    over_http(&sandbox, some)
}

fn location() -> &'static str {
    "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>"
}

fn keys(page: usize) -> String {
    let mut body = "<Delete><Quiet>true</Quiet>".to_owned();
    for number in page * 1000..(page + 1) * 1000 {
        let _ = write!(body, "<Object><Key>copies/{number:09}</Key></Object>");
    }
    body + "</Delete>"
}

/// Reads all pages.
fn list(mut get: impl FnMut(&str) -> Outcome<String>) -> Outcome {
    let mut token = String::new();
    loop {
        let page = get(&format!("/media?list-type=2{token}"))?;
        let next = page.split("<NextContinuationToken>").nth(1).and_then(|rest| rest.split('<').next());
        match next {
            Some(next) => token = format!("&continuation-token={next}"),
            None => return Ok(()),
        }
    }
}

fn over_http(sandbox: &Sandbox, count: usize) -> Outcome {
    let server = serve(sandbox.clone(), 0)?;
    let mut client = Client::connect(server.address())?;
    let key = |number: usize| format!("/media/http/{number:09}");
    report("PutObject, HTTP", count, || {
        (0..count).try_for_each(|number| client.call("PUT", &key(number), &[], "coral").map(drop))
    })?;
    report("CopyObject, HTTP", count, || {
        (0..count).try_for_each(|number| {
            let source = key(number);
            client.call("PUT", &format!("/media/copies/{number:09}"), &[("x-amz-copy-source", &source)], "").map(drop)
        })
    })?;
    report("ListObjectsV2, HTTP", count * 12, || list(|path| client.call("GET", path, &[], "")))?;
    report("DeleteObjects, HTTP", count, || {
        (0..count / 1000).try_for_each(|page| client.call("POST", "/media?delete", &[], &keys(page)).map(drop))
    })
}

fn report(what: &str, count: usize, work: impl FnOnce() -> Outcome) -> Outcome {
    let (start, cpu) = (Instant::now(), processor_time()?);
    work()?;
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let count = count as f64;
    let (rate, cost) = (count / start.elapsed().as_secs_f64(), (processor_time()? - cpu) / count * 1e6);
    println!("{what:24} {rate:>10.0} /s {cost:>8.2} µs of processor time each");
    Ok(())
}

fn call(sandbox: &Sandbox, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Outcome<String> {
    let digest = digest(body);
    let mut request = http::Request::builder().method(method).uri(uri).header("authorization", AUTHORIZATION);
    for (name, value) in headers.iter().copied().chain([("x-amz-checksum-crc32", digest.as_str())]) {
        request = request.header(name, value);
    }
    let request = Request { parts: request.body(())?.into_parts().0, body: Bytes::copy_from_slice(body.as_bytes()) };
    let response = sandbox.handle(&request).response;
    if !response.status().is_success() {
        return Err(format!("{method} {uri}: {:?}", response.body()).into());
    }
    Ok(String::from_utf8(response.into_body().into())?)
}

/// As SDKs send it.
fn digest(body: &str) -> String {
    use base64::Engine;
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, body.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(&crc.to_be_bytes()[4..])
}

/// Resident memory, in bytes.
fn resident() -> Outcome<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? * 1024)
}

/// Seconds of processor time so far, of all threads: what others do on the machine does not count.
fn processor_time() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Ok(ticks.map(|ticks| ticks.parse().unwrap_or(0.0)).sum::<f64>() / 100.0)
}

/// A connection that is kept open.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Outcome<String> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {AUTHORIZATION}\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        write!(head, "x-amz-checksum-crc32: {}\r\ncontent-length: {}\r\n\r\n{body}", digest(body), body.len())?;
        self.0.get_mut().write_all(head.as_bytes())?;
        let (mut line, mut length) = (String::new(), 0);
        self.0.read_line(&mut line)?;
        let status = line.clone();
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        if !status.starts_with("HTTP/1.1 2") {
            return Err(format!("{method} {path}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(String::from_utf8(body)?)
    }
}

//! Serves buckets full of objects, to measure bulk tools: `cargo run --release -p cn-infra-sandbox --example bulk -- PORT
//! OBJECTS PREFIXES [BUCKET]…`. Each named bucket is filled with the same objects of 1 KB, spread over the prefixes
//! `images/00/` and so on; without names, `source` is, and `target` is empty. A bucket whose name begins with `versioned`
//! keeps versions, and every other object of it is deleted behind a marker. Its clock runs in real time, so that budgets
//! hold.

use std::error::Error;

use bytes::Bytes;
use cn_infra_sandbox::{Request, Sandbox, SandboxOptions, serve};

const AUTHORIZATION: &str =
    "AWS4-HMAC-SHA256 Credential=123456789012/20261130/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=0";
const LOCATION: &str =
    "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>";
const VERSIONING_MD5: &str = "8qj8HSeDu3APPMQZVG06WQ==";
const VERSIONING: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let objects: usize = arguments.next().map_or(Ok(100_000), |objects| objects.parse())?;
    let prefixes: usize = arguments.next().map_or(Ok(100), |prefixes| prefixes.parse())?;
    let mut full: Vec<_> = arguments.collect();
    if full.is_empty() {
        full.push("source".to_owned());
    }
    let sandbox = Sandbox::new(SandboxOptions { speed: 1.0, ..SandboxOptions::default() });
    let body = Bytes::from(vec![b'c'; 1024]);
    for bucket in full.iter().map(String::as_str).chain(["target"]) {
        put(&sandbox, &format!("/{bucket}"), Bytes::from_static(LOCATION.as_bytes()))?;
    }
    for bucket in full.iter().filter(|bucket| is_versioned(bucket)) {
        put(&sandbox, &format!("/{bucket}?versioning"), Bytes::from_static(VERSIONING.as_bytes()))?;
    }
    for number in 0..objects {
        for bucket in &full {
            let uri = format!("/{bucket}/images/{:02}/{number:07}.jpg", number % prefixes);
            put(&sandbox, &uri, body.clone())?;
            if is_versioned(bucket) && number % 2 == 1 {
                send(&sandbox, http::Method::DELETE, &uri, Bytes::new())?;
            }
        }
    }
    let server = serve(sandbox, port)?;
    println!("{}", server.endpoint());
    loop {
        std::thread::park();
    }
}

fn is_versioned(bucket: &str) -> bool {
    bucket.starts_with("versioned")
}

fn put(sandbox: &Sandbox, uri: &str, body: Bytes) -> Result<(), Box<dyn Error>> {
    send(sandbox, http::Method::PUT, uri, body)
}

fn send(sandbox: &Sandbox, method: http::Method, uri: &str, body: Bytes) -> Result<(), Box<dyn Error>> {
    // Tools of old send an ACL with each object, which AWS refuses where ACLs are off; they are, unless a bucket says so.
    let request = http::Request::builder().method(method).uri(uri).header("authorization", AUTHORIZATION);
    let request = request.header("x-amz-object-ownership", "ObjectWriter");
    let request = if uri.ends_with("?versioning") { request.header("content-md5", VERSIONING_MD5) } else { request };
    let request = request.body(())?;
    let response = sandbox.handle(&Request { parts: request.into_parts().0, body }).response;
    if response.status().is_success() { Ok(()) } else { Err(format!("{uri}: {:?}", response.body()).into()) }
}

//! How fast a served sandbox answers a light client on the same two cores, and how fast another stand-in does:
//! `cargo bench -p cn-infra-sandbox --bench serve [-- --state] [-- --other http://127.0.0.1:PORT]`.
//!
//! The client writes ready-made requests over four connections and reads no more of an answer than its length.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cn_infra_sandbox::{Sandbox, SandboxOptions, serve};
use md5::{Digest, Md5};

const CONNECTIONS: usize = 4;

/// One measurement: how many requests, how many things each is about, and the n-th request.
struct Case {
    name: &'static str,
    requests: usize,
    things: usize,
    request: fn(usize) -> Vec<u8>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let other = arguments.iter().position(|argument| argument == "--other").map(|at| arguments[at + 1].clone());
    let directory = std::env::temp_dir().join(format!("cn-infra-sandbox-bench-{}", std::process::id()));
    let options = SandboxOptions { speed: 0.0, ..SandboxOptions::default() };
    let sandbox = if arguments.iter().any(|argument| argument == "--state") {
        Sandbox::open(options, &directory).expect("a state directory")
    } else {
        Sandbox::new(options)
    };
    let server = serve(sandbox.clone(), 0).expect("a port");
    measure("sandbox", &server.address().to_string(), 1);
    drop((server, sandbox));
    std::fs::remove_dir_all(&directory).ok();
    if let Some(other) = other {
        // So slow that a hundredth is enough.
        measure("other", other.trim_start_matches("http://"), 100);
    }
}

fn measure(who: &str, address: &str, fewer: usize) {
    let mut connection = Connection::open(address);
    let images = connection.call(&ec2(
        "Action=DescribeImages&Owner.1=amazon&Filter.1.Name=architecture&Filter.1.Value.1=x86_64&Version=2016-11-15",
    ));
    let text = String::from_utf8_lossy(&images);
    let image = text.split("<imageId>").nth(1).and_then(|rest| rest.split('<').next()).expect("an image").to_owned();
    connection.call(&ec2(&format!(
        "Action=RunInstances&Version=2016-11-15&ImageId={image}&InstanceType=t3.micro&MinCount=100&MaxCount=100"
    )));
    connection.call(&s3("PUT", "/bench", "", b""));
    for case in cases(fewer) {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for worker in 0..CONNECTIONS {
                let case = &case;
                scope.spawn(move || {
                    let mut connection = Connection::open(address);
                    for n in (worker..case.requests).step_by(CONNECTIONS) {
                        connection.call(&(case.request)(n));
                    }
                });
            }
        });
        let seconds = began.elapsed().as_secs_f64();
        let things = u32::try_from(case.requests * case.things).expect("fewer than four thousand million");
        let rate = f64::from(things) / seconds;
        println!("{who:8} {:42} {rate:>10.0} /s", case.name);
    }
}

/// 100,000 objects are put, copied, listed and deleted.
fn cases(fewer: usize) -> [Case; 5] {
    let objects = 100_000 / fewer;
    [
        Case {
            name: "DescribeInstances of 100 instances",
            requests: 3_000 / fewer,
            things: 1,
            request: |_| ec2("Action=DescribeInstances&MaxResults=1000&Version=2016-11-15"),
        },
        Case {
            name: "PutObject of 1 KB",
            requests: objects,
            things: 1,
            request: |n| s3("PUT", &format!("/bench/a/{n:08}"), "", &[b'x'; 1024]),
        },
        Case {
            name: "CopyObject of 1 KB",
            requests: objects,
            things: 1,
            request: |n| {
                s3("PUT", &format!("/bench/b/{n:08}"), &format!("x-amz-copy-source: /bench/a/{n:08}\r\n"), b"")
            },
        },
        Case {
            name: "ListObjectsV2, keys",
            requests: objects / 1_000 * 2,
            things: 1_000,
            request: |n| {
                s3("GET", &format!("/bench?list-type=2&prefix=a/&start-after=a/{:08}", n / 2 * 1_000), "", b"")
            },
        },
        Case {
            name: "DeleteObjects, keys",
            requests: objects / 1_000,
            things: 1_000,
            request: |n| {
                let keys = (n * 1_000..(n + 1) * 1_000).map(|n| format!("<Object><Key>a/{n:08}</Key></Object>"));
                let body = format!("<Delete><Quiet>true</Quiet>{}</Delete>", keys.collect::<String>());
                let md5 = STANDARD.encode(Md5::digest(body.as_bytes()));
                s3("POST", "/bench?delete", &format!("content-md5: {md5}\r\n"), body.as_bytes())
            },
        },
    ]
}

fn ec2(form: &str) -> Vec<u8> {
    request("POST", "/", "ec2", "content-type: application/x-www-form-urlencoded\r\n", form.as_bytes())
}

fn s3(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    request(method, path, "s3", headers, body)
}

fn request(method: &str, path: &str, service: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKID/20261130/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
         x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self { address: address.to_owned(), stream: BufReader::with_capacity(64 << 10, stream) }
    }

    /// Sends a request and reads its answer, which must be a success.
    fn call(&mut self, request: &[u8]) -> Vec<u8> {
        self.stream.get_mut().write_all(request).expect("sent");
        let (mut status, mut length, mut closes, mut line) = (String::new(), 0, false, String::new());
        loop {
            line.clear();
            assert!(self.stream.read_line(&mut line).expect("a header") > 0, "the connection was closed");
            let header = line.trim_end();
            if status.is_empty() {
                header.clone_into(&mut status);
            } else if header.is_empty() {
                break;
            } else if header.eq_ignore_ascii_case("connection: close") {
                closes = true;
            } else if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a body");
        if closes {
            *self = Self::open(&self.address);
        }
        assert!(status.contains(" 200 "), "{status}\n{}", String::from_utf8_lossy(&body));
        body
    }
}

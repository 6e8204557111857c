//! A moto server of its own for a test: an AWS stand-in that is independent of this project.
//!
//! Shared with the tests of the command, which include this file.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::venv::python;

/// Starts it, with what is wrong beyond use put right.
const SERVE: &str = include_str!("../moto/serve.py");

/// A running server; dropping it ends it.
pub struct Moto {
    server: Child,
    port: u16,
}

impl Moto {
    /// Starts a server on a free port and waits until it answers. It ends with this process, however that ends.
    pub fn start() -> Self {
        let port = free_port();
        let server = Command::new(python())
            .args(["-c", SERVE, &port.to_string(), "--attached", "--prepare"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the virtual environment's python starts");
        let moto = Self { server, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "moto's server did not answer within a minute");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto
    }

    /// The endpoint of every service.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a client needs to talk to this server and to nothing else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "testing".into()),
            ("AWS_SECRET_ACCESS_KEY", "testing".into()),
            ("AWS_DEFAULT_REGION", "us-west-2".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_CONFIG_FILE", "/nonexistent".into()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent".into()),
        ]
    }

    /// Runs a boto3 program against the server, as another client of the same account; returns what it printed.
    ///
    /// `ec2`, `rds` and `s3` are clients already.
    pub fn boto3(&self, program: &str) -> String {
        let head = "import boto3\nec2, rds, s3 = (boto3.client(name) for name in ('ec2', 'rds', 's3'))\n";
        let output = Command::new(python())
            .args(["-c", &format!("{head}{program}")])
            .envs(self.environment())
            .output()
            .expect("the virtual environment's python starts");
        assert!(output.status.success(), "{program}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

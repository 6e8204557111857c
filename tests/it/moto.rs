//! Moto's server, an AWS stand-in that is independent of this project, with what is wrong beyond use put right.
//!
//! Shared with the tests of the command, which include this file.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::venv::python;

/// Starts it and puts right what is wrong.
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
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// A port that nobody listens on at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

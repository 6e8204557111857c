//! Stands between the command and AWS's stand-in, and lets requests through, answers them itself, or keeps silent.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

/// What becomes of a request.
pub enum Verdict {
    /// It is carried out, and its answer comes back.
    Forward,
    /// It is carried out, that is told, and its answer never comes.
    Swallow(Sender<()>),
    /// This status and body are its answer.
    Answer(u16, String),
    /// Nobody answers.
    Silence,
}

/// The gate; it stands until the process ends.
pub struct Gate {
    port: u16,
}

impl Gate {
    /// A gate before an endpoint, or before nothing. Several requests are decided upon at once, each in its thread.
    pub fn before(endpoint: Option<&str>, decide: impl Fn(&Request) -> Verdict + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind = endpoint.map(|endpoint| endpoint.trim_start_matches("http://").to_owned());
        let decide = Arc::new(decide);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (behind, decide) = (behind.clone(), Arc::clone(&decide));
                // A client that was killed while it waited is no failure of the gate.
                thread::spawn(move || serve(client, behind.as_deref(), &*decide).ok());
            }
        });
        Self { port }
    }

    /// A gate that gives every request one answer.
    pub fn answering(status: u16, body: &'static str) -> Self {
        Self::before(None, move |_| Verdict::Answer(status, body.to_owned()))
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A request of the command.
pub struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// What it asks for: the action of EC2, RDS and STS, method and subresource of S3: `PUT policy`.
    pub fn action(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        if let Some(action) = body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            return action.to_owned();
        }
        let mut words = self.head.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let subresource = target.split_once('?').map_or("", |(_, query)| query.split(['=', '&']).next().unwrap_or(""));
        format!("{method} {subresource}").trim_end().to_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Its body.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether it changes anything.
    pub fn is_write(&self) -> bool {
        !["Describe", "Get", "GET", "HEAD"].iter().any(|reading| self.action().starts_with(reading))
    }

    fn read(client: &mut TcpStream) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
                if bytes.len() >= end + 4 + length {
                    return Ok(Self { head, body: bytes[end + 4..].to_vec() });
                }
            }
            match client.read(&mut buffer)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => bytes.extend_from_slice(&buffer[..read]),
            }
        }
    }

    fn send(&self, to: &str) -> std::io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(to)?;
        let head: Vec<_> = self.head.lines().filter(|line| !line.to_lowercase().starts_with("connection:")).collect();
        server.write_all(format!("{}\r\nConnection: close\r\n\r\n", head.join("\r\n")).as_bytes())?;
        server.write_all(&self.body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// One request on each connection.
fn serve(mut client: TcpStream, behind: Option<&str>, decide: &dyn Fn(&Request) -> Verdict) -> std::io::Result<()> {
    let request = Request::read(&mut client)?;
    let forward = || request.send(behind.expect("the gate stands before a server"));
    let answer = match decide(&request) {
        Verdict::Forward => forward()?,
        Verdict::Swallow(told) => {
            forward()?;
            told.send(()).ok();
            return wait_for_the_end(client);
        }
        Verdict::Answer(status, body) => {
            let head = format!("HTTP/1.1 {status} Status\r\nContent-Type: text/xml\r\nConnection: close\r\n");
            format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
        }
        Verdict::Silence => return wait_for_the_end(client),
    };
    client.write_all(&answer)?;
    client.shutdown(Shutdown::Both)
}

/// Keeps a connection until the client gives up.
fn wait_for_the_end(mut client: TcpStream) -> std::io::Result<()> {
    client.read(&mut [0]).map(|_| ())
}

/// An error as RDS and STS say it.
pub fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>0f1e2d3c</RequestId></ErrorResponse>"
    )
}

/// An error as EC2 says it.
pub fn ec2_error(code: &str, message: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>0f1e2d3c</RequestID></Response>"
    )
}

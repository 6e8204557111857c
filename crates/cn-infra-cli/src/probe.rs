//! `--probe`: how long an address answers nobody while it moves. Nothing is asked but what the user names, at the addresses
//! that move.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::view::events::time;

/// From the end of one question to the next.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one answer is waited for.
const ANSWER: Duration = Duration::from_secs(2);
/// How long after the apply an address may still be dark.
const AFTERWARDS: Duration = Duration::from_mins(1);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `tcp:443`: whether the port takes a connection.
    Tcp(u16),
    /// `http://coralnet.ucsd.edu/health`: whether a server answers with a status below 500. The name is only said, not looked up.
    Http {
        /// Of the `Host` field.
        host: String,
        /// 80, unless the URL says another.
        port: u16,
        /// With the slash that begins it.
        path: String,
    },
}

impl FromStr for Probe {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("{text:?} is neither tcp:PORT nor http://HOST[:PORT]/PATH");
        if let Some(port) = text.strip_prefix("tcp:") {
            return port.parse().map(Self::Tcp).map_err(|_| form());
        }
        let url: http::Uri = text.parse().map_err(|_| form())?;
        let host = url.host().filter(|host| !host.is_empty() && url.scheme_str() == Some("http")).ok_or_else(form)?;
        let path = url.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self::Http { host: host.to_owned(), port: url.port_u16().unwrap_or(80), path })
    }
}

impl Probe {
    async fn answers(&self, address: IpAddr) -> bool {
        timeout(ANSWER, self.ask(address)).await.is_ok_and(|answer| answer.unwrap_or(false))
    }

    async fn ask(&self, address: IpAddr) -> std::io::Result<bool> {
        let (Self::Tcp(port) | Self::Http { port, .. }) = self;
        let stream = TcpStream::connect(SocketAddr::new(address, *port)).await?;
        match self {
            Self::Tcp(_) => Ok(true),
            Self::Http { host, path, .. } => {
                let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
                write(&stream, request.as_bytes()).await?;
                Ok(status(&read_line(&stream).await?).is_some_and(|status| status < 500))
            }
        }
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The first bytes of the answer: a status line is short.
async fn read_line(stream: &TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 64];
    while bytes.len() < 64 && !bytes.contains(&b'\n') {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `HTTP/1.1 200 OK`.
fn status(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/")?.split(' ').nth(1)?.trim().parse().ok()
}

/// An address that is asked again and again.
#[derive(Debug)]
pub struct Watch {
    address: IpAddr,
    over: watch::Sender<bool>,
    asking: JoinHandle<Line>,
}

impl Watch {
    /// Begins to ask.
    pub fn begin(probe: Probe, address: IpAddr) -> Self {
        let (over, ends) = watch::channel(false);
        Self { address, over, asking: tokio::spawn(ask_on(probe, address, ends)) }
    }

    /// Asks on until the address answers, a minute at most, and says what came of it.
    pub async fn end(self) -> String {
        self.over.send_replace(true);
        match self.asking.await {
            Ok(line) => line.said(self.address),
            Err(_) => format!("{}: the probe broke off", self.address),
        }
    }
}

async fn ask_on(probe: Probe, address: IpAddr, ends: watch::Receiver<bool>) -> Line {
    let (began, mut line, mut last) = (Instant::now(), Line::default(), None);
    loop {
        let answered = probe.answers(address).await;
        line.push(began.elapsed(), answered);
        if *ends.borrow() {
            let until = *last.get_or_insert_with(|| began.elapsed() + AFTERWARDS);
            if !line.is_dark() || began.elapsed() > until {
                return line;
            }
        }
        sleep(PAUSE).await;
    }
}

/// When an address answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    asked: usize,
    answered: usize,
    last: Option<Duration>,
    dark_since: Option<Duration>,
    dark: Duration,
}

impl Line {
    /// Dark counts from the last answer to the next one: it may have been less.
    fn push(&mut self, at: Duration, answered: bool) {
        self.asked += 1;
        if answered {
            self.answered += 1;
            self.dark += self.dark_since.take().map_or(Duration::ZERO, |since| at.saturating_sub(since));
            self.last = Some(at);
        } else if self.dark_since.is_none() {
            self.dark_since = self.last;
        }
    }

    /// Whether it answered once, and does not now.
    fn is_dark(&self) -> bool {
        self.dark_since.is_some()
    }

    fn said(&self, address: IpAddr) -> String {
        let Self { asked, answered, dark, .. } = self;
        match self.dark_since {
            _ if *answered == 0 => format!("{address} answered none of {asked} probes: nothing can be said"),
            Some(_) => format!("{address} answered before, and does not answer now"),
            None if dark.is_zero() => format!("{address} was never dark: every one of {answered} probes was answered"),
            None => format!("{address} was dark for {} at most ({answered} of {asked} probes answered)", time(*dark)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(answers: &[(u64, bool)]) -> String {
        let mut line = Line::default();
        for (at, answered) in answers {
            line.push(Duration::from_millis(*at), *answered);
        }
        line.said(IpAddr::from([203, 0, 113, 9]))
    }

    #[test]
    fn dark_is_from_one_answer_to_the_next() {
        assert_eq!(line(&[(0, true), (100, true)]), "203.0.113.9 was never dark: every one of 2 probes was answered");
        let gaps = [(0, true), (100, false), (300, false), (1_400, true), (1_500, false), (2_000, true)];
        assert_eq!(line(&gaps), "203.0.113.9 was dark for 2.0 s at most (3 of 6 probes answered)");
        assert_eq!(line(&[(0, true), (9, false)]), "203.0.113.9 answered before, and does not answer now");
        assert_eq!(line(&[(0, false), (9, false)]), "203.0.113.9 answered none of 2 probes: nothing can be said");
    }

    #[test]
    fn what_is_asked_is_a_port_or_a_page() {
        assert_eq!("tcp:443".parse(), Ok(Probe::Tcp(443)));
        let http = |host: &str, port, path: &str| Ok(Probe::Http { host: host.into(), port, path: path.into() });
        assert_eq!("http://coralnet.ucsd.edu".parse(), http("coralnet.ucsd.edu", 80, "/"));
        assert_eq!("http://coralnet.ucsd.edu:8000/a?b=c".parse(), http("coralnet.ucsd.edu", 8000, "/a?b=c"));
        for wrong in ["tcp:", "tcp:70000", "https://coralnet.ucsd.edu/", "coralnet.ucsd.edu", "http:///a", ""] {
            assert!(wrong.parse::<Probe>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_status_is_in_the_first_line() {
        assert_eq!(status("HTTP/1.1 301 Moved\r\n"), Some(301));
        assert_eq!(status("SSH-2.0-OpenSSH\r\n"), None);
    }
}

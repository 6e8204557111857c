//! `--probe`: how long an address answers nobody while it moves. Nothing is asked but what the user names, at the addresses
//! that move.

mod watch;

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

pub use watch::Watch;

/// How long a connection is waited for: less than the second after which its first packet is sent again
/// (<https://www.rfc-editor.org/rfc/rfc6298#section-2>), so that what was dark until then does not count as answered.
const CONNECTION: Duration = Duration::from_millis(900);
/// How long a page is waited for.
const PAGE: Duration = Duration::from_secs(2);

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

impl Display for Probe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(port) => write!(f, "tcp:{port}"),
            Self::Http { host, port: 80, path } => write!(f, "http://{host}{path}"),
            Self::Http { host, port, path } => write!(f, "http://{host}:{port}{path}"),
        }
    }
}

impl Probe {
    async fn answers(&self, address: IpAddr) -> bool {
        let (Self::Tcp(port) | Self::Http { port, .. }) = self;
        let connecting = timeout(CONNECTION, TcpStream::connect(SocketAddr::new(address, *port)));
        let Ok(Ok(stream)) = connecting.await else { return false };
        match self {
            Self::Tcp(_) => true,
            Self::Http { host, path, .. } => timeout(PAGE, is_served(&stream, host, path)).await.is_ok_and(|is| is),
        }
    }
}

async fn is_served(stream: &TcpStream, host: &str, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    if write(stream, request.as_bytes()).await.is_err() {
        return false;
    }
    read_line(stream).await.is_ok_and(|line| status(&line).is_some_and(|status| status < 500))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_a_port_or_a_page() {
        assert_eq!("tcp:443".parse(), Ok(Probe::Tcp(443)));
        let http = |host: &str, port, path: &str| Ok(Probe::Http { host: host.into(), port, path: path.into() });
        assert_eq!("http://coralnet.ucsd.edu".parse(), http("coralnet.ucsd.edu", 80, "/"));
        assert_eq!("http://coralnet.ucsd.edu:8000/a?b=c".parse(), http("coralnet.ucsd.edu", 8000, "/a?b=c"));
        for same in ["tcp:443", "http://coralnet.ucsd.edu/", "http://coralnet.ucsd.edu:8000/a?b=c"] {
            assert_eq!(same.parse::<Probe>().unwrap().to_string(), same);
        }
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

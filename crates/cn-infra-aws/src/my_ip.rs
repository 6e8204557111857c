//! The address that the operator's own connections come from, asked of a service that the operator names.
//!
//! Nobody is asked unless a URL is given: this crate knows of none.

use std::net::IpAddr;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use crate::error::innermost;

/// How long the whole look-up may take.
const LIMIT: Duration = Duration::from_secs(3);
/// An answer is an address and a line end; more than this is none.
const LONGEST: usize = 256;

/// The address is not known.
#[derive(Debug, thiserror::Error)]
pub enum MyIpError {
    /// The URL is none, or of another scheme.
    #[error("it is no http:// or https:// URL")]
    Url,
    /// No answer came in time.
    #[error("no answer within {} s", LIMIT.as_secs())]
    Silent,
    /// Nothing answers there.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It answers with an error.
    #[error("it answers HTTP {0}")]
    Status(u16),
    /// The answer is something else.
    #[error("its answer is not an IP address alone")]
    NoAddress,
}

/// Asks a service for the address that requests to it come from: the text of its answer, and nothing else. It takes at
/// most three seconds. A proxy (`HTTPS_PROXY`) is used where one is set, and its address is told then.
pub async fn look_up(url: &str) -> Result<IpAddr, MyIpError> {
    let answer = tokio::time::timeout(LIMIT, get(url)).await.map_err(|_| MyIpError::Silent)??;
    let text = std::str::from_utf8(&answer).map_err(|_| MyIpError::NoAddress)?;
    text.trim().parse().map_err(|_| MyIpError::NoAddress)
}

async fn get(url: &str) -> Result<Vec<u8>, MyIpError> {
    if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(MyIpError::Url);
    }
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).map_err(|_| MyIpError::Url)?;
    let connector = Connector::builder().proxy_config(ProxyConfig::from_env());
    let sent = connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build().call(request);
    let response = sent.await.map_err(|error| MyIpError::Unreachable(innermost(&error)))?;
    if !response.status().is_success() {
        return Err(MyIpError::Status(response.status().as_u16()));
    }
    short(ByteStream::new(response.into_body())).await
}

/// A body that is no longer than an address may be.
async fn short(mut body: ByteStream) -> Result<Vec<u8>, MyIpError> {
    let mut answer = Vec::new();
    while let Some(chunk) = body.try_next().await.map_err(|error| MyIpError::Unreachable(innermost(&error)))? {
        answer.extend_from_slice(&chunk);
        if answer.len() > LONGEST {
            return Err(MyIpError::NoAddress);
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A service on loopback that answers one request.
    fn service(status: &'static str, body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        });
        url
    }

    async fn asked(status: &'static str, body: &'static str) -> Result<IpAddr, String> {
        look_up(&service(status, body)).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn an_address_alone_is_the_answer() {
        assert_eq!(asked("200 OK", "198.51.100.7\n").await, Ok("198.51.100.7".parse().unwrap()));
        assert_eq!(asked("200 OK", "2001:db8::7").await, Ok("2001:db8::7".parse().unwrap()));
    }

    #[tokio::test]
    async fn anything_else_leaves_it_unknown() {
        let none = Err("its answer is not an IP address alone".to_owned());
        assert_eq!(asked("200 OK", "<html>198.51.100.7</html>").await, none);
        assert_eq!(asked("200 OK", "").await, none);
        let endless: &str = Box::leak(format!("198.51.100.7{}", " ".repeat(4096)).into_boxed_str());
        assert_eq!(asked("200 OK", endless).await, none);
        assert_eq!(asked("404 Not Found", "198.51.100.7").await, Err("it answers HTTP 404".to_owned()));
        let other = look_up("file:///etc/hosts").await.unwrap_err();
        assert_eq!(other.to_string(), "it is no http:// or https:// URL");
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let refused = look_up(&format!("http://{closed}/")).await.unwrap_err();
        assert!(matches!(refused, MyIpError::Unreachable(_)), "{refused}");
    }
}

//! A client of the sandbox's own front door, for what is put into an account before anybody works with it.
//!
//! It goes the way of every other client, so what it makes is made as AWS would make it.

use bytes::Bytes;
use http::Method;

use crate::request::Request;
use crate::sandbox::{Fate, Sandbox};
use crate::xml::Element;

/// A caller in one account and region.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    sandbox: &'a Sandbox,
    account: &'a str,
    region: &'a str,
}

/// The sandbox refused a call.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox refuses {operation}: {code}: {message}")]
pub struct CallError {
    /// What was called.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// The error's message.
    pub message: String,
}

impl<'a> Caller<'a> {
    /// A caller in an account and a region.
    pub fn new(sandbox: &'a Sandbox, account: &'a str, region: &'a str) -> Self {
        Self { sandbox, account, region }
    }

    /// The region.
    pub fn region(&self) -> &str {
        self.region
    }

    /// Calls an operation of the query protocol.
    pub fn query(&self, service: &str, operation: &str, parameters: &[(&str, &str)]) -> Result<Element, CallError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", operation).extend_pairs(parameters);
        let answer = self.send(service, Method::POST, "/", &[], form.finish().into_bytes(), operation)?;
        Ok(Element::parse(&answer).unwrap_or_default())
    }

    /// Calls S3: `/bucket/key?query`, already encoded.
    pub fn s3(
        &self,
        method: Method,
        uri: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Bytes, CallError> {
        let operation = format!("{method} {uri}");
        self.send("s3", method, uri, headers, body.into(), &operation)
    }

    fn send(
        &self,
        service: &str,
        method: Method,
        uri: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        operation: &str,
    ) -> Result<Bytes, CallError> {
        let failed =
            |code: &str, message: String| CallError { operation: operation.to_owned(), code: code.to_owned(), message };
        let credential =
            format!("AWS4-HMAC-SHA256 Credential={}/20260101/{}/{service}/aws4_request", self.account, self.region);
        let mut request = http::Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", credential)
            .header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).map_err(|error| failed("BadRequest", error.to_string()))?.into_parts();
        let reply = self.sandbox.handle(&Request { parts, body: body.into() });
        if reply.fate == Fate::Answered && reply.response.status().is_success() {
            return Ok(reply.response.into_body());
        }
        let error = Element::parse(reply.response.body()).unwrap_or_default();
        let text = |name: &str| find(&error, name).unwrap_or_default().to_owned();
        Err(failed(&text("Code"), text("Message")))
    }
}

/// The text of the first element of a name, at any depth.
fn find<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.get(name).or_else(|| element.children.iter().find_map(|child| find(child, name)))
}

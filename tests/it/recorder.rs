//! An HTTP client that lets another send, and remembers every request in a form that a test can state.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// One request, without what every request has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `ModifyVolume`, or `PUT /bucket?policy` for S3.
    pub call: String,
    /// Parameters of a form; for S3 the headers of its own, the leaves of an XML body, or the body itself.
    pub parameters: Vec<(String, String)>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.call)?;
        self.parameters.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl Request {
    /// Whether it may change anything.
    pub fn is_write(&self) -> bool {
        !["Describe", "Get", "List", "GET ", "HEAD "].iter().any(|read| self.call.starts_with(read))
    }

    /// The call with each of its parameters.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let alone = self.parameters.is_empty().then(|| self.call.clone());
        alone.into_iter().chain(self.parameters.iter().map(|(name, value)| format!("{} {name}={value}", self.call)))
    }

    fn of(request: &HttpRequest) -> Self {
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        match form(&body) {
            Some(request) => request,
            None => Self::of_s3(request, &body),
        }
    }

    fn of_s3(request: &HttpRequest, body: &str) -> Self {
        let path = request.uri().split("://").nth(1).and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
        let call = format!("{} /{}", request.method(), path.trim_end_matches('/').replace("/?", "?"));
        let acl = request.headers().get("x-amz-acl").map(|acl| ("x-amz-acl".to_owned(), acl.to_owned()));
        let content = match body.chars().next() {
            None => Vec::new(),
            Some('<') => leaves(body),
            Some(_) => vec![("body".to_owned(), body.to_owned())],
        };
        Self { call, parameters: acl.into_iter().chain(content).collect() }
    }
}

/// A request of EC2 or RDS.
fn form(body: &str) -> Option<Request> {
    let mut pairs = body.strip_prefix("Action=")?.split('&');
    let call = pairs.next()?.to_owned();
    let pairs = pairs.filter_map(|pair| pair.split_once('=')).filter(|(name, _)| *name != "Version");
    let parameters = pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    Some(Request { call, parameters: by_key(parameters) })
}

/// `Tag.3.Key=a` and `Tag.3.Value=b` as `Tag.a=b`: the number of a tag says nothing.
fn by_key(parameters: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, value) in parameters {
        let key = joined.last().and_then(|(last, key)| Some((last.strip_suffix(".Key")?.to_owned(), key.clone())));
        match key {
            Some((tag, key)) if name == format!("{tag}.Value") => {
                joined.pop();
                let tags = tag.rsplit_once('.').map_or(tag.as_str(), |(tags, _)| tags);
                joined.push((format!("{tags}.{key}"), value));
            }
            _ => joined.push((name, value)),
        }
    }
    joined
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("the SDK encodes in hexadecimal"));
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).expect("parameters are text")
}

/// Texts of an XML document by the path of their elements, below the root; of an empty element an empty one.
fn leaves(xml: &str) -> Vec<(String, String)> {
    let mut path: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    let mut is_leaf = false;
    for piece in xml.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("the SDK writes well-formed XML");
        let is_end = tag.starts_with('/');
        if !is_end {
            path.push(tag.split(' ').next().unwrap_or(tag).trim_end_matches('/'));
            is_leaf = text.is_empty();
            if !is_leaf {
                found.push((path[1..].join("/"), text.to_owned()));
            }
        }
        if is_end || tag.ends_with('/') {
            if std::mem::take(&mut is_leaf) {
                found.push((path[1..].join("/"), String::new()));
            }
            path.pop();
        }
    }
    found
}

/// The client; clones share the log.
#[derive(Clone, Debug)]
pub struct Recorder {
    inner: SharedHttpClient,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Recorder {
    /// A client that lets another send.
    pub fn before(inner: SharedHttpClient) -> Self {
        Self { inner, log: Arc::default() }
    }

    /// The requests since this was last asked.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    log: Arc<Mutex<Vec<Request>>>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.log.lock().unwrap().push(Request::of(&request));
        self.inner.call(request)
    }
}

impl HttpClient for Recorder {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, log: Arc::clone(&self.log) })
    }
}

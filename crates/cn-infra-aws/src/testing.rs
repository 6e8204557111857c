//! A scripted HTTP client for the wire tests: it answers calls of EC2, RDS, S3 and STS as told, and records each.
//!
//! The SDK's own client is above it, so what a test asserts is what AWS would receive. A retry does not wait.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ec2::config::{AsyncSleep, IdentityCache, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;

use crate::Session;

/// Answers by call, and the calls that were made. Clones share both.
///
/// A call is named by its action (`AllocateAddress`) for EC2, RDS and STS, and by `METHOD /bucket/key?query` for S3.
/// Several answers to one call are given in order, the last one again and again; a call without any fails the test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    answers: HashMap<String, VecDeque<Answer>>,
    requests: Vec<String>,
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    /// Goes into the elements that the protocol puts around every answer.
    Content(String),
    Error(String),
}

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Answers a call with the content of its response element; S3 gets it as it is.
    pub(crate) fn answer(self, call: &str, content: &str) -> Self {
        self.respond(call, 200, &[], content)
    }

    /// Answers a call with a status and headers of its own.
    pub(crate) fn respond(self, call: &str, status: u16, headers: &[(&'static str, &str)], content: &str) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.add(call, Answer { status, headers, body: Body::Content(content.to_owned()) })
    }

    /// Fails a call with an error code.
    pub(crate) fn fail(self, call: &str, status: u16, code: &str) -> Self {
        self.add(call, Answer { status, headers: Vec::new(), body: Body::Error(code.to_owned()) })
    }

    /// The requests so far, in order: the call's name, then each parameter, header that matters and body on a line.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// The requests that change something, in order, with a blank line between them.
    pub(crate) fn writes(&self) -> String {
        let reads = ["Describe", "Get", "List", "HEAD ", "GET "];
        let is_write = |request: &String| !reads.iter().any(|read| request.starts_with(read));
        self.requests().into_iter().filter(is_write).collect::<Vec<_>>().join("\n\n")
    }

    /// A session whose calls all come here.
    pub(crate) fn session(&self) -> Session {
        Session::new(&self.config(), "123456789012")
    }

    /// The same, with the guard that refuses writes.
    pub(crate) fn read_only_session(&self) -> Session {
        Session::read_only(&self.config(), "123456789012")
    }

    fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::standard())
            .sleep_impl(SharedAsyncSleep::new(NoSleep))
            .http_client(self.clone())
            .build()
    }

    fn add(self, call: &str, answer: Answer) -> Self {
        self.state().answers.entry(call.to_owned()).or_default().push_back(answer);
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the lock")
    }

    fn handle(&self, request: &HttpRequest) -> HttpResponse {
        let service = service(request);
        let (call, details) = if service == "s3" { rest_call(request) } else { query_call(request) };
        let mut state = self.state();
        state.requests.push(std::iter::once(call.clone()).chain(details).collect::<Vec<_>>().join("\n"));
        let answers = state.answers.get_mut(&call).unwrap_or_else(|| panic!("no answer scripted for {call:?}"));
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        answer.expect("an entry holds at least one answer").response(&service, &call)
    }
}

impl Answer {
    fn response(self, service: &str, call: &str) -> HttpResponse {
        let Self { status, headers, body } = self;
        let xml = match (body, service) {
            (Body::Content(content), "s3") => content,
            (Body::Content(content), "ec2") => format!("<{call}Response>{content}</{call}Response>"),
            (Body::Content(content), _) => {
                format!("<{call}Response><{call}Result>{content}</{call}Result></{call}Response>")
            }
            (Body::Error(code), "s3") => error(&code),
            (Body::Error(code), "ec2") => format!("<Response><Errors>{}</Errors></Response>", error(&code)),
            (Body::Error(code), _) => format!("<ErrorResponse>{}</ErrorResponse>", error(&code)),
        };
        let mut response = HttpResponse::new(status.try_into().expect("a valid status"), SdkBody::from(xml));
        response.headers_mut().insert("x-amzn-requestid", "request-1");
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>AWS's words for {code}.</Message></Error>")
}

/// The service, of the signature's `Credential=AKID/date/region/service/aws4_request`.
fn service(request: &HttpRequest) -> String {
    let header = request.headers().get("authorization").expect("every request is signed");
    header.split('/').nth(3).expect("a credential scope").to_owned()
}

/// Action and parameters of a form.
fn query_call(request: &HttpRequest) -> (String, Vec<String>) {
    let form = std::str::from_utf8(request.body().bytes().expect("a form is in memory")).expect("a form is text");
    let mut call = String::new();
    let mut parameters = Vec::new();
    for (name, value) in form.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "Action" => value.clone_into(&mut call),
            "Version" => {}
            _ => parameters.push(format!("{name}={}", decode(value))),
        }
    }
    (call, parameters)
}

/// Method and path of a request to S3, and what of its headers and body has a meaning.
fn rest_call(request: &HttpRequest) -> (String, Vec<String>) {
    let (host, rest) = request.uri().trim_start_matches("https://").split_once('/').expect("a path");
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let bucket = host.split_once(".s3.").map_or(String::new(), |(bucket, _)| format!("/{bucket}"));
    let path = format!("{bucket}/{path}");
    let mut call = format!("{} /{}", request.method(), decode(path.trim_matches('/')));
    // `x-id` repeats the operation's name and means nothing.
    let query: Vec<_> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("x-id=")).collect();
    if !query.is_empty() {
        let _ = write!(call, "?{}", query.join("&"));
    }
    let mut details: Vec<_> = request
        .headers()
        .iter()
        .filter(|(name, _)| has_meaning(name))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    details.sort();
    details.extend(
        request.body().bytes().filter(|body| !body.is_empty()).map(|body| String::from_utf8_lossy(body).into_owned()),
    );
    (call, details)
}

fn has_meaning(header: &str) -> bool {
    let of_transport = ["x-amz-date", "x-amz-content-sha256", "x-amz-user-agent", "x-amz-sdk", "x-amz-checksum"];
    (header.starts_with("x-amz-") && !of_transport.iter().any(|name| header.starts_with(name)))
        || header == "if-match"
        || header == "if-none-match"
}

/// Undoes percent-encoding.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("parameters are text")
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.handle(&request)))
    }
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Waits for nothing, so that a retry follows at once.
#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: std::time::Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

mod tests {
    use super::*;

    #[tokio::test]
    async fn records_forms_and_answers_in_order() {
        let script = Script::new().answer("AllocateAddress", "<allocationId>eipalloc-1</allocationId>").fail(
            "AllocateAddress",
            400,
            "AddressLimitExceeded",
        );
        let ec2 = script.session().ec2;
        let first = ec2.allocate_address().address("198.51.100.7").send().await.unwrap();
        assert_eq!(first.allocation_id(), Some("eipalloc-1"));
        let second = crate::error::failed("AllocateAddress", ec2.allocate_address().send().await.unwrap_err());
        assert_eq!(second.code.as_deref(), Some("AddressLimitExceeded"));
        assert_eq!(script.requests(), ["AllocateAddress\nAddress=198.51.100.7", "AllocateAddress"]);
    }

    #[tokio::test]
    async fn retries_and_recovers_without_waiting() {
        let script = Script::new()
            .fail("DescribeDBInstances", 400, "Throttling")
            .answer("DescribeDBInstances", "<Marker>next</Marker>");
        let answer = script.session().rds.describe_db_instances().send().await.unwrap();
        assert_eq!(answer.marker(), Some("next"));
        assert_eq!(script.requests().len(), 2);
    }

    #[tokio::test]
    async fn names_s3_calls_by_method_and_path() {
        let script = Script::new().answer("PUT /media?policy", "").respond(
            "GET /media/a b?acl",
            404,
            &[],
            "<Error><Code>NoSuchKey</Code></Error>",
        );
        let s3 = script.session().s3;
        s3.put_bucket_policy().bucket("media").policy("{}").expected_bucket_owner("1").send().await.unwrap();
        s3.get_object_acl().bucket("media").key("a b").send().await.unwrap_err();
        assert_eq!(script.writes(), "PUT /media?policy\nx-amz-expected-bucket-owner: 1\n{}");
        assert_eq!(script.requests()[1], "GET /media/a b?acl");
    }
}

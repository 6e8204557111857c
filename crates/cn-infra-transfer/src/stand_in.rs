//! An account in a sandbox, in virtual time: the real SDK, and hours that pass at once.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use cn_infra_core::clock::Clock;
use cn_infra_core::testing::clock::VirtualClock;
use cn_infra_sandbox::faults::{Effect, Fault};
use cn_infra_sandbox::settings::Settings;
use cn_infra_sandbox::{Caller, Sandbox, SandboxOptions};
use http::Method;

use crate::bucket::Bucket;
use crate::pace::{Pace, PaceOptions};

pub const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-west-2";
const OF_REGION: &str =
    "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>";
/// How long an answer takes, in virtual time.
const LATENCY: Duration = Duration::from_millis(20);

/// The account and its time.
pub struct Account {
    pub sandbox: Sandbox,
    pub clock: VirtualClock,
    pub pace: Arc<Pace>,
}

impl Account {
    /// A fresh account that takes as many requests as it gets.
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    /// A fresh account that holds its clients to S3's budgets.
    pub fn limited() -> Self {
        Self::with(Settings { limits: true, ..Settings::default() })
    }

    fn with(settings: Settings) -> Self {
        let sandbox = Sandbox::new(SandboxOptions { speed: 0.0, settings, ..SandboxOptions::default() });
        let clock = VirtualClock::starting_at(sandbox.now().unwrap());
        let pace = Pace::new(PaceOptions { clock: Arc::new(clock.clone()), ..PaceOptions::default() });
        Self { sandbox, clock, pace }
    }

    /// A new bucket in which ACLs work.
    pub fn bucket(&self, name: &str) -> Bucket {
        self.call(Method::PUT, &format!("/{name}"), &[("x-amz-object-ownership", "ObjectWriter")], OF_REGION);
        self.call(Method::DELETE, &format!("/{name}?publicAccessBlock"), &[], "");
        Bucket::new(&self.client(), name).owned_by(ACCOUNT)
    }

    /// A new bucket that keeps versions.
    pub async fn versioned_bucket(&self, name: &str) -> Bucket {
        let bucket = self.bucket(name);
        set_versioning(&bucket, BucketVersioningStatus::Enabled).await;
        bucket
    }

    /// Puts an object, with headers; its path is encoded already.
    pub fn put(&self, path: &str, headers: &[(&str, &str)]) {
        self.call(Method::PUT, path, headers, "12345");
    }

    /// Calls S3 as another client does; the log does not tell it apart.
    pub fn call(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
        catch_up(&self.sandbox, &self.clock);
        let caller = Caller::new(&self.sandbox, ACCOUNT, REGION);
        caller.s3(method, uri, headers, body).unwrap_or_else(|error| panic!("{error}")).to_vec()
    }

    /// How many versions and markers a bucket has.
    pub fn count(&self, bucket: &str) -> usize {
        let listing = self.call(Method::GET, &format!("/{bucket}?versions"), &[], "");
        let listing = String::from_utf8(listing).unwrap();
        assert!(listing.contains("<IsTruncated>false"), "too many to count");
        listing.matches("<VersionId>").count()
    }

    /// From now on: calls, or keys of a DeleteObjects, fail with a code.
    pub fn fail(&self, operation: &str, status: u16, code: &str, times: Option<u64>) {
        let fault = Fault::new(operation, Effect::Fail).code(code);
        self.sandbox.add_fault(Fault { status: Some(status), times, ..fault }).unwrap();
    }

    /// The n-th call of an operation from now meets a fault.
    pub fn fault(&self, operation: &str, effect: Effect, n: u64) {
        self.sandbox.add_fault(Fault::new(operation, effect).at(n)).unwrap();
    }

    /// How often an operation was called, of the last 100,000 calls.
    pub fn calls(&self, operation: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.operation == operation).count()
    }

    fn client(&self) -> Client {
        let through = InStep { sandbox: self.sandbox.clone(), clock: self.clock.clone() };
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("testing", "testing", None, None, "test"))
            .http_client(SharedHttpClient::new(through))
            .force_path_style(true)
            .build();
        Client::from_conf(config)
    }
}

/// Turns the keeping of versions on, or off for what comes.
pub async fn set_versioning(bucket: &Bucket, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let request = bucket.client().put_bucket_versioning().bucket(bucket.name());
    request.versioning_configuration(configuration).send().await.unwrap();
}

/// Text of so many bytes that repeats nowhere.
pub fn text(length: usize) -> String {
    let mut text = String::with_capacity(length + 8);
    for n in 0_u32.. {
        if text.len() >= length {
            break;
        }
        // Writing into a string does not fail.
        let _ = write!(text, "{n:08}");
    }
    text.truncate(length);
    text
}

/// Brings a sandbox to the time of all else.
fn catch_up(sandbox: &Sandbox, clock: &VirtualClock) {
    sandbox.advance(clock.now().duration_since(sandbox.now().unwrap())).unwrap();
}

/// The sandbox's own client, at the time of the virtual clock and as far away as a region.
#[derive(Clone, Debug)]
struct InStep {
    sandbox: Sandbox,
    clock: VirtualClock,
}

#[derive(Debug)]
struct Connector {
    through: SharedHttpConnector,
    of: InStep,
}

impl HttpClient for InStep {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let through = self.sandbox.http_client().http_connector(settings, components);
        SharedHttpConnector::new(Connector { through, of: self.clone() })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (through, InStep { sandbox, clock }) = (self.through.clone(), self.of.clone());
        HttpConnectorFuture::new(async move {
            clock.sleep(LATENCY / 2).await;
            catch_up(&sandbox, &clock);
            let response = through.call(request).await;
            clock.sleep(LATENCY / 2).await;
            response
        })
    }
}

//! One process that applies: a session of its own on the account of all, its calls slow by chance, stopped where a test says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use cn_infra::aws::lease::{Claim, Lease, LeaseError};
use cn_infra::aws::session::pace::{Pace, PaceOptions};
use cn_infra::aws::{Session, kinds, managers};
use cn_infra::core::apply::{ApplyOptions, Cancellation, Report, apply};
use cn_infra::core::clock::Clock;
use cn_infra::core::environment::Environment;
use cn_infra::core::event::Event;
use cn_infra::core::manager::Managers;
use cn_infra::core::observe::observe;
use cn_infra::core::plan::{Plan, PlanOptions, plan};
use cn_infra_sandbox::Sandbox;
use jiff::SignedDuration;

use super::account::Account;
use super::time::{ProcessClock, Stop, Time};

/// A process.
pub struct Engine {
    pub name: &'static str,
    pub session: Session,
    pub stop: Stop,
    /// How long somebody reads the plan before it is carried out.
    pub reads_for: Duration,
    managers: Managers,
    clock: Arc<dyn Clock>,
    door: Door,
}

/// A call that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Duration,
    pub call: String,
    pub is_write: bool,
}

/// When a process is stopped: after the n-th call took effect and before its answer is there, for so long.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    pub after: usize,
    pub time: Duration,
}

impl Engine {
    pub fn new(name: &'static str, account: &Account, seed: u64) -> Self {
        Self::with(name, account, seed, None, SignedDuration::ZERO)
    }

    pub fn with(name: &'static str, account: &Account, seed: u64, pause: Option<Pause>, skew: SignedDuration) -> Self {
        let (time, stop) = (account.time.clone(), Stop::default());
        let door = Door {
            sandbox: account.sandbox.clone(),
            inner: account.sandbox.http_client(),
            time: time.clone(),
            synced: Arc::clone(&account.synced),
            stop: Arc::clone(&stop),
            pause,
            random: Arc::new(AtomicU64::new(seed)),
            sent: Arc::default(),
        };
        Self::behind(SharedHttpClient::new(door.clone()), name, door, ProcessClock { time, skew })
    }

    /// The same at a pace so slow that most writes wait for their turn.
    pub fn slow(name: &'static str, account: &Account, pause: Option<Pause>) -> Self {
        let engine = Self::with(name, account, 1, pause, SignedDuration::ZERO);
        let options = PaceOptions { share: 0.05, clock: Arc::clone(&engine.clock) };
        let client = Pace::new(&options).client(SharedHttpClient::new(engine.door.clone()));
        let clock = ProcessClock { time: account.time.clone(), skew: SignedDuration::ZERO };
        Self::behind(client, name, engine.door, clock)
    }

    fn behind(client: SharedHttpClient, name: &'static str, door: Door, clock: ProcessClock) -> Self {
        let credentials = Credentials::new("123456789012", "made up", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(client)
            // Their pauses would take real time. The engine's own do not.
            .retry_config(RetryConfig::disabled())
            .build();
        let session = Session::new(&config, "123456789012");
        let managers = managers(&session);
        let stop = Arc::clone(&door.stop);
        Self { name, session, stop, reads_for: Duration::ZERO, managers, clock: Arc::new(clock), door }
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.door.sent.lock().unwrap().clone()
    }

    pub async fn plan(&self, environment: &Environment) -> Result<Plan, String> {
        let live = observe(environment, &self.managers, self.clock.now()).await;
        let live = live.map_err(|error| format!("{error}: {}", error.source))?;
        plan(environment, &live, &kinds(), &PlanOptions::default(), live.at).map_err(|error| error.to_string())
    }

    /// Plans and applies. Once the fence is closed nothing new starts, as in the command.
    pub async fn apply(&self, environment: &Environment) -> Result<Report, String> {
        let plan = self.plan(environment).await?;
        self.clock.sleep(self.reads_for).await;
        let (kinds, cancellation, mut reporter) = (kinds(), Cancellation::default(), |_: &Event| {});
        let options = ApplyOptions::default();
        let applying = apply(&plan, &kinds, &self.managers, &options, &*self.clock, &cancellation, &mut reporter);
        let closed = async {
            self.session.fence.closed().await;
            cancellation.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            report = applying => Ok(report),
            () = closed => Err("never".to_owned()),
        }
    }

    /// The same with a lease, however long one has to wait for it.
    pub async fn apply_alone(&self, environment: &Environment) -> Result<Report, String> {
        let mut lease = loop {
            match self.take(environment).await {
                Ok(lease) => break lease,
                Err(LeaseError::Held(_) | LeaseError::Contended) => self.clock.sleep(Duration::from_secs(20)).await,
                Err(error) => return Err(error.to_string()),
            }
        };
        let result = lease.during(self.apply(environment)).await;
        lease.release().await.map_err(|error| error.to_string())?;
        result
    }

    pub async fn take(&self, environment: &Environment) -> Result<Lease, LeaseError> {
        let (project, environment) = (&environment.project, &environment.name);
        let claim = Claim { bucket: super::LOCKS, project, environment, who: self.name, unlock: None };
        Lease::take(&self.session, &claim, Arc::clone(&self.clock)).await
    }
}

/// The way of a call: it takes effect when it is sent, and its answer takes a while.
#[derive(Clone, Debug)]
struct Door {
    sandbox: Sandbox,
    inner: SharedHttpClient,
    time: Time,
    synced: Arc<Mutex<Duration>>,
    stop: Stop,
    pause: Option<Pause>,
    random: Arc<AtomicU64>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl HttpClient for Door {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Door {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let door = self.clone();
        HttpConnectorFuture::new(async move {
            let number = door.note(&request);
            let components = aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder::for_tests()
                .build()
                .unwrap();
            let connector = door.inner.http_connector(&HttpConnectorSettings::builder().build(), &components);
            let answer = connector.call(request).await;
            if let Some(pause) = door.pause.filter(|pause| pause.after == number) {
                *door.stop.lock().unwrap() = door.time.now().saturating_add(pause.time);
            }
            let delay = door.delay();
            door.time.at(door.time.now() + delay).await;
            answer
        })
    }
}

impl Door {
    /// Brings the account's clock up to date, and notes the call.
    fn note(&self, request: &HttpRequest) -> usize {
        let now = self.time.now();
        let mut synced = self.synced.lock().unwrap();
        self.sandbox.advance(SignedDuration::try_from(now.checked_sub(*synced).unwrap()).unwrap()).unwrap();
        *synced = now;
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let action = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next()).map(str::to_owned);
        let call = action.unwrap_or_else(|| format!("{} {}", request.method(), request.uri()));
        let is_read = ["Describe", "GET ", "HEAD "].iter().any(|read| call.starts_with(read));
        let is_write = !is_read && !call.contains(super::LOCKS);
        let mut sent = self.sent.lock().unwrap();
        sent.push(Sent { at: now, call, is_write });
        sent.len()
    }

    /// Up to two seconds, mostly much less.
    fn delay(&self) -> Duration {
        let mut x = self.random.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        let scale = [10, 100, 500, 2000][usize::try_from(x % 4).unwrap()];
        Duration::from_millis(1 + (x >> 8) % scale)
    }
}

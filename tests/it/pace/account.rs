//! An account in a sandbox, planned and applied by sessions that keep a pace, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use cn_infra::aws::{kinds, managers};
use cn_infra::core::event::Failure;
use cn_infra::core::testing::clock::VirtualClock;
use cn_infra::{
    ApplyOptions, Cancellation, Clock, Environment, Event, Outcome, PaceOptions, Plan, PlanOptions, Report, Session,
    SessionOptions, apply, observe, plan,
};
use cn_infra_sandbox::faults::{Effect, Fault};
use cn_infra_sandbox::settings::Settings;
use cn_infra_sandbox::{Call, Sandbox, SandboxOptions};
use jiff::Timestamp;

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-west-2";

/// The account, its time, and the share of its budgets that sessions take.
pub struct Account {
    pub sandbox: Sandbox,
    pub clock: VirtualClock,
    pub share: f64,
}

/// What came of an apply.
pub struct Applied {
    pub report: Report,
    pub events: Vec<Event>,
    /// Virtual seconds.
    pub seconds: f64,
    /// The calls that it made, and those that others made meanwhile.
    pub calls: Vec<Call>,
}

impl Account {
    /// A fresh account that holds its clients to AWS's budgets.
    pub fn new() -> Self {
        let settings = Settings { limits: true, ..Settings::default() };
        let start = Timestamp::constant(1_796_040_000, 0);
        let sandbox = Sandbox::new(SandboxOptions { speed: 0.0, start, settings, ..SandboxOptions::default() });
        let clock = VirtualClock::starting_at(sandbox.now().unwrap());
        Self { sandbox, clock, share: PaceOptions::default().share }
    }

    /// An account in which an environment is applied already, whose budgets are whole again.
    pub async fn with(file: &str) -> Self {
        let account = Self::new();
        let applied = account.apply(file).await;
        assert!(applied.report.is_success(), "{:#?}", applied.report);
        account.clock.advance(Duration::from_mins(10));
        account
    }

    /// Every call of an operation fails so, for so many calls; `None`: for good.
    pub fn fail(&self, operation: &str, status: u16, code: &str, times: Option<u64>) {
        let fault = Fault::new(operation, Effect::Fail).code(code);
        self.sandbox.add_fault(Fault { status: Some(status), times, ..fault }).unwrap();
    }

    /// So many calls of an operation are throttled, from the n-th on.
    pub fn throttle(&self, operation: &str, nth: u64, times: u64) {
        self.sandbox
            .add_fault(Fault { times: Some(times), ..Fault::new(operation, Effect::Throttle).at(nth) })
            .unwrap();
    }

    /// Plans an environment file, with `prune`, and applies the plan, as one process does.
    pub async fn apply(&self, file: &str) -> Applied {
        let plan = self.plan(file).await;
        assert!(!plan.steps.is_empty(), "nothing to do");
        assert_eq!(plan.blocked, []);
        self.carry_out(&plan).await
    }

    /// Plans an environment file.
    pub async fn plan(&self, file: &str) -> Plan {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("site.toml"), file).unwrap();
        let environment =
            Environment::load(directory.path(), "site", &kinds()).unwrap_or_else(|error| panic!("{error}"));
        let session = self.session().await;
        let live = observe(&environment, &managers(&session), self.clock.now()).await;
        let live = live.unwrap_or_else(|error| panic!("{error}: {}", error.source));
        let options = PlanOptions { prune: true, ..PlanOptions::default() };
        plan(&environment, &live, &kinds(), &options, self.clock.now()).unwrap()
    }

    /// Carries a plan out, as a process of its own.
    pub async fn carry_out(&self, plan: &Plan) -> Applied {
        let session = self.session().await;
        let (managers, kinds) = (managers(&session), kinds());
        let (options, stop) = (ApplyOptions::default(), Cancellation::default());
        let (began, before) = (self.clock.elapsed(), self.sandbox.calls().len());
        let mut events = Vec::new();
        let mut tell = |event: &Event| events.push(event.clone());
        let report = apply(plan, &kinds, &managers, &options, &self.clock, &stop, &mut tell).await;
        let seconds = self.clock.elapsed().checked_sub(began).unwrap().as_secs_f64();
        Applied { report, events, seconds, calls: self.sandbox.calls().split_off(before) }
    }

    async fn session(&self) -> Session {
        let through = InStep { sandbox: self.sandbox.clone(), clock: self.clock.clone() };
        let pace = PaceOptions { share: self.share, clock: Arc::new(self.clock.clone()) };
        let options = SessionOptions {
            profile: None,
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            read_only: false,
            timeout: None,
            pace,
            stand_in: Some(SharedHttpClient::new(through)),
        };
        Session::open(&options).await.unwrap()
    }

    /// Brings the sandbox's clock to the time of all else.
    pub fn catch_up(&self) {
        catch_up(&self.sandbox, &self.clock);
    }
}

impl Applied {
    /// How many answers asked to slow down.
    pub fn throttled(&self) -> usize {
        self.calls
            .iter()
            .filter(|call| matches!(call.code.as_deref(), Some("RequestLimitExceeded" | "Throttling" | "SlowDown")))
            .count()
    }

    /// How often each operation was called.
    pub fn count(&self, operation: &str) -> usize {
        self.calls.iter().filter(|call| call.operation == operation).count()
    }

    /// What a user reads of waits because AWS asks to slow down.
    pub fn slow_downs(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| if let Event::SlowedDown { why, .. } = event { Some(why.as_str()) } else { None })
            .collect()
    }

    /// How often a call was sent again for another reason.
    pub fn retries(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Retrying { .. })).count()
    }

    /// The one step that failed, and why; of the others those that were not started, with the reason.
    pub fn failure(&self) -> (String, &Failure, BTreeMap<String, String>) {
        let failed: Vec<_> = self.report.failed().collect();
        let [(step, failure)] = failed[..] else { panic!("{:#?}", self.report.outcomes) };
        let not_started = self.report.outcomes.iter().filter_map(|(step, outcome)| match outcome {
            Outcome::NotStarted { because } => Some((step.to_string(), because.clone())),
            _ => None,
        });
        (step.to_string(), failure, not_started.collect())
    }
}

/// The sandbox's own client, at the time of the virtual clock.
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
        catch_up(&self.of.sandbox, &self.of.clock);
        self.through.call(request)
    }
}

fn catch_up(sandbox: &Sandbox, clock: &VirtualClock) {
    sandbox.advance(clock.now().duration_since(sandbox.now().unwrap())).unwrap();
}

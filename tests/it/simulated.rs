//! An account in a sandbox within the test's own process: the real kinds and the real SDK, and time that costs nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use cn_infra::aws::{kinds, managers};
use cn_infra::core::address::Address;
use cn_infra::core::apply::{ApplyOptions, Cancellation, Report, apply};
use cn_infra::core::clock::Clock;
use cn_infra::core::environment::Environment;
use cn_infra::core::event::Event;
use cn_infra::core::live::Live;
use cn_infra::core::manager::Managers;
use cn_infra::core::observe::{observe, observe_prunable, observe_together, observe_whole};
use cn_infra::core::plan::identity::identify;
use cn_infra::core::plan::{Plan, PlanOptions, plan, plan_together};
use cn_infra::core::testing::samples::NOW;
use cn_infra::{PaceOptions, Session, SessionOptions};
use cn_infra_sandbox::xml::Element;
use cn_infra_sandbox::{Call, Caller, Granted, Sandbox, SandboxOptions};
use jiff::{SignedDuration, Timestamp};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-west-2";

/// The account.
pub struct Simulated {
    /// Its sandbox.
    pub sandbox: Sandbox,
    /// A session for it.
    pub session: Session,
    managers: Managers,
    clock: SandboxClock,
}

/// The sandbox's clock, which goes on as soon as somebody waits.
#[derive(Clone)]
struct SandboxClock(Sandbox);

impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        self.0.now().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.now().duration_since(NOW).unsigned_abs()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let sandbox = self.0.clone();
        Box::pin(async move {
            // Whoever can go on without waiting does so first.
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
            sandbox.advance(SignedDuration::try_from(time).unwrap()).unwrap();
        })
    }
}

impl Simulated {
    /// A fresh account.
    pub async fn start() -> Self {
        Self::behind(Sandbox::http_client).await
    }

    /// A fresh account, called through a client of the test's.
    pub async fn behind(client: impl FnOnce(&Sandbox) -> SharedHttpClient) -> Self {
        let options = SandboxOptions { start: NOW, speed: 0.0, ..SandboxOptions::default() };
        let sandbox = Sandbox::new(options);
        let options = SessionOptions {
            profile: None,
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            read_only: false,
            timeout: None,
            pace: PaceOptions { clock: Arc::new(SandboxClock(sandbox.clone())), ..PaceOptions::default() },
            stand_in: Some(client(&sandbox)),
        };
        let session = Session::open(&options).await.unwrap();
        Self { clock: SandboxClock(sandbox.clone()), sandbox, managers: managers(&session), session }
    }

    /// Reads and plans.
    pub async fn plan(&self, environment: &Environment, options: &PlanOptions) -> Plan {
        let live = observe(environment, &self.managers, self.clock.now()).await.unwrap();
        plan(environment, &live, &kinds(), options, self.clock.now()).unwrap()
    }

    /// Reads once and plans several environments together.
    pub async fn plan_together(&self, home: &Environment, others: &[&Environment], options: &PlanOptions) -> Plan {
        let all: Vec<_> = std::iter::once(home).chain(others.iter().copied()).collect();
        let live = observe_together(&all, &self.managers, self.clock.now()).await.unwrap();
        plan_together(home, others, &live, &kinds(), options, self.clock.now()).unwrap()
    }

    /// Reads and plans, deletes included.
    pub async fn prune(&self, environment: &Environment) -> Plan {
        let live = observe_prunable(environment, &self.managers, &kinds(), self.clock.now()).await.unwrap();
        let options = PlanOptions { prune: true, ..PlanOptions::default() };
        plan(environment, &live, &kinds(), &options, self.clock.now()).unwrap()
    }

    /// Reads everything of everything.
    pub async fn whole(&self) -> Live {
        observe_whole(&self.managers, self.clock.now()).await.unwrap()
    }

    /// Makes the key pair and the instance profile that environments take for granted.
    pub fn grant(&self) {
        let granted = Granted {
            key_pairs: ["coralnet".to_owned()].into(),
            instance_profiles: ["coralnet-server".to_owned()].into(),
            ..Granted::default()
        };
        granted.make(&self.caller()).unwrap();
    }

    /// Carries a plan out; tells what became of it, and the calls that may have changed something.
    pub async fn apply(&self, plan: &Plan, options: &ApplyOptions) -> (Report, Vec<String>) {
        let before = self.sandbox.calls().len();
        let mut reporter = |_: &Event| {};
        let (kinds, stop) = (kinds(), Cancellation::default());
        let report = apply(plan, &kinds, &self.managers, options, &self.clock, &stop, &mut reporter).await;
        let calls = self.sandbox.calls();
        (report, calls[before..].iter().filter(|call| is_write(call)).map(|call| call.operation.clone()).collect())
    }

    /// The id of a resource's object.
    pub async fn id(&self, environment: &Environment, address: &Address) -> String {
        let live = observe(environment, &self.managers, self.clock.now()).await.unwrap();
        identify(environment, &live, &kinds()).object(address).unwrap().id.to_string()
    }

    /// Brings an environment about.
    pub async fn given(&self, environment: &Environment) {
        let plan = self.plan(environment, &PlanOptions::default()).await;
        let (report, _) = self.apply(&plan, &ApplyOptions::default()).await;
        assert!(report.is_success(), "{:#?}", report.outcomes);
    }

    /// Another client of the account.
    pub fn caller(&self) -> Caller<'_> {
        Caller::new(&self.sandbox, ACCOUNT, REGION)
    }

    /// Calls as another client does; panics where the call is refused.
    pub fn query(&self, service: &str, operation: &str, parameters: &[(&str, &str)]) -> Element {
        let version = ("Version", if service == "ec2" { "2016-11-15" } else { "2014-10-31" });
        let parameters: Vec<_> = parameters.iter().copied().chain([version]).collect();
        self.caller().query(service, operation, &parameters).unwrap()
    }

    /// Lets time pass.
    pub fn wait(&self, minutes: i64) {
        self.sandbox.advance(SignedDuration::from_mins(minutes)).unwrap();
    }
}

fn is_write(call: &Call) -> bool {
    !["Describe", "Get", "List", "Head"].iter().any(|reading| call.operation.starts_with(reading))
}

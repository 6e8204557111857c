//! An account on a stand-in: plans and applies as the library's users do, and tells what was sent.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use cn_infra::aws::{Session, kinds, managers};
use cn_infra::core::address::{Address, PhysicalId};
use cn_infra::core::apply::{ApplyOptions, Cancellation, apply};
use cn_infra::core::clock::Clock;
use cn_infra::core::environment::Environment;
use cn_infra::core::event::Event;
use cn_infra::core::live::Live;
use cn_infra::core::manager::Managers;
use cn_infra::core::observe::observe;
use cn_infra::core::plan::identity::identify;
use cn_infra::core::plan::{Plan, PlanOptions, plan};
use cn_infra::core::testing::clock::VirtualClock;
use cn_infra::core::testing::samples::NOW;
use cn_infra_sandbox::Sandbox;
use jiff::{SignedDuration, Timestamp};

use crate::allowed::assert_allowed;
use crate::recorder::{Recorder, Request};
use crate::stand_in::StandIn;

/// The account.
pub struct Account<'a> {
    stand_in: &'a StandIn,
    managers: Managers,
    recorder: Recorder,
}

impl<'a> Account<'a> {
    /// The account of a stand-in. The time of a sandbox passes only where the engine waits, and where it is told.
    pub fn of(stand_in: &'a StandIn) -> Self {
        let recorder = match stand_in {
            StandIn::Moto(_) => Recorder::before(Builder::new().build_http()),
            StandIn::Sandbox(sandbox, _) => {
                sandbox.set_speed(0.0).expect("it is in memory");
                sandbox.advance(to_monday(sandbox.now().expect("it is in memory"))).expect("it is in memory");
                Recorder::before(sandbox.http_client())
            }
        };
        let credentials = Credentials::new("testing", "testing", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(stand_in.endpoint())
            .http_client(recorder.clone())
            .build();
        let managers = managers(&Session::new(&config, "123456789012"));
        Self { stand_in, managers, recorder }
    }

    /// What `docs/fields.md` calls the stand-in.
    pub fn stand_in_name(&self) -> &'static str {
        match self.stand_in {
            StandIn::Moto(_) => "moto",
            StandIn::Sandbox(..) => "the sandbox",
        }
    }

    /// Runs a program of another client; see [`StandIn::boto3`].
    pub fn boto3(&self, program: &str) -> String {
        self.stand_in.boto3(program)
    }

    /// Lets a day pass, after which everything has come to its end and may be changed again.
    pub fn rest(&self) {
        if let StandIn::Sandbox(sandbox, _) = self.stand_in {
            sandbox.advance(SignedDuration::from_hours(24)).expect("it is in memory");
        }
    }

    fn now(&self) -> Timestamp {
        match self.stand_in {
            StandIn::Moto(_) => NOW,
            StandIn::Sandbox(sandbox, _) => sandbox.now().expect("it is in memory"),
        }
    }

    /// Reads and plans.
    pub async fn plan(&self, environment: &Environment) -> Result<Plan, String> {
        let live = self.observe(environment).await;
        plan(environment, &live, &kinds(), &PlanOptions::default(), self.now()).map_err(|error| error.to_string())
    }

    /// The object of each resource that has one.
    pub async fn ids(&self, environment: &Environment) -> BTreeMap<Address, PhysicalId> {
        let live = self.observe(environment).await;
        let (kinds, addresses) = (kinds(), environment.resources.keys());
        let identity = identify(environment, &live, &kinds);
        addresses.filter_map(|address| Some((address.clone(), identity.object(address)?.id.clone()))).collect()
    }

    async fn observe(&self, environment: &Environment) -> Live {
        observe(environment, &self.managers, self.now())
            .await
            .unwrap_or_else(|error| panic!("{error}: {}", error.source))
    }

    /// Carries a plan out. Tells which requests may have changed something, and the objects that the plan is about.
    pub async fn apply(
        &self,
        environment: &Environment,
        plan: &Plan,
    ) -> Result<(Vec<Request>, BTreeMap<Address, PhysicalId>), String> {
        self.recorder.take();
        let (options, clock) = (ApplyOptions::default(), Waiting::of(self.stand_in, self.now()));
        let mut reporter = |_: &Event| {};
        let (kinds, cancellation) = (kinds(), Cancellation::default());
        let report = apply(plan, &kinds, &self.managers, &options, &clock, &cancellation, &mut reporter).await;
        if !report.is_success() {
            return Err(format!("{:#?}", report.outcomes));
        }
        let mut ids = plan.ids.clone();
        ids.extend(plan.steps.iter().filter_map(|step| Some((step.id.address.clone(), step.object.clone()?))));
        ids.extend(report.made);
        let sent = self.recorder.take();
        assert_allowed(environment, plan, &sent);
        Ok((sent.into_iter().filter(Request::is_write).collect(), ids))
    }
}

/// How long until the next Monday begins: maintenance windows make days of the week differ, and no test may.
fn to_monday(now: Timestamp) -> SignedDuration {
    const WEEK: i64 = 7 * 24 * 3600;
    // The epoch began on a Thursday.
    let into_week = (now.as_second() + 3 * 24 * 3600).rem_euclid(WEEK);
    SignedDuration::from_secs(WEEK - into_week)
}

/// The engine's clock: it jumps where the engine waits, and the sandbox's goes with it.
struct Waiting {
    engine: VirtualClock,
    sandbox: Option<Sandbox>,
}

impl Waiting {
    fn of(stand_in: &StandIn, start: Timestamp) -> Self {
        let sandbox = match stand_in {
            StandIn::Moto(_) => None,
            StandIn::Sandbox(sandbox, _) => Some(sandbox.clone()),
        };
        Self { engine: VirtualClock::starting_at(start), sandbox }
    }
}

impl Clock for Waiting {
    fn now(&self) -> Timestamp {
        self.engine.now()
    }

    fn elapsed(&self) -> Duration {
        self.engine.elapsed()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (engine, sandbox, sleep) = (self.engine.clone(), self.sandbox.clone(), self.engine.sleep(time));
        Box::pin(async move {
            sleep.await;
            if let Some(sandbox) = sandbox {
                let behind = engine.now().duration_since(sandbox.now().expect("it is in memory"));
                sandbox.advance(behind).expect("it is in memory");
            }
        })
    }
}

//! An account on a moto server of its own: plans and applies as the library's users do, and tells what was sent.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use cn_infra::aws::{Session, kinds, managers};
use cn_infra::core::address::{Address, PhysicalId};
use cn_infra::core::apply::{ApplyOptions, Cancellation, apply};
use cn_infra::core::environment::Environment;
use cn_infra::core::event::Event;
use cn_infra::core::live::Live;
use cn_infra::core::manager::Managers;
use cn_infra::core::observe::observe;
use cn_infra::core::plan::identity::identify;
use cn_infra::core::plan::{Plan, PlanOptions, plan};
use cn_infra::core::testing::clock::VirtualClock;
use cn_infra::core::testing::samples::NOW;

use crate::moto::Moto;
use crate::recorder::{Recorder, Request};

/// The account.
pub struct Account {
    moto: Moto,
    managers: Managers,
    recorder: Recorder,
}

impl Account {
    /// An account on a new server.
    pub fn start() -> Self {
        let (moto, recorder) = (Moto::start(), Recorder::new());
        let credentials = Credentials::new("testing", "testing", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(moto.endpoint())
            .http_client(recorder.clone())
            .build();
        let managers = managers(&Session::new(&config, "123456789012"));
        Self { moto, managers, recorder }
    }

    /// Runs a program of another client; see [`Moto::boto3`].
    pub fn boto3(&self, program: &str) -> String {
        self.moto.boto3(program)
    }

    /// Reads and plans.
    pub async fn plan(&self, environment: &Environment) -> Result<Plan, String> {
        let live = self.observe(environment).await;
        plan(environment, &live, &kinds(), &PlanOptions::default(), NOW).map_err(|error| error.to_string())
    }

    /// The object of each resource that has one.
    pub async fn ids(&self, environment: &Environment) -> BTreeMap<Address, PhysicalId> {
        let live = self.observe(environment).await;
        let (kinds, addresses) = (kinds(), environment.resources.keys());
        let identity = identify(environment, &live, &kinds);
        addresses.filter_map(|address| Some((address.clone(), identity.object(address)?.id.clone()))).collect()
    }

    async fn observe(&self, environment: &Environment) -> Live {
        observe(environment, &self.managers, NOW).await.unwrap_or_else(|error| panic!("{error}: {}", error.source))
    }

    /// Carries a plan out. Tells which requests may have changed something, and the objects that the plan is about.
    pub async fn apply(&self, plan: &Plan) -> Result<(Vec<Request>, BTreeMap<Address, PhysicalId>), String> {
        self.recorder.take();
        let (options, clock) = (ApplyOptions::default(), VirtualClock::starting_at(NOW));
        let mut reporter = |_: &Event| {};
        let (kinds, cancellation) = (kinds(), Cancellation::default());
        let report = apply(plan, &kinds, &self.managers, &options, &clock, &cancellation, &mut reporter).await;
        if !report.is_success() {
            return Err(format!("{:#?}", report.outcomes));
        }
        let mut ids = plan.ids.clone();
        ids.extend(plan.steps.iter().filter_map(|step| Some((step.id.address.clone(), step.object.clone()?))));
        ids.extend(report.made);
        Ok((self.recorder.take().into_iter().filter(Request::is_write).collect(), ids))
    }
}

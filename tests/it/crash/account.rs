//! An account in a sandbox of its own, planned and applied as the library's users do, in virtual time.

use std::path::Path;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use cn_infra::core::testing::clock::VirtualClock;
use cn_infra::{
    ApplyOptions, Cancellation, Clock, Environment, Event, Live, Plan, PlanOptions, Report, Session, apply, aws,
    observe, plan,
};
use cn_infra_sandbox::{Caller, Granted, Sandbox, SandboxOptions};
use jiff::Timestamp;

use super::wire::Wire;

/// Whose it is, and where.
pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-west-2";

/// When it begins.
const START: Timestamp = Timestamp::constant(1_796_040_000, 0);

/// How an operator applies again, at most.
const ROUNDS: usize = 3;

/// Longer than anything just made stays unseen.
const SETTLED: Duration = Duration::from_mins(2);

/// An account and its time.
#[derive(Debug)]
pub struct Account {
    pub sandbox: Sandbox,
    pub clock: VirtualClock,
    /// Whether the SDK sends again what got no answer.
    pub retries: bool,
}

/// An environment, and how it is planned.
#[derive(Debug)]
pub struct Wanted {
    pub environment: Environment,
    pub options: PlanOptions,
}

impl Wanted {
    /// The environment of a directory.
    pub fn load(directory: &Path, name: &str, prune: bool) -> Self {
        let environment = Environment::load(directory, name, &aws::kinds()).unwrap_or_else(|error| panic!("{error}"));
        Self { environment, options: PlanOptions { prune, ..PlanOptions::default() } }
    }
}

impl Account {
    /// A fresh account, with what the environments take for granted.
    pub fn new() -> Self {
        let sandbox = Sandbox::new(SandboxOptions { speed: 0.0, start: START, ..SandboxOptions::default() });
        let coralnet = |name: &str| [name.to_owned()].into();
        let granted = Granted {
            key_pairs: coralnet("coralnet"),
            instance_profiles: coralnet("coralnet-server"),
            ..Granted::default()
        };
        granted.make(&Caller::new(&sandbox, ACCOUNT, REGION)).unwrap();
        Self::over(sandbox, false)
    }

    /// The account of a sandbox, whose time goes on from what it shows.
    pub fn over(sandbox: Sandbox, retries: bool) -> Self {
        let clock = VirtualClock::starting_at(sandbox.now().unwrap());
        Self { sandbox, clock, retries }
    }

    /// One more as this is now.
    pub fn fork(&self) -> Self {
        Self::over(self.sandbox.fork().unwrap(), self.retries)
    }

    /// A wire without faults.
    pub fn wire(&self) -> Wire {
        Wire::new(&self.sandbox, &self.clock)
    }

    /// A session as a new process opens it.
    fn session(&self, wire: Wire) -> Session {
        let retries = if self.retries {
            RetryConfig::standard().with_initial_backoff(Duration::from_nanos(1))
        } else {
            RetryConfig::disabled()
        };
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(ACCOUNT, "made up", None, None, "")))
            .http_client(wire)
            .retry_config(retries)
            .build();
        Session::new(&config, ACCOUNT)
    }

    /// Reads.
    pub async fn observe(&self, wanted: &Wanted) -> Result<Live, String> {
        let managers = aws::managers(&self.session(self.wire()));
        let live = observe(&wanted.environment, &managers, self.clock.now()).await;
        live.map_err(|error| format!("{error}: {}", error.source))
    }

    /// Reads and plans.
    pub async fn plan(&self, wanted: &Wanted) -> Result<Plan, String> {
        let live = self.observe(wanted).await?;
        let plan = plan(&wanted.environment, &live, &aws::kinds(), &wanted.options, self.clock.now());
        plan.map_err(|error| format!("no plan: {error}"))
    }

    /// Carries a plan out over a wire; `None`: the process died.
    pub async fn apply(&self, plan: &Plan, wire: &Wire) -> Option<Report> {
        let managers = aws::managers(&self.session(wire.clone()));
        // What a scenario prunes was named by its operator.
        let allow_delete = plan.steps.iter().map(|step| step.id.address.clone()).collect();
        let options = ApplyOptions { allow_delete, ..ApplyOptions::default() };
        let (kinds, stop) = (aws::kinds(), Cancellation::default());
        let mut tell = |_: &Event| {};
        tokio::select! {
            biased;
            report = apply(plan, &kinds, &managers, &options, &self.clock, &stop, &mut tell) => Some(report),
            () = wire.died() => None,
        }
    }

    /// Applies until nothing is left to do, as an operator does. Tells how many applies it took, or what went wrong.
    pub async fn converge(&self, wanted: &Wanted) -> Result<usize, String> {
        let (mut applies, mut settled) = (0, false);
        loop {
            let plan = self.plan(wanted).await.map_err(|error| format!("after {applies} applies: {error}"))?;
            if let Some(blocked) = plan.blocked.first() {
                return Err(format!("after {applies} applies: {} is blocked: {}", blocked.id, blocked.why));
            }
            if plan.steps.is_empty() {
                if settled {
                    return Ok(applies);
                }
                settled = true;
                self.clock.advance(SETTLED);
                continue;
            }
            let steps: Vec<_> = plan.steps.iter().map(|step| format!("{:?} {}", step.action, step.id)).collect();
            if applies == ROUNDS {
                return Err(format!("still to do after {applies} applies: {}", steps.join(", ")));
            }
            settled = false;
            applies += 1;
            let report = self.apply(&plan, &self.wire()).await.ok_or("died without a fault")?;
            if !report.is_success() {
                let failed: Vec<_> = report.failed().map(|(step, why)| format!("{step}: {why:?}")).collect();
                return Err(format!("apply {applies} failed: {}", failed.join("; ")));
            }
        }
    }
}

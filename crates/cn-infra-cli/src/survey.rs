//! What every command that speaks to AWS begins with: the environment, a session for its account, what is live.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cn_infra_aws::Session;
use cn_infra_aws::session::{ANSWER, PaceOptions, SessionOptions};
use cn_infra_core::clock::{Clock, TokioClock};
use cn_infra_core::environment::{Disk, Environment, Files};
use cn_infra_core::kinds::Kinds;
use cn_infra_core::live::Live;
use cn_infra_core::manager::Managers;
use cn_infra_core::observe::{observe, observe_all, observe_prunable, observe_together, observe_whole};
use cn_infra_core::plan::{Plan, PlanOptions};
use cn_infra_core::slow_down::{self, SlowDown};
use cn_infra_sandbox::Sandbox;

use crate::arguments::Selection;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::my_ip;
use crate::sandbox::SandboxClock;
use crate::target;
use crate::view::{self, View};
use cn_infra_core::plan::{plan, plan_together};

/// An environment as its files declare it: what is wrong with a command line is said before anybody is called.
pub struct Subject {
    /// The environment.
    pub environment: Environment,
    /// All kinds.
    pub kinds: Kinds,
    began: Instant,
}

/// An environment with a session for its account.
pub struct Survey {
    /// The environment.
    pub environment: Environment,
    /// All kinds.
    pub kinds: Kinds,
    /// The session.
    pub session: Session,
    /// The managers of all kinds.
    pub managers: Managers,
    /// The time of the account: the wall clock's, or that of the sandbox.
    pub clock: Arc<dyn Clock>,
    /// How many of its seconds pass in a real one.
    pub speed: f64,
    view: View,
    began: Instant,
}

/// Whether a command may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The session refuses to write.
    Read,
    /// It may write.
    Write,
}

impl Subject {
    /// Loads an environment.
    pub fn load(name: &str, context: &Context) -> Result<Self> {
        Self::load_from(&Disk, name, context)
    }

    /// Loads an environment from its files as they will be.
    pub fn load_from(files: &dyn Files, name: &str, context: &Context) -> Result<Self> {
        let began = Instant::now();
        let kinds = cn_infra_aws::kinds();
        let environment = context.directory()?.load_from(files, name, &kinds)?;
        Ok(Self { environment, kinds, began })
    }

    /// The options of a plan, resources resolved.
    pub fn options(&self, selection: &Selection) -> Result<PlanOptions> {
        let only = |text: &String| target::declared_or_unlisted(text, &self.environment, &self.kinds);
        let create = |text: &String| target::declared(text, &self.environment);
        Ok(PlanOptions {
            prune: selection.prune,
            only: selection.only.iter().map(only).collect::<Result<_>>()?,
            create_anyway: selection.create_anyway.iter().map(create).collect::<Result<_>>()?,
            my_ip: selection.my_ip,
            ..PlanOptions::default()
        })
    }

    /// Opens a session for its account; no call but the account guard's is made.
    pub async fn open(self, access: Access, context: &Context) -> Result<Survey> {
        let Self { environment, kinds, began } = self;
        let sandbox = context.sandbox(&environment)?;
        let clock: Arc<dyn Clock> = match &sandbox {
            Some(sandbox) => Arc::new(SandboxClock::new(sandbox.clone())?),
            None => Arc::new(TokioClock::new()),
        };
        let session = Session::open(&SessionOptions {
            profile: context.global.profile.clone(),
            region: environment.region.clone(),
            account: environment.account.clone(),
            read_only: access == Access::Read,
            timeout: timeout(context),
            pace: PaceOptions { clock: Arc::clone(&clock), ..PaceOptions::default() },
            stand_in: sandbox.as_ref().map(Sandbox::http_client),
        })
        .await?;
        let managers = cn_infra_aws::managers(&session);
        let speed = if context.global.sandbox { context.speed() } else { 1.0 };
        let view = context.view;
        Ok(Survey { environment, kinds, session, managers, clock, speed, view, began })
    }
}

/// How long a call waits for its answer, by the session's clock. A simulated account answers in real time, of which
/// its own clock shows a multiple.
fn timeout(context: &Context) -> Option<Duration> {
    let given = context.global.timeout.map(|seconds| Duration::from_secs(seconds.into()));
    if context.global.sandbox { Some(given.unwrap_or(ANSWER).mul_f64(context.speed())) } else { given }
}

impl Survey {
    /// Loads an environment and opens a session for its account.
    pub async fn open(name: &str, access: Access, context: &Context) -> Result<Self> {
        Subject::load(name, context)?.open(access, context).await
    }

    /// Reads what is live.
    pub async fn observe(&self) -> Result<Live> {
        Ok(self.told(observe(&self.environment, &self.managers, self.clock.now())).await?)
    }

    /// Reads once, and plans this environment and others of the same account and region as one; once more, where the plan
    /// turns on the operator's own address.
    pub async fn plan_together(&self, others: &[&Environment], options: &PlanOptions) -> Result<(Live, Plan)> {
        let all: Vec<_> = std::iter::once(&self.environment).chain(others.iter().copied()).collect();
        let place = |environment: &Environment| (environment.account.clone(), environment.region.clone());
        if let Some(other) = others.iter().find(|other| place(other) != place(&self.environment)) {
            let (one, other) = (&self.environment.name, &other.name);
            return Err(CommandError::usage(format!("{one} and {other} are in different accounts or regions")));
        }
        let live = self.told(observe_together(&all, &self.managers, self.clock.now())).await?;
        let planned = |options: &PlanOptions| {
            plan_together(&self.environment, others, &live, &self.kinds, options, self.clock.now())
        };
        let plan = planned(options)?;
        let plan = match my_ip::known(&plan, &self.view).await {
            my_ip @ Some(_) => planned(&PlanOptions { my_ip, ..options.clone() })?,
            None => plan,
        };
        Ok((live, plan))
    }

    /// Reads the same, and what left the file although no plan looks for it.
    pub async fn observe_all(&self) -> Result<Live> {
        Ok(self.told(observe_all(&self.environment, &self.managers, self.clock.now())).await?)
    }

    /// Reads every object of the account and region with every field.
    pub async fn observe_whole(&self) -> Result<Live> {
        Ok(self.told(observe_whole(&self.managers, self.clock.now())).await?)
    }

    /// Reads, and says what the reading has to wait for.
    pub async fn told<F: Future>(&self, reading: F) -> F::Output {
        let view = self.view;
        let say = move |SlowDown { why, after }| {
            view.say(&format!("{}\n", view::events::slowed_down(&why, after)));
        };
        slow_down::listen(say, reading).await
    }

    /// Reads the same, and what stands in the way of deleting what left the file.
    async fn observe_prunable(&self) -> Result<Live> {
        let reading = observe_prunable(&self.environment, &self.managers, &self.kinds, self.clock.now());
        Ok(self.told(reading).await?)
    }

    /// Reads what is live and plans the difference.
    pub async fn plan(&self, options: &PlanOptions) -> Result<Plan> {
        let live = if options.prune { self.observe_prunable().await? } else { self.observe().await? };
        self.plan_knowing(&live, options).await
    }

    /// Plans the difference to what is live; once more, where the plan turns on the operator's own address.
    pub async fn plan_knowing(&self, live: &Live, options: &PlanOptions) -> Result<Plan> {
        let plan = self.plan_of(live, options)?;
        match my_ip::known(&plan, &self.view).await {
            my_ip @ Some(_) => self.plan_of(live, &PlanOptions { my_ip, ..options.clone() }),
            None => Ok(plan),
        }
    }

    /// Reads what is live and plans the difference to another version of the environment.
    pub async fn plan_for(&self, environment: &Environment) -> Result<Plan> {
        let live = self.told(observe(environment, &self.managers, self.clock.now())).await?;
        Ok(plan(environment, &live, &self.kinds, &PlanOptions::default(), live.at)?)
    }

    /// Plans the difference to what is live.
    pub fn plan_of(&self, live: &Live, options: &PlanOptions) -> Result<Plan> {
        Ok(plan(&self.environment, live, &self.kinds, options, live.at)?)
    }

    /// How long ago it began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

//! Infrastructure as code without a state file: environments in TOML, reconciled with live AWS.
//!
//! This crate is for programs that plan and apply by themselves; the command `cn-infra` is in `cn-infra-cli`.
//! [`core`] declares, plans and applies resources of any kind, [`aws`] has the kinds of AWS; what most programs need
//! of the two is here.
//!
//! ```no_run
//! # use std::path::Path;
//! use cn_infra::{
//!     ApplyOptions, Cancellation, Clock, Environment, Event, PaceOptions, PlanOptions, Session, SessionOptions, TokioClock,
//!     apply, aws, observe, plan,
//! };
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let (kinds, clock) = (aws::kinds(), TokioClock::new());
//! let environment = Environment::load(Path::new("environments"), "staging", &kinds)?;
//! let session = Session::open(&SessionOptions {
//!     profile: None,
//!     region: environment.region.clone(),
//!     account: environment.account.clone(),
//!     read_only: false,
//!     timeout: None,
//!     pace: PaceOptions::default(),
//!     stand_in: None,
//! })
//! .await?;
//! let managers = aws::managers(&session);
//! let live = observe(&environment, &managers, clock.now()).await?;
//! let plan = plan(&environment, &live, &kinds, &PlanOptions::default(), clock.now())?;
//!
//! let mut tell = |event: &Event| println!("{event:?}");
//! let (options, stop) = (ApplyOptions::default(), Cancellation::default());
//! let report = apply(&plan, &kinds, &managers, &options, &clock, &stop, &mut tell).await;
//! println!("{} steps", report.outcomes.len());
//! # Ok(())
//! # }
//! ```
//!
//! Three programs to start from are in `examples/`: `embed.rs` does the above with every result looked at, `own_kind.rs`
//! adds a kind with a client of its own and runs without a cloud, `rehearse.rs` plans and applies an environment in a
//! simulated account (`cn-infra-sandbox`), as tests do.

pub use cn_infra_aws as aws;
pub use cn_infra_core as core;

pub use cn_infra_aws::session::{PaceOptions, Session, SessionOptions};
pub use cn_infra_core::address::{Address, PhysicalId, StepId};
pub use cn_infra_core::apply::{ApplyOptions, Cancellation, Report, apply};
pub use cn_infra_core::check::{Finding, Severity, check};
pub use cn_infra_core::clock::{Clock, TokioClock};
pub use cn_infra_core::environment::{Diagnostics, Environment, schema};
pub use cn_infra_core::event::{Event, Outcome, Reporter};
pub use cn_infra_core::kinds::Kinds;
pub use cn_infra_core::live::Live;
pub use cn_infra_core::manager::{Manager, Managers};
pub use cn_infra_core::observe::observe;
pub use cn_infra_core::plan::{Action, Plan, PlanOptions, Step, outputs, plan};
pub use cn_infra_core::resource::Resource;

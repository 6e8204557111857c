//! Infrastructure as code without a state file: environments in TOML, reconciled with live AWS.
//!
//! This crate is for programs that plan and apply by themselves; the command `cn-infra` is in `cn-infra-cli`.
//! [`core`] declares, plans and applies resources of any kind, [`aws`] has the kinds of AWS.
//!
//! ```no_run
//! # use std::path::Path;
//! use cn_infra::aws::session::{Session, SessionOptions};
//! use cn_infra::core::apply::{ApplyOptions, Cancellation, apply};
//! use cn_infra::core::clock::{Clock, TokioClock};
//! use cn_infra::core::environment::Environment;
//! use cn_infra::core::event::Event;
//! use cn_infra::core::observe::observe;
//! use cn_infra::core::plan::{PlanOptions, plan};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let (kinds, clock) = (cn_infra::aws::kinds(), TokioClock::new());
//! let environment = Environment::load(Path::new("environments"), "staging", &kinds)?;
//! let session = Session::open(&SessionOptions {
//!     profile: None,
//!     region: environment.region.clone(),
//!     account: environment.account.clone(),
//!     read_only: false,
//!     timeout: None,
//! })
//! .await?;
//! let managers = cn_infra::aws::managers(&session);
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
//! Two programs to start from are in `examples/`: `embed.rs` does the above with every result looked at, `own_kind.rs`
//! adds a kind with a client of its own and runs without a cloud.

pub use cn_infra_aws as aws;
pub use cn_infra_core as core;

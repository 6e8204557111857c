//! The pace of requests: within AWS's budgets, with head-room for others, and slower when AWS asks for it.
//!
//! Each action has a [queue](lane) and a [bucket] of its own, so that a crowd of one keeps no other waiting. It
//! all happens in a [connector], around the HTTP client: the SDK's interceptors cannot wait, its retry strategy waits on
//! no queue that moves, and in front of the calls it would stand in a hundred places and miss the SDK's own retries.
//! The price is that a request is signed before it waits, and that the SDK's time limits run meanwhile. So no request
//! stays here for longer than [`STAY`], well within the five minutes that AWS takes a signature, and the limits are
//! longer by that; each sending has a limit of its own.

mod bucket;
mod budget;
mod connector;
mod lane;
mod sleep;
mod throttle;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use cn_infra_core::clock::{Clock, TokioClock};

use budget::Budget;
use connector::Paced;
use lane::Lane;

pub(crate) use lane::Full;
pub(super) use sleep::ClockSleep;

/// How long a request that AWS asks to slow down is sent again here, before its answer goes to whoever made the call.
const AGAIN: Duration = Duration::from_mins(2);
/// How long a request may stay here, all its waits together.
pub(super) const STAY: Duration = Duration::from_mins(3);

/// How fast a session sends, and by which clock it waits.
#[derive(Clone)]
pub struct PaceOptions {
    /// The share of each budget that the session takes, from 0.05 to 1; the rest is for everybody else who works in the
    /// account. 0.95 unless set: AWS fills a budget by some requests in a second, and one in twenty of them is enough
    /// for a person at the console. Who needs more is served too, as this session gives way.
    pub share: f64,
    /// What waits and measures time: the same clock that an apply gets. Tokio's unless set.
    pub clock: Arc<dyn Clock>,
}

impl Default for PaceOptions {
    fn default() -> Self {
        Self { share: 0.95, clock: Arc::new(TokioClock::new()) }
    }
}

impl fmt::Debug for PaceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaceOptions").field("share", &self.share).finish_non_exhaustive()
    }
}

/// The pace of one account and region. Clones share it.
#[derive(Clone)]
pub struct Pace {
    share: f64,
    clock: Arc<dyn Clock>,
    lanes: Arc<Mutex<HashMap<String, Arc<Lane>>>>,
}

impl Pace {
    /// A pace with whole buckets.
    pub fn new(options: &PaceOptions) -> Self {
        let PaceOptions { share, clock } = options;
        Self { share: share.clamp(0.05, 1.0), clock: Arc::clone(clock), lanes: Arc::default() }
    }

    /// A client that sends through another one at this pace.
    pub fn client(&self, through: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Paced { pace: self.clone(), through })
    }

    fn lane(&self, name: String, budget: Budget) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Lane::new(budget.share(self.share), self.clock.elapsed()));
        Arc::clone(lanes.entry(name).or_insert_with(new))
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("share", &self.share).finish_non_exhaustive()
    }
}

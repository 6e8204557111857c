//! Carrying out a plan.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::address::StepId;
use crate::event::Outcome;

/// How a plan is carried out.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// How many steps run at once.
    pub parallelism: usize,
    /// Do not wait for objects that nothing else in the plan needs.
    pub no_wait: bool,
    /// Compare each step's `before` with live first: for a plan that was saved.
    pub verify: bool,
    /// How long a just-made object may answer "not found", and an ambiguous create may stay unseen.
    pub consistency: Duration,
    /// How long a step may wait for its object. Ends the waiting, not the change.
    pub timeout: Duration,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            parallelism: 10,
            no_wait: false,
            verify: false,
            consistency: Duration::from_secs(60),
            timeout: Duration::from_secs(3 * 3600),
        }
    }
}

/// What became of a plan's steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Every step with its outcome.
    pub outcomes: BTreeMap<StepId, Outcome>,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// Asks a running apply to start nothing new. Dropping the apply's future is the harder way.
#[derive(Clone, Debug)]
pub struct Cancellation {
    sender: Arc<watch::Sender<bool>>,
}

impl Default for Cancellation {
    fn default() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)) }
    }
}

impl Cancellation {
    /// Starts nothing new, finishes what is in flight.
    pub fn cancel(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it was asked for.
    pub fn is_cancelled(&self) -> bool {
        *self.sender.borrow()
    }

    /// Completes once it is asked for.
    pub async fn cancelled(&self) {
        let mut receiver = self.sender.subscribe();
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

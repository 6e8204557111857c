//! The fence: an apply that lost its lease, or may have, sends no write any more.
//!
//! AWS takes no fencing token, so each attempt of each call that may write is checked right before it is sent, by this
//! process's own time. Where a pace is kept, requests wait after the SDK is done with them: so they take the fence along, and
//! the [pace](super::pace) checks each sending. A process that is stopped between the check and the sending still sends:
//! that is what remains.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use cn_infra_core::clock::Clock;
use futures_util::future::select_all;
use tokio::sync::watch;

use crate::error::is_read;

/// Whether writes may be sent. Clones are the same fence. Without a lease it is open.
#[derive(Clone, Debug)]
pub struct Fence {
    gate: Arc<watch::Sender<Gate>>,
    /// The fences of the other environments that the same session writes to.
    beside: Arc<OnceLock<Vec<Fence>>>,
}

/// Why no write is sent any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The lease was not renewed in time: the process stood still, or S3 did not answer.
    RanOut,
    /// Somebody took it over, or it was deleted.
    Taken {
        /// Who holds it now, where somebody does.
        by: Option<String>,
    },
    /// Its holder is done.
    Released,
    /// Calls in flight were dropped: what becomes of them is not known, so the lease is left to run out.
    Abandoned,
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::RanOut => f.write_str("the lease of this apply ran out before it was renewed"),
            Self::Taken { by: Some(by) } => write!(f, "{by} took over the lease of this apply"),
            Self::Taken { by: None } => f.write_str("the lease of this apply is gone"),
            Self::Released => f.write_str("the lease of this apply was released"),
            Self::Abandoned => f.write_str("this apply was broken off"),
        }
    }
}

/// A write was not sent.
#[derive(Debug, thiserror::Error)]
#[error("not sent: {why}")]
pub struct WriteFenced {
    why: Closed,
}

#[derive(Clone, Debug)]
enum Gate {
    Open,
    Until(Until),
    Closed(Closed),
}

/// The last moment at which an attempt may begin.
#[derive(Clone, Debug)]
pub(crate) struct Until {
    pub stopwatch: Stopwatch,
    pub last: Duration,
}

impl Until {
    /// How long until then.
    pub fn left(&self) -> Duration {
        self.last.saturating_sub(self.stopwatch.passed())
    }
}

/// Time since a moment. A monotonic clock stands still while a laptop sleeps, and a wall clock can be set back: what passed
/// is the longer of the two.
#[derive(Clone)]
pub(crate) struct Stopwatch {
    clock: Arc<dyn Clock>,
    elapsed: Duration,
    now: jiff::Timestamp,
}

impl std::fmt::Debug for Stopwatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stopwatch").field("since", &self.now).finish_non_exhaustive()
    }
}

impl Stopwatch {
    /// Starts now.
    pub fn start(clock: &Arc<dyn Clock>) -> Self {
        Self { elapsed: clock.elapsed(), now: clock.now(), clock: Arc::clone(clock) }
    }

    /// What passed since the start.
    pub fn passed(&self) -> Duration {
        let wall = Duration::try_from(self.clock.now().duration_since(self.now)).unwrap_or_default();
        self.clock.elapsed().saturating_sub(self.elapsed).max(wall)
    }
}

impl Default for Fence {
    fn default() -> Self {
        Self { gate: Arc::new(watch::Sender::new(Gate::Open)), beside: Arc::default() }
    }
}

impl Fence {
    /// Whether an attempt of a write may begin now. Once it may not, it never may again.
    pub fn check(&self) -> Result<(), WriteFenced> {
        self.check_own()?;
        self.others().iter().try_for_each(Self::check_own)
    }

    /// The same, of its own lease alone.
    pub(crate) fn check_own(&self) -> Result<(), WriteFenced> {
        let over = matches!(&*self.gate.borrow(), Gate::Until(until) if until.left().is_zero());
        if over {
            self.close(Closed::RanOut);
        }
        match &*self.gate.borrow() {
            Gate::Closed(why) => Err(WriteFenced { why: why.clone() }),
            Gate::Open | Gate::Until(_) => Ok(()),
        }
    }

    /// Lets no write pass either once one of these is closed: a session that writes to several environments needs the lease
    /// of each. The first call counts.
    pub fn heed(&self, others: impl IntoIterator<Item = Self>) {
        self.beside.get_or_init(|| others.into_iter().collect());
    }

    fn others(&self) -> &[Self] {
        self.beside.get().map_or(&[], Vec::as_slice)
    }

    /// Lets no write pass any more. The first reason stays.
    pub fn close(&self, why: Closed) {
        self.gate.send_if_modified(|gate| {
            let is_open = !matches!(gate, Gate::Closed(_));
            if is_open {
                *gate = Gate::Closed(why);
            }
            is_open
        });
    }

    /// Calls in flight were dropped: whatever they belong to, its lease is left to run out.
    pub fn abandon(&self) {
        self.others().iter().chain([self]).for_each(|fence| fence.close(Closed::Abandoned));
    }

    /// Why it is closed, if it is.
    pub fn why(&self) -> Option<Closed> {
        self.own_why().or_else(|| self.others().iter().find_map(Self::own_why))
    }

    /// The same, of its own lease alone.
    pub fn own_why(&self) -> Option<Closed> {
        match &*self.gate.borrow() {
            Gate::Closed(why) => Some(why.clone()),
            Gate::Open | Gate::Until(_) => None,
        }
    }

    /// Completes once it is closed.
    pub async fn closed(&self) -> Closed {
        let others = self.others().iter().map(Self::own_closed);
        let all: Vec<_> = std::iter::once(self.own_closed()).chain(others).map(Box::pin).collect();
        select_all(all).await.0
    }

    async fn own_closed(&self) -> Closed {
        let mut receiver = self.gate.subscribe();
        loop {
            if let Gate::Closed(why) = &*receiver.borrow_and_update() {
                return why.clone();
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Sets the last moment, unless it is closed.
    pub(crate) fn set(&self, until: Until) {
        self.gate.send_if_modified(|gate| {
            let is_open = !matches!(gate, Gate::Closed(_));
            if is_open {
                *gate = Gate::Until(until);
            }
            is_open
        });
    }

    /// How long until it closes by itself.
    pub(crate) fn left(&self) -> Duration {
        match &*self.gate.borrow() {
            Gate::Open => Duration::MAX,
            Gate::Until(until) => until.left(),
            Gate::Closed(_) => Duration::ZERO,
        }
    }

    pub(crate) fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::new(Guard(self.clone()))
    }
}

#[derive(Debug)]
struct Guard(Fence);

#[dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "cn-infra fence of the lease"
    }

    // The last hook before an attempt is sent: credentials, which may take long to come, are there by now.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Metadata>().is_some_and(|operation| is_read(operation.name())) {
            return Ok(());
        }
        context.request_mut().add_extension(self.0.clone());
        Ok(self.0.check()?)
    }
}

#[cfg(test)]
mod tests {
    use cn_infra_core::testing::clock::VirtualClock;

    use super::*;
    use crate::error::failed;
    use crate::testing::Script;
    use cn_infra_core::manager::ErrorClass;

    #[tokio::test]
    async fn past_the_last_moment_reads_pass_and_writes_do_not() {
        let script =
            Script::new().answer("DescribeAddresses", "").answer("AllocateAddress", "").answer("HEAD /media", "");
        let (session, clock) = (script.session(), VirtualClock::default());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        session.fence.set(Until { stopwatch: Stopwatch::start(&shared), last: Duration::from_mins(3) });
        session.ec2.allocate_address().send().await.expect("the lease holds");
        clock.advance(Duration::from_mins(3));
        let error = session.ec2.allocate_address().send().await.expect_err("the lease ran out");
        let error = failed("AllocateAddress", error);
        assert_eq!(error.class, ErrorClass::Invalid, "sending it again is of no use");
        let said = "AllocateAddress: not sent: the lease of this apply ran out before it was renewed";
        assert_eq!((error.message.as_str(), error.hint.is_some()), (said, true));
        session.ec2.describe_addresses().send().await.expect("reads pass");
        session.s3.head_bucket().bucket("media").send().await.expect("reads pass");
        session.s3.delete_bucket().bucket("media").send().await.expect_err("a write");
        session.rds.delete_db_instance().db_instance_identifier("main").send().await.expect_err("a write");
        assert_eq!(script.requests().len(), 3);
    }

    #[tokio::test]
    async fn a_write_to_several_environments_needs_the_lease_of_each() {
        let script = Script::new().answer("AllocateAddress", "");
        let (session, clock, other) = (script.session(), VirtualClock::default(), Fence::default());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        session.fence.heed([other.clone()]);
        session.fence.set(Until { stopwatch: Stopwatch::start(&shared), last: Duration::from_mins(9) });
        other.set(Until { stopwatch: Stopwatch::start(&shared), last: Duration::from_mins(3) });
        session.ec2.allocate_address().send().await.expect("both hold");
        clock.advance(Duration::from_mins(3));
        assert_eq!(session.fence.why(), None, "nobody looked");
        session.ec2.allocate_address().send().await.expect_err("the other ran out");
        assert_eq!(session.fence.why(), Some(Closed::RanOut));
        assert_eq!(session.fence.closed().await, Closed::RanOut);
        assert_eq!(script.requests().len(), 1);
    }

    /// A retry of the SDK's own is an attempt as any other.
    #[tokio::test]
    async fn every_attempt_is_checked() {
        #[derive(Debug)]
        struct Slow(VirtualClock);
        #[dyn_dispatch_hint]
        impl Intercept for Slow {
            fn name(&self) -> &'static str {
                "a minute for each attempt"
            }
            fn read_after_attempt(
                &self,
                _: &aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                self.0.advance(Duration::from_mins(1));
                Ok(())
            }
        }
        let script = Script::new().fail("ReleaseAddress", 503, "Unavailable");
        let (session, clock) = (script.session(), VirtualClock::default());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        session.fence.set(Until { stopwatch: Stopwatch::start(&shared), last: Duration::from_secs(90) });
        let call = session.ec2.release_address().customize().interceptor(Slow(clock));
        call.send().await.expect_err("it fails");
        assert_eq!(script.requests().len(), 2, "of three attempts the last was not sent");
    }
}

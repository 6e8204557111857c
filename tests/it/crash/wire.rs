//! The wire between a session and the sandbox: it counts calls, cuts at one of them, and copies the account around each.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use cn_infra::core::clock::Clock;
use cn_infra::core::testing::clock::VirtualClock;
use cn_infra_sandbox::Sandbox;
use tokio::sync::Notify;

/// What a wire does at a call, beside passing it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The process dies before the call has its effect.
    DiesBefore,
    /// The process dies after the effect, before the answer.
    DiesAfter,
    /// The answer is lost, and the process lives.
    LosesAnswer,
}

impl Way {
    /// All three.
    pub const ALL: [Self; 3] = [Self::DiesBefore, Self::DiesAfter, Self::LosesAnswer];
}

/// The account just before and just after a call.
#[derive(Debug)]
pub struct Around {
    /// Which call, from 1.
    pub call: usize,
    /// Before its effect.
    pub before: Sandbox,
    /// After it.
    pub after: Sandbox,
}

/// The wire of one session. Clones are the same wire.
#[derive(Clone, Debug)]
pub struct Wire {
    sandbox: Sandbox,
    clock: VirtualClock,
    fault: Option<(Way, usize)>,
    copied: fn(usize) -> bool,
    seen: Arc<Mutex<Seen>>,
    died: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: usize,
    around: Vec<Around>,
}

impl Wire {
    /// A wire that only counts.
    pub fn new(sandbox: &Sandbox, clock: &VirtualClock) -> Self {
        let (sandbox, clock) = (sandbox.clone(), clock.clone());
        Self { sandbox, clock, fault: None, copied: |_| false, seen: Arc::default(), died: Arc::default() }
    }

    /// The same, with a fault at the n-th call from 1.
    pub fn fault(self, way: Way, call: usize) -> Self {
        Self { fault: Some((way, call)), ..self }
    }

    /// The same, copying the account around those calls.
    pub fn copying(self, which: fn(usize) -> bool) -> Self {
        Self { copied: which, ..self }
    }

    /// Completes when the process dies.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.seen.lock().unwrap().calls
    }

    /// The copies.
    pub fn take_around(&self) -> Vec<Around> {
        std::mem::take(&mut self.seen.lock().unwrap().around)
    }

    /// The sandbox's clock follows the engine's, which stands still while a call is under way.
    fn keep_time(&self) {
        let late = self.clock.now().duration_since(self.sandbox.now().unwrap());
        if late.is_positive() {
            self.sandbox.advance(late).unwrap();
        }
    }

    fn next(&self) -> usize {
        let mut seen = self.seen.lock().unwrap();
        seen.calls += 1;
        seen.calls
    }

    async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.sandbox.http_client().http_connector(settings, components);
        SharedHttpConnector::new(Connector { wire: self.clone(), inner })
    }
}

impl From<Wire> for SharedHttpClient {
    fn from(wire: Wire) -> Self {
        Self::new(wire)
    }
}

#[derive(Debug)]
struct Connector {
    wire: Wire,
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (wire, inner) = (self.wire.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move {
            let call = wire.next();
            let way = wire.fault.and_then(|(way, at)| (at == call).then_some(way));
            wire.keep_time();
            if way == Some(Way::DiesBefore) {
                return wire.die().await;
            }
            let before = (wire.copied)(call).then(|| wire.sandbox.fork().unwrap());
            let answer = inner.call(request).await;
            if let Some(before) = before {
                let after = wire.sandbox.fork().unwrap();
                wire.seen.lock().unwrap().around.push(Around { call, before, after });
            }
            match way {
                Some(Way::DiesAfter) => wire.die().await,
                Some(Way::LosesAnswer) => Err(ConnectorError::io("the answer is lost".into())),
                _ => answer,
            }
        })
    }
}

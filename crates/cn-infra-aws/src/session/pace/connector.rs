//! The connector: waits for its turn, sends, and sends again what AWS refused as too fast.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use cn_infra_core::slow_down::SlowDown;

use super::lane::Lane;
use super::throttle::{self, Said};
use super::{AGAIN, Pace, budget};
use crate::session::fence::Fence;

/// The first wait before a refused request is sent again, at most.
const FIRST: Duration = Duration::from_secs(1);
/// The longest.
const LAST: Duration = Duration::from_secs(20);

/// An HTTP client that keeps a pace.
#[derive(Debug)]
pub struct Paced {
    pub pace: Pace,
    pub through: SharedHttpClient,
}

impl HttpClient for Paced {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            pace: self.pace.clone(),
            through: self.through.http_connector(settings, components),
            limit: settings.read_timeout().map(|answer| answer * 2),
        })
    }
}

#[derive(Clone, Debug)]
struct Connector {
    pace: Pace,
    through: SharedHttpConnector,
    /// How long one sending may take.
    limit: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            // A clone of the request would lose it.
            let fence = request.extension::<Fence>().cloned();
            match budget::of(&request) {
                Some((name, budget)) => {
                    connector.send(request, &connector.pace.lane(name, budget), fence.as_ref()).await
                }
                None => connector.send_now(request, fence.as_ref()).await,
            }
        })
    }
}

impl Connector {
    /// Sends when it is time; and again, for a while, if AWS refuses it as too fast. AWS takes the same signature twice.
    async fn send(
        &self,
        mut request: HttpRequest,
        lane: &Lane,
        fence: Option<&Fence>,
    ) -> Result<HttpResponse, ConnectorError> {
        let clock = &*self.pace.clock;
        let (since, mut times) = (clock.elapsed(), 0);
        loop {
            lane.token(clock).await.map_err(|full| ConnectorError::other(full.into(), None))?;
            let (again, sent) = (request.try_clone(), clock.elapsed());
            let (response, said) = throttle::read(self.send_now(request, fence).await?).await?;
            if said == Said::Fine {
                return Ok(response);
            }
            lane.slow_down(sent, clock.elapsed());
            let wait = back_off(times);
            let (Said::Throttled(code), Some(again)) = (said, again) else { return Ok(response) };
            let after = wait.max(lane.wait(clock.elapsed()));
            if clock.elapsed() + after > since + AGAIN {
                return Ok(response);
            }
            SlowDown { why: format!("AWS asks to slow down ({code})"), after }.tell();
            clock.sleep(wait).await;
            request = again;
            times += 1;
        }
    }

    /// Sends, unless it is a write whose lease is lost.
    async fn send_now(&self, request: HttpRequest, fence: Option<&Fence>) -> Result<HttpResponse, ConnectorError> {
        if let Some(fence) = fence {
            fence.check().map_err(|fenced| ConnectorError::other(fenced.into(), None))?;
        }
        let Some(limit) = self.limit else { return self.through.call(request).await };
        tokio::select! {
            biased;
            answer = self.through.call(request) => answer,
            () = self.pace.clock.sleep(limit) => Err(ConnectorError::timeout("no answer within the time limit".into())),
        }
    }
}

/// How long a request waits that was refused so many times before: doubled each time, a random part of it at least half,
/// so that requests that were refused together do not come back together.
fn back_off(times: u32) -> Duration {
    let longest = FIRST.saturating_mul(1 << times.min(10)).min(LAST);
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}

//! A client that looks at the account after every call, and can be stopped before one of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use cn_infra_sandbox::Sandbox;
use tokio::sync::Notify;

/// What a call left behind.
#[derive(Clone, Debug)]
pub struct State {
    pub operation: String,
    pub request: String,
    /// Where each address points, by allocation id.
    pub points_at: BTreeMap<String, Option<String>>,
}

/// What was seen, and where to stop.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    states: Arc<Mutex<Vec<State>>>,
    /// How many associations go through; then one hangs.
    allowed: Arc<Mutex<Option<usize>>>,
    /// Told when it hangs.
    pub hangs: Arc<Notify>,
}

impl Watch {
    /// A client of an account that is watched.
    pub fn client(&self, sandbox: &Sandbox) -> SharedHttpClient {
        let inner = sandbox.http_client();
        SharedHttpClient::new(Watched { sandbox: sandbox.clone(), inner, watch: self.clone() })
    }

    /// What was seen since it was asked last.
    pub fn take(&self) -> Vec<State> {
        std::mem::take(&mut self.states.lock().unwrap())
    }

    /// Lets so many associations through, or all.
    pub fn allow(&self, associations: Option<usize>) {
        *self.allowed.lock().unwrap() = associations;
    }

    fn is_stopped(&self, operation: &str) -> bool {
        if operation != "AssociateAddress" {
            return false;
        }
        match &mut *self.allowed.lock().unwrap() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }
}

#[derive(Clone, Debug)]
struct Watched {
    sandbox: Sandbox,
    inner: SharedHttpClient,
    watch: Watch,
}

impl HttpClient for Watched {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { sandbox, inner, watch } = self.clone();
        HttpConnectorFuture::new(async move {
            let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            let action = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next()).map(str::to_owned);
            let operation = action.unwrap_or_else(|| format!("{} {}", request.method(), request.uri()));
            if watch.is_stopped(&operation) {
                watch.hangs.notify_one();
                std::future::pending::<()>().await;
            }
            let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
            let connector = inner.http_connector(&HttpConnectorSettings::builder().build(), &components);
            let answer = connector.call(request).await;
            let points_at = points_at(&sandbox);
            watch.states.lock().unwrap().push(State { operation, request: body, points_at });
            answer
        })
    }
}

/// Where each address of the account points.
pub fn points_at(sandbox: &Sandbox) -> BTreeMap<String, Option<String>> {
    let rows = sandbox.rows().unwrap().into_iter().filter(|(table, ..)| table.ends_with("/addresses"));
    rows.map(|(_, id, row)| (id, row["association"]["interface"].as_str().map(str::to_owned))).collect()
}

//! Who sees each request on its way, and can keep it, or damage it.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use aws_sdk_s3::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use tokio::sync::Notify;

use crate::bucket::Bucket;
use crate::stand_in::ACCOUNT;

/// The witness. Clones are the same.
#[derive(Clone, Debug)]
pub struct Witness {
    through: SharedHttpClient,
    seen: Arc<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: AtomicUsize,
    /// The method and URI of what was answered.
    answered: Mutex<Vec<String>>,
    /// Requests from this one on are never answered.
    hangs_from: Option<usize>,
    /// Every n-th body that goes up has a wrong byte.
    damages: Option<usize>,
    hung: Notify,
}

impl Witness {
    /// Watches a bucket's requests; those from a number on are carried out or not, and never answered.
    pub fn of(bucket: &Bucket, hangs_from: Option<usize>, damages: Option<usize>) -> (Self, Bucket) {
        let config = bucket.client().config();
        let through = config.http_client().unwrap();
        let seen = Seen { hangs_from, damages, ..Seen::default() };
        let witness = Self { through, seen: Arc::new(seen) };
        let client = Client::from_conf(config.to_builder().http_client(SharedHttpClient::new(witness.clone())).build());
        (witness, Bucket::new(&client, bucket.name()).owned_by(ACCOUNT))
    }

    /// Until a request hangs.
    pub async fn hung(&self) {
        self.seen.hung.notified().await;
    }

    /// The writes that were answered.
    pub fn written(&self) -> Vec<String> {
        self.seen.answered.lock().unwrap().iter().filter(|uri| uri.starts_with("PUT ")).cloned().collect()
    }
}

#[derive(Debug)]
struct Connector {
    through: SharedHttpConnector,
    seen: Arc<Seen>,
}

impl HttpClient for Witness {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let through = self.through.http_connector(settings, components);
        SharedHttpConnector::new(Connector { through, seen: Arc::clone(&self.seen) })
    }
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let (through, seen) = (self.through.clone(), Arc::clone(&self.seen));
        let number = seen.requests.fetch_add(1, Relaxed);
        let uri = format!("{} {}", request.method(), request.uri());
        HttpConnectorFuture::new(async move {
            if seen.damages.is_some_and(|every| number % every == 0) {
                damage(&mut request);
            }
            let hangs = seen.hangs_from.is_some_and(|from| number >= from);
            if hangs && number % 2 == 0 {
                seen.hung.notify_one();
                return std::future::pending().await;
            }
            let answer = through.call(request).await;
            if hangs {
                seen.hung.notify_one();
                return std::future::pending().await;
            }
            seen.answered.lock().unwrap().push(uri);
            answer
        })
    }
}

fn damage(request: &mut HttpRequest) {
    let Some(bytes) = request.body().bytes().filter(|bytes| !bytes.is_empty()) else { return };
    let mut bytes = bytes.to_vec();
    bytes[0] ^= 1;
    *request.body_mut() = SdkBody::from(bytes);
}

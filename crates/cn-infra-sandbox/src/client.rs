//! The door without a socket: an HTTP client for the AWS SDK.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::request::Request;
use crate::sandbox::{Fate, Sandbox};

impl Sandbox {
    /// An HTTP client whose every request is answered by this sandbox: give it to `aws_config`'s loader.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Door(self.clone()))
    }
}

#[derive(Clone, Debug)]
struct Door(Sandbox);

impl HttpClient for Door {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Door {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = whole(request).await?;
            let reply = sandbox.handle(&request);
            if !reply.delay.is_zero() {
                tokio::time::sleep(reply.delay).await;
            }
            match reply.fate {
                Fate::Answered => {
                    let response = reply.response.map(SdkBody::from);
                    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
                }
                Fate::Cut => Err(ConnectorError::io("the sandbox cut the connection".into())),
                Fate::Hung => std::future::pending().await,
            }
        })
    }
}

async fn whole(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, mut body) = request.into_parts();
    if let Some(bytes) = body.bytes() {
        return Ok(Request { parts, body: Bytes::copy_from_slice(bytes) });
    }
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(ConnectorError::user)?.into_data() {
            all.extend_from_slice(&data);
        }
    }
    Ok(Request { parts, body: all.freeze() })
}

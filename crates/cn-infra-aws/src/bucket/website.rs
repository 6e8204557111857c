//! Static website hosting.

use aws_sdk_s3::operation::get_bucket_website::GetBucketWebsiteOutput;
use aws_sdk_s3::types::{
    ErrorDocument, IndexDocument, Protocol as S3Protocol, RedirectAllRequestsTo, WebsiteConfiguration,
};
use cn_infra_core::manager::ManageError;
use cn_infra_core::value::OrNone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::target::{Target, incomplete};

/// A website of the bucket's objects, or a redirect of every request: `index` or `redirect_all_to`.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Website {
    /// What stands for a folder: `index.html`; without a slash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The key of the object that is shown for an error: `error.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The host name that every request is sent on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_all_to: Option<String>,
    /// The protocol of the redirect; left out: that of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

/// The protocol of a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Protocol {
    fn of(protocol: &S3Protocol) -> Self {
        if *protocol == S3Protocol::Https { Self::Https } else { Self::Http }
    }

    fn to_s3(self) -> S3Protocol {
        match self {
            Self::Http => S3Protocol::Http,
            Self::Https => S3Protocol::Https,
        }
    }
}

impl From<GetBucketWebsiteOutput> for Website {
    fn from(live: GetBucketWebsiteOutput) -> Self {
        let redirect = live.redirect_all_requests_to;
        Self {
            index: live.index_document.map(|document| document.suffix),
            error: live.error_document.map(|document| document.key),
            protocol: redirect.as_ref().and_then(|redirect| redirect.protocol.as_ref()).map(Protocol::of),
            redirect_all_to: redirect.map(|redirect| redirect.host_name),
        }
    }
}

impl Target<'_> {
    pub async fn read_website(&self) -> Result<OrNone<Website>, ManageError> {
        Ok(OrNone::from_option(self.website().await?.map(Website::from)))
    }

    /// Routing rules stay as they are, except under a redirect of everything, which S3 allows none beside.
    pub async fn write_website(&self, website: &OrNone<Website>) -> Result<(), ManageError> {
        let OrNone::Some(website) = website else { return self.delete_website().await };
        let configuration = configuration(website, self.website().await?)?;
        let call = self.s3().put_bucket_website().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.website_configuration(configuration).send().await;
        answer.map_err(|error| self.failed("PutBucketWebsite", error))?;
        Ok(())
    }

    async fn delete_website(&self) -> Result<(), ManageError> {
        let call = self.s3().delete_bucket_website().bucket(self.name).expected_bucket_owner(self.account());
        call.send().await.map_err(|error| self.failed("DeleteBucketWebsite", error))?;
        Ok(())
    }

    async fn website(&self) -> Result<Option<GetBucketWebsiteOutput>, ManageError> {
        let call = self.s3().get_bucket_website().bucket(self.name).expected_bucket_owner(self.account());
        self.configured("GetBucketWebsite", "NoSuchWebsiteConfiguration", call.send().await)
    }
}

fn configuration(website: &Website, live: Option<GetBucketWebsiteOutput>) -> Result<WebsiteConfiguration, ManageError> {
    let Website { index, error, redirect_all_to, protocol } = website;
    let built = WebsiteConfiguration::builder();
    if let Some(host) = redirect_all_to {
        let redirect =
            RedirectAllRequestsTo::builder().host_name(host).set_protocol(protocol.map(Protocol::to_s3)).build();
        return Ok(built.redirect_all_requests_to(redirect.map_err(incomplete)?).build());
    }
    let index = index.as_ref().map(|suffix| IndexDocument::builder().suffix(suffix).build());
    let error = error.as_ref().map(|key| ErrorDocument::builder().key(key).build());
    Ok(built
        .set_index_document(index.transpose().map_err(incomplete)?)
        .set_error_document(error.transpose().map_err(incomplete)?)
        .set_routing_rules(live.and_then(|live| live.routing_rules))
        .build())
}

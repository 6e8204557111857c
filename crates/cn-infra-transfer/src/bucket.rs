//! A bucket and the client to reach it with.

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;

/// A bucket, and a client whose own retries are off: the [`Pace`](crate::pace::Pace) sends again. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    name: Arc<str>,
    owner: Option<Arc<str>>,
}

impl Bucket {
    /// A bucket that is reached with the configuration of a client of its region.
    pub fn new(client: &Client, name: &str) -> Self {
        // What the pace and the SDK sent again each on their own would multiply.
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), name: name.into(), owner: None }
    }

    /// The same, if this account owns it: S3 refuses every request if another one does.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>
    #[must_use]
    pub fn owned_by(mut self, account: &str) -> Self {
        self.owner = Some(account.into());
        self
    }

    /// The client; it never sends a request twice.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account that must own it, for `expected_bucket_owner`.
    pub fn owner(&self) -> Option<String> {
        self.owner.as_deref().map(str::to_owned)
    }
}

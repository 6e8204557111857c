//! The session: four clients that share one HTTP client, one set of credentials, one counter of calls.

pub mod calls;
pub(crate) mod dry_run;
pub(crate) mod fence;
mod open;
pub mod pace;
mod read_only;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use calls::Calls;
pub use dry_run::NoDryRun;
pub use fence::{Closed, Fence, WriteFenced};
pub use open::{ANSWER, SessionError, SessionOptions};
pub use pace::PaceOptions;
pub use read_only::WriteRefused;

/// Clients for one account and region. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Session {
    /// EC2: instances, elastic IPs, security groups.
    pub ec2: aws_sdk_ec2::Client,
    /// RDS: databases.
    pub rds: aws_sdk_rds::Client,
    /// S3: buckets.
    pub s3: aws_sdk_s3::Client,
    /// STS: the account guard.
    pub sts: aws_sdk_sts::Client,
    /// CloudTrail: who changed what.
    #[cfg(feature = "who")]
    pub cloudtrail: aws_sdk_cloudtrail::Client,
    /// The account that objects are in; every S3 call names it as the expected bucket owner.
    pub account: String,
    /// The region.
    pub region: String,
    /// What was called so far.
    pub calls: Calls,
    /// What every attempt of a write must pass: open, unless a lease is lost.
    pub fence: Fence,
    /// How long one attempt of a call waits for its answer.
    pub attempt_timeout: Duration,
    /// S3 without the fence, for the lease itself.
    pub(crate) unfenced_s3: aws_sdk_s3::Client,
}

/// How long one attempt takes at most, where the configuration does not say.
const ATTEMPT: Duration = Duration::from_mins(1);

/// The builder of one service's configuration, with the interceptors that every client bears.
macro_rules! builder {
    ($service:ident, $config:expr, $calls:expr, $fence:expr, $read_only:expr) => {{
        let builder = $service::config::Builder::from($config);
        let builder = builder.interceptor($calls.interceptor()).interceptor($fence.interceptor());
        if $read_only { builder.interceptor(read_only::ReadOnly) } else { builder }
    }};
}

impl Session {
    /// A session over a ready configuration, for embedders and tests. The account is not verified, and requests go at no
    /// pace but that of the configuration's HTTP client: see [`Pace::client`](pace::Pace::client).
    pub fn new(config: &SdkConfig, account: &str) -> Self {
        Self::over(config, account, false)
    }

    /// The same, refusing every operation that may write with [`WriteRefused`].
    pub fn read_only(config: &SdkConfig, account: &str) -> Self {
        Self::over(config, account, true)
    }

    fn over(config: &SdkConfig, account: &str, read_only: bool) -> Self {
        let (calls, fence) = (Calls::default(), Fence::default());
        let ec2 = builder!(aws_sdk_ec2, config, calls, fence, read_only);
        let rds = builder!(aws_sdk_rds, config, calls, fence, read_only);
        let s3 = builder!(aws_sdk_s3, config, calls, fence, read_only).force_path_style(is_loopback(config));
        let sts = builder!(aws_sdk_sts, config, calls, fence, read_only);
        let unfenced = builder!(aws_sdk_s3, config, calls, Fence::default(), read_only);
        let attempt_timeout = config.timeout_config().and_then(TimeoutConfig::operation_attempt_timeout);
        #[cfg(feature = "who")]
        let cloudtrail = builder!(aws_sdk_cloudtrail, config, calls, fence, read_only);
        Self {
            #[cfg(feature = "who")]
            cloudtrail: aws_sdk_cloudtrail::Client::from_conf(cloudtrail.build()),
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            rds: aws_sdk_rds::Client::from_conf(rds.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            account: account.to_owned(),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            calls,
            fence,
            attempt_timeout: attempt_timeout.unwrap_or(ATTEMPT),
            unfenced_s3: aws_sdk_s3::Client::from_conf(unfenced.force_path_style(is_loopback(config)).build()),
        }
    }
}

impl Session {
    /// An S3 client for bulk transfers: their pace times each request by its bytes, so that no answer is given up after
    /// some seconds that takes a minute for gigabytes.
    pub fn bulk_s3(&self) -> aws_sdk_s3::Client {
        let timeouts = TimeoutConfig::builder().connect_timeout(open::CONNECT).build();
        aws_sdk_s3::Client::from_conf(self.s3.config().to_builder().timeout_config(timeouts).build())
    }
}

/// Whether S3 is a stand-in on this machine, which has no host name per bucket.
fn is_loopback(config: &SdkConfig) -> bool {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_S3").ok().or_else(|| config.endpoint_url().map(str::to_owned));
    endpoint.is_some_and(|url| ["://127.", "://localhost", "://[::1]"].iter().any(|host| url.contains(host)))
}

/// Override for a create that AWS cannot make idempotent: it is sent once.
pub(crate) fn ec2_once() -> aws_sdk_ec2::config::Builder {
    aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled())
}

/// Override for a create that AWS cannot make idempotent: it is sent once.
pub(crate) fn rds_once() -> aws_sdk_rds::config::Builder {
    aws_sdk_rds::config::Builder::new().retry_config(RetryConfig::disabled())
}

/// Override for a create that AWS cannot make idempotent: it is sent once.
pub(crate) fn s3_once() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::new().retry_config(RetryConfig::disabled())
}

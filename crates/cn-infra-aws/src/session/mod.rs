//! The session: four clients that share one HTTP client, one set of credentials, one counter of calls.

pub mod calls;

use aws_config::SdkConfig;
use aws_smithy_types::retry::RetryConfig;

use calls::Calls;

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
    /// The account that objects are in; every S3 call names it as the expected bucket owner.
    pub account: String,
    /// The region.
    pub region: String,
    /// What was called so far.
    pub calls: Calls,
}

impl Session {
    /// A session over a ready configuration, for embedders and tests. The account is not verified.
    pub fn new(config: &SdkConfig, account: &str) -> Self {
        let calls = Calls::default();
        let counter = calls.interceptor();
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(
                aws_sdk_ec2::config::Builder::from(config).interceptor(counter.clone()).build(),
            ),
            rds: aws_sdk_rds::Client::from_conf(
                aws_sdk_rds::config::Builder::from(config).interceptor(counter.clone()).build(),
            ),
            s3: aws_sdk_s3::Client::from_conf(
                aws_sdk_s3::config::Builder::from(config)
                    .force_path_style(path_style())
                    .interceptor(counter.clone())
                    .build(),
            ),
            sts: aws_sdk_sts::Client::from_conf(
                aws_sdk_sts::config::Builder::from(config).interceptor(counter).build(),
            ),
            account: account.to_owned(),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            calls,
        }
    }
}

/// A loopback endpoint has no host name per bucket.
fn path_style() -> bool {
    ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .is_some_and(|url| url.contains("://127.") || url.contains("://localhost") || url.contains("://[::1]"))
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

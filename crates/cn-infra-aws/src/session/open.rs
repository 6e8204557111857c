//! Opening a session: the standard credential chain, time limits on everything, and the account guard first.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_config::imds::client::error::ImdsError;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::os_shim_internal::{Env, Fs};
use cn_infra_core::manager::{ErrorClass, ManageError};

use super::Session;
use super::calls::wave;
use super::pace::{ClockSleep, Pace, PaceOptions, STAY};
use crate::error::{credentials_error, failed};

/// How long a connection may take to come about.
pub(super) const CONNECT: Duration = Duration::from_secs(3);
/// How long a call waits for its answer to begin, unless the caller says otherwise.
pub const ANSWER: Duration = Duration::from_secs(30);

/// Which account to open, and how.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// The profile of the AWS configuration files; `None`: `AWS_PROFILE`, else the default.
    pub profile: Option<String>,
    /// The region. It is always given, so that the metadata service is never asked for it.
    pub region: String,
    /// The account that the credentials must belong to.
    pub account: String,
    /// Refuse every operation that may write.
    pub read_only: bool,
    /// How long a call waits for its answer to begin; `None`: 30 seconds. One attempt takes at most twice, a call with
    /// its retries six times as long; what it waits for its turn or because AWS asks to slow down comes on top.
    pub timeout: Option<Duration>,
    /// How fast requests go, and by which clock they wait.
    pub pace: PaceOptions,
    /// What answers every request in place of AWS: a simulated account. Profiles, endpoints and proxies are not looked
    /// at then, and the credentials are made up, with the account as their access key id.
    pub stand_in: Option<SharedHttpClient>,
}

/// A session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No provider of the chain has credentials.
    #[error("no AWS credentials were found")]
    NoCredentials,
    /// A provider of the chain failed.
    #[error("the AWS credentials cannot be used: {0}")]
    Credentials(String),
    /// The profile is in none of the configuration files.
    #[error("there is no AWS profile {name:?}")]
    NoProfile {
        /// The name that was asked for.
        name: String,
        /// The profiles there are.
        known: Vec<String>,
    },
    /// A configuration file cannot be read.
    #[error("the AWS configuration files cannot be read: {0}")]
    ProfileFile(String),
    /// The credentials belong to another account.
    #[error("the credentials belong to account {found}, but the environment is in account {expected}")]
    WrongAccount {
        /// The account of the environment file.
        expected: String,
        /// The account of the credentials.
        found: String,
        /// Whose credentials they are.
        arn: String,
    },
    /// Nothing answers.
    #[error("AWS cannot be reached: {0}")]
    Unreachable(String),
    /// The credentials are refused.
    #[error("AWS refuses the credentials: {0}")]
    Refused(String),
}

impl SessionError {
    /// The ways out, a sentence or a line each.
    pub fn hint(&self) -> String {
        match self {
            Self::NoCredentials => {
                "run `aws sso login` or `aws configure`, set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
                                    AWS_SECRET_ACCESS_KEY"
                    .to_owned()
            }
            Self::Credentials(_) | Self::Refused(_) => {
                "sign in again (for example `aws sso login`), or choose other credentials with --profile".to_owned()
            }
            Self::NoProfile { known, .. } if known.is_empty() => {
                "no profile is configured; run `aws configure`".to_owned()
            }
            Self::NoProfile { known, .. } => format!("profiles there are: {}", known.join(", ")),
            Self::ProfileFile(_) => "see ~/.aws/config and ~/.aws/credentials".to_owned(),
            Self::WrongAccount { arn, .. } => {
                format!("they are those of {arn}; choose others with --profile or AWS_PROFILE")
            }
            Self::Unreachable(_) => {
                "check the network, the region in the file, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; nothing was \
                 changed"
                    .to_owned()
            }
        }
    }
}

impl Session {
    /// Opens a session and asks STS whose credentials these are, before anything else is called.
    ///
    /// Credentials, profiles, endpoints and proxies come from where every AWS tool takes them (`aws-config`).
    pub async fn open(options: &SessionOptions) -> Result<Self, SessionError> {
        let config = if let Some(client) = &options.stand_in {
            stand_in_config(options, client.clone())
        } else {
            check_profile(options.profile.as_deref()).await?;
            config(options).await
        };
        let session = Self::over(&config, &options.account, options.read_only);
        // What waits for its turn is checked against the lease after that: only the sending counts.
        let session = Self { attempt_timeout: sending(options), ..session };
        let identity = wave(1, session.identity()).await?;
        let found = identity.account().unwrap_or_default();
        if found != options.account {
            return Err(SessionError::WrongAccount {
                expected: options.account.clone(),
                found: found.to_owned(),
                arn: identity.arn().unwrap_or("an unnamed caller").to_owned(),
            });
        }
        Ok(session)
    }

    /// One attempt, unless told to slow down: what does not answer now is said at once.
    async fn identity(&self) -> Result<GetCallerIdentityOutput, SessionError> {
        let once = || aws_sdk_sts::config::Builder::new().retry_config(RetryConfig::disabled());
        let call = || self.sts.get_caller_identity().customize().config_override(once()).send();
        match call().await {
            Ok(identity) => return Ok(identity),
            Err(error) => {
                if let Some(error) = credentials_error(&error) {
                    return Err(from_credentials(error));
                }
                let error = failed("GetCallerIdentity", error);
                if error.class != ErrorClass::Throttled {
                    return Err(from_failure(error));
                }
            }
        }
        let slower = self.sts.get_caller_identity().send().await;
        slower.map_err(|error| from_failure(failed("GetCallerIdentity", error)))
    }
}

/// How long one sending takes at most, to the end of its answer.
fn sending(options: &SessionOptions) -> Duration {
    options.timeout.unwrap_or(ANSWER) * 2
}

fn timeouts(options: &SessionOptions) -> TimeoutConfig {
    let answer = options.timeout.unwrap_or(ANSWER);
    TimeoutConfig::builder()
        .connect_timeout(CONNECT.min(answer))
        .read_timeout(answer)
        .operation_attempt_timeout(sending(options) + STAY)
        .operation_timeout((sending(options) + STAY) * 3)
        .build()
}

fn stand_in_config(options: &SessionOptions, client: SharedHttpClient) -> SdkConfig {
    let credentials = Credentials::new(options.account.clone(), "made up", None, None, "stand-in");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(options.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Pace::new(&options.pace).client(client))
        .sleep_impl(ClockSleep(Arc::clone(&options.pace.clock)))
        // It compares real time with that of the clock, and nothing stalls on the way to a stand-in.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(timeouts(options))
        .retry_config(RetryConfig::standard())
        .build()
}

async fn config(options: &SessionOptions) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(options.region.clone()))
        .http_client(Pace::new(&options.pace).client(http_client()))
        .sleep_impl(ClockSleep(Arc::clone(&options.pace.clock)))
        .timeout_config(timeouts(options))
        .retry_config(RetryConfig::standard());
    if let Ok(name) = AppName::new(concat!("cn-infra-", env!("CARGO_PKG_VERSION"))) {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}

/// One client for everything, so that connections and TLS roots are shared. The SDK's own default ignores proxies.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    })
}

/// A missing profile is named before the chain, whose errors do not name it, is asked.
async fn check_profile(asked: Option<&str>) -> Result<(), SessionError> {
    let env = Env::real();
    let Some(name) = asked.map(str::to_owned).or_else(|| env.get("AWS_PROFILE").ok()).filter(|name| !name.is_empty())
    else {
        return Ok(());
    };
    let (disk, files) = (Fs::real(), EnvConfigFiles::default());
    let profiles = aws_config::profile::load(&disk, &env, &files, Some(name.clone().into())).await;
    let profiles = profiles.map_err(|error| SessionError::ProfileFile(crate::error::innermost(&error)))?;
    if profiles.get_profile(&name).is_some() {
        return Ok(());
    }
    let mut known: Vec<_> = profiles.profiles().map(str::to_owned).collect();
    known.sort();
    Err(SessionError::NoProfile { name, known })
}

fn from_credentials(error: &CredentialsError) -> SessionError {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => SessionError::NoCredentials,
        _ if metadata_is_closed(error) => SessionError::NoCredentials,
        CredentialsError::ProviderTimedOut(_) => SessionError::Credentials("their provider did not answer".to_owned()),
        other => SessionError::Credentials(crate::error::innermost(other)),
    }
}

/// Whether the metadata service, which the chain asks last, gives no session at all: switched off, or not for containers.
/// A profile that names the service as its source wraps the error once more, and is told about.
fn metadata_is_closed(error: &CredentialsError) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(ImdsError::FailedToLoadToken(_)))
}

fn from_failure(error: ManageError) -> SessionError {
    match error.class {
        ErrorClass::Denied => SessionError::Refused(error.message),
        // Without a code it was not AWS that answered.
        ErrorClass::Invalid if error.code.is_some() => SessionError::Refused(error.message),
        _ => SessionError::Unreachable(error.message),
    }
}

#[cfg(test)]
mod tests {
    use aws_config::imds::credentials::ImdsCredentialsProvider;
    use aws_config::provider_config::ProviderConfig;
    use aws_credential_types::provider::ProvideCredentials;
    use aws_smithy_http_client::test_util::infallible_client_fn;

    use super::*;

    #[tokio::test]
    async fn a_metadata_service_that_is_switched_off_has_no_credentials() {
        let closed = infallible_client_fn(|_| {
            http::Response::builder().status(403).body("IMDS is disabled").expect("a response")
        });
        let config = ProviderConfig::empty().with_http_client(closed);
        let provider = ImdsCredentialsProvider::builder().configure(&config).build();
        let error = provider.provide_credentials().await.expect_err("the service is switched off");
        assert!(matches!(from_credentials(&error), SessionError::NoCredentials), "{error:?}");
    }

    #[test]
    fn a_provider_that_fails_is_not_the_lack_of_one() {
        let error = CredentialsError::provider_error("the SSO session is expired");
        let SessionError::Credentials(why) = from_credentials(&error) else { panic!("{error:?}") };
        assert_eq!(why, "the SSO session is expired");
    }
}

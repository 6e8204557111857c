//! The instance metadata service: where programs on a server learn about it and get the role's credentials.

use aws_sdk_ec2::types::{
    HttpTokensState, InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, InstanceMetadataOptionsResponse,
};
use cn_infra_core::resource::{FieldChange, Impact, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Instance;

/// The instance metadata service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Metadata {
    /// Whether requests need a session token (IMDSv2). AWS's default is the image's or the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// How many network hops the token's answer may travel, 1 to 64; containers need 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop_limit: Option<u8>,
    /// Whether the service answers at all. AWS's default: `enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

/// Whether requests to the metadata service need a session token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tokens {
    /// IMDSv2 only.
    Required,
    /// IMDSv1 too: any request that a program can be tricked into gets the role's credentials.
    Optional,
}

/// Whether the metadata service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// It answers.
    Enabled,
    /// It does not; an instance profile has no effect then.
    Disabled,
}

impl Metadata {
    /// While the endpoint is disabled AWS refuses the other options, so a difference in them counts as none.
    pub(super) fn normalize(&self, live: &mut Self) {
        if self.endpoint.or(live.endpoint) == Some(Endpoint::Disabled) {
            live.tokens = self.tokens.or(live.tokens);
            live.hop_limit = self.hop_limit.or(live.hop_limit);
        }
    }

    pub(super) fn validate(&self, each: &mut dyn FnMut(Problem)) {
        if self.hop_limit.is_some_and(|hops| !(1..=64).contains(&hops)) {
            each(
                Problem::new("metadata.hop_limit", "the hop limit is out of range").hint("write a number from 1 to 64"),
            );
        }
    }

    /// What AWS tells of an instance.
    pub(super) fn of(options: &InstanceMetadataOptionsResponse) -> Self {
        Self {
            tokens: options.http_tokens().and_then(|tokens| match tokens {
                HttpTokensState::Required => Some(Tokens::Required),
                HttpTokensState::Optional => Some(Tokens::Optional),
                _ => None,
            }),
            hop_limit: options.http_put_response_hop_limit().and_then(|hops| hops.try_into().ok()),
            endpoint: options.http_endpoint().and_then(|endpoint| match endpoint {
                InstanceMetadataEndpointState::Enabled => Some(Endpoint::Enabled),
                InstanceMetadataEndpointState::Disabled => Some(Endpoint::Disabled),
                _ => None,
            }),
        }
    }

    /// The options of a create call.
    pub(super) fn request(&self) -> InstanceMetadataOptionsRequest {
        let Self { tokens, hop_limit, endpoint } = self.accepted();
        InstanceMetadataOptionsRequest::builder()
            .set_http_tokens(tokens.map(Into::into))
            .set_http_put_response_hop_limit(hop_limit.map(Into::into))
            .set_http_endpoint(endpoint.map(Into::into))
            .build()
    }

    /// The options that AWS takes in one call: beside a disabled endpoint it refuses the others.
    pub(super) fn accepted(&self) -> Self {
        match self.endpoint {
            Some(Endpoint::Disabled) => Self { endpoint: self.endpoint, ..Self::default() },
            _ => self.clone(),
        }
    }
}

/// What a change of one option costs.
pub(super) fn impact(option: &str, change: &FieldChange<'_, Instance>) -> Impact {
    match (option, change.after.and_then(Value::as_str)) {
        ("tokens", Some("required")) => {
            Impact::noted("programs on the server that still use IMDSv1 lose the role's credentials")
        }
        ("endpoint", Some("disabled")) => {
            Impact::interrupts("programs on the server lose the metadata service and with it the role's credentials")
        }
        _ => Impact::in_place(),
    }
}

impl From<Tokens> for HttpTokensState {
    fn from(tokens: Tokens) -> Self {
        match tokens {
            Tokens::Required => Self::Required,
            Tokens::Optional => Self::Optional,
        }
    }
}

impl From<Endpoint> for InstanceMetadataEndpointState {
    fn from(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Enabled => Self::Enabled,
            Endpoint::Disabled => Self::Disabled,
        }
    }
}

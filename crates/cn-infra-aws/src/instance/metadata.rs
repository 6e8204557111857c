//! The instance metadata service: where programs on a server learn about it and get the role's credentials.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

//! User data: what cloud-init runs when a server starts for the first time.

use cn_infra_core::value::FileText;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What cloud-init runs at the first start of an instance; at most 16 KiB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UserData {
    /// The file with the text. No secrets: every program on the server can read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileText>,
    /// Whether `{{name}}` in the text is filled. Left out: false, since cloud-init has a use of its own for braces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<bool>,
}

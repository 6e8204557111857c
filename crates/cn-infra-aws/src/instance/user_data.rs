//! User data: what cloud-init runs when a server starts for the first time.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cn_infra_core::resource::Problem;
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

/// AWS's limit, before base64: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>.
const MAX_BYTES: usize = 16 * 1024;

impl UserData {
    pub(super) fn validate(&self, each: &mut dyn FnMut(Problem)) {
        let bytes = self.file.as_ref().map_or(0, |file| file.as_str().len());
        if bytes > MAX_BYTES {
            let problem = format!("the user data has {bytes} bytes; AWS takes at most {MAX_BYTES}");
            each(
                Problem::new("user_data.file", problem)
                    .hint("let it download what is large, for example from a bucket"),
            );
        }
        if self.template.is_some() && self.file.is_none() {
            each(Problem::new("user_data.template", "there is no text to fill").hint("add `file`"));
        }
    }

    /// What AWS tells of an instance, in base64; nothing counts as an empty text.
    pub(super) fn of(encoded: Option<&str>) -> Self {
        let bytes = BASE64_STANDARD.decode(encoded.unwrap_or_default()).unwrap_or_default();
        // What is not text (a gzip archive) was not made from a file of ours, and only has to differ from it.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { file: Some(FileText::Text(text)), template: None }
    }

    /// The text as a create call takes it.
    pub(super) fn encoded(&self) -> Option<String> {
        self.file.as_ref().map(|file| BASE64_STANDARD.encode(file.as_str()))
    }
}

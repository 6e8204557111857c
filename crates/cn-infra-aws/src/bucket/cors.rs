//! Rules for requests that browsers make from other origins.

use aws_sdk_s3::types::{CorsConfiguration, CorsRule as S3Rule};
use cn_infra_core::manager::ManageError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::order::in_order_of;
use super::target::{Target, incomplete};

/// One rule for requests from other origins.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorsRule {
    /// A name for the rule, at most 255 characters; left out: not managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The origins it is for: `https://example.org`; each may hold one `*`.
    pub origins: Vec<String>,
    /// The methods it allows: GET, PUT, POST, DELETE, HEAD.
    pub methods: Vec<String>,
    /// The request headers it allows; each may hold one `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The response headers that scripts may see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// How long browsers may remember the answer to a preflight request, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<i32>,
}

/// Brings live rules into the words of the file: within a rule the order of its lists means nothing.
pub(super) fn liken(live: &mut [CorsRule], desired: &[CorsRule]) {
    for (live, desired) in live.iter_mut().zip(desired) {
        let CorsRule { id, origins, methods, headers, expose_headers, max_age_seconds: _ } = desired;
        if id.is_none() {
            live.id = None;
        }
        in_order_of(&mut live.origins, origins, |origin| origin);
        in_order_of(&mut live.methods, methods, |method| method);
        in_order_of(&mut live.headers, headers, |header| header);
        in_order_of(&mut live.expose_headers, expose_headers, |header| header);
    }
}

impl From<S3Rule> for CorsRule {
    fn from(rule: S3Rule) -> Self {
        Self {
            id: rule.id,
            origins: rule.allowed_origins,
            methods: rule.allowed_methods,
            headers: rule.allowed_headers.unwrap_or_default(),
            expose_headers: rule.expose_headers.unwrap_or_default(),
            max_age_seconds: rule.max_age_seconds,
        }
    }
}

impl CorsRule {
    fn to_s3(&self) -> Result<S3Rule, ManageError> {
        let Self { id, origins, methods, headers, expose_headers, max_age_seconds } = self;
        let given = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        S3Rule::builder()
            .set_id(id.clone())
            .set_allowed_origins(Some(origins.clone()))
            .set_allowed_methods(Some(methods.clone()))
            .set_allowed_headers(given(headers))
            .set_expose_headers(given(expose_headers))
            .set_max_age_seconds(*max_age_seconds)
            .build()
            .map_err(incomplete)
    }
}

impl Target<'_> {
    pub async fn read_cors(&self) -> Result<Vec<CorsRule>, ManageError> {
        let call = self.s3().get_bucket_cors().bucket(self.name).expected_bucket_owner(self.account());
        let answer = self.configured("GetBucketCors", "NoSuchCORSConfiguration", call.send().await)?;
        let rules = answer.and_then(|answer| answer.cors_rules).unwrap_or_default();
        Ok(rules.into_iter().map(CorsRule::from).collect())
    }

    pub async fn write_cors(&self, rules: &[CorsRule]) -> Result<(), ManageError> {
        if rules.is_empty() {
            let call = self.s3().delete_bucket_cors().bucket(self.name).expected_bucket_owner(self.account());
            call.send().await.map_err(|error| self.failed("DeleteBucketCors", error))?;
            return Ok(());
        }
        let rules = rules.iter().map(CorsRule::to_s3).collect::<Result<_, _>>()?;
        let configuration = CorsConfiguration::builder().set_cors_rules(Some(rules)).build().map_err(incomplete)?;
        let call = self.s3().put_bucket_cors().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.cors_configuration(configuration).send().await;
        answer.map_err(|error| self.failed("PutBucketCors", error))?;
        Ok(())
    }
}

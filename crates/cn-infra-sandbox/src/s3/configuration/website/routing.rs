//! Redirects of a website by key or error.

use serde::{Deserialize, Serialize};

use super::Protocol;
use crate::error::AwsError;
use crate::s3::body;
use crate::xml::{Element, Xml};

/// One redirect. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingRule {
    /// For which requests; `None`: for all.
    pub condition: Option<Condition>,
    /// Where they are sent.
    pub redirect: Redirect,
}

/// For which requests a redirect is; both hold where both are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Those that would fail with this status.
    pub error: Option<String>,
    /// Those for keys that begin so.
    pub prefix: Option<String>,
}

/// Where a request is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// To which host; `None`: the same.
    pub host: Option<String>,
    /// With which status; `None`: 301.
    pub status: Option<String>,
    /// By which protocol; `None`: that of the request.
    pub protocol: Option<Protocol>,
    /// What stands for the prefix of the condition.
    pub prefix: Option<String>,
    /// What stands for the whole key.
    pub key: Option<String>,
}

impl RoutingRule {
    /// Reads a `RoutingRule`.
    pub fn of(rule: &Element) -> Result<Self, AwsError> {
        rule.only(&["Condition", "Redirect"], &[])?;
        let redirect = Redirect::of(rule.child("Redirect").ok_or_else(body::malformed)?)?;
        Ok(Self { condition: rule.child("Condition").map(Condition::of).transpose()?, redirect })
    }

    /// Writes what [`RoutingRule::of`] reads.
    pub fn write(&self, xml: &mut Xml) {
        if let Some(Condition { error, prefix }) = &self.condition {
            xml.element("Condition", |xml| {
                xml.some("HttpErrorCodeReturnedEquals", error.as_ref()).some("KeyPrefixEquals", prefix.as_ref());
            });
        }
        let Redirect { host, status, protocol, prefix, key } = &self.redirect;
        xml.element("Redirect", |xml| {
            xml.some("Protocol", protocol.map(Protocol::name)).some("HostName", host.as_ref());
            xml.some("ReplaceKeyPrefixWith", prefix.as_ref()).some("ReplaceKeyWith", key.as_ref());
            xml.some("HttpRedirectCode", status.as_ref());
        });
    }
}

impl Condition {
    fn of(condition: &Element) -> Result<Self, AwsError> {
        condition.only(&["HttpErrorCodeReturnedEquals", "KeyPrefixEquals"], &[])?;
        let error = condition.get("HttpErrorCodeReturnedEquals").map(str::to_owned);
        if let Some(code) = error.as_deref().filter(|code| !is_status(code, "45")) {
            let message = format!("The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX.");
            return Err(invalid(&message));
        }
        let prefix = condition.get("KeyPrefixEquals").map(str::to_owned);
        if error.is_none() && prefix.is_none() {
            return Err(invalid(
                "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
            ));
        }
        Ok(Self { error, prefix })
    }
}

impl Redirect {
    fn of(redirect: &Element) -> Result<Self, AwsError> {
        let members = ["HostName", "HttpRedirectCode", "ReplaceKeyPrefixWith", "ReplaceKeyWith"];
        redirect.only(&["Protocol"], &members)?;
        let [host, status, prefix, key] = members.map(|member| redirect.get(member).map(str::to_owned));
        if redirect.children.is_empty() {
            return Err(invalid("Redirect should not be empty."));
        }
        if let Some(code) = status.as_deref().filter(|code| !is_status(code, "3") || *code == "300") {
            let message =
                format!("The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300.");
            return Err(invalid(&message));
        }
        if prefix.is_some() && key.is_some() {
            return Err(invalid("You can only define ReplaceKeyPrefix or ReplaceKey but not both."));
        }
        Ok(Self { host, status, protocol: Protocol::of(redirect)?, prefix, key })
    }
}

/// Three digits, of which the first is one of these.
fn is_status(code: &str, first: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()) && code.starts_with(|digit| first.contains(digit))
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidRequest", message)
}

//! Why a request failed, as a report says it and as the pace decides by it.

use std::error::Error;
use std::fmt;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::{Deserialize, Serialize};

/// Why a request failed, after every retry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure it is.
    pub class: Class,
    /// The error's code, as S3 gives it: `AccessDenied`. `None`: S3 did not answer, or gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What S3 or the connection said.
    pub message: String,
    /// What AWS support asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// S3 asks to slow down (503); nothing was done. Sent again, more slowly.
    SlowDown,
    /// S3 failed (500, 502, 504). Sent again.
    Server,
    /// S3 is busy with another change of the same thing, or waited for the request in vain. Sent again.
    Busy,
    /// The connection could not be made, or was cut. Sent again.
    Connection,
    /// What arrived was not what was sent. Sent again.
    Damaged,
    /// No answer in time. Sent again.
    TimedOut,
    /// An answer that cannot be read. Sent again.
    Unreadable,
    /// What was asked for does not exist.
    Gone,
    /// It is not allowed.
    Denied,
    /// It is not as the request's condition wants it: it changed meanwhile.
    Changed,
    /// S3 refuses the request for another reason.
    Refused,
    /// The request could not be made, for example for want of credentials.
    NotSent,
    /// Something on this side failed: a file cannot be read, for example.
    Local,
}

impl Class {
    /// Whether the same request may succeed later. All requests of this crate may be sent twice.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::SlowDown
                | Self::Server
                | Self::Busy
                | Self::Connection
                | Self::Damaged
                | Self::TimedOut
                | Self::Unreadable
        )
    }

    /// The class of an answer, by its code where the code says more than the status: some errors of CopyObject and
    /// CompleteMultipartUpload come with status 200.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
    pub(crate) fn of(code: Option<&str>, status: Option<u16>) -> Self {
        match (code.unwrap_or_default(), status.unwrap_or_default()) {
            ("SlowDown" | "ServiceUnavailable" | "Busy", _) | (_, 429 | 503) => Self::SlowDown,
            ("OperationAborted" | "RequestTimeout" | "ConditionalRequestConflict", _) => Self::Busy,
            ("InternalError", _) | (_, 500..) => Self::Server,
            ("BadDigest" | "IncompleteBody" | "XAmzContentSHA256Mismatch", _) => Self::Damaged,
            ("PreconditionFailed", _) | (_, 304 | 412) => Self::Changed,
            ("NoSuchKey" | "NoSuchBucket" | "NoSuchVersion" | "NoSuchUpload", _) | (_, 404) => Self::Gone,
            ("", 200..300) => Self::Unreadable,
            ("AccessDenied", _) | (_, 401 | 403) => Self::Denied,
            _ => Self::Refused,
        }
    }
}

/// Codes that have nothing to do with the object: every other request of the run meets them too.
const OF_ALL: &[&str] = &[
    "AccountProblem",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "NoSuchBucket",
    "PermanentRedirect",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

impl Failure {
    /// Whether every other request of the run fails so too: for want of credentials, of the bucket.
    pub fn is_of_all(&self) -> bool {
        self.class == Class::NotSent || self.code.as_deref().is_some_and(|code| OF_ALL.contains(&code))
    }

    /// A failure on this side.
    pub fn local(message: impl Into<String>) -> Self {
        Self { class: Class::Local, code: None, message: message.into(), request_id: None }
    }

    /// A failure that S3 tells within an answer: of one key of many.
    pub fn told(code: Option<&str>, message: Option<&str>) -> Self {
        let class = Class::of(code, None);
        let message = message.or(code).unwrap_or("S3 says neither a code nor a message");
        Self { class, code: code.map(str::to_owned), message: message.to_owned(), request_id: None }
    }

    /// No answer within a time limit.
    pub(crate) fn timed_out(seconds: u64) -> Self {
        let message = format!("no answer within {seconds} seconds");
        Self { class: Class::TimedOut, code: None, message, request_id: None }
    }

    /// What an SDK's error says.
    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let class = match error {
            SdkError::ServiceError(_) => Class::of(error.code(), status),
            SdkError::ResponseError(_) => Class::Unreadable,
            SdkError::TimeoutError(_) => Class::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Class::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_io() => Class::Connection,
            _ => Class::NotSent,
        };
        let message = error.message().map_or_else(|| chain(error, status), str::to_owned);
        Self {
            class,
            code: error.code().map(str::to_owned),
            message,
            request_id: error.request_id().map(str::to_owned),
        }
    }
}

/// An error's causes, the last being what happened; S3 sends no message with an answer to HEAD.
fn chain(error: &dyn Error, status: Option<u16>) -> String {
    let causes: Vec<_> =
        std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string).collect();
    match (status, causes.is_empty()) {
        (Some(status), _) if status >= 300 => format!("S3 answers {status}"),
        (_, true) => error.to_string(),
        (_, false) => causes.join(": "),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) if *code != self.message => write!(f, "{code}: {}", self.message),
            _ => f.write_str(&self.message),
        }
    }
}

impl Error for Failure {}

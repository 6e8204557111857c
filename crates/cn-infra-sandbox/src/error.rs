//! An error as AWS tells it: a code, a message, an HTTP status.

use std::borrow::Cow;

/// What AWS answers to a request that it refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// The code that clients match on, for example `InvalidGroup.NotFound`.
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// More elements of the answer, name and text: S3 tells the key, the bucket, a condition.
    pub details: Vec<(&'static str, String)>,
    /// Headers of the answer: S3 tells a bucket's region.
    pub headers: Vec<(&'static str, String)>,
}

impl AwsError {
    /// An error of the client's, status 400.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, details: Vec::new(), headers: Vec::new() }
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with one more element.
    #[must_use]
    pub fn detail(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.details.push((name, text.into()));
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.headers.push((name, text.into()));
        self
    }

    /// What AWS can do and the sandbox cannot: never success without doing what it says.
    pub fn not_modelled(what: impl std::fmt::Display) -> Self {
        Self::new("NotImplemented", format!("The sandbox does not model {what}.")).status(501)
    }
}

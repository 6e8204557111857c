//! The bucket that calls go to, and what its refusals mean.

use std::error::Error;

use aws_sdk_s3::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use cn_infra_core::manager::{ErrorClass, ManageError};

use crate::error::failed;
use crate::session::Session;

/// One bucket. Every call about it names the account as the expected owner, so that a bucket of that name in another
/// account is refused, never read or written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub session: &'a Session,
    pub name: &'a str,
}

impl<'a> Target<'a> {
    pub fn s3(&self) -> &'a aws_sdk_s3::Client {
        &self.session.s3
    }

    pub fn account(&self) -> &'a str {
        &self.session.account
    }

    /// What a failed call means, naming the bucket.
    pub fn failed<E>(&self, what: &str, error: SdkError<E, HttpResponse>) -> ManageError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let region = elsewhere(&error);
        let failure = failed(what, error);
        match region {
            Some(region) => self.elsewhere(&region, failure),
            None => ManageError { message: format!("bucket {}: {}", self.name, failure.message), ..failure },
        }
    }

    /// `None` where the service answers that nothing of the kind is configured, with the code it has for that.
    pub fn configured<T, E>(
        &self,
        what: &str,
        none: &str,
        answer: Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<Option<T>, ManageError>
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.code() == Some(none) => Ok(None),
            Err(error) => Err(self.failed(what, error)),
        }
    }

    fn elsewhere(&self, region: &str, failure: ManageError) -> ManageError {
        let message = format!("bucket {} is {region}, not in {}", self.name, self.session.region);
        let hint = "a bucket stays in its region: declare it in an environment of that region, or choose another name";
        ManageError { class: ErrorClass::Invalid, message, hint: Some(hint.to_owned()), ..failure }
    }
}

/// Where the bucket is, if the answer says that it is in another region.
fn elsewhere<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let response = error.raw_response()?;
    let redirected = response.status().as_u16() == 301
        || matches!(error.code(), Some("PermanentRedirect" | "AuthorizationHeaderMalformed"));
    let region = response.headers().get("x-amz-bucket-region");
    redirected.then(|| region.map_or_else(|| "in another region".to_owned(), |region| format!("in {region}")))
}

/// A request that lacks something the API requires: a mistake of ours, as `validate` lets none through.
pub(super) fn incomplete(error: BuildError) -> ManageError {
    ManageError { source: Some(Box::new(error)), ..ManageError::new(ErrorClass::Invalid, "the request is incomplete") }
}

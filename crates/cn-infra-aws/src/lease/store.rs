//! The lease's object in S3: read, written and deleted on condition of what is there.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use cn_infra_core::manager::{ErrorClass, ManageError};
use futures_util::future::BoxFuture;

use super::protocol::{Found, Stored};
use super::record::Record;
use crate::Session;
use crate::error::failed;
use crate::session::s3_once;

/// What must hold for a write to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// There is no object.
    Absent,
    /// The object has this entity tag.
    Is(String),
}

/// Why a write did not take effect, as far as one knows.
#[derive(Debug)]
pub(super) enum Refused {
    /// The condition does not hold, or somebody else writes at the same moment.
    Condition,
    /// Whether it took effect is not known, or it may be sent again.
    Unknown(ManageError),
    /// It will not be carried out.
    Failed(ManageError),
}

/// Where a lease lives. No call is sent a second time by itself.
pub(super) trait Store: Send + Sync {
    /// Reads it.
    fn get(&self) -> BoxFuture<'_, Result<Found, ManageError>>;
    /// Writes it; returns its entity tag.
    fn put<'a>(&'a self, record: &'a Record, condition: Condition) -> BoxFuture<'a, Result<String, Refused>>;
    /// Deletes it, if it has this entity tag.
    fn delete<'a>(&'a self, etag: &'a str) -> BoxFuture<'a, Result<(), Refused>>;
}

/// An object in a bucket.
#[derive(Debug)]
pub(super) struct S3 {
    /// Without the fence: the lease's own calls are judged by its own rules.
    client: aws_sdk_s3::Client,
    account: String,
    bucket: String,
    key: String,
}

impl S3 {
    pub fn new(session: &Session, bucket: &str, key: &str) -> Self {
        let (client, account) = (session.unfenced_s3.clone(), session.account.clone());
        Self { client, account, bucket: bucket.to_owned(), key: key.to_owned() }
    }
}

impl Store for S3 {
    fn get(&self) -> BoxFuture<'_, Result<Found, ManageError>> {
        Box::pin(async move {
            let date = Date::default();
            let call =
                self.client.get_object().bucket(&self.bucket).key(&self.key).expected_bucket_owner(&self.account);
            let answer = match call.customize().interceptor(date.clone()).send().await {
                Ok(answer) => answer,
                Err(error) => {
                    let error = failed("GetObject", error);
                    return if error.code.as_deref() == Some("NoSuchKey") { Ok(Found::Nothing) } else { Err(error) };
                }
            };
            let age = date.since(answer.last_modified());
            let etag = answer.e_tag.unwrap_or_default();
            let cut = |error| ManageError::new(ErrorClass::Unknown, format!("GetObject: {error}"));
            let body = answer.body.collect().await.map_err(cut)?.into_bytes();
            Ok(match serde_json::from_slice(&body) {
                Ok(record) => Found::Lease(Stored { record, etag, age }),
                Err(_) => Found::Foreign,
            })
        })
    }

    fn put<'a>(&'a self, record: &'a Record, condition: Condition) -> BoxFuture<'a, Result<String, Refused>> {
        Box::pin(async move {
            let unwritable =
                |error| ManageError::new(ErrorClass::Invalid, format!("the lease cannot be written: {error}"));
            let body = serde_json::to_vec_pretty(record).map_err(|error| Refused::Failed(unwritable(error)))?;
            let call =
                self.client.put_object().bucket(&self.bucket).key(&self.key).expected_bucket_owner(&self.account);
            let call = match condition {
                Condition::Absent => call.if_none_match("*"),
                Condition::Is(etag) => call.if_match(etag),
            };
            let call = call.content_type("application/json").body(ByteStream::from(body));
            let answer = call.customize().config_override(s3_once()).send().await;
            let answer = answer.map_err(|error| refused(failed("PutObject", error)))?;
            let nameless = || ManageError::new(ErrorClass::Unknown, "PutObject: the answer has no entity tag");
            answer.e_tag.ok_or_else(|| Refused::Unknown(nameless()))
        })
    }

    fn delete<'a>(&'a self, etag: &'a str) -> BoxFuture<'a, Result<(), Refused>> {
        Box::pin(async move {
            let call = self.client.delete_object().bucket(&self.bucket).key(&self.key).if_match(etag);
            let call = call.expected_bucket_owner(&self.account).customize().config_override(s3_once());
            call.send().await.map(|_| ()).map_err(|error| refused(failed("DeleteObject", error)))
        })
    }
}

/// 412, 409 ConditionalRequestConflict, and 404 where an entity tag was to match, all say that the condition does not hold.
fn refused(error: ManageError) -> Refused {
    match error.code.as_deref() {
        Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => Refused::Condition,
        _ => match error.class {
            ErrorClass::Busy | ErrorClass::Throttled | ErrorClass::Scarce | ErrorClass::Unknown => {
                Refused::Unknown(error)
            }
            ErrorClass::Gone | ErrorClass::Exists | ErrorClass::Denied | ErrorClass::Invalid => Refused::Failed(error),
        },
    }
}

/// The `Date` of an answer, which no output of the SDK has.
#[derive(Clone, Debug, Default)]
struct Date(Arc<Mutex<Option<DateTime>>>);

impl Date {
    /// How long before this answer something was written. Where S3 does not say, it is new: nobody takes it over then.
    fn since(&self, modified: Option<&DateTime>) -> Duration {
        let date = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = date.zip(modified).map_or(0, |(date, modified)| date.secs().saturating_sub(modified.secs()));
        Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
    }
}

#[dyn_dispatch_hint]
impl Intercept for Date {
    fn name(&self) -> &'static str {
        "cn-infra date of an answer"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

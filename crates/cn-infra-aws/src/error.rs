//! Turns an error of the SDK into a sentence, and into what it means for the engine. All of it stands here.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use cn_infra_core::manager::{ErrorClass, ManageError};

/// What a failed call means. `what` is the operation in AWS's words: `RunInstances`.
pub(crate) fn failed<E>(what: &str, error: SdkError<E, HttpResponse>) -> ManageError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let request_id = error.request_id().map(str::to_owned);
    let code = error.code().map(str::to_owned);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let class = match (&error, &code) {
        (SdkError::ServiceError(_), Some(code)) => class_of(code, status),
        // A reading that cannot be read will not be next time; what a write did is not known.
        (SdkError::ServiceError(_), None) if status == Some(200) && is_read(what) => ErrorClass::Invalid,
        (SdkError::ServiceError(_), None) => class_of_status(status),
        (SdkError::ConstructionFailure(_), _) => ErrorClass::Invalid,
        (SdkError::DispatchFailure(_), _) if credentials_error(&error).is_some() => ErrorClass::Denied,
        _ => ErrorClass::Unknown,
    };
    let message = format!("{what}: {}", sentence(&error));
    let hint = code.as_deref().and_then(hint_for).map(str::to_owned);
    // Below a service's own words the SDK's chain only repeats them.
    let source = match error {
        SdkError::ServiceError(_) => None,
        other => Some(other.into()),
    };
    ManageError { class, code, message, hint, request_id, source }
}

/// Whether an operation only reads, by its name.
pub(crate) fn is_read(operation: &str) -> bool {
    ["Describe", "Get", "List", "Head"].iter().any(|read| operation.starts_with(read))
}

/// The innermost useful text of an SDK error, without any Debug dump.
pub(crate) fn sentence<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let error = context.err();
            match (error.message(), error.code()) {
                (Some(message), Some(code)) => format!("{} ({code})", message.trim_end_matches('.')),
                (None, Some(code)) => code.to_owned(),
                (Some(message), None) => message.to_owned(),
                (None, None) if context.raw().status().is_success() => unreadable(error),
                (None, None) => format!("the service answered HTTP {}", context.raw().status().as_u16()),
            }
        }
        SdkError::TimeoutError(_) => "no answer within the time limit".to_owned(),
        SdkError::ResponseError(_) => unreadable(error),
        other => innermost(other),
    }
}

fn unreadable(error: &(dyn Error + 'static)) -> String {
    format!("the answer cannot be read: {}", innermost(error))
}

/// The last error of a chain that says something.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// The credentials error within a chain.
pub(crate) fn credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    std::iter::successors(Some(error), |error| Error::source(*error)).find_map(|error| error.downcast_ref())
}

/// Error codes of EC2, RDS, S3 and STS; EC2 models none of its errors, so all are matched by code.
fn class_of(code: &str, status: Option<u16>) -> ErrorClass {
    match code {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "SlowDown"
        | "RequestThrottled"
        | "EC2ThrottledException" => ErrorClass::Throttled,
        "DependencyViolation"
        | "IncorrectInstanceState"
        | "IncorrectState"
        | "InvalidDBInstanceState"
        | "InvalidDBInstanceStateFault"
        | "OperationAborted"
        | "ConditionalRequestConflict"
        | "IncorrectModificationState"
        | "InvalidAddress.Locked" => ErrorClass::Busy,
        "DBInstanceNotFound" | "DBInstanceNotFoundFault" | "NoSuchBucket" => ErrorClass::Gone,
        "DBInstanceAlreadyExists"
        | "DBInstanceAlreadyExistsFault"
        | "BucketAlreadyOwnedByYou"
        | "BucketAlreadyExists"
        | "IdempotentParameterMismatch" => ErrorClass::Exists,
        // It may take hours to pass, which is for a person to decide about. AWS answers it with status 500.
        "InsufficientInstanceCapacity" => ErrorClass::Invalid,
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "OptInRequired" => ErrorClass::Denied,
        // A server that is overloaded may have begun: for a create without a token that is not known to be nothing.
        "InternalError" | "InternalFailure" | "ServiceUnavailable" | "Unavailable" => ErrorClass::Unknown,
        // Nothing that an apply makes: waiting does not make them appear.
        "InvalidAMIID.NotFound" | "InvalidKeyPair.NotFound" | "InvalidSubnetID.NotFound" | "InvalidVpcID.NotFound" => {
            ErrorClass::Invalid
        }
        _ if code.ends_with(".NotFound") => ErrorClass::Gone,
        _ if code.ends_with(".Duplicate") => ErrorClass::Exists,
        _ => class_of_status(status),
    }
}

fn class_of_status(status: Option<u16>) -> ErrorClass {
    match status {
        Some(429) => ErrorClass::Throttled,
        Some(401 | 403) => ErrorClass::Denied,
        Some(400..=499) => ErrorClass::Invalid,
        _ => ErrorClass::Unknown,
    }
}

fn hint_for(code: &str) -> Option<&'static str> {
    Some(match code {
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => {
            "the credentials lack a permission for this call"
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "sign in again, for example with `aws sso login`; what was done stays done, and the next apply goes on"
        }
        "InsufficientInstanceCapacity" => "try again later, or choose another type or availability zone",
        "AddressLimitExceeded" => "release an address, or ask AWS for a higher quota of elastic IPs",
        "DependencyViolation" => "something else still uses it",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Script;

    async fn allocate(script: Script) -> ManageError {
        let answer = script.session().ec2.allocate_address().send().await;
        failed("AllocateAddress", answer.expect_err("it was told to fail"))
    }

    #[tokio::test]
    async fn codes_decide_and_the_status_where_there_is_none() {
        let cases = [
            ("RequestLimitExceeded", 503, ErrorClass::Throttled),
            ("DependencyViolation", 400, ErrorClass::Busy),
            ("InvalidGroup.NotFound", 400, ErrorClass::Gone),
            ("InvalidAMIID.NotFound", 400, ErrorClass::Invalid),
            ("InvalidGroup.Duplicate", 400, ErrorClass::Exists),
            ("UnauthorizedOperation", 403, ErrorClass::Denied),
            ("ServiceUnavailable", 503, ErrorClass::Unknown),
            ("SomethingNew", 400, ErrorClass::Invalid),
            ("SomethingNew", 403, ErrorClass::Denied),
            ("SomethingNew", 500, ErrorClass::Unknown),
        ];
        for (code, status, class) in cases {
            let error = allocate(Script::new().fail("AllocateAddress", status, code)).await;
            assert_eq!((error.class, error.code.as_deref()), (class, Some(code)), "{code} {status}");
        }
    }

    #[tokio::test]
    async fn a_message_has_aws_words_the_code_and_no_debug_text() {
        let error = allocate(Script::new().fail("AllocateAddress", 400, "AddressLimitExceeded")).await;
        assert_eq!(error.message, "AllocateAddress: AWS's words for AddressLimitExceeded (AddressLimitExceeded)");
        assert_eq!(error.request_id.as_deref(), Some("request-1"));
        assert!(error.hint.is_some_and(|hint| hint.contains("quota")));
        assert!(error.source.is_none());
    }

    #[tokio::test]
    async fn an_answer_that_is_no_xml_is_said_to_be_unreadable() {
        let error = allocate(Script::new().answer("AllocateAddress", "<publicIp></wrong>&&")).await;
        assert_eq!(error.class, ErrorClass::Unknown);
        assert!(error.message.starts_with("AllocateAddress: the answer cannot be read"), "{}", error.message);

        let script = Script::new().answer("GET /media?versioning", "<Nonsense/>");
        let answer = script.session().s3.get_bucket_versioning().bucket("media").send().await;
        let error = failed("GetBucketVersioning", answer.expect_err("it has the wrong root"));
        assert_eq!(error.class, ErrorClass::Invalid);
    }
}

//! Turns an error of the SDK into a sentence, and into what it means for the engine. All of it stands here.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::{ErrorClass, ManageError};

use crate::session::WriteFenced;
use crate::session::dry_run::WOULD_SUCCEED;
use crate::session::pace::Full;

/// What a failed call means. `what` is the operation in AWS's words: `RunInstances`.
pub(crate) fn failed<E>(what: &str, error: SdkError<E, HttpResponse>) -> ManageError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let request_id = error.request_id().map(str::to_owned);
    let code = error.code().map(str::to_owned);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let without_credentials = credentials_error(&error).is_some();
    let is_fenced = within::<WriteFenced>(&error).is_some();
    let class = match (&error, &code) {
        (SdkError::ServiceError(_), Some(code)) => class_of(code, status),
        // A reading that cannot be read will not be next time; what a write did is not known.
        (SdkError::ServiceError(_), None) if status == Some(200) && is_read(what) => ErrorClass::Invalid,
        (SdkError::ServiceError(_), None) => class_of_status(status),
        (SdkError::ConstructionFailure(_), _) => ErrorClass::Invalid,
        (SdkError::DispatchFailure(_), _) if without_credentials => ErrorClass::Denied,
        (SdkError::DispatchFailure(_), _) if is_fenced => ErrorClass::Invalid,
        // It was not sent.
        (SdkError::DispatchFailure(_), _) if within::<Full>(&error).is_some() => ErrorClass::Throttled,
        _ => ErrorClass::Unknown,
    };
    let message = format!("{what}: {}", sentence(&error));
    let hint = match code.as_deref() {
        _ if without_credentials => Some(SIGN_IN),
        _ if is_fenced => Some(APPLY_AGAIN),
        code => code.and_then(hint_for),
    };
    let hint = hint.map(str::to_owned);
    // Below a service's own words the SDK's chain only repeats them.
    let source = match error {
        SdkError::ServiceError(_) => None,
        other => Some(other.into()),
    };
    ManageError { class, code, message, hint, request_id, source }
}

/// The id of what a call made; an answer without one leaves open what happened.
pub(crate) fn made(what: &str, id: Option<String>) -> Result<PhysicalId, ManageError> {
    let id = id.filter(|id| !id.is_empty()).map(PhysicalId);
    id.ok_or_else(|| ManageError::new(ErrorClass::Unknown, format!("{what}: the answer does not name what was made")))
}

/// Whether an operation only reads, by its name.
pub(crate) fn is_read(operation: &str) -> bool {
    ["Describe", "Get", "List", "Head", "Lookup"].iter().any(|read| operation.starts_with(read))
}

/// What is said of a call that nobody answers.
const SILENT: &str = "no answer within the time limit";

/// The innermost useful text of an SDK error, without any Debug dump.
pub(crate) fn sentence<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let error = context.err();
            match (error.message(), error.code()) {
                (Some(message), Some(code)) => format!("{} ({code})", readable(message)),
                (None, Some(code)) => code.to_owned(),
                (Some(message), None) => readable(message).to_owned(),
                (None, None) if context.raw().status().is_success() => unreadable(error),
                (None, None) => format!("the service answered HTTP {}", context.raw().status().as_u16()),
            }
        }
        SdkError::TimeoutError(_) => SILENT.to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => SILENT.to_owned(),
        SdkError::ResponseError(_) => unreadable(error),
        other => innermost(other),
    }
}

/// What AWS appends to some messages: the reason of a refusal in a thousand characters of code, and, where a signature
/// does not match, the request as it was signed, the session token with it.
const APPENDED: [&str; 3] =
    ["Encoded authorization failure message:", "The Canonical String for this request", "The String-to-Sign"];

/// A message without its last stop, and without what nobody can read or may see.
fn readable(message: &str) -> &str {
    let end = APPENDED.iter().filter_map(|appended| message.find(appended)).min().unwrap_or(message.len());
    message[..end].trim_end().trim_end_matches('.')
}

/// The parser's own words would dump its insides.
fn unreadable(error: &(dyn Error + 'static)) -> String {
    let why = innermost(error);
    let why = if why.contains("XML") { "it is not the XML that AWS sends" } else { &why };
    format!("the answer cannot be read: {why}")
}

/// The last error of a chain that says something, in one line.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The credentials error within a chain.
pub(crate) fn credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    within(error)
}

/// An error of a type within a chain.
fn within<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| Error::source(*error)).find_map(|error| error.downcast_ref())
}

/// Error codes of EC2, RDS, S3 and STS; EC2 models none of its errors, so all are matched by code.
fn class_of(code: &str, status: Option<u16>) -> ErrorClass {
    match code {
        _ if THROTTLING_ERRORS.contains(&code) => ErrorClass::Throttled,
        "DependencyViolation"
        | "InvalidGroup.InUse"
        | "IncorrectInstanceState"
        | "IncorrectState"
        | "InvalidDBInstanceState"
        | "InvalidDBInstanceStateFault"
        | "OperationAborted"
        | "ConditionalRequestConflict"
        | "ConcurrentTagAccess"
        | "IncorrectModificationState" => ErrorClass::Busy,
        "DBInstanceNotFound" | "DBInstanceNotFoundFault" | "NoSuchBucket" => ErrorClass::Gone,
        "DBInstanceAlreadyExists"
        | "DBInstanceAlreadyExistsFault"
        | "DBSnapshotAlreadyExists"
        | "DBSnapshotAlreadyExistsFault"
        | "BucketAlreadyOwnedByYou"
        | "BucketAlreadyExists"
        | "IdempotentParameterMismatch" => ErrorClass::Exists,
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "InvalidToken"
        | "TokenRefreshRequired"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "OptInRequired" => ErrorClass::Denied,
        // A server that is overloaded may have begun: for a create without a token that is not known to be nothing.
        "InternalError" | "InternalFailure" | "ServiceUnavailable" | "Unavailable" => ErrorClass::Unknown,
        _ if TRANSIENT_ERRORS.contains(&code) => ErrorClass::Unknown,
        // AWS answers most of them with status 500.
        _ if is_capacity(code) => ErrorClass::Scarce,
        // Nothing was asked for but whether it would succeed.
        WOULD_SUCCEED | "NotImplemented" => ErrorClass::Invalid,
        // Nothing that an apply makes: waiting does not make them appear.
        "InvalidAMIID.NotFound" | "InvalidKeyPair.NotFound" | "InvalidSubnetID.NotFound" | "InvalidVpcID.NotFound" => {
            ErrorClass::Invalid
        }
        _ if code.ends_with(".NotFound") => ErrorClass::Gone,
        _ if code.ends_with(".Duplicate") => ErrorClass::Exists,
        _ => class_of_status(status),
    }
}

/// Whether AWS has no machine, volume or address to give: `InsufficientInstanceCapacity`.
fn is_capacity(code: &str) -> bool {
    code.starts_with("Insufficient") && code.ends_with("Capacity")
}

/// Whether a quota of the account is used up: `VcpuLimitExceeded`, RDS's `InstanceQuotaExceeded`.
fn is_quota(code: &str) -> bool {
    code == "TooManyBuckets" || code.ends_with("LimitExceeded") || code.ends_with("QuotaExceeded")
}

fn class_of_status(status: Option<u16>) -> ErrorClass {
    match status {
        Some(429) => ErrorClass::Throttled,
        Some(401 | 403) => ErrorClass::Denied,
        Some(400..=499) => ErrorClass::Invalid,
        _ => ErrorClass::Unknown,
    }
}

const APPLY_AGAIN: &str = "what was done stays done; apply again: whoever works on the environment now is named then";

const SIGN_IN: &str =
    "sign in again, for example with `aws sso login`; what was done stays done, and the next apply goes on";

fn hint_for(code: &str) -> Option<&'static str> {
    Some(match code {
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => {
            "the credentials lack a permission for this call: `cn-infra policy ENV` prints those that are needed"
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => SIGN_IN,
        "RequestTimeTooSkewed" => "set the clock of this machine",
        "OptInRequired" | "NotSignedUp" | "PendingVerification" | "Blocked" | "AccountProblem" => {
            "the account itself is not ready for this: look at it in the AWS console, or ask AWS Support"
        }
        "InsufficientFreeAddressesInSubnet" => "choose another subnet or availability zone",
        "AddressLimitExceeded" => "release an address, or ask AWS for a higher quota of elastic IPs",
        "RulesPerSecurityGroupLimitExceeded" => {
            "put addresses into a prefix list, or ask AWS for a higher quota of rules per security group"
        }
        "TagLimitExceeded" => "AWS allows 50 tags; some are those of cn-infra itself",
        "DependencyViolation" => "something else still uses it",
        "InvalidAddress.Locked" | "InvalidAddress.PtrSet" => {
            "its reverse DNS record holds it: `aws ec2 reset-address-attribute --attribute domain-name`, or ask AWS Support"
        }
        "Gateway.NotAttached" => "the VPC needs an internet gateway before its servers can have public addresses",
        "VolumeModificationRateExceeded" => {
            "AWS takes few changes of one volume within a day: apply again some hours later"
        }
        "KMSKeyNotAccessibleFault" | "CustomerKeyHasBeenRevoked" => {
            "the key must be enabled, in this region, and its policy must let these credentials use it"
        }
        "InvalidDBSnapshotState" => "wait until the snapshot is available",
        _ if THROTTLING_ERRORS.contains(&code) => return None,
        _ if is_capacity(code) => "try again later, or choose another type or availability zone",
        _ if is_quota(code) => "delete what is not needed, or ask AWS for a higher quota (console: Service Quotas)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use aws_config::retry::RetryConfig;
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::credential_fn::provide_credentials_fn;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_ec2::config::IdentityCache;

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
            ("TooManyRequestsException", 400, ErrorClass::Throttled),
            ("RequestTimeout", 400, ErrorClass::Unknown),
            ("InsufficientAddressCapacity", 500, ErrorClass::Scarce),
            ("InsufficientInstanceCapacity", 500, ErrorClass::Scarce),
            ("InsufficientDBInstanceCapacity", 400, ErrorClass::Scarce),
            ("InsufficientFreeAddressesInSubnet", 400, ErrorClass::Invalid),
            ("NotImplemented", 501, ErrorClass::Invalid),
            // Waiting does not unlock it.
            ("InvalidAddress.Locked", 400, ErrorClass::Invalid),
            ("InvalidGroup.InUse", 400, ErrorClass::Busy),
            ("ConcurrentTagAccess", 400, ErrorClass::Busy),
            ("DBSnapshotAlreadyExists", 400, ErrorClass::Exists),
            ("TokenRefreshRequired", 400, ErrorClass::Denied),
            ("InvalidInstanceID.Malformed", 400, ErrorClass::Invalid),
            ("VcpuLimitExceeded", 400, ErrorClass::Invalid),
            ("StorageQuotaExceeded", 400, ErrorClass::Invalid),
            ("KMSKeyNotAccessibleFault", 400, ErrorClass::Invalid),
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

    #[test]
    fn what_a_user_can_do_something_about_has_a_hint() {
        for code in ["VcpuLimitExceeded", "InstanceQuotaExceeded", "TooManyBuckets", "SecurityGroupLimitExceeded"] {
            assert!(hint_for(code).is_some_and(|hint| hint.contains("quota")), "{code}");
        }
        assert_eq!(hint_for("RequestLimitExceeded"), None, "that is no quota, and passes");
        assert!(hint_for("InsufficientDBInstanceCapacity").is_some_and(|hint| hint.contains("later")));
        assert!(hint_for("VolumeModificationRateExceeded").is_some_and(|hint| hint.contains("hours")));
    }

    #[test]
    fn an_encoded_refusal_is_cut_off() {
        let message = "You are not authorized to perform this operation. User: arn:aws:iam::1:user/a is not authorized to \
                       perform: ec2:AllocateAddress. Encoded authorization failure message: 4PZ2YwqIiEB8mKl";
        assert!(readable(message).ends_with("perform: ec2:AllocateAddress"));
        assert_eq!(readable("No more."), "No more");
    }

    #[test]
    fn the_request_as_it_was_signed_is_cut_off() {
        let message = "The request signature we calculated does not match the signature you provided. Consult the \
                       service documentation for details.\n\nThe Canonical String for this request should have been\n\
                       'POST\n/\n\nx-amz-security-token:IQoJb3JpZ2lu\n'\n\nThe String-to-Sign should have been\n'AWS4'\n";
        assert!(readable(message).ends_with("for details"));
    }

    #[test]
    fn an_answer_without_an_id_leaves_open_what_happened() {
        for id in [None, Some(String::new())] {
            assert_eq!(made("AllocateAddress", id).unwrap_err().class, ErrorClass::Unknown);
        }
        assert_eq!(made("AllocateAddress", Some("eipalloc-1".into())).unwrap(), "eipalloc-1".into());
    }

    #[tokio::test]
    async fn credentials_that_ran_out_on_the_way_say_how_to_go_on() {
        let expired = async || Err(CredentialsError::provider_error("the SSO session is expired"));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(provide_credentials_fn(expired)))
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::disabled())
            .http_client(Script::new())
            .build();
        let answer = crate::Session::new(&config, "123456789012").ec2.allocate_address().send().await;
        let error = failed("AllocateAddress", answer.expect_err("nobody signs it"));
        assert_eq!(error.class, ErrorClass::Denied);
        assert_eq!(error.message, "AllocateAddress: the SSO session is expired");
        assert!(error.hint.is_some_and(|hint| hint.contains("sign in again")));
    }

    #[tokio::test]
    async fn an_answer_that_is_no_xml_is_said_to_be_unreadable() {
        let error = allocate(Script::new().answer("AllocateAddress", "<publicIp></wrong>&&")).await;
        assert_eq!(error.class, ErrorClass::Unknown);
        assert_eq!(error.message, "AllocateAddress: the answer cannot be read: it is not the XML that AWS sends");

        let script = Script::new().answer("GET /media?versioning", "<Nonsense/>");
        let answer = script.session().s3.get_bucket_versioning().bucket("media").send().await;
        let error = failed("GetBucketVersioning", answer.expect_err("it has the wrong root"));
        assert_eq!(error.class, ErrorClass::Invalid);
    }
}

//! One error for all of AWS: what was called, AWS's own code and words, and the request id.

use std::any::type_name;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId as _;

use super::guard::{IN_THE_CLEAR, UNVERIFIED};

use crate::model::chain;

/// What an error means for labform. Decided from AWS's code, by message only where AWS gives one code to many causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The object isn't there.
    NotFound,
    /// An object of that name is there already.
    AlreadyExists,
    /// The caller may not do this.
    Denied,
    /// The credentials are missing, wrong or expired.
    Credentials,
    /// A quota of the account is full.
    Quota,
    /// The call was not sent: AWS STS has not said yet whose credentials these are.
    Unverified,
    /// The call was not sent: real credentials don't go over plain HTTP beyond this machine.
    InTheClear,
    /// AWS asked to slow down, and the SDK's retries are used up.
    Throttled,
    /// No answer came: connection, timeout, or a body that can't be read.
    Network,
    /// Anything else; the code tells.
    Other,
}

/// A call to AWS that failed.
#[derive(Clone, Debug)]
pub struct CloudError {
    /// The operation, in AWS's own name, as in `CreateService`.
    pub operation: String,
    /// AWS's code, as in `ClientException`; empty where no answer came.
    pub code: String,
    /// AWS's own words.
    pub message: String,
    /// AWS's request id, which AWS Support asks for.
    pub request_id: Option<String>,
    /// What it means.
    pub kind: ErrorKind,
}

impl CloudError {
    /// An error that labform finds itself in what AWS answered with success.
    pub fn answered(operation: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            operation: operation.to_owned(),
            code: code.to_owned(),
            message: message.into(),
            request_id: None,
            kind: kind_of(code),
        }
    }

    /// Whether AWS answered with `code`.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Whether AWS answered with `code` and words that hold `part`.
    pub fn says(&self, code: &str, part: &str) -> bool {
        self.code == code && self.message.contains(part)
    }

    /// Whether the object isn't there.
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }
}

/// What was asked of one object, and none where it isn't there: others may delete theirs between a listing and now.
///
/// # Errors
/// Any other error.
pub fn unless_gone<T>(answer: Result<T, impl Into<CloudError>>) -> Result<Option<T>, CloudError> {
    match answer.map_err(Into::into) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        if !self.code.is_empty() {
            write!(f, "{}: ", self.code)?;
        }
        f.write_str(self.message.trim())?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CloudError {}

impl<E> From<SdkError<E, HttpResponse>> for CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let request_id = error.request_id().map(str::to_owned);
        let operation = operation_name(type_name::<E>());
        let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
        match error.as_service_error() {
            // What an answer of success holds instead of an answer is nobody's refusal.
            Some(answer) if (200..400).contains(&status) && answer.code().is_none() => Self {
                operation,
                code: String::new(),
                message: format!("what came isn't an answer of AWS's: {}", chain(&error)),
                request_id,
                kind: ErrorKind::Network,
            },
            Some(answer) => {
                // HEAD and some S3 answers carry no body, so that the status is the only code there is.
                let code = answer.code().map_or_else(|| status.to_string(), str::to_owned);
                let message = answer.message().unwrap_or("AWS gave no message").to_owned();
                // A page of something between says 404 too, and only an answer to HEAD has no code.
                let bare = answer.code().is_none() && !operation.starts_with("Head");
                let kind =
                    if status == 404 && !bare { ErrorKind::NotFound } else { kind_with_message(&code, &message) };
                Self { operation, code, message, request_id, kind }
            }
            None => {
                let message = chain(&error);
                let kind = unanswered(&message);
                Self { operation, code: String::new(), message, request_id, kind }
            }
        }
    }
}

/// The SDK names an operation's error after the operation: `…::create_service::CreateServiceError`.
fn operation_name(type_name: &str) -> String {
    let last = type_name.rsplit("::").next().unwrap_or(type_name);
    last.strip_suffix("Error").unwrap_or(last).to_owned()
}

/// ECS answers a missing task definition with its general ClientException (API reference, DescribeTaskDefinition), and
/// a deregistered or unknown service in the same way.
fn kind_with_message(code: &str, message: &str) -> ErrorKind {
    if code == "ClientException" && message.contains("Unable to describe task definition") {
        return ErrorKind::NotFound;
    }
    kind_of(code)
}

fn kind_of(code: &str) -> ErrorKind {
    match code {
        "NoSuchEntity"
        | "NoSuchBucket"
        | "NotFound"
        | "MISSING"
        | "ClusterNotFoundException"
        | "ServiceNotFoundException"
        | "ResourceNotFoundException"
        | "RepositoryNotFoundException"
        | "LifecyclePolicyNotFoundException"
        | "ImageNotFoundException"
        | "LoadBalancerNotFound"
        | "TargetGroupNotFound"
        | "ListenerNotFound"
        | "InvalidGroup.NotFound"
        | "InvalidGroupId.NotFound"
        | "NoSuchTagSet"
        | "NoSuchPublicAccessBlockConfiguration" => ErrorKind::NotFound,
        "EntityAlreadyExists"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "RepositoryAlreadyExistsException"
        | "ResourceAlreadyExistsException"
        | "InvalidGroup.Duplicate"
        | "DuplicateLoadBalancerName"
        | "DuplicateTargetGroupName"
        | "DuplicateListener" => ErrorKind::AlreadyExists,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError" | "403" => {
            ErrorKind::Denied
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "AuthFailure"
        | "InvalidAccessKeyId" => ErrorKind::Credentials,
        "LimitExceededException"
        | "LimitExceeded"
        | "TooManyLoadBalancers"
        | "TooManyTargetGroups"
        | "TooManyListeners"
        | "TooManyBuckets"
        | "SecurityGroupLimitExceeded"
        | "RulesPerSecurityGroupLimitExceeded" => ErrorKind::Quota,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "EC2ThrottledException"
        | "TooManyRequestsException" => ErrorKind::Throttled,
        _ => ErrorKind::Other,
    }
}

/// What it means that no answer came, by the words of the SDK or of the guard.
fn unanswered(message: &str) -> ErrorKind {
    let says = |words: &str| message.contains(words);
    if says(IN_THE_CLEAR) {
        ErrorKind::InTheClear
    } else if says(UNVERIFIED) {
        ErrorKind::Unverified
    } else if says("credential") || says("Credential") || says("SSO") {
        ErrorKind::Credentials
    } else {
        ErrorKind::Network
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operation_is_read_off_the_sdk_error_type() {
        type E = aws_sdk_ecs::operation::create_service::CreateServiceError;
        assert_eq!(operation_name(type_name::<E>()), "CreateService");
    }

    #[test]
    fn a_refusal_of_the_guard_is_no_trouble_with_credentials() {
        let refused = format!("dispatch failure: http://10.0.0.1:5000/ {IN_THE_CLEAR}");
        assert_eq!(unanswered(&refused), ErrorKind::InTheClear);
        assert_eq!(unanswered(UNVERIFIED), ErrorKind::Unverified);
        assert_eq!(unanswered("no credentials in the chain"), ErrorKind::Credentials);
        assert_eq!(unanswered("connection refused"), ErrorKind::Network);
    }

    #[test]
    fn an_error_shows_operation_code_words_and_request() {
        let mut error = CloudError::answered("CreateService", "ClientException", "no such cluster");
        assert_eq!(error.to_string(), "CreateService: ClientException: no such cluster");
        error.request_id = Some("1f3c".to_owned());
        assert!(error.to_string().ends_with("(request 1f3c)"));
        assert!(error.says("ClientException", "such") && !error.is_not_found());
    }
}

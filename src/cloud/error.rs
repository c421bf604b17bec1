//! The error of all calls: AWS's answer, or a refusal of labform itself.

use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId as _;

use super::answer::{Answer, ErrorKind, kind_with_message};
use super::not_signed_in::NotSignedIn;
use super::refusal::{Blocked, Cause, Refusal, found};
use crate::model::{Address, chain};

/// The reason why a call didn't come to what was asked.
#[derive(Clone, Debug)]
pub enum CloudError {
    /// AWS answered with an error, or gave no answer.
    Aws(Answer),
    /// labform itself refused, or found what came wanting.
    Own(Refusal),
}

impl CloudError {
    /// An error of AWS's in an answer of success.
    pub fn answered(operation: &str, code: &str, message: impl Into<String>) -> Self {
        Self::Aws(Answer::new(operation, code, message))
    }

    /// A refusal of labform's own.
    pub fn own(cause: Cause, message: impl Into<String>) -> Self {
        Self::own_at("labform", cause, message)
    }

    /// A refusal of labform's own that is about `at`: an operation or a program.
    pub fn own_at(at: &str, cause: Cause, message: impl Into<String>) -> Self {
        Self::Own(Refusal { at: at.to_owned(), cause, message: message.into() })
    }

    /// The meaning of AWS's answer; [`Other`](ErrorKind::Other) if labform itself refused.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Aws(answer) => answer.kind,
            Self::Own(_) => ErrorKind::Other,
        }
    }

    /// AWS's code; empty if no answer came, or if labform itself refused.
    pub fn code(&self) -> &str {
        match self {
            Self::Aws(answer) => &answer.code,
            Self::Own(_) => "",
        }
    }

    /// The words without operation and code: AWS's own words, if AWS answered.
    pub fn message(&self) -> &str {
        match self {
            Self::Aws(answer) => &answer.message,
            Self::Own(refusal) => &refusal.message,
        }
    }

    /// The same error in other words.
    pub fn reworded(self, message: String) -> Self {
        match self {
            Self::Aws(answer) => Self::Aws(Answer { message, ..answer }),
            Self::Own(refusal) => Self::Own(Refusal { message, ..refusal }),
        }
    }

    /// AWS's refusal of a delete that won't pass by itself: labform doesn't touch what holds the object.
    pub fn held_by_others(self, holders: &[String]) -> Self {
        self.reworded(format!("held by what isn't the lab's: {}", holders.join("; "))).for_good()
    }

    /// AWS's refusal, as one that won't pass by itself.
    pub fn for_good(self) -> Self {
        match self {
            Self::Aws(answer) => Self::Aws(Answer { waited: Some(Duration::ZERO), ..answer }),
            own @ Self::Own(_) => own,
        }
    }

    /// The same error with the resource that it is about first.
    pub fn about(self, address: &Address) -> Self {
        match self {
            Self::Aws(answer) => Self::Aws(Answer { operation: format!("{address}: {}", answer.operation), ..answer }),
            Self::Own(refusal) => Self::Own(Refusal { at: format!("{address}: {}", refusal.at), ..refusal }),
        }
    }

    /// Returns whether AWS answered with `code`.
    pub fn is(&self, code: &str) -> bool {
        matches!(self, Self::Aws(answer) if answer.code == code)
    }

    /// Returns whether AWS answered with `code` and words that hold `part`.
    pub fn says(&self, code: &str, part: &str) -> bool {
        self.is(code) && self.message().contains(part)
    }

    /// Returns whether labform itself refused because of `cause`.
    pub fn is_own(&self, cause: Cause) -> bool {
        matches!(self, Self::Own(refusal) if refusal.cause == cause)
    }

    /// The reason why nobody is signed in, if that is what is wrong.
    pub fn not_signed_in(&self) -> Option<NotSignedIn> {
        match self {
            Self::Aws(answer) if answer.kind == ErrorKind::Credentials => {
                Some(NotSignedIn::of(&answer.code, &answer.message).unwrap_or(NotSignedIn::Failed))
            }
            Self::Own(Refusal { cause: Cause::NotSignedIn(reason), .. }) => Some(*reason),
            _ => None,
        }
    }

    /// Returns whether both are the same refusal of the same operation, perhaps for different objects.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Aws(one), Self::Aws(other)) => {
                one.operation == other.operation && one.code == other.code && !one.code.is_empty()
            }
            (Self::Own(one), Self::Own(other)) => one.at == other.at && one.cause == other.cause,
            _ => false,
        }
    }

    /// Returns whether the object isn't there.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns whether an object of that name is there already.
    pub fn already_exists(&self) -> bool {
        self.kind() == ErrorKind::AlreadyExists || self.is_own(Cause::BucketExists)
    }
}

/// Returns what was asked of an object, and none if it isn't there: others may delete theirs between a listing and now.
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
        match self {
            Self::Aws(answer) => answer.fmt(f),
            Self::Own(refusal) => refusal.fmt(f),
        }
    }
}

impl Error for CloudError {}

impl<E> From<SdkError<E, HttpResponse>> for CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        Self::of(&operation_name(type_name::<E>()), &error)
    }
}

impl From<CredentialsError> for CloudError {
    fn from(error: CredentialsError) -> Self {
        unanswered("GetCallerIdentity", &error, None)
    }
}

impl CloudError {
    /// The error of `operation`, whose error type may be that of many operations.
    pub(super) fn of<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let request_id = error.request_id().map(str::to_owned);
        let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
        let Some(answer) = error.as_service_error() else {
            return match status {
                0 => unanswered(operation, error, request_id),
                status => strange(operation, status, error, request_id),
            };
        };
        // S3 sends whoever asks HEAD of a bucket in another region there, without a body that says so.
        let is_elsewhere = status == 301 && operation.starts_with("Head") && request_id.is_some();
        // What an answer of success holds instead of an answer is nobody's refusal.
        if (200..400).contains(&status) && answer.code().is_none() && !is_elsewhere {
            return strange(operation, status, error, request_id);
        }
        // HEAD and some S3 answers carry no body, so that the status is the only code there is.
        let code = answer.code().map_or_else(|| status.to_string(), str::to_owned);
        let message = answer.message().unwrap_or("AWS gave no message");
        // A page of something between says 404 too, and only an answer to HEAD has no code.
        let bare = answer.code().is_none() && !operation.starts_with("Head");
        let kind = if status == 404 && !bare { ErrorKind::NotFound } else { kind_with_message(&code, message) };
        Self::Aws(Answer { request_id, kind, ..Answer::new(operation, &code, message) })
    }
}

/// The SDK names an operation's error after the operation: `…::create_service::CreateServiceError`.
fn operation_name(type_name: &str) -> String {
    let last = type_name.rsplit("::").next().unwrap_or(type_name);
    last.strip_suffix("Error").unwrap_or(last).to_owned()
}

/// The error of a call without an answer: the guard refused it, there are no credentials, or the network failed.
fn unanswered(operation: &str, error: &(dyn Error + 'static), request_id: Option<String>) -> CloudError {
    let message = chain(error);
    if let Some(blocked) = found::<Blocked>(error) {
        return match blocked.cause {
            // Which of the calls met it first says nothing.
            Cause::NotSignedIn(_) => CloudError::own_at("not signed in", blocked.cause, &blocked.message),
            cause => CloudError::own_at(operation, cause, message),
        };
    }
    let kind = match found::<CredentialsError>(error) {
        // Credentials come over the network too.
        Some(error) if found::<ConnectorError>(error).is_none() => ErrorKind::Credentials,
        _ => ErrorKind::Network,
    };
    CloudError::Aws(Answer { kind, request_id, ..Answer::new(operation, "", message) })
}

/// The error of a call whose answer can't be AWS's, or isn't whole.
fn strange(operation: &str, status: u16, error: &(dyn Error + 'static), request_id: Option<String>) -> CloudError {
    let message = format!("what came with status {status} isn't an answer of AWS's: {}", chain(error));
    CloudError::Aws(Answer { request_id, kind: ErrorKind::Strange, ..Answer::new(operation, "", message) })
}

#[cfg(test)]
mod tests {

    use super::*;
    use aws_smithy_runtime_api::box_error::BoxError;

    type NoSuchTagSet = aws_sdk_s3::operation::get_bucket_tagging::GetBucketTaggingError;

    #[test]
    fn the_operation_is_read_off_the_sdk_error_type() {
        type E = aws_sdk_ecs::operation::create_service::CreateServiceError;
        assert_eq!(operation_name(type_name::<E>()), "CreateService");
    }

    #[test]
    fn what_the_guard_blocks_is_no_trouble_with_credentials() {
        let failed = |source: BoxError| {
            let error = SdkError::<NoSuchTagSet, HttpResponse>::dispatch_failure(ConnectorError::user(source));
            CloudError::from(error)
        };
        let within = |source: BoxError| failed(CredentialsError::provider_error(source).into());
        let blocked = |cause| Blocked { cause, message: "real credentials: nothing was sent".to_owned() };
        assert!(failed(blocked(Cause::InTheClear).into()).is_own(Cause::InTheClear));
        assert!(within(blocked(Cause::Unverified).into()).is_own(Cause::Unverified));
        assert_eq!(within("the token has expired".into()).kind(), ErrorKind::Credentials);
        assert_eq!(failed("connection refused".into()).kind(), ErrorKind::Network);
    }

    #[test]
    fn a_refusal_says_how_long_it_was_waited_for() {
        let answer = Answer { waited: Some(Duration::from_secs(300)), ..Answer::new("DeleteX", "InUse", "in use ") };
        assert_eq!(CloudError::Aws(answer).to_string(), "DeleteX: InUse: after 5 minutes still: in use");
    }

    #[test]
    fn an_error_shows_operation_code_words_and_request() {
        let answer = Answer::new("CreateService", "ClientException", "no such cluster");
        assert_eq!(answer.to_string(), "CreateService: ClientException: no such cluster");
        let error = CloudError::Aws(Answer { request_id: Some("1f3c".to_owned()), ..answer });
        assert!(error.to_string().ends_with("(request 1f3c)"));
        assert!(error.says("ClientException", "such") && !error.is_not_found());
    }
}

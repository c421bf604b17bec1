//! Errors in the user's words: a kind that decides the exit code, a message, and what to do about it.
//!
//! Knows: exit codes, and hints for the errors that students meet. Must not know: how an error is shown.

use std::fmt;

use serde::Serialize;

use crate::cloud::{Answer, Cause, CloudError, EXISTS, ErrorKind as CloudKind, Forbids, NotSignedIn};
use crate::registry::{Meaning, RegistryError};
use crate::spec::{SpecError, SpecErrors};

/// Done, or nothing to do.
pub const DONE: u8 = 0;
/// Failed.
pub const FAILED: u8 = 1;
/// The plan has changes (`plan --detailed-exitcode`).
pub const CHANGES: u8 = 2;
/// Partly done: something is left over, and it is named.
pub const PARTLY: u8 = 3;
/// Refused by a guard, before anything was changed.
pub const REFUSED: u8 = 4;
/// The spec is invalid.
pub const INVALID: u8 = 5;
/// Nobody is signed in to AWS, or no longer.
pub const NOT_SIGNED_IN: u8 = 6;
/// Nothing was there, though there was to be something (`destroy --must-exist`).
pub const NOTHING_THERE: u8 = 7;
/// The command line is wrong (`EX_USAGE` of sysexits.h).
pub const USAGE: u8 = 64;
/// A job's time is over (`timeout` of GNU coreutils has the same).
pub const TIMED_OUT: u8 = 124;
/// A job's task never ran (Docker's own code for that).
pub const NEVER_RAN: u8 = 125;
/// Interrupted by a signal.
pub const INTERRUPTED: u8 = 130;
/// A job's task was stopped by others (128 and the number of SIGTERM, by which a container learns of it).
pub const STOPPED: u8 = 143;

/// The sort of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    /// A call to AWS, or to the machine, failed.
    Failed,
    /// A guard refused, before anything was changed.
    Refused,
    /// The spec, or what was asked of it, is invalid.
    Invalid,
    /// Nobody is signed in to AWS, or no longer.
    NotSignedIn,
    /// The command line is wrong.
    Usage,
    /// A job's task couldn't be started.
    NeverRan,
}

impl ErrorKind {
    /// The exit code that an error of this sort ends a command with.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => FAILED,
            Self::Refused => REFUSED,
            Self::Invalid => INVALID,
            Self::NotSignedIn => NOT_SIGNED_IN,
            Self::Usage => USAGE,
            Self::NeverRan => NEVER_RAN,
        }
    }
}

/// An error of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The sort of an error.
    pub kind: ErrorKind,
    /// The message, as a lowercase fragment with the address first.
    pub message: String,
    /// The advice, a line each.
    pub hints: Vec<String>,
    /// The faults of the spec that the message tells of, each with its place.
    pub problems: Vec<SpecError>,
}

impl Error {
    /// A call that failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Failed, message: message.into(), hints: Vec::new(), problems: Vec::new() }
    }

    /// A guard that refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Refused, message: message.into(), hints: Vec::new(), problems: Vec::new() }
    }

    /// A spec, or an argument, that is invalid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Invalid, message: message.into(), hints: Vec::new(), problems: Vec::new() }
    }

    /// A command line that is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Usage, message: message.into(), hints: Vec::new(), problems: Vec::new() }
    }

    /// The same error, of a job's task that couldn't be started.
    pub fn never_ran(self) -> Self {
        Self { kind: ErrorKind::NeverRan, ..self }
    }

    /// The same error with a word on what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The exit code that the error ends a command with.
    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Error {}

impl From<SpecErrors> for Error {
    fn from(errors: SpecErrors) -> Self {
        Self { problems: errors.0.clone(), ..Self::invalid(errors.to_string().trim_end()) }
    }
}

impl From<CloudError> for Error {
    fn from(error: CloudError) -> Self {
        let hints = hints(&error);
        let kind = match error.not_signed_in() {
            Some(_) => ErrorKind::NotSignedIn,
            None if error.is_own(Cause::InTheClear) => ErrorKind::Refused,
            None => ErrorKind::Failed,
        };
        let message = match (&error, error.not_signed_in()) {
            // Which of the calls met it first says nothing.
            (CloudError::Aws(answer), Some(reason)) => {
                let words = Answer { operation: "AWS says".to_owned(), ..answer.clone() };
                format!("not signed in: {}; {words}", reason.sentence())
            }
            _ => error.to_string(),
        };
        Self { kind, message, hints, problems: Vec::new() }
    }
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        let failed = Self::failed(error.to_string());
        match error.hint() {
            Some(hint) => failed.hint(hint),
            None => failed,
        }
    }
}

/// Returns whether the same command, run again, may get further although nobody mended anything.
pub fn may_pass(error: &CloudError) -> bool {
    let answer = match error {
        CloudError::Aws(answer) => answer,
        CloudError::Own(refusal) => {
            let passing = [
                Cause::Gone,
                Cause::Overtaken,
                Cause::Interrupted,
                Cause::StillDraining,
                Cause::StillThere,
                Cause::StillDeleting,
            ];
            return passing.contains(&refusal.cause) || refusal.cause == Cause::Registry(Meaning::Changed);
        }
    };
    let waited = answer.waited.is_some_and(|waited| !waited.is_zero());
    waited || is_of_aws(&answer.code) || matches!(answer.kind, CloudKind::Throttled | CloudKind::Network)
}

/// Returns whether AWS calls an error its own by this code.
fn is_of_aws(code: &str) -> bool {
    let codes = ["InternalFailure", "InternalError", "InternalServerError", "ServerException", "ServiceFailure"];
    codes.contains(&code) || ["ServiceUnavailable", "500", "502", "503", "504"].contains(&code)
}

/// The advice for a call that failed.
pub fn hints(error: &CloudError) -> Vec<String> {
    let hint = match error {
        CloudError::Aws(answer) if answer.kind == CloudKind::Credentials => {
            error.not_signed_in().map(NotSignedIn::hint)
        }
        CloudError::Aws(answer) => hint_of(answer),
        CloudError::Own(refusal) => refusal.cause.hint(),
    };
    hint.map(str::to_owned).into_iter().collect()
}

fn hint_of(answer: &Answer) -> Option<&'static str> {
    Some(match (answer.kind, answer.code.as_str()) {
        (_, "ImageTagAlreadyExistsException") => return Meaning::Immutable.hint(),
        _ if answer.message.contains("service linked role") => {
            "make the role once for the whole account: `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`, then run the same command again"
        }
        (CloudKind::Denied, _) => Forbids::of(&answer.message).map_or(
            "your credentials may not do this: show the line above to your teacher, it names the action",
            Forbids::hint,
        ),
        (_, code) if is_of_aws(code) => {
            "AWS had an error of its own: wait a minute, then run the same command again; https://health.aws.amazon.com tells of outages"
        }
        (CloudKind::Quota, _) => {
            "this is a quota of the account, not a throttle, and waiting won't help: delete what you don't need, or ask for more in Service Quotas"
        }
        (CloudKind::Throttled, _) => "AWS asks to slow down: wait a minute, then run the same command again",
        (CloudKind::Network, _) => "no answer came: check the connection, then run the same command again",
        (CloudKind::Strange, _) => {
            "something answered in AWS's place: a proxy, a network that wants you to sign in to it in a browser, or AWS in trouble; then run the same command again"
        }
        (CloudKind::AlreadyExists, _) => EXISTS,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_exit_code() {
        let code = |error: Error| error.exit_code();
        assert_eq!(code(Error::failed("x")), FAILED);
        assert_eq!(code(Error::refused("x")), REFUSED);
        assert_eq!(code(Error::invalid("x")), INVALID);
        let keys = CloudError::answered("DescribeSubnets", "RequestExpired", "Request has expired.");
        assert_eq!(code(keys.into()), NOT_SIGNED_IN);
    }

    #[test]
    fn an_error_of_aws_says_what_to_do() {
        let told = |code: &str| Error::from(CloudError::answered("DescribeSubnets", code, "words")).to_string();
        assert_eq!(
            told("ExpiredToken"),
            "not signed in: the keys have expired; AWS says: ExpiredToken: words\nhint: sign in anew: fetch new keys where \
             these came from, or, with IAM Identity Center, `aws sso login`"
        );
        assert!(told("AccessDenied").contains("your credentials may not do this"));
        let words = "User: x is not authorized to perform: ec2:DescribeSubnets with an explicit deny in a service control policy";
        let forbidden =
            Error::from(CloudError::answered("DescribeSubnets", "UnauthorizedOperation", words)).to_string();
        assert!(forbidden.contains("ask whoever manages the organization"), "{forbidden}");
        let linked = CloudError::answered(
            "CreateCluster",
            "InvalidParameterException",
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        );
        let command = "`aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`";
        assert!(Error::from(linked).to_string().contains(command));
        assert_eq!(told("Whatever"), "DescribeSubnets: Whatever: words");
    }

    #[test]
    fn a_refusal_of_labforms_own_says_what_to_do() {
        let told = |cause: Cause| Error::from(CloudError::own_at("DescribeSubnets", cause, "words")).to_string();
        let vpc = told(Cause::NoDefaultVpc);
        assert!(vpc.starts_with("DescribeSubnets: NoDefaultVpc: words\nhint: make one with"), "{vpc}");
        assert!(vpc.ends_with("or ask for another region in lab.yaml"));
        let changed =
            "DescribeSubnets: SourceChanged: words\nhint: run `labform apply` again: it takes the source as it is then";
        assert_eq!(told(Cause::Registry(Meaning::Changed)), changed);
        assert_eq!(told(Cause::NotOurs), "DescribeSubnets: NotOurs: words");
        let refused = Error::from(CloudError::own(Cause::InTheClear, "words"));
        assert_eq!(refused.kind, ErrorKind::Refused);
    }
}

//! The refusals of AWS's that pass by themselves: a table.
//!
//! The SDK repeats calls that were throttled, that met a 5xx or that lost their connection; what stands here is the
//! rest, and nothing else is ever repeated. A row is found by operation and code, by words only if AWS gives no code
//! of its own; AWS may reword, so the words are as few as tell the refusal apart.

mod table;

pub use table::{PASSING, SPREADS};

use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::CloudError;

/// A refusal that passes.
#[derive(Debug, PartialEq, Eq)]
pub struct Passing {
    /// The operations that answer with it.
    pub operations: &'static [&'static str],
    /// AWS's code.
    pub code: &'static str,
    /// Words that the message holds, if the code alone says too little.
    pub says: Option<&'static str>,
    /// The meaning, for people.
    pub meaning: &'static str,
    /// The objects of which the refusal is believed to pass.
    pub of: Of,
    /// The longest that it may go on. Beyond that it is an error like any other.
    pub deadline: Duration,
}

/// The objects for which a refusal is believed to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// All objects.
    Any,
    /// Objects that this process made or changed a moment ago, because the same answer is given for good as well.
    Fresh,
}

impl Passing {
    /// The row of the table for an answer of AWS; none for one that won't pass by itself.
    pub fn row(error: &CloudError) -> Option<&'static Self> {
        PASSING.iter().find(|row| row.matches(error))
    }

    fn matches(&self, error: &CloudError) -> bool {
        let CloudError::Aws(answer) = error else { return false };
        self.operations.contains(&answer.operation.as_str())
            && answer.code == self.code
            && self.says.is_none_or(|words| answer.message.contains(words))
    }
}

/// Stops the SDK from repeating a call that a quota refused: it takes `LimitExceededException` for a throttle, and ECS,
/// ECR and CloudWatch Logs answer a full quota with it.
#[derive(Debug)]
pub(super) struct QuotaIsFinal;

impl ClassifyRetry for QuotaIsFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context.response().and_then(|answer| answer.body().bytes());
        let error: serde_json::Value = body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let code = error["__type"].as_str().unwrap_or_default();
        match code.rsplit('#').next() {
            Some("LimitExceededException") => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "a quota is final"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_passes_only_in_its_own_operation_code_and_words() {
        let found = |operation: &str, code: &str, words: &str| {
            Passing::row(&CloudError::answered(operation, code, words)).map(|row| row.meaning)
        };
        let cases = [
            ("RegisterTaskDefinition", "ClientException", "Role is not valid", true),
            ("RegisterTaskDefinition", "ClientException", "No container", false),
            ("CreateCluster", "ClientException", "Role is not valid", false),
            (
                "CreateCluster",
                "InvalidParameterException",
                "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
                true,
            ),
            ("CreateService", "AccessDeniedException", "Unable to assume", false),
            ("DeleteSecurityGroup", "DependencyViolation", "", true),
            ("DeleteSubnet", "DependencyViolation", "", false),
            ("CreateLogGroup", "LimitExceededException", "Resource limit exceeded.", false),
        ];
        for (operation, code, words, passes) in cases {
            assert_eq!(found(operation, code, words).is_some(), passes, "{operation}: {code}: {words}");
        }
    }

    #[test]
    fn no_row_hides_another() {
        for (index, row) in PASSING.iter().enumerate() {
            for operation in row.operations {
                let words = row.says.unwrap_or_default();
                let error = CloudError::answered(operation, row.code, words);
                let first = PASSING.iter().position(|row| row.matches(&error));
                assert_eq!(first, Some(index), "{operation}: {}", row.code);
            }
        }
    }
}

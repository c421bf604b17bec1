//! The refusals of AWS's that pass by themselves.
//!
//! The SDK repeats calls that were throttled, that met a 5xx or that lost their connection; what stands here is the
//! rest, and nothing else is ever repeated. A row stands with its service (`services.rs`; long tables in `table.rs`), and is
//! found by operation and code, by words only if AWS gives no code of its own; AWS may reword, so the words are as few as
//! tell the refusal apart.

pub(super) mod own;
pub(super) mod table;

use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::{CloudError, Forbids};

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
    /// Returns whether the row is of this answer of AWS.
    pub(super) fn matches(&self, error: &CloudError) -> bool {
        let CloudError::Aws(answer) = error else { return false };
        self.operations.contains(&answer.operation.as_str())
            && answer.code == self.code
            && self.says.is_none_or(|words| answer.message.contains(words))
            && Forbids::of(&answer.message).is_none()
    }
}

/// That many minutes.
pub(super) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// The time that IAM and others may take to spread what is new (the Terraform provider's constant).
pub const SPREADS: Duration = minutes(2);

/// A row for all objects.
pub(super) const fn row(
    operations: &'static [&'static str],
    code: &'static str,
    says: Option<&'static str>,
    deadline: Duration,
    meaning: &'static str,
) -> Passing {
    Passing { operations, code, says, meaning, of: Of::Any, deadline }
}

/// Stops the SDK from repeating a call that a quota refused: it takes `LimitExceededException` for a throttle, and ECS,
/// ECR and CloudWatch Logs answer a full quota with it.
#[derive(Debug)]
pub(super) struct QuotaIsFinal;

impl ClassifyRetry for QuotaIsFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let answer = context.response();
        let body = answer.and_then(|answer| answer.body().bytes());
        let error: serde_json::Value = body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        // A service that speaks REST-JSON says the code in a header alone.
        let header = answer.and_then(|answer| answer.headers().get("x-amzn-errortype"));
        let code = error["__type"].as_str().or(header).unwrap_or_default();
        match code.split(':').next().unwrap_or(code).rsplit('#').next() {
            Some("LimitExceededException") => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "a quota is final"
    }
}

//! The reason why a resource doesn't do its work, for people.

use super::style::{GREEN, RED, paint, visible};
use crate::resource::Explanation;

/// The lines of the cause, of what it is concluded from, and of what to do.
pub(crate) fn lines(explanation: &Explanation) -> Vec<String> {
    let cause = format!("    cause: {}", paint(RED, visible(explanation.cause)));
    let evidence = explanation.evidence.iter().map(|line| format!("      {}", visible(line)));
    let heading = paint(GREEN, "what to do:");
    let remedy = format!("    {heading} {}", visible(&explanation.remedy));
    [cause].into_iter().chain(evidence).chain([remedy]).collect()
}

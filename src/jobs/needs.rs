//! The resources that have to be there before a job can run.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::plan::{Action, Plan, Scope};
use crate::spec::Lab;

/// All that the job `name` needs, directly or not.
pub fn needs(lab: &Lab, name: &str) -> Scope {
    Scope { chosen: Some(lab.with_dependencies(&lab.job_refs(name))), ..Scope::default() }
}

/// Checks that `plan`, which is narrowed to what the job `name` needs, makes what is missing and changes nothing: the
/// user who runs a job hasn't asked for that.
///
/// # Errors
/// Of the kind `NeverRan`, with the command that would do it, if the plan changes, replaces or deletes anything.
pub fn only_creates(plan: &Plan, name: &str) -> Result<(), Error> {
    let more = plan.effective().filter(|change| !matches!(change.action, Action::Create | Action::Restore));
    let changed: BTreeSet<String> = more.map(|change| change.address.to_string()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let changed: Vec<String> = changed.into_iter().collect();
    let message = format!("job.{name}: what it needs is there and isn't what lab.yaml says: {}", changed.join(", "));
    let only: Vec<String> = changed.iter().map(|one| format!(" --only {one}")).collect();
    Err(Error::failed(message).never_ran().hint(format!(
        "`labform apply{}` shows the difference and closes it; then `labform run {name}`",
        only.concat()
    )))
}

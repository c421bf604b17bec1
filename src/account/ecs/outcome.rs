//! How a task is to end, if that is simulated.

use super::last_segment;
use super::task::Task;
use crate::account::Account;
use crate::ecr;
use crate::simulation::{SimulatedRun, Simulation, TaskOutcome};

/// How a task is to end: by its own run, or by its family's outcome.
pub(super) fn outcome(account: &Account, task: &Task) -> Option<TaskOutcome> {
    match &task.run {
        Some(SimulatedRun::Pretended(outcome)) => Some(outcome.clone()),
        Some(SimulatedRun::Reported) => None,
        None => {
            let family = last_segment(&task.definition).split(':').next()?;
            let simulation: &Simulation = account.here();
            let outcome = simulation.outcome(family).cloned();
            outcome.or_else(|| unpulled(account, task).filter(|_| simulation.needs_images()))
        }
    }
}

/// The end of a task whose image is to come from a repository of the account, and isn't there.
fn unpulled(account: &Account, task: &Task) -> Option<TaskOutcome> {
    let mut images = task.containers.iter().filter_map(|one| one["image"].as_str());
    let image = images.find(|image| ecr::is_missing(account, image))?;
    Some(TaskOutcome::never_starts(&format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: \
         {image}: not found"
    )))
}

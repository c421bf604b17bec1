//! A process that stands for a service's tasks.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use labform_account::{Checked, FailingCheck, HealthCheck, HostedTask, Stage};

use super::health::Watched;
use super::process::Process;

/// A process that stands for tasks.
pub(super) struct Running {
    pub(super) process: Process,
    pub(super) deployment: String,
    /// The tasks that it stands for.
    pub(super) tasks: BTreeSet<String>,
    /// The ports that its container may listen at.
    pub(super) ports: BTreeSet<u16>,
    pub(super) checks: Vec<Watched>,
    /// The time that it has from SIGTERM to SIGKILL.
    pub(super) patience: Duration,
    /// The time when it is killed, once it is told to end.
    pub(super) deadline: Option<Instant>,
}

impl Running {
    /// Returns whether the process is the one for this task: it was started for that, or for one beside which it came up.
    pub(super) fn stands_for(&self, wanted: &HostedTask, tasks: &[HostedTask]) -> bool {
        let is_up = |task: &HostedTask| task.stage == Stage::Running && self.tasks.contains(&task.id);
        let is_beside = wanted.deployment == self.deployment && tasks.iter().any(is_up);
        self.deadline.is_none() && (self.tasks.contains(&wanted.id) || is_beside)
    }

    /// Tells the process to end, once.
    pub(super) fn end(&mut self) {
        if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + self.patience);
            self.process.terminate();
        }
    }

    pub(super) fn kill_late(&self) {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.process.kill();
        }
    }

    /// What a process still had to say that has ended.
    pub(super) async fn last_lines(self) -> Vec<String> {
        // What is left of its group ends with it, and holds up nobody.
        self.process.kill();
        self.process.last_lines().await
    }

    /// What a check finds, which begins now if it is a new one. Nothing but the container's own ports is asked.
    pub(super) fn found(&mut self, check: &HealthCheck, grace: Duration) -> Checked {
        if !self.ports.contains(&check.port) {
            return Checked::Unhealthy(FailingCheck::Refused);
        }
        if let Some(watched) = self.checks.iter().find(|watched| watched.check == *check) {
            return watched.found();
        }
        self.checks.push(Watched::start(check.clone(), grace));
        Checked::Unknown
    }
}

//! What a task's target groups say of it.

use super::service::Service;
use super::task::{Milestone, Target, Task};
use crate::account::Account;
use crate::elbv2;

impl Task {
    /// Whether it runs and everything that checks it finds it healthy.
    pub(super) fn is_ready(&self, account: &Account) -> bool {
        self.is_running(account.now)
            && self.health(account.now) != Some("UNKNOWN")
            && self
                .targets
                .iter()
                .all(|target| elbv2::target_is_healthy(account, &target.group, &self.address, target.port))
    }

    /// The target group and the words of the first check that fails.
    pub(super) fn failing_check(&self, account: &Account) -> Option<(&Target, &'static str)> {
        self.targets.iter().find_map(|target| {
            let words = elbv2::target_failure(account, &target.group, &self.address, target.port)?;
            Some((target, words))
        })
    }

    /// How long its targets drain once it stops.
    pub(super) fn drain_time(&self, account: &Account) -> i64 {
        const LONGEST: i64 = 300;
        if !self.done.contains(&Milestone::Started) {
            return 1_000;
        }
        let delays = self.targets.iter().map(|target| elbv2::deregistration_delay(account, &target.group));
        delays.max().map_or(1_000, |delay| delay.min(LONGEST) * 1000)
    }

    /// When each of its targets has been checked often enough to be known.
    pub(super) fn targets_checked(&self, account: &Account) -> impl Iterator<Item = i64> {
        let targets = self.targets.iter();
        targets.filter_map(|target| elbv2::target_checked(account, &target.group, &self.address, target.port))
    }

    /// When its service's grace period ends.
    pub(super) fn grace_ends(&self, account: &Account) -> Option<i64> {
        let service = account.all::<Service>().get(self.service.as_ref()?)?;
        Some(self.started() + service.grace())
    }
}

//! The health of a process, by the checks of its target groups.

use std::time::{Duration, Instant};

use labform_account::{Checked, FailingCheck, HealthCheck};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// The time between two checks, in place of the check's own interval, as long as it isn't known how a process is: nobody
/// waits half a minute here.
const OFTEN: Duration = Duration::from_millis(500);
/// The same of a process that is well: each check may be a line of its log.
const SELDOM: Duration = Duration::from_secs(5);
/// The time in which a process may take no connections yet.
const STARTING: Duration = Duration::from_secs(20);

/// A health check that is made again and again, until the value is dropped.
#[derive(Debug)]
pub(super) struct Watched {
    /// The check.
    pub(super) check: HealthCheck,
    found: watch::Receiver<Checked>,
    task: AbortHandle,
}

impl Watched {
    /// Begins to check a process that has just started, and whose failures don't count for the time of `grace`.
    pub(super) fn start(check: HealthCheck, grace: Duration) -> Self {
        let (sender, found) = watch::channel(Checked::Unknown);
        let (begun, asked) = (Instant::now(), check.clone());
        let task = tokio::spawn(async move {
            let mut count = Count::default();
            loop {
                let answer = asked.probe().await;
                sender.send_replace(count.after(&asked, answer, begun.elapsed(), grace));
                let is_well = count.known == Checked::Healthy && count.bad == 0;
                tokio::time::sleep(if is_well { SELDOM } else { OFTEN }).await;
            }
        });
        Self { check, found, task: task.abort_handle() }
    }

    /// What is known.
    pub(super) fn found(&self) -> Checked {
        *self.found.borrow()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The checks in a row that went one way.
#[derive(Debug)]
struct Count {
    good: u32,
    bad: u32,
    known: Checked,
}

impl Default for Count {
    fn default() -> Self {
        Self { good: 0, bad: 0, known: Checked::Unknown }
    }
}

impl Count {
    /// What is known after one more answer, of a process of this age.
    fn after(
        &mut self,
        check: &HealthCheck,
        answer: Result<(), FailingCheck>,
        age: Duration,
        grace: Duration,
    ) -> Checked {
        let patience = match answer {
            Err(FailingCheck::Refused) => grace.max(STARTING),
            _ => grace,
        };
        match answer {
            Ok(()) => {
                (self.good, self.bad) = (self.good + 1, 0);
                if self.good >= check.healthy {
                    self.known = Checked::Healthy;
                }
            }
            Err(_) if self.known == Checked::Unknown && age < patience => self.good = 0,
            Err(why) => {
                (self.good, self.bad) = (0, self.bad + 1);
                if self.bad >= check.unhealthy {
                    self.known = Checked::Unhealthy(why);
                }
            }
        }
        self.known
    }
}

#[cfg(test)]
mod tests {
    use labform_account::Question;

    use super::*;

    #[test]
    fn checks_count_in_a_row_and_a_process_may_take_its_time_to_start() {
        let check = HealthCheck {
            group: String::new(),
            port: 80,
            asks: Question::Connection,
            healthy: 2,
            unhealthy: 3,
            timeout: Duration::from_secs(1),
        };
        let known = |answers: &[(u64, Result<(), FailingCheck>)], grace: u64| {
            let mut count = Count::default();
            let after = answers.iter().map(|(age, answer)| {
                count.after(&check, *answer, Duration::from_secs(*age), Duration::from_secs(grace))
            });
            after.last().unwrap()
        };
        let (refused, wrong) = (Err(FailingCheck::Refused), Err(FailingCheck::Code(500)));
        assert_eq!(known(&[(1, Ok(()))], 0), Checked::Unknown);
        assert_eq!(known(&[(1, refused), (2, Ok(())), (3, Ok(()))], 0), Checked::Healthy);
        assert_eq!(known(&[(1, refused), (2, refused), (3, refused), (4, refused)], 0), Checked::Unknown);
        assert_eq!(known(&[(21, refused), (22, refused), (23, refused)], 0), Checked::Unhealthy(FailingCheck::Refused));
        assert_eq!(known(&[(1, wrong), (2, wrong), (3, wrong)], 0), Checked::Unhealthy(FailingCheck::Code(500)));
        assert_eq!(known(&[(1, wrong), (2, wrong), (3, wrong)], 60), Checked::Unknown);
        assert_eq!(known(&[(1, wrong), (2, wrong), (3, Ok(())), (4, wrong)], 0), Checked::Unknown);
        let well = [(1, Ok(())), (2, Ok(()))];
        assert_eq!(known(&[&well[..], &[(3, refused), (4, refused)]].concat(), 0), Checked::Healthy);
        let down = [(3, refused), (4, refused), (5, refused)];
        assert_eq!(known(&[&well[..], &down].concat(), 0), Checked::Unhealthy(FailingCheck::Refused));
    }
}

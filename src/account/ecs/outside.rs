//! Tasks whose container somebody outside of the account really runs. The account gives such a task away, tells when it
//! is to begin and to stop, and hears what it writes and how it ends; all else is as with any other task.
//!
//! The runner has to be heard of now and then by the clock on the wall: a task that nobody runs any more ends.

use serde_json::Value;

use super::task::{DEPROVISIONING, Execution, KILLED, Milestone, Stop, Task};
use super::{last_segment, work};
use crate::account::Account;
use crate::elbv2::Checked;
use crate::simulation::Simulation;

/// The milliseconds of the wall's clock for which nothing may be heard of a task's runner.
pub(super) const SILENCE: i64 = 30_000;
/// The reason why a task ends that nobody runs any more.
const GONE: &str = "what ran the command on this computer is gone; look with `ps` whether the command still runs";
/// The most bytes of a task's log that the account keeps: each of its calls writes the whole account.
const LOG: usize = 1024 * 1024;
/// The bytes that a line takes besides its text.
const LINE: usize = 64;

/// A task that is to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The task's id.
    pub task: String,
    /// The task's containers as its definition has them, with the overrides in them.
    pub containers: Vec<Value>,
}

/// An instruction to the runner of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// The runner is to wait: the task isn't RUNNING yet.
    Wait,
    /// The runner is to begin, or to go on.
    GoOn,
    /// The runner is to end the task: somebody has stopped it, or it is gone.
    Stop,
}

/// The end of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The task ended with this exit code.
    Exit(i64),
    /// The task couldn't be started, for this reason.
    NeverStarted(String),
}

impl Account {
    /// Gives away a task of `started_by` that is to be run and that nobody has taken; none if there is no such task.
    pub fn take_over(&mut self, region: &str, started_by: &str) -> Option<Assignment> {
        self.enter(region);
        let (now, wall) = (self.now, self.wall);
        let free = self.all_mut::<Task>().values().find(|task| {
            let state = task.outside.as_ref().map(|outside| outside.state);
            state == Some(Execution::Free) && !task.is_stopping(now) && task.started_by.as_deref() == Some(started_by)
        });
        let id = free?.id.clone();
        let task = self.all_mut::<Task>().get_mut(&id)?;
        let outside = task.outside.as_mut()?;
        (outside.state, outside.heard) = (Execution::Taken, wall);
        let assignment = Assignment { task: task.id.clone(), containers: task.containers.clone() };
        // Who starts another task of this name has to ask for it to be run again.
        self.here_mut::<Simulation>().job_runs(started_by, None);
        Some(assignment)
    }

    /// Returns whether somebody outside of the account runs the container of the task with this ARN.
    pub fn is_run_outside(&mut self, region: &str, arn: &str) -> bool {
        self.enter(region);
        let task = self.all_mut::<Task>().get(last_segment(arn));
        task.is_some_and(|task| task.outside.is_some())
    }

    /// Hears the lines that the task `id` wrote, maybe none. Returns whether it is to go on.
    pub fn report(&mut self, region: &str, id: &str, lines: &[String]) -> Instruction {
        self.enter(region);
        let Some(mut task) = self.all_mut::<Task>().remove(id) else {
            return Instruction::Stop;
        };
        let (now, wall) = (self.now, self.wall);
        let before = task.outside.as_ref().map_or(LOG, |outside| outside.log);
        let mut kept = before;
        for line in lines {
            kept = kept.saturating_add(line.len() + LINE);
            if kept > LOG {
                break;
            }
            work::write(self, &task, now, |_| line.clone());
        }
        if kept > LOG && before <= LOG {
            let words = format!("not pretended: this account keeps {LOG} bytes of a task's log, and here they end");
            work::write(self, &task, now, |_| words.clone());
        }
        if let Some(outside) = &mut task.outside {
            (outside.heard, outside.log) = (wall, kept);
        }
        let order = match task.done.contains(&Milestone::Started) {
            _ if task.is_stopping(now) => Instruction::Stop,
            true => Instruction::GoOn,
            false => Instruction::Wait,
        };
        self.all_mut::<Task>().insert(id.to_owned(), task);
        order
    }

    /// Hears how the task `id` ended.
    pub fn report_end(&mut self, region: &str, id: &str, ending: &Ending) {
        self.enter(region);
        let now = self.now;
        let Some(task) = self.all_mut::<Task>().get_mut(id) else {
            return;
        };
        let exit = match ending {
            Ending::Exit(code) => Some(*code),
            Ending::NeverStarted(_) => None,
        };
        if let Some(outside) = &mut task.outside {
            outside.state = Execution::Over;
        }
        match &mut task.stop {
            Some(stop) if now >= stop.deprovisioning => {}
            // It was told to stop, and this is when and how it did.
            Some(stop) => {
                stop.stopping = stop.stopping.min(now);
                stop.deprovisioning = now;
                stop.stopped = now + DEPROVISIONING;
                stop.exit = exit;
            }
            None => task.stop = Some(end_by_itself(now, ending)),
        }
    }

    /// Makes the reports of the task `id` old.
    #[cfg(any(test, feature = "testing"))]
    pub fn forget_reports(&mut self, region: &str, id: &str) {
        self.enter(region);
        let task = self.all_mut::<Task>().get_mut(id);
        if let Some(outside) = task.and_then(|task| task.outside.as_mut()) {
            outside.heard -= SILENCE + 1;
        }
    }
}

/// Returns whether a task is being run outside for whose sake time may pass no faster than on the wall. Of a service's task
/// that is so only while it shows whether it works, and while it ends: it runs on for hours.
pub(crate) fn has_outside_work(account: &Account) -> bool {
    account
        .everywhere::<Task>()
        .filter(|task| task.done.contains(&Milestone::Started))
        .filter(|task| !task.done.contains(&Milestone::Ended))
        .filter_map(|task| Some((task, task.outside.as_ref()?)))
        .filter(|(_, outside)| outside.state != Execution::Over)
        .any(|(task, outside)| {
            let shows = outside.found.is_none_or(|found| found == Checked::Unknown);
            let ends = task.stop.as_ref().is_some_and(|stop| account.now >= stop.stopping);
            task.service.is_none() || ends || shows && !task.is_stopping(account.now)
        })
}

fn end_by_itself(now: i64, ending: &Ending) -> Stop {
    match ending {
        Ending::Exit(code) => {
            let reason = "Essential container in task exited";
            Stop::at(now, 1_000, "EssentialContainerExited", reason, Some(*code))
        }
        Ending::NeverStarted(reason) => Stop::at(now, 0, "TaskFailedToStart", reason, None),
    }
}

/// Ends the task if nothing was heard of its runner.
pub(super) fn check(account: &mut Account, task: &mut Task) {
    let Some(outside) = &mut task.outside else {
        return;
    };
    let runs = task.stop.is_none() && task.done.contains(&Milestone::Started);
    if runs && account.wall > outside.heard + SILENCE {
        outside.state = Execution::Over;
        work::write(account, task, account.now, |_| format!("not pretended: {GONE}"));
        let code = "EssentialContainerExited";
        task.stop = Some(Stop::at(account.now, 1_000, code, GONE, Some(KILLED)));
    }
}

/// The time when nothing was heard for too long, if nothing will be.
pub(super) fn silent(account: &Account, task: &Task) -> Option<i64> {
    let runs = task.stop.is_none() && task.done.contains(&Milestone::Started);
    let outside = task.outside.as_ref().filter(|_| runs)?;
    // The account's time passes as fast as the wall's, or faster.
    Some(account.now + (outside.heard + SILENCE + 1 - account.wall).max(1))
}

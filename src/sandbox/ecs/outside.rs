//! Tasks whose container somebody outside of the account really runs. The account gives such a task away, tells when it
//! is to begin and to stop, and hears what it writes and how it ends; all else is as with any other task.
//!
//! Who runs it has to be heard of now and then by the clock on the wall: a task that nobody runs any more ends.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::life::{DEPROVISIONING, Deed, Stop};
use super::task::Task;
use super::{last_segment, work};
use crate::sandbox::account::Account;

/// For how many milliseconds of the wall's clock nothing may be heard of who runs a task.
const SILENCE: i64 = 30_000;
/// How many milliseconds after its stop a task is over although nobody has said so: the 30 s that ECS gives a container
/// between SIGTERM and SIGKILL, and some for the news.
const LAST_WORDS: i64 = 40_000;
/// Why a task ends that nobody runs any more.
const GONE: &str = "what ran the command on this computer is gone; look with `ps` whether the command still runs";
/// The exit code of what was killed.
const KILLED: i64 = 137;
/// The most bytes of a task's log that the account keeps: each of its calls writes the whole account.
const LOG: usize = 1024 * 1024;
/// How many bytes a line takes besides its text.
const LINE: usize = 64;

/// Who runs a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outside {
    state: State,
    /// When it was last heard of, on the wall's clock.
    heard: i64,
    /// How many bytes of its log came in.
    log: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Nobody runs it yet.
    Free,
    /// Somebody does.
    Taken,
    /// It has ended.
    Over,
}

impl Outside {
    /// Nobody yet.
    pub(super) fn expected(account: &Account) -> Self {
        Self { state: State::Free, heard: account.wall, log: 0 }
    }
}

/// A task that is to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Its id.
    pub task: String,
    /// Its containers as the task definition has them, with the overrides in them.
    pub containers: Vec<Value>,
}

/// What who runs a task has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Wait: the task isn't RUNNING yet.
    Wait,
    /// Begin, or go on.
    GoOn,
    /// End it: somebody has stopped the task, or it is gone.
    Stop,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this exit code.
    Exit(i64),
    /// It couldn't be started, for this reason.
    NeverStarted(String),
}

impl Account {
    /// Gives away a task of `started_by` that is to be run and that nobody has taken; none where there is no such task.
    pub fn take_over(&mut self, region: &str, started_by: &str) -> Option<Assignment> {
        self.enter(region);
        let (now, wall) = (self.now, self.wall);
        let task = self.here().ecs.tasks.values_mut().find(|task| {
            let state = task.outside.as_ref().map(|outside| outside.state);
            state == Some(State::Free) && !task.is_stopping(now) && task.started_by.as_deref() == Some(started_by)
        })?;
        let outside = task.outside.as_mut()?;
        (outside.state, outside.heard) = (State::Taken, wall);
        let assignment = Assignment { task: task.id.clone(), containers: task.containers.clone() };
        // Who starts another task of this name has to ask for it to be run again.
        self.here().ecs.rehearsal.job_plays(started_by, None);
        Some(assignment)
    }

    /// Whether somebody outside of the account runs the container of the task with this ARN.
    pub fn is_run_outside(&mut self, region: &str, arn: &str) -> bool {
        self.enter(region);
        let task = self.here().ecs.tasks.get(last_segment(arn));
        task.is_some_and(|task| task.outside.is_some())
    }

    /// Hears the lines that the task `id` wrote, maybe none, and says whether it is to go on.
    pub fn report(&mut self, region: &str, id: &str, lines: &[String]) -> Order {
        self.enter(region);
        let Some(mut task) = self.here().ecs.tasks.remove(id) else {
            return Order::Stop;
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
        let order = match task.done.contains(&Deed::Started) {
            _ if task.is_stopping(now) => Order::Stop,
            true => Order::GoOn,
            false => Order::Wait,
        };
        self.here().ecs.tasks.insert(id.to_owned(), task);
        order
    }

    /// Hears how the task `id` ended.
    pub fn report_end(&mut self, region: &str, id: &str, ending: &Ending) {
        self.enter(region);
        let now = self.now;
        let Some(task) = self.here().ecs.tasks.get_mut(id) else {
            return;
        };
        let exit = match ending {
            Ending::Exit(code) => Some(*code),
            Ending::NeverStarted(_) => None,
        };
        if let Some(outside) = &mut task.outside {
            outside.state = State::Over;
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

    /// Makes what was heard of the task `id` old.
    #[cfg(test)]
    pub(in crate::sandbox) fn forget_reports(&mut self, region: &str, id: &str) {
        self.enter(region);
        let task = self.here().ecs.tasks.get_mut(id);
        if let Some(outside) = task.and_then(|task| task.outside.as_mut()) {
            outside.heard -= SILENCE + 1;
        }
    }

    /// Whether a task is being run outside.
    pub(in crate::sandbox) fn has_outside_work(&self) -> bool {
        let tasks = self.regions.values().flat_map(|region| region.ecs.tasks.values());
        tasks
            .filter(|task| task.done.contains(&Deed::Started))
            .filter(|task| !task.done.contains(&Deed::Ended))
            .filter_map(|task| task.outside.as_ref())
            .any(|outside| outside.state != State::Over)
    }
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

/// The stop of a task that has to be told to end outside: it takes as long as that does.
pub(super) fn end_in_time(stop: Stop) -> Stop {
    let deprovisioning = stop.stopping + LAST_WORDS;
    Stop { deprovisioning, stopped: deprovisioning + DEPROVISIONING, exit: Some(KILLED), ..stop }
}

/// From now on something has to be heard of who runs the task.
pub(super) fn begin(account: &Account, task: &mut Task) {
    if let Some(outside) = &mut task.outside {
        outside.heard = account.wall;
    }
}

/// Ends the task where nothing was heard of who runs it.
pub(super) fn check(account: &mut Account, task: &mut Task) {
    let Some(outside) = &mut task.outside else {
        return;
    };
    let runs = task.stop.is_none() && task.done.contains(&Deed::Started);
    if runs && account.wall > outside.heard + SILENCE {
        outside.state = State::Over;
        work::write(account, task, account.now, |_| format!("not pretended: {GONE}"));
        let code = "EssentialContainerExited";
        task.stop = Some(Stop::at(account.now, 1_000, code, GONE, Some(KILLED)));
    }
}

//! Simulations: how the tasks of a family end, what a job's task does while it works, how targets fare, and that no
//! task can be placed. ECS then does what it does on AWS: it starts a service's tasks again, says so, and breaks the
//! circuit if that is asked for.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::states::State;
use crate::table::{AnyTable, Object, Table};

/// The simulations in a region.
#[derive(Clone, Debug, Default)]
pub struct Simulation(Table<Simulated>);

/// A simulation: the things of the key's kind that go otherwise than usual.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Simulated {
    /// Tasks of a family.
    Tasks(TaskOutcome),
    /// The tasks that RunTask starts for a `startedBy`, so that no service's task is meant.
    Job(SimulatedRun),
    /// The targets of a target group.
    Targets(FailingCheck),
    /// The tasks of a service, for which there is no room.
    NoRoom(String),
    /// Tasks whose images nobody has pushed.
    Images,
}

/// The run of a task that RunTask starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SimulatedRun {
    /// The task is pretended, and ends like this.
    Pretended(TaskOutcome),
    /// Somebody outside of the account really runs its container, and reports what it writes and how it ends.
    Reported,
}

/// An object that is put into a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutObject {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The object's content.
    pub content: String,
}

/// The outcome of a task that ends instead of running on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskOutcome {
    /// ECS's `stopCode`.
    pub code: String,
    /// ECS's `stoppedReason`.
    pub reason: String,
    /// The `reason` of the task's essential container; empty if it has none.
    pub container: String,
    /// The exit code of the task's containers; none if none of them ever ran.
    pub exit: Option<i64>,
    /// The lines that the containers write to their logs, spread over the time that they work.
    pub log: Vec<String>,
    /// The time that the containers work.
    pub takes: Duration,
    /// The objects that the containers put into buckets at their end, if that is exit code 0.
    pub puts: Vec<PutObject>,
}

impl TaskOutcome {
    /// A task that fails before its containers run, as when its image can't be pulled.
    #[must_use]
    pub fn never_starts(reason: &str) -> Self {
        Self { code: "TaskFailedToStart".to_owned(), reason: reason.to_owned(), ..Self::default() }
    }

    /// A task whose essential container writes `log` and ends at once.
    #[must_use]
    pub fn exits(code: i64, log: &[&str]) -> Self {
        Self {
            code: "EssentialContainerExited".to_owned(),
            reason: "Essential container in task exited".to_owned(),
            exit: Some(code),
            log: log.iter().map(|&line| line.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// The same outcome of containers that work for a while.
    #[must_use]
    pub fn taking(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    /// The same outcome of containers that put these objects at their end.
    #[must_use]
    pub fn putting(self, puts: Vec<PutObject>) -> Self {
        Self { puts, ..self }
    }
}

/// The reason why a load balancer finds targets unhealthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailingCheck {
    /// The targets answer with another status code than wanted.
    WrongCode,
    /// The targets answer with this status code, which isn't wanted.
    Code(u16),
    /// The targets don't answer in time.
    NoAnswer,
    /// The targets refuse the connection.
    Refused,
}

impl FailingCheck {
    /// The reason code and the words of DescribeTargetHealth.
    pub(crate) fn words(self) -> (&'static str, Cow<'static, str>) {
        match self {
            Self::WrongCode => Self::Code(404).words(),
            Self::Code(code) => {
                ("Target.ResponseCodeMismatch", format!("Health checks failed with these codes: [{code}]").into())
            }
            Self::NoAnswer => ("Target.Timeout", "Request timed out".into()),
            Self::Refused => ("Target.FailedHealthChecks", "Health checks failed".into()),
        }
    }
}

impl Simulation {
    /// Lets tasks of `family` that start from now on end like this.
    pub fn tasks_end(&mut self, family: &str, outcome: TaskOutcome) {
        self.0.insert(format!("tasks {family}"), Simulated::Tasks(outcome));
    }

    /// Lets tasks that RunTask starts from now on for `started_by` run like this; in no particular way if it is none.
    pub fn job_runs(&mut self, started_by: &str, run: Option<SimulatedRun>) {
        let key = format!("job {started_by}");
        match run {
            Some(run) => drop(self.0.insert(key, Simulated::Job(run))),
            None => drop(self.0.remove(&key)),
        }
    }

    /// Lets targets of the target group `name` be found unhealthy.
    pub fn targets_fail(&mut self, name: &str, check: FailingCheck) {
        self.0.insert(format!("targets {name}"), Simulated::Targets(check));
    }

    /// Lets ECS find no room for tasks of `service`, and say so in these words.
    pub fn no_room(&mut self, service: &str, words: &str) {
        self.0.insert(format!("room {service}"), Simulated::NoRoom(words.to_owned()));
    }

    /// Lets tasks start from now on whose image is to come from a repository of the account, and was never pushed.
    pub fn images_are_there(&mut self) {
        self.0.insert("images".to_owned(), Simulated::Images);
    }

    /// Ends all simulations of what fails: from now on all goes well.
    pub fn end(&mut self) {
        self.0.retain(|_, simulated| matches!(simulated, Simulated::Images));
    }

    /// The reason why ECS finds no room for tasks of `service`.
    pub(crate) fn refusal(&self, service: &str) -> Option<&String> {
        if let Simulated::NoRoom(words) = self.0.get(&format!("room {service}"))? { Some(words) } else { None }
    }

    /// Returns whether simulations were changed since time last went on.
    pub(crate) fn is_touched(&self) -> bool {
        !self.0.touched().is_empty()
    }

    /// The outcome of tasks of `family`.
    pub(crate) fn outcome(&self, family: &str) -> Option<&TaskOutcome> {
        if let Simulated::Tasks(outcome) = self.0.get(&format!("tasks {family}"))? { Some(outcome) } else { None }
    }

    /// The run of a task that RunTask starts for `started_by`.
    pub(crate) fn run(&self, started_by: &str) -> Option<&SimulatedRun> {
        if let Simulated::Job(run) = self.0.get(&format!("job {started_by}"))? { Some(run) } else { None }
    }

    /// Returns whether every image is there, although nobody has pushed it.
    pub(crate) fn has_all_images(&self) -> bool {
        self.0.contains_key("images")
    }

    /// The reason why targets of the target group with this ARN are to be found unhealthy.
    pub(crate) fn failing_check(&self, arn: &str) -> Option<FailingCheck> {
        let group = arn.split('/').nth(1)?;
        if let Simulated::Targets(check) = self.0.get(&format!("targets {group}"))? { Some(*check) } else { None }
    }
}

impl Object for Simulated {}

impl State for Simulation {
    fn table(&mut self) -> Option<&mut dyn AnyTable> {
        Some(&mut self.0)
    }
}

impl Account {
    /// The simulations in `region`.
    pub fn simulation(&mut self, region: &str) -> &mut Simulation {
        self.enter(region);
        self.here_mut()
    }
}

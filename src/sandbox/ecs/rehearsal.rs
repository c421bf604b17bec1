//! What is rehearsed: how the tasks of a family end, what a job's task does while it works, how targets fare, and that
//! no task can be placed. ECS then does what it does on AWS: it starts a service's tasks again, says so, and breaks the
//! circuit where that is asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::last_segment;
use super::task::Task;
use crate::sandbox::account::Account;
use crate::sandbox::ecr;

/// What is rehearsed in one region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// By family of task definitions.
    fates: BTreeMap<String, Fate>,
    /// By `startedBy` of RunTask, so that no service's task is meant.
    jobs: BTreeMap<String, Play>,
    /// By name of target group.
    checks: BTreeMap<String, FailingCheck>,
    /// By name of service.
    no_room: BTreeMap<String, String>,
    /// Whether tasks need their images.
    images_count: bool,
}

/// What becomes of a task that RunTask starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Play {
    /// It is pretended, and ends like this.
    Pretended(Fate),
    /// Somebody outside of the account really runs its container, and reports what it writes and how it ends.
    Reported,
}

/// An object that is put into a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// What it holds.
    pub content: String,
}

/// How a task ends instead of running on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fate {
    /// ECS's `stopCode`.
    pub code: String,
    /// ECS's `stoppedReason`.
    pub reason: String,
    /// The `reason` of its essential container; empty where it has none.
    pub container: String,
    /// The exit code of its containers; none where none of them ever ran.
    pub exit: Option<i64>,
    /// What they write to their logs, spread over the time that they work.
    pub log: Vec<String>,
    /// How long they work.
    pub takes: Duration,
    /// What they put into buckets at their end, where that is exit code 0.
    pub puts: Vec<Put>,
}

impl Fate {
    /// A task that fails before its containers run, as when its image can't be pulled.
    #[must_use]
    pub fn never_starts(reason: &str) -> Self {
        Self {
            code: "TaskFailedToStart".to_owned(),
            reason: reason.to_owned(),
            container: String::new(),
            exit: None,
            log: Vec::new(),
            takes: Duration::ZERO,
            puts: Vec::new(),
        }
    }

    /// A task whose essential container writes `log` and ends at once.
    #[must_use]
    pub fn exits(code: i64, log: &[&str]) -> Self {
        Self {
            code: "EssentialContainerExited".to_owned(),
            reason: "Essential container in task exited".to_owned(),
            container: String::new(),
            exit: Some(code),
            log: log.iter().map(|&line| line.to_owned()).collect(),
            takes: Duration::ZERO,
            puts: Vec::new(),
        }
    }

    /// The same fate of containers that work for a while.
    #[must_use]
    pub fn taking(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    /// The same fate of containers that put these objects at their end.
    #[must_use]
    pub fn putting(self, puts: Vec<Put>) -> Self {
        Self { puts, ..self }
    }
}

/// Why a load balancer finds targets unhealthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailingCheck {
    /// They answer with another status code than wanted.
    WrongCode,
    /// They don't answer in time.
    NoAnswer,
    /// They refuse the connection.
    Refused,
}

impl FailingCheck {
    /// The reason code and the words of DescribeTargetHealth.
    pub(in crate::sandbox) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::WrongCode => ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"),
            Self::NoAnswer => ("Target.Timeout", "Request timed out"),
            Self::Refused => ("Target.FailedHealthChecks", "Health checks failed"),
        }
    }
}

impl Rehearsal {
    /// Tasks of `family` that start from now on end like this.
    pub fn tasks_end(&mut self, family: &str, fate: Fate) {
        self.fates.insert(family.to_owned(), fate);
    }

    /// What becomes of tasks that RunTask starts from now on for `started_by`; nothing in particular where it is none.
    pub fn job_plays(&mut self, started_by: &str, play: Option<Play>) {
        match play {
            Some(play) => drop(self.jobs.insert(started_by.to_owned(), play)),
            None => drop(self.jobs.remove(started_by)),
        }
    }

    /// Targets of the target group `name` are found unhealthy.
    pub fn targets_fail(&mut self, name: &str, check: FailingCheck) {
        self.checks.insert(name.to_owned(), check);
    }

    /// ECS finds no room for tasks of `service`, and says so in these words.
    pub fn no_room(&mut self, service: &str, words: &str) {
        self.no_room.insert(service.to_owned(), words.to_owned());
    }

    /// Tasks whose image is to come from a repository of the account, and isn't there, don't start from now on.
    pub fn images_count(&mut self) {
        self.images_count = true;
    }

    /// From now on all goes well.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    pub(super) fn refusal(&self, service: &str) -> Option<&String> {
        self.no_room.get(service)
    }
}

impl Account {
    /// What is to go wrong in `region`.
    pub fn rehearsal(&mut self, region: &str) -> &mut Rehearsal {
        self.enter(region);
        &mut self.here().ecs.rehearsal
    }
}

/// How a task is to end: by its own play, or by its family's fate.
pub(super) fn fate(account: &Account, task: &Task) -> Option<Fate> {
    match &task.play {
        Some(Play::Pretended(fate)) => Some(fate.clone()),
        Some(Play::Reported) => None,
        None => {
            let family = last_segment(&task.definition).split(':').next()?;
            let rehearsal = &account.here_ref().ecs.rehearsal;
            let fate = rehearsal.fates.get(family).cloned();
            fate.or_else(|| unpulled(account, task).filter(|_| rehearsal.images_count))
        }
    }
}

/// The end of a task whose image is to come from a repository of the account, and isn't there.
fn unpulled(account: &Account, task: &Task) -> Option<Fate> {
    let mut images = task.containers.iter().filter_map(|one| one["image"].as_str());
    let image = images.find(|image| ecr::is_missing(account, image))?;
    Some(Fate::never_starts(&format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: \
         {image}: not found"
    )))
}

/// What becomes of a task that RunTask starts for `started_by`.
pub(super) fn play(account: &Account, started_by: &str) -> Option<Play> {
    account.here_ref().ecs.rehearsal.jobs.get(started_by).cloned()
}

/// Why targets of the target group with this ARN are to be found unhealthy.
pub(in crate::sandbox) fn failing_check(account: &Account, arn: &str) -> Option<FailingCheck> {
    let name = arn.split('/').nth(1)?;
    let checks = &account.here_ref().ecs.rehearsal.checks;
    checks.get(name).copied()
}

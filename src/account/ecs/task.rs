//! A task: its fields, and its states over time. The calls are in `tasks`, the task's life in `life`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::TagMap;
use crate::Item;
use crate::account::Account;
use crate::clock::millis;
use crate::elbv2::Checked;
use crate::simulation::{SimulatedRun, TaskOutcome};
use crate::table::{Object, Table};

pub(super) const ATTACHED: i64 = 5_000;
pub(super) const PULLED: i64 = 20_000;
pub(super) const STARTED: i64 = 25_000;
pub(super) const STOPPING: i64 = 10_000;
pub(super) const DEPROVISIONING: i64 = 15_000;
/// The milliseconds after its stop when a task is over although nobody has said so: the 30 s that ECS gives a container
/// between SIGTERM and SIGKILL, and some for the news.
const LAST_WORDS: i64 = 40_000;
/// The exit code of a killed container.
pub(super) const KILLED: i64 = 137;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) arn: String,
    /// The name of the task's cluster.
    pub(super) cluster: String,
    /// The key of the task's service.
    pub(super) service: Option<String>,
    pub(super) definition: String,
    pub(super) group: String,
    pub(super) started_by: Option<String>,
    /// The launch type, strategy, network and platform.
    pub(super) body: Map<String, Value>,
    /// The subnet that the task runs in, if it is in a VPC.
    pub(super) subnet: Option<String>,
    pub(super) overrides: Value,
    /// The task definition's containers with the overrides in them.
    pub(super) containers: Vec<Value>,
    pub(super) size: (String, String),
    pub(super) tags: TagMap,
    pub(super) created: i64,
    pub(super) stop: Option<Stop>,
    pub(super) eni: Option<String>,
    pub(super) address: String,
    pub(super) targets: Vec<Target>,
    /// The fate of the task, if that is known already.
    pub(super) run: Option<SimulatedRun>,
    /// The number of lines of the run that were written.
    pub(super) written: usize,
    /// The one who carries the task out, if it is not pretended.
    pub(super) outside: Option<Outside>,
    /// The digests of the task's images, by container.
    pub(super) digests: BTreeMap<String, String>,
    /// The milestones that the task has passed.
    pub(super) done: Vec<Milestone>,
}

/// The task that a client token of RunTask stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) request: String,
    pub(super) tasks: Vec<String>,
}

impl Object for Task {
    fn owner(&self) -> Option<&str> {
        self.service.as_deref()
    }
}

impl Object for Run {}

impl Task {
    /// Returns whether DescribeTasks knows the task: one of RunTask can take its time to appear.
    pub(super) fn is_visible(&self, account: &Account) -> bool {
        self.service.is_some() || account.now >= self.created + millis(account.quirks.tasks_hidden)
    }
}

impl Run {
    /// Returns whether one of the run's tasks is still known.
    pub(super) fn is_known(&self, tasks: &Table<Task>) -> bool {
        self.tasks.iter().any(|id| tasks.contains_key(id))
    }
}

/// The end of a task, planned from the moment it is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stop {
    pub(super) at: i64,
    pub(super) stopping: i64,
    pub(super) deprovisioning: i64,
    pub(super) stopped: i64,
    pub(super) code: String,
    pub(super) reason: String,
    /// The reason of the containers; empty for none.
    pub(super) container: String,
    /// The exit code; none if no container ever ran.
    pub(super) exit: Option<i64>,
}

impl Stop {
    /// A stop that begins at `at` and first lets connections drain.
    pub(super) fn at(at: i64, drain: i64, code: &str, reason: &str, exit: Option<i64>) -> Self {
        let stopping = at + drain;
        let deprovisioning = stopping + STOPPING;
        Self {
            at,
            stopping,
            deprovisioning,
            stopped: deprovisioning + DEPROVISIONING,
            code: code.to_owned(),
            reason: reason.to_owned(),
            container: String::new(),
            exit,
        }
    }

    /// The stop that a simulation asks for, after `drain`.
    pub(super) fn simulated(at: i64, drain: i64, outcome: &TaskOutcome) -> Self {
        Self {
            container: outcome.container.clone(),
            ..Self::at(at, drain, &outcome.code, &outcome.reason, outcome.exit)
        }
    }

    /// The same stop of a task that has to be told to end outside: it takes as long as that does.
    pub(super) fn in_time(self) -> Self {
        let deprovisioning = self.stopping + LAST_WORDS;
        Self { deprovisioning, stopped: deprovisioning + DEPROVISIONING, exit: Some(KILLED), ..self }
    }
}

/// A place in a target group that the task takes while it runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) group: String,
    pub(super) port: i64,
}

impl Target {
    pub(super) fn of(balancer: &Value) -> Option<Self> {
        Some(Self { group: balancer["targetGroupArn"].as_str()?.to_owned(), port: balancer["containerPort"].as_i64()? })
    }
}

/// A milestone: a thing that is done once in a task's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Milestone {
    Pulled,
    Started,
    ObjectsPut,
    Deregistered,
    Ended,
    InterfaceGone,
}

impl Task {
    pub(super) fn status(&self, now: i64) -> &'static str {
        if let Some(stop) = self.stop.as_ref().filter(|stop| now >= stop.at) {
            return match now {
                now if now >= stop.stopped => "STOPPED",
                now if now >= stop.deprovisioning => "DEPROVISIONING",
                now if now >= stop.stopping => "STOPPING",
                _ => "DEACTIVATING",
            };
        }
        match now - self.created {
            age if age >= STARTED => "RUNNING",
            age if age >= PULLED => "ACTIVATING",
            age if age >= ATTACHED => "PENDING",
            _ => "PROVISIONING",
        }
    }

    pub(super) fn is_running(&self, now: i64) -> bool {
        self.status(now) == "RUNNING"
    }

    pub(super) fn is_pending(&self, now: i64) -> bool {
        ["PROVISIONING", "PENDING", "ACTIVATING"].contains(&self.status(now))
    }

    pub(super) fn is_stopping(&self, now: i64) -> bool {
        self.stop.as_ref().is_some_and(|stop| now >= stop.at)
    }

    /// Returns whether the task may still answer: it is to run, or its connections drain.
    pub(super) fn is_serving(&self, now: i64) -> bool {
        self.is_pending(now) || ["RUNNING", "DEACTIVATING"].contains(&self.status(now))
    }

    /// Returns whether ECS counts the task as a failure: it never ran, ended by itself, or failed its checks.
    pub(super) fn failed(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| {
            ["TaskFailedToStart", "EssentialContainerExited"].contains(&stop.code.as_str())
                || stop.reason.starts_with("Task failed")
        })
    }

    /// The health of the containers that have a check: the first check comes one interval after the start.
    pub(super) fn health(&self, now: i64) -> Option<&'static str> {
        let healthy = self.is_running(now) && now >= self.healthy()?;
        self.healthy().map(|_| if healthy { "HEALTHY" } else { "UNKNOWN" })
    }

    /// The time when the containers that have a check have passed it.
    pub(super) fn healthy(&self) -> Option<i64> {
        let intervals = self.containers.iter().filter_map(|container| container["healthCheck"]["interval"].as_i64());
        intervals.max().map(|longest| self.started() + longest * 1000)
    }

    pub(super) fn started(&self) -> i64 {
        self.created + STARTED
    }

    pub(super) fn pulled(&self) -> (i64, i64) {
        (self.created + ATTACHED, self.created + PULLED)
    }

    pub(super) fn item(&self, now: i64) -> Item {
        let tombstone = (self.status(now) == "STOPPED").then_some("STOPPED");
        Item { kind: "ecs:task", id: self.arn.clone(), tags: self.tags.clone(), tombstone }
    }

    pub(super) fn network(&self) -> Value {
        self.body.get("networkConfiguration").map_or(Value::Null, |network| network["awsvpcConfiguration"].clone())
    }

    pub(super) fn once(&mut self, deed: Milestone) -> bool {
        let new = !self.done.contains(&deed);
        if new {
            self.done.push(deed);
        }
        new
    }
}

/// The runner of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outside {
    pub(super) state: Execution,
    /// The time when the runner was last heard of, on the wall's clock.
    pub(super) heard: i64,
    /// The bytes of the task's log that came in.
    pub(super) log: usize,
    /// What the runner finds of the task, if the task is a service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<Checked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Execution {
    /// Nobody runs the task yet.
    Free,
    /// Somebody runs the task.
    Taken,
    /// The task has ended.
    Over,
}

impl Outside {
    /// A runner that is yet to come.
    pub(super) fn expected(account: &Account) -> Self {
        Self { state: Execution::Free, heard: account.wall, log: 0, found: None }
    }
}

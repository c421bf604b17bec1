//! The reasons why tasks don't do their work: AWS's words, told as one of the causes of the catalogue.
//!
//! Knows: stopped tasks, targets, events and log lines, whatever ran them. Must not know: how they are read.

mod job;
mod table;
#[cfg(test)]
mod tests;
mod volumes;

pub use job::{explain_job, explain_refusal};

use serde_json::Value;

use super::ecs::{list, text};
use crate::resource::Explanation;
use table::CAUSES;
use volumes::VOLUMES;

/// The most stopped tasks, log lines of a container, and different events that are shown.
pub(super) const SHOWN_TASKS: usize = 3;
pub(super) const SHOWN_LINES: usize = 5;
const SHOWN_EVENTS: usize = 5;

/// The reason for stopping a task whose job has a timeout: ECS keeps the words as its `stoppedReason`.
pub const TIMED_OUT: &str = "labform: the job's timeout is over";

/// ECS's `stopCode` of a task that an essential container ended.
const EXITED: &str = "EssentialContainerExited";

/// The name of a cause for which the catalogue has no row.
const UNKNOWN: &str = "no known cause";

/// AWS's words on tasks that don't do their work.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// Tasks that have stopped, the latest first.
    pub(super) tasks: Vec<StoppedTask>,
    /// Targets that get no requests.
    pub(super) targets: Vec<BadTarget>,
    /// The reason why ECS has given the deployment up; empty if it hasn't.
    pub(super) rollout: String,
    /// The latest events of the service, the latest first.
    pub(super) events: Vec<String>,
    /// The things that could not be read, and why.
    pub(super) unread: Vec<String>,
    /// The command that makes ECS try again, if it has given up.
    pub(super) restart: Option<String>,
    /// The job whose task it is; none for tasks of a service.
    pub(super) job: Option<String>,
}

/// A task that has stopped.
#[derive(Clone, Debug, Default)]
pub(super) struct StoppedTask {
    /// The task's id, the end of its ARN.
    pub(super) id: String,
    /// The ARN of the task's definition.
    pub(super) definition: String,
    /// ECS's `stopCode`, as in `TaskFailedToStart`.
    pub(super) code: String,
    /// ECS's `stoppedReason`.
    pub(super) reason: String,
    /// The task's containers.
    pub(super) containers: Vec<StoppedContainer>,
}

/// A container of a task that has stopped.
#[derive(Clone, Debug, Default)]
pub(super) struct StoppedContainer {
    /// The container's name.
    pub(super) name: String,
    /// The container's image.
    pub(super) image: String,
    /// ECS's `reason`; mostly empty.
    pub(super) reason: String,
    /// The exit code; none if the container never ran.
    pub(super) exit_code: Option<i64>,
    /// The log group that the container writes to; empty if none is known.
    pub(super) log_group: String,
    /// The last lines of the container's log.
    pub(super) log: Vec<String>,
}

/// A target that gets no requests.
#[derive(Clone, Debug)]
pub(super) struct BadTarget {
    /// The target's address and port.
    pub(super) place: String,
    /// Elastic Load Balancing's reason code, as in `Target.Timeout`.
    pub(super) code: String,
    /// Elastic Load Balancing's words.
    pub(super) words: String,
}

impl StoppedContainer {
    /// Returns whether the container ended by a signal that ECS sends: SIGTERM, or SIGKILL without a word on memory.
    fn was_stopped(&self) -> bool {
        matches!(self.exit_code, Some(137 | 143)) && !self.reason.contains("OutOfMemory")
    }
}

impl StoppedTask {
    /// Reads a task off an answer of DescribeTasks. The logs have to be read apart.
    pub(super) fn new(task: &Value) -> Self {
        let arn = text(task, "taskArn");
        let container = |container: &Value| StoppedContainer {
            name: text(container, "name"),
            image: text(container, "image"),
            reason: text(container, "reason"),
            exit_code: container["exitCode"].as_i64(),
            ..StoppedContainer::default()
        };
        Self {
            id: arn.rsplit('/').next().unwrap_or(&arn).to_owned(),
            definition: text(task, "taskDefinitionArn"),
            code: text(task, "stopCode"),
            reason: text(task, "stoppedReason"),
            containers: list(task, "containers").map(container).collect(),
        }
    }

    /// The container that brought the task down, as far as that can be told: ECS stops the others with signals.
    fn culprit(&self) -> Option<&StoppedContainer> {
        let failed = |one: &&StoppedContainer| one.exit_code.is_some_and(|code| code != 0);
        let by_itself = |one: &&StoppedContainer| failed(one) && !one.was_stopped();
        let blamed = |one: &&StoppedContainer| !one.reason.is_empty();
        let find = |which: &dyn Fn(&&StoppedContainer) -> bool| self.containers.iter().find(which);
        // Signals come from ECS if a container ended the task, and also if one never started.
        let signalled = |one: &&StoppedContainer| failed(one) && self.code == EXITED;
        let found = find(&by_itself).or_else(|| find(&signalled));
        let found = found.or_else(|| find(&|one| self.never_started(one))).or_else(|| find(&failed));
        found.or_else(|| find(&blamed)).or(self.containers.first())
    }

    /// Returns whether `container` never started although another one did.
    fn never_started(&self, container: &StoppedContainer) -> bool {
        let ran = |one: &StoppedContainer| one.exit_code.is_some();
        !ran(container) && self.containers.iter().any(ran)
    }

    fn lines(&self) -> Vec<String> {
        let colon = |words: [&str; 2]| words.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(": ");
        let mut lines = vec![format!("task {}: {}", self.id, colon([&self.code, &self.reason]))];
        for container in &self.containers {
            let exit = match container.exit_code {
                Some(code) => format!("exit code {code}"),
                None if self.never_started(container) => "never started".to_owned(),
                None => String::new(),
            };
            let words = colon([&exit, &container.reason]);
            if !words.is_empty() {
                lines.push(format!("container {}: {words}", container.name));
            }
            let log = &container.log[container.log.len().saturating_sub(SHOWN_LINES)..];
            lines.extend(log.iter().map(|line| format!("log of {}: {line}", container.name)));
        }
        lines
    }
}

impl Evidence {
    /// Returns the cause that the evidence tells; none if nothing speaks of a failure. The latest task decides, so that
    /// what was set right meanwhile isn't blamed any more.
    pub(super) fn explain(&self) -> Option<Explanation> {
        let sights: Vec<Sight<'_>> = match self.tasks.as_slice() {
            [] => vec![Sight { evidence: self, task: None }],
            tasks => tasks.iter().map(|task| Sight { evidence: self, task: Some(task) }).collect(),
        };
        let found = sights.iter().find_map(|sight| {
            let cause = VOLUMES.iter().chain(CAUSES).find(|cause| (cause.seen)(sight))?;
            Some((cause.name, sight.fill(cause.remedy)))
        });
        let is_failing = !(self.tasks.is_empty() && self.targets.is_empty() && self.rollout.is_empty());
        let (cause, mut remedy) = match found {
            Some(found) => found,
            None if is_failing => (
                UNKNOWN,
                "the lines above are all that AWS says; the stopped tasks stand in the ECS console for an hour"
                    .to_owned(),
            ),
            None => return None,
        };
        if let Some(restart) = &self.restart {
            remedy.push_str(&format!(
                ". ECS has given this deployment up: where nothing changes in lab.yaml, start it again with `{restart}`"
            ));
        }
        Some(Explanation { cause, evidence: self.lines(), remedy })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut reasons: Vec<&str> = Vec::new();
        for task in self.tasks.iter().take(SHOWN_TASKS) {
            if !reasons.contains(&task.reason.as_str()) {
                reasons.push(&task.reason);
                lines.extend(task.lines());
            }
        }
        lines.extend(
            self.targets
                .iter()
                .take(SHOWN_TASKS)
                .map(|target| format!("target {}: {}: {}", target.place, target.code, target.words)),
        );
        let mut events: Vec<&String> = Vec::new();
        for event in &self.events {
            if !events.contains(&event) {
                events.push(event);
            }
        }
        let events = events.into_iter().take(SHOWN_EVENTS);
        lines.extend(events.map(|event| match self.job {
            // What a job has instead of events is AWS's answer to RunTask.
            Some(_) => event.clone(),
            None => format!("event: {event}"),
        }));
        lines.extend(self.unread.iter().map(|what| format!("not read: {what}")));
        lines
    }
}

/// The evidence as one stopped task shows it, or as it is if none has stopped.
struct Sight<'a> {
    evidence: &'a Evidence,
    task: Option<&'a StoppedTask>,
}

impl Sight<'_> {
    /// Returns whether ECS gives the task, one of its containers or an event a reason with all of `parts`.
    fn says(&self, parts: &[&str]) -> bool {
        let holds = |words: &String| parts.iter().all(|part| words.contains(part));
        let task = self.task.into_iter();
        let of_task =
            task.flat_map(|task| task.containers.iter().map(|container| &container.reason).chain([&task.reason]));
        of_task.chain(&self.evidence.events).any(holds)
    }

    /// Returns whether a reason has one of `words`.
    fn says_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.says(&[word]))
    }

    /// Returns whether an image could not be pulled, for a reason with one of `words`.
    fn cannot_pull(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.says(&["CannotPull", word]))
    }

    /// Returns whether one of the last lines of a log holds one of `words`.
    fn logs_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.logs(&[word]))
    }

    /// Returns whether one of the last lines of a log holds all of `parts`.
    fn logs(&self, parts: &[&str]) -> bool {
        let mut lines = self.containers().flat_map(|container| &container.log);
        lines.any(|line| parts.iter().all(|part| line.contains(part)))
    }

    /// Returns whether a container of the task ended without an error.
    fn one_ended_well(&self) -> bool {
        self.containers().any(|one| one.exit_code == Some(0))
    }

    fn containers(&self) -> impl Iterator<Item = &StoppedContainer> {
        self.task.into_iter().flat_map(|task| &task.containers)
    }

    fn stop_code(&self) -> &str {
        self.task.map_or("", |task| task.code.as_str())
    }

    /// The exit code by which an essential container ended the task itself.
    fn exit_code(&self) -> Option<i64> {
        let task = self.task.filter(|task| task.code == EXITED)?;
        task.culprit()?.exit_code
    }

    /// Returns whether an essential container ended the task itself with an error.
    fn failed(&self) -> bool {
        self.exit_code().is_some_and(|code| code != 0)
    }

    /// Returns whether a target gets no requests for this reason.
    fn target(&self, code: &str) -> bool {
        self.evidence.targets.iter().any(|target| target.code == code)
    }

    /// Fills the names of the culprit, its log and its owner into `remedy`.
    fn fill(&self, remedy: &str) -> String {
        let culprit = self.task.and_then(StoppedTask::culprit);
        let or = |own: Option<&String>, general: &str| match own {
            Some(own) if !own.is_empty() => own.clone(),
            _ => general.to_owned(),
        };
        let image = culprit.map(|one| one.image.as_str());
        let registry = image.and_then(|image| image.split_once('/'));
        let registry = registry.map_or("REGISTRY", |(registry, _)| registry);
        let exit_code = self.exit_code().map(|code| code.to_string());
        let logs = match &self.evidence.job {
            Some(job) => format!("labform logs job.{job}"),
            None => "labform logs".to_owned(),
        };
        let (owner, apply, redo, again) = match &self.evidence.job {
            Some(job) => {
                let run = format!("`labform run {job}`");
                let apply = format!("`labform apply` and {run}");
                ("job", apply, run.clone(), format!("then {run}"))
            }
            None => {
                let apply = "`labform apply`".to_owned();
                let again = format!("ECS tries again by itself, and {apply} goes on waiting");
                ("service", apply.clone(), apply, again)
            }
        };
        remedy
            .replace("{owner}", owner)
            .replace("{apply}", &apply)
            .replace("{redo}", &redo)
            .replace("{again}", &again)
            .replace("{registry}", registry)
            .replace("{image}", &or(culprit.map(|one| &one.image), "IMAGE"))
            .replace("{container}", &or(culprit.map(|one| &one.name), "the container"))
            .replace("{logs}", &logs)
            .replace("{exit code}", &or(exit_code.as_ref(), "an error"))
    }
}

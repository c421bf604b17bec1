//! The behaviour of a job's container if its task is pretended: on the embedded account, and nowhere else.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::resource::{Problem, Ref, SpecRef};
use crate::resources::Bucket;

/// The time that a pretended container works if its job doesn't say.
const WORK: Duration = Duration::from_secs(20);
/// The longest time that a pretended container may work.
const LONGEST: Duration = Duration::from_hours(24);
/// The code of a task that never starts.
const NEVER_STARTS: &str = "TaskFailedToStart";
/// ECS's codes (`stopCode` of Task, Amazon ECS API reference).
const STOP_CODES: [&str; 6] = [
    NEVER_STARTS,
    "EssentialContainerExited",
    "UserInitiated",
    "ServiceSchedulerInitiated",
    "SpotInterruption",
    "TerminationNotice",
];

/// The behaviour of a pretended container. Only `--sandbox` looks at it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pretended {
    /// The lines that the container writes, spread over the time that it works.
    pub log: Option<Vec<String>>,
    /// The time that the container works, as in `20s`.
    pub takes: Option<String>,
    /// The exit code that the container ends with; 0 if it isn't given.
    pub exit_code: Option<i64>,
    /// The objects that the container puts at its end, if its exit code is 0.
    pub writes: Option<Vec<PretendedObject>>,
    /// The reason why the task stops, as in `CannotPullContainerError: …`. Without `stopCode` the task never starts.
    pub stopped_reason: Option<String>,
    /// ECS's `stopCode` for the reason, as in `SpotInterruption`; `TaskFailedToStart` if it isn't given.
    pub stop_code: Option<String>,
    /// ECS's `reason` of the container, as in `OutOfMemoryError: Container killed due to memory usage`.
    pub reason: Option<String>,
}

/// An object that a pretended container puts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PretendedObject {
    /// The bucket that the object goes into.
    pub bucket: Ref<Bucket>,
    /// The object's key, as in `output/result.json`.
    pub key: String,
    /// The object's content.
    pub content: String,
}

impl Pretended {
    /// The time that the container works.
    pub fn time(&self) -> Duration {
        self.takes.as_deref().map(humantime::parse_duration).and_then(Result::ok).unwrap_or(WORK)
    }

    /// Returns the reason why the task never starts; none if it does.
    pub fn never_starts(&self) -> Option<&str> {
        let code = self.stop_code.as_deref().unwrap_or(NEVER_STARTS);
        self.stopped_reason.as_deref().filter(|_| code == NEVER_STARTS)
    }

    /// The resources that the container refers to.
    pub(super) fn refs(&self) -> Vec<SpecRef> {
        let writes = self.writes.iter().flatten().enumerate();
        writes.map(|(n, one)| one.bucket.at(format!("sandbox.writes[{n}].bucket"))).collect()
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(takes) = &self.takes {
            let time = humantime::parse_duration(takes).ok();
            if time.is_none_or(|time| time > LONGEST) {
                let message = format!("`{takes}` is not a time that a pretended container can take");
                let problem = Problem::at("sandbox.takes", message);
                problems.push(problem.hint("write it as in `20s` or `1m 30s`; a day is the longest"));
            }
        }
        if let Some(code) = self.exit_code.filter(|code| !(0..=255).contains(code)) {
            let message = format!("{code} is not an exit code");
            let problem = Problem::at("sandbox.exitCode", message);
            problems.push(problem.hint("a process ends with 0 to 255"));
        }
        for (n, one) in self.writes.iter().flatten().enumerate() {
            if one.key.is_empty() || one.key.len() > 1024 {
                let path = format!("sandbox.writes[{n}].key");
                problems.push(Problem::at(path, "a key has 1 to 1024 bytes"));
            }
        }
        problems.extend(self.check_reasons());
        if self.writes.is_some() && self.exit_code.is_some_and(|code| (1..=255).contains(&code)) {
            let message = "a container that fails writes no objects here";
            let problem = Problem::at("sandbox.writes", message);
            problems.push(problem.hint("leave out `writes`, or let `exitCode` be 0"));
        }
        let others = [
            ("log", self.log.is_some()),
            ("takes", self.takes.is_some()),
            ("exitCode", self.exit_code.is_some()),
            ("writes", self.writes.is_some()),
            ("reason", self.reason.is_some()),
        ];
        let never_runs = self.never_starts().is_some();
        for (field, _) in others.into_iter().filter(|(_, given)| never_runs && *given) {
            let message = "a task that never starts does nothing";
            let problem = Problem::at(format!("sandbox.{field}"), message);
            problems.push(problem.hint(format!("leave out `{field}`, or `stoppedReason`")));
        }
        problems
    }

    fn check_reasons(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let words = [("stoppedReason", &self.stopped_reason), ("reason", &self.reason)];
        for (field, words) in words {
            if words.as_ref().is_some_and(|words| words.trim().is_empty()) {
                let problem = Problem::at(format!("sandbox.{field}"), "it says nothing");
                problems.push(problem.hint("write it in ECS's words"));
            }
        }
        let Some(code) = &self.stop_code else {
            return problems;
        };
        if !STOP_CODES.contains(&code.as_str()) {
            let problem = Problem::at("sandbox.stopCode", format!("ECS has no code `{code}`"));
            problems.push(problem.hint(format!("it has {}", STOP_CODES.join(", "))));
        } else if self.stopped_reason.is_none() {
            let message = "a stop that isn't the container's own has words";
            let problem = Problem::at("sandbox.stopCode", message);
            problems.push(problem.hint("give `stoppedReason`, too"));
        }
        problems
    }
}

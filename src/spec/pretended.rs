//! What the container of a job does where it is pretended: on the embedded account, and nowhere else.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::resource::{Problem, Ref, SpecRef};
use crate::resources::Bucket;

/// How long a pretended container works that says nothing of it.
const WORK: Duration = Duration::from_secs(20);
/// The longest that one may work.
const LONGEST: Duration = Duration::from_hours(24);

/// What the pretended container does. Only `--sandbox` looks at it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pretended {
    /// The lines that it writes, spread over the time that it works.
    pub log: Option<Vec<String>>,
    /// How long it works, as in `20s`.
    pub takes: Option<String>,
    /// The exit code that it ends with; 0 where it isn't given.
    pub exit_code: Option<i64>,
    /// The objects that it puts at its end, where that is exit code 0.
    pub writes: Option<Vec<PretendedObject>>,
    /// Why its task never starts, in ECS's words, as in `CannotPullContainerError: …`; instead of all others.
    pub stopped_reason: Option<String>,
}

/// An object that a pretended container puts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PretendedObject {
    /// The bucket that it goes into.
    pub bucket: Ref<Bucket>,
    /// Its key, as in `output/result.json`.
    pub key: String,
    /// What it holds.
    pub content: String,
}

impl Pretended {
    /// How long it works.
    pub fn time(&self) -> Duration {
        let time = self.takes.as_deref().map(humantime::parse_duration);
        time.and_then(Result::ok).unwrap_or(WORK)
    }

    /// The resources that it refers to.
    pub(super) fn refs(&self) -> Vec<SpecRef> {
        let writes = self.writes.iter().flatten().enumerate();
        writes
            .map(|(n, one)| one.bucket.at(format!("sandbox.writes[{n}].bucket")))
            .collect()
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(takes) = &self.takes {
            let time = humantime::parse_duration(takes).ok();
            if time.is_none_or(|time| time > LONGEST) {
                let message =
                    format!("`{takes}` is not a time that a pretended container can take");
                let problem = Problem::at("sandbox.takes", message);
                problems
                    .push(problem.hint("write it as in `20s` or `1m 30s`; a day is the longest"));
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
        ];
        let never_runs = self.stopped_reason.is_some();
        for (field, _) in others.into_iter().filter(|(_, given)| never_runs && *given) {
            let message = "a task that never starts does nothing";
            let problem = Problem::at(format!("sandbox.{field}"), message);
            problems.push(problem.hint(format!("leave out `{field}`, or `stoppedReason`")));
        }
        problems
    }
}

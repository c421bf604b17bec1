//! Checkpoints: what a lab has to show for itself, each with its points.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::transfer::{check_file, check_key};
use crate::resource::{PathError, Problem, Ref, SpecRef};
use crate::resources::{Bucket, Cluster, LogGroup, Repository, Secret, Service, TaskDefinition};

/// The word for checkpoints in addresses, as in `check.page`.
pub const CHECK: &str = "check";

/// The fields that assert something; a checkpoint has just one of them.
const ASSERTIONS: [&str; 10] =
    ["command", "file", "image", "log", "object", "secret", "service", "task", "taskDefinition", "url"];

/// A checkpoint: one assertion on the lab, and the points that it gives.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    /// The assertion in the teacher's words, for those who read the points.
    pub description: Option<String>,
    /// The points that it gives; 1 if they are left out.
    pub points: Option<f64>,
    /// An image that has to be in a repository.
    pub image: Option<PushedImage>,
    /// A task definition that has to have an `ACTIVE` revision.
    pub task_definition: Option<Ref<TaskDefinition>>,
    /// A task that has to have been started, or to have ended.
    pub task: Option<StartedTask>,
    /// A service that has to run as many tasks as it is to.
    pub service: Option<Ref<Service>>,
    /// An address that has to answer.
    pub url: Option<Answering>,
    /// An object that has to be in a bucket.
    pub object: Option<StoredObject>,
    /// A secret that has to have a value. The value isn't read.
    pub secret: Option<Ref<Secret>>,
    /// A line that has to be in a log.
    pub log: Option<LoggedLine>,
    /// A file that has to lie beside lab.yaml.
    pub file: Option<KeptFile>,
    /// A program that has to end with 0, with its arguments. It runs in the folder of lab.yaml, and only with
    /// `--allow-commands`.
    pub command: Option<Vec<String>>,
}

/// An image that has to be in a repository.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushedImage {
    /// The repository.
    pub repository: Ref<Repository>,
    /// The image's tag; `latest` if it is left out.
    pub tag: Option<String>,
    /// The platform that the image has to run on, as in `linux/amd64`; any if it is left out.
    pub platform: Option<String>,
}

/// A task that has to have been started, or to have ended. ECS forgets a task about an hour after its end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartedTask {
    /// The task's cluster.
    pub cluster: Ref<Cluster>,
    /// The task definition that the task is of.
    pub task_definition: Ref<TaskDefinition>,
    /// The texts that the task's overrides have to hold, in a command or in a variable as in `KEY=value`.
    pub with: Option<Vec<String>>,
    /// The state that the task has to have reached: `RUNNING` or `STOPPED`; any if it is left out.
    pub last_status: Option<LastStatus>,
    /// The exit code that each of the task's containers has to have ended with.
    pub exit_code: Option<i64>,
}

/// A state that a task has to have reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LastStatus {
    /// The task's containers have started.
    Running,
    /// The task has ended.
    Stopped,
}

/// An address that has to answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answering {
    /// The address, as in `http://${loadBalancers.web.dnsName}/health`.
    pub url: String,
    /// The status that it has to answer with; 200 if it is left out.
    pub status: Option<u16>,
    /// A text that the answer has to hold, in its first 64 KiB.
    pub contains: Option<String>,
}

/// An object that has to be in a bucket.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredObject {
    /// The bucket.
    pub bucket: Ref<Bucket>,
    /// The object's key, as in `output/result.json`.
    pub key: String,
}

/// A line that has to be in a log.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoggedLine {
    /// The log group.
    pub log_group: Ref<LogGroup>,
    /// The text that a line has to hold.
    pub contains: String,
    /// The age up to which lines count, as in `2d`; 1 day if it is left out.
    pub within: Option<String>,
}

/// A file that has to lie beside lab.yaml.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeptFile {
    /// The file, by its path from the folder of lab.yaml.
    pub path: String,
    /// A text that the file has to hold.
    pub contains: Option<String>,
}

impl LoggedLine {
    /// The age up to which lines count.
    pub fn age(&self) -> Duration {
        let given = self.within.as_deref().and_then(|text| humantime::parse_duration(text).ok());
        given.unwrap_or(Duration::from_secs(24 * 60 * 60))
    }
}

impl PushedImage {
    /// The image's tag.
    pub fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or("latest")
    }
}

impl Checkpoint {
    pub(super) fn parse(value: &Value) -> Result<Self, PathError> {
        serde_path_to_error::deserialize(value).map_err(PathError::of)
    }

    /// The points that the checkpoint gives.
    pub fn points(&self) -> f64 {
        self.points.unwrap_or(1.0)
    }

    /// The fields of [`ASSERTIONS`] that the checkpoint has.
    fn assertions(&self) -> Vec<&'static str> {
        let has = [
            self.command.is_some(),
            self.file.is_some(),
            self.image.is_some(),
            self.log.is_some(),
            self.object.is_some(),
            self.secret.is_some(),
            self.service.is_some(),
            self.task.is_some(),
            self.task_definition.is_some(),
            self.url.is_some(),
        ];
        ASSERTIONS.into_iter().zip(has).filter_map(|(field, has)| has.then_some(field)).collect()
    }

    /// The resources that the checkpoint refers to.
    pub fn refs(&self) -> Vec<SpecRef> {
        let task = self.task.as_ref();
        let refs = [
            self.image.as_ref().map(|image| image.repository.at("image.repository")),
            self.task_definition.as_ref().map(|definition| definition.at("taskDefinition")),
            task.map(|task| task.cluster.at("task.cluster")),
            task.map(|task| task.task_definition.at("task.taskDefinition")),
            self.service.as_ref().map(|service| service.at("service")),
            self.object.as_ref().map(|object| object.bucket.at("object.bucket")),
            self.secret.as_ref().map(|secret| secret.at("secret")),
            self.log.as_ref().map(|log| log.log_group.at("log.logGroup")),
        ];
        refs.into_iter().flatten().collect()
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        match self.assertions().as_slice() {
            [_] => {}
            [] => {
                let hint = format!("give one of {}", ASSERTIONS.join(", "));
                problems.push(Problem::at("", "it asserts nothing").hint(hint));
            }
            [.., last] => {
                let message = "a checkpoint asserts one thing, so that its points say which";
                problems.push(Problem::at(*last, message).hint("make two of it"));
            }
        }
        if !(0.0..=1000.0).contains(&self.points()) {
            problems.push(Problem::at("points", "points are a number from 0 to 1000"));
        }
        if let Some(url) = &self.url
            && !["http://", "https://"].iter().any(|scheme| url.url.starts_with(scheme))
        {
            let problem = Problem::at("url.url", format!("`{}` is no address of a site", url.url));
            problems.push(problem.hint("it begins with http:// or https://"));
        }
        if self.task.as_ref().is_some_and(|task| {
            task.exit_code.is_some() && task.last_status.is_some_and(|status| status != LastStatus::Stopped)
        }) {
            problems.push(Problem::at("task.lastStatus", "a task has an exit code once it is `STOPPED`"));
        }
        if let Some(text) = self.log.as_ref().and_then(|log| log.within.as_deref())
            && humantime::parse_duration(text).is_err()
        {
            problems.push(Problem::at("log.within", format!("`{text}` is no time")).hint("write it as in `2d`"));
        }
        if self.command.as_ref().is_some_and(Vec::is_empty) {
            problems.push(Problem::at("command", "no program is named"));
        }
        problems.extend(self.object.as_ref().and_then(|object| check_key("object.key".to_owned(), &object.key)));
        problems.extend(self.file.as_ref().and_then(|file| check_file("file.path".to_owned(), &file.path)));
        problems
    }
}

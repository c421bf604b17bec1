//! The tasks of a job that ECS knows: those that are running, those that have ended, and what they do.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use aws_sdk_ecs::types::DesiredStatus;
use serde_json::{Value, json};

use super::Task;
use super::request::Request;
use crate::cloud::{Cloud, ECS, Result};
use crate::model::canonical;
use crate::resources::{ecs_list, ecs_text};

/// The most tasks that DescribeTasks takes (API reference).
const DESCRIBED: usize = 100;
/// The word between a field and the container that it is of.
const OF: &str = " of ";

/// The time when a task was made, as far as ECS says.
pub(super) fn made(task: &Value, otherwise: SystemTime) -> SystemTime {
    time(&task["createdAt"]).unwrap_or(otherwise)
}

/// The time when a task stopped, as far as ECS says.
pub(super) fn stopped_at(task: &Value) -> Option<SystemTime> {
    time(&task["stoppedAt"])
}

fn time(seconds: &Value) -> Option<SystemTime> {
    let seconds = Duration::try_from_secs_f64(seconds.as_f64()?).ok()?;
    Some(SystemTime::UNIX_EPOCH + seconds)
}

/// Returns whether a task goes on and nobody has had it stopped: one that ended by itself has a result to show.
pub(super) fn is_going_on(task: &Value) -> bool {
    task["lastStatus"] != "STOPPED" && task["stopCode"] != "UserInitiated"
}

/// The tasks of a job, as far as ECS remembers them (about an hour after their end).
pub(super) struct Tasks {
    /// The tasks that are running.
    pub(super) on: Vec<RunningTask>,
    /// The ARNs of the tasks that have ended.
    pub(super) ended: BTreeSet<String>,
    /// The task that ended last, if ECS describes it.
    pub(super) last: Option<Value>,
}

/// A task that is running.
pub(super) struct RunningTask {
    pub(super) task: Task,
    /// The differences from what is asked for; the words name fields.
    pub(super) differs: Vec<String>,
    /// Whether ECS describes the task: a new one is first only listed, and what it does isn't known then.
    pub(super) is_described: bool,
}

impl Tasks {
    pub(super) async fn of(cloud: &Cloud, request: &Request) -> Result<Self> {
        let (running, stopped) = tokio::try_join!(
            list(cloud, request, DesiredStatus::Running),
            list(cloud, request, DesiredStatus::Stopped)
        )?;
        let all: Vec<String> = running.union(&stopped).cloned().collect();
        let mut described = Vec::new();
        for batch in all.chunks(DESCRIBED) {
            described.extend(describe(cloud, request, batch).await?);
        }
        let mut tasks = Self { on: Vec::new(), ended: stopped, last: None };
        // What is listed and not described yet has just been made.
        for arn in running {
            let found = described.iter().any(|task| ecs_text(task, "taskArn") == arn);
            if !found {
                let task = Task::before(arn, cloud.now());
                let differs = Vec::new();
                tasks.on.push(RunningTask { task, differs, is_described: false });
            }
        }
        for document in described {
            let arn = ecs_text(&document, "taskArn");
            if is_going_on(&document) {
                tasks.ended.remove(&arn);
                let differs = differs(&request.document, &document);
                let made = made(&document, cloud.now());
                let task = Task { is_own: !is_other_command(&differs), ..Task::before(arn, made) };
                tasks.on.push(RunningTask { task, differs, is_described: true });
            } else {
                tasks.ended.insert(arn);
                // One that somebody has stopped a moment ago has no end to tell yet.
                let has_ended = document["lastStatus"] == "STOPPED";
                let is_later = |last: &Value| stopped_at(last) < stopped_at(&document);
                if has_ended && tasks.last.as_ref().is_none_or(is_later) {
                    tasks.last = Some(document);
                }
            }
        }
        Ok(tasks)
    }
}

async fn list(cloud: &Cloud, request: &Request, status: DesiredStatus) -> Result<BTreeSet<String>> {
    let call = cloud.ecs.list_tasks().cluster(ecs_text(&request.document, "cluster"));
    let call = call.started_by(ecs_text(&request.document, "startedBy"));
    let mut pages = call.desired_status(status).into_paginator().send();
    let mut tasks = BTreeSet::new();
    while let Some(page) = pages.next().await {
        tasks.extend(page?.task_arns().iter().cloned());
    }
    Ok(tasks)
}

pub(super) async fn describe(cloud: &Cloud, request: &Request, tasks: &[String]) -> Result<Vec<Value>> {
    let asked = json!({"cluster": ecs_text(&request.document, "cluster"), "tasks": tasks});
    Ok(ecs_list(&cloud.call(&ECS, "DescribeTasks", asked).await?, "tasks").cloned().collect())
}

/// Returns whether one of the words of [`differs`] says that a container's command is another.
fn is_other_command(differs: &[String]) -> bool {
    let command = format!("command{OF}");
    differs.iter().any(|words| words.starts_with(&command))
}

/// The differences between `task` and what `document` asks for, in words without values: those may be secret.
fn differs(document: &Value, task: &Value) -> Vec<String> {
    let mut words = Vec::new();
    if task["taskDefinitionArn"] != document["taskDefinition"] {
        words.push("task definition".to_owned());
    }
    let overrides = |of: &Value, container: &str, field: &str| {
        let mut all = ecs_list(&of["overrides"], "containerOverrides");
        let own = all.find(|one| one["name"] == container).map_or(Value::Null, |one| one[field].clone());
        match own {
            Value::Array(items) if items.is_empty() => Value::Null,
            Value::Array(mut items) if field == "environment" => {
                items.sort_by_key(canonical);
                Value::Array(items)
            }
            own => own,
        }
    };
    let names = [document, task]
        .into_iter()
        .flat_map(|of| ecs_list(&of["overrides"], "containerOverrides").map(|one| ecs_text(one, "name")));
    for name in names.collect::<BTreeSet<String>>() {
        for field in ["command", "environment", "cpu", "memory"] {
            if overrides(document, &name, field) != overrides(task, &name, field) {
                words.push(format!("{field}{OF}{name}"));
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_other_is_named_without_values() {
        let over = |command: &[&str], environment: Value| {
            let over = json!({"name": "ask", "command": command, "environment": environment});
            json!({"taskDefinition": "ask:1", "taskDefinitionArn": "ask:1", "overrides": {"containerOverrides": [over]}})
        };
        let (a, b) = (json!({"name": "A", "value": "1"}), json!({"name": "B", "value": "2"}));
        let one = over(&["x"], json!([a, b]));
        assert_eq!(differs(&one, &over(&["x"], json!([b, a]))), [""; 0]);
        let other = json!({"taskDefinitionArn": "ask:2", "overrides": {"containerOverrides": []}});
        assert_eq!(differs(&one, &other), ["task definition", "command of ask", "environment of ask"]);
        let plain = json!({"taskDefinition": "ask:1"});
        let none = json!({"taskDefinitionArn": "ask:1", "overrides": {"containerOverrides": [
            {"name": "ask", "command": [], "environment": []}]}});
        assert_eq!(differs(&plain, &none), [""; 0]);
        assert!(is_other_command(&differs(&one, &other)));
        assert!(!is_other_command(&["task definition".to_owned()]));
    }
}

//! Tasks that have been started: those that run, and those that ended in the last hour.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::DesiredStatus;
use serde_json::Value;

use super::{Finding, missed, passed};
use crate::cloud::{Cloud, Result};
use crate::resources::{ecs_list as list, ecs_text as text};
use crate::spec::{LastStatus, StartedTask};
use crate::status::described_tasks;

/// Looks for a task of `family` in `cluster` that is as `wanted` says.
///
/// # Errors
/// If ECS doesn't answer, or refuses.
pub(super) async fn find(cloud: &Cloud, cluster: &str, family: &str, wanted: &StartedTask) -> Result<Finding> {
    let mut arns = BTreeSet::new();
    for status in [DesiredStatus::Running, DesiredStatus::Stopped] {
        let call = cloud.ecs.list_tasks().cluster(cluster).family(family).desired_status(status);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            arns.extend(page?.task_arns().iter().cloned());
        }
    }
    Ok(among(&described_tasks(cloud, cluster, &arns).await?, wanted))
}

/// The finding among these tasks: of those that are not as wanted, the one that comes nearest is told.
fn among(tasks: &[Value], wanted: &StartedTask) -> Finding {
    let Some(nearest) = tasks.iter().map(|task| lack(task, wanted)).min_by_key(|(met, _)| std::cmp::Reverse(*met))
    else {
        return missed("no such task is known: ECS forgets a task an hour after its end");
    };
    match nearest {
        (_, Err(lack)) => missed(lack),
        (_, Ok(words)) => passed(words),
    }
}

/// How much of what is wanted a task has, and what it lacks.
fn lack(task: &Value, wanted: &StartedTask) -> (usize, std::result::Result<String, String>) {
    let id = text(task, "taskArn").rsplit('/').next().unwrap_or_default().to_owned();
    let overrides = overridden(&task["overrides"]);
    let missing = wanted.with.iter().flatten().find(|text| !overrides.iter().any(|one| one.contains(*text)));
    if let Some(missing) = missing {
        return (1, Err(format!("task {id}: its overrides don't hold `{missing}`")));
    }
    let state = text(task, "lastStatus");
    let status = wanted.exit_code.map(|_| LastStatus::Stopped).or(wanted.last_status);
    let has_reached = match status {
        None => true,
        Some(LastStatus::Running) => !task["startedAt"].is_null(),
        Some(LastStatus::Stopped) => state == "STOPPED",
    };
    if !has_reached {
        return (2, Err(format!("task {id} is {state}")));
    }
    let Some(code) = wanted.exit_code else {
        return (4, Ok(format!("task {id} is {state}")));
    };
    let other = list(task, "containers").find(|container| container["exitCode"] != code);
    match other {
        None => (4, Ok(format!("task {id} ended with {code}"))),
        Some(container) => {
            let name = text(container, "name");
            let end = match container["exitCode"].as_i64() {
                Some(other) => format!("ended with {other}, and not with {code}"),
                None => format!("never ran: {}", text(task, "stoppedReason")),
            };
            (3, Err(format!("task {id}: its container {name} {end}")))
        }
    }
}

/// The words of all commands and the variables of a task's overrides.
fn overridden(overrides: &Value) -> Vec<String> {
    let words = |container: &Value| {
        let command = container["command"].as_array().into_iter().flatten();
        let words: Vec<String> = command.filter_map(|word| Some(word.as_str()?.to_owned())).collect();
        let variables = list(container, "environment");
        let variables = variables.map(|one| format!("{}={}", text(one, "name"), text(one, "value")));
        words.into_iter().chain(variables).collect::<Vec<_>>()
    };
    list(overrides, "containerOverrides").flat_map(words).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(more: &Value) -> StartedTask {
        let mut wanted = json!({"cluster": "main", "taskDefinition": "web"});
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(wanted).unwrap()
    }

    #[test]
    fn the_task_that_comes_nearest_is_told() {
        let task = |id: &str, state: &str, code: Value, input: &str| {
            json!({
                "taskArn": format!("arn:aws:ecs:eu-west-1:1:task/main/{id}"), "lastStatus": state,
                "containers": [{"name": "app", "exitCode": code}],
                "overrides": {"containerOverrides": [{"name": "app", "command": ["node", input],
                    "environment": [{"name": "KEY", "value": "in.jpg"}]}]},
            })
        };
        let all = [
            task("a", "RUNNING", Value::Null, "s3://b/in.jpg"),
            task("b", "STOPPED", json!(1), "s3://b/in.jpg"),
            task("c", "STOPPED", json!(0), "other"),
        ];
        let said = |tasks: &[Value], more: Value| among(tasks, &wanted(&more));
        assert_eq!(said(&all, json!({"exitCode": 0})), passed("task c ended with 0"));
        let mine = json!({"exitCode": 0, "with": ["s3://b/"]});
        assert_eq!(said(&all, mine.clone()), missed("task b: its container app ended with 1, and not with 0"));
        assert_eq!(said(&all[..1], mine.clone()), missed("task a is RUNNING"));
        assert_eq!(said(&all[2..], mine), missed("task c: its overrides don't hold `s3://b/`"));
        assert_eq!(said(&all[..1], json!({"with": ["KEY=in.jpg"]})), passed("task a is RUNNING"));
        assert_eq!(said(&all[..1], json!({"lastStatus": "STOPPED"})), missed("task a is RUNNING"));
        assert!(said(&[], json!({})).1.starts_with("no such task is known"));
    }
}

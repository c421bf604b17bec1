//! Finding the task of a job that is on, and starting one where there is none.
//!
//! The client token of RunTask follows from what is asked for and from the job's tasks that have ended, so that a call whose
//! answer was lost starts no second task, also where labform was killed in between and where ECS doesn't list the task yet.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use aws_sdk_ecs::types::DesiredStatus;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::log::passes;
use super::request::{Attach, Request};
use super::{JobEvent, Task};
use crate::cloud::{Cloud, CloudError, DocumentExchange, Result};
use crate::error::Error;
use crate::model::{canonical, digest};
use crate::resource::{Waiting, retry};
use crate::resources::{ecs_list, ecs_text, explain_refusal};

/// The most tasks that DescribeTasks takes (API reference).
const DESCRIBED: usize = 100;
/// A task that RunTask answers with and that is older than the call by this, clocks being apart, was started before: AWS
/// repeats its answer to a token for up to a day ("Ensuring idempotency", ECS API reference).
const BEFORE: Duration = Duration::from_secs(60);
/// How often a repeated answer of a task that has ended is met with another token.
const TOKENS: usize = 50;

/// The task of the job that is on; none where none is, or where another one is asked for.
///
/// # Errors
/// Where ECS can't be read.
pub(super) async fn find(
    cloud: &Cloud,
    request: &Request,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<Option<Task>, Error> {
    if request.attach == Attach::Never {
        return Ok(None);
    }
    let tasks = Tasks::of(cloud, request).await.map_err(unread)?;
    Ok(attach(cloud, request, &tasks, tell))
}

/// The one of `tasks` that is on, that which does what is asked for before others, and the latest of these.
fn attach(
    cloud: &Cloud,
    request: &Request,
    tasks: &Tasks,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Option<Task> {
    let differs = |on: &On| differs(&request.document, &on.document);
    let latest = |on: &&On| (differs(on).is_empty(), on.task.made);
    let on = tasks.on.iter().max_by_key(latest)?;
    tell(JobEvent::Attached {
        task: on.task.arn.clone(),
        age: age(cloud, on.task.made),
        differs: differs(on),
        others: tasks.on.len() - 1,
    });
    Some(on.task.clone())
}

fn age(cloud: &Cloud, made: SystemTime) -> Duration {
    cloud.now().duration_since(made).unwrap_or_default()
}

/// Starts a task; where somebody else has started one meanwhile, that is it.
///
/// # Errors
/// Of the kind `NeverRan`: where ECS starts none.
pub(super) async fn start(
    cloud: &Cloud,
    request: &Request,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<Task, Error> {
    let begun = cloud.now();
    let tasks = Tasks::of(cloud, request).await.map_err(unread)?;
    let mut known = tasks.ended.clone();
    match request.attach {
        Attach::Never => known.extend(tasks.on.into_iter().map(|on| on.task.arn)),
        Attach::ToRunning => {
            if let Some(task) = attach(cloud, request, &tasks, tell) {
                return Ok(task);
            }
        }
    }
    for _ in 0..TOKENS {
        let answer = run_task(cloud, request, &known, tell).await;
        let task = answer.map_err(|error| refused(request, &error, tell))?;
        let (arn, made) = (ecs_text(&task, "taskArn"), made(&task, begun));
        if made + BEFORE >= begun {
            let since = cloud.now();
            tell(JobEvent::Started { task: arn.clone() });
            return Ok(Task { arn, made, since });
        }
        // One that can't be read now is found on or not by who follows it.
        if is_on(cloud, request, &arn).await.unwrap_or(true) {
            tell(JobEvent::Attached {
                task: arn.clone(),
                age: age(cloud, made),
                differs: Vec::new(),
                others: 0,
            });
            return Ok(Task::before(arn, made));
        }
        known.insert(arn);
    }
    let message = format!(
        "job.{}: ECS answers every RunTask with a task that has ended",
        request.name
    );
    let error = Error::failed(message).never_ran();
    Err(error.hint("wait an hour, then run it again"))
}

fn unread(error: CloudError) -> Error {
    Error::from(error).never_ran()
}

/// Why no task was started. Its cause is told where that is known.
fn refused(request: &Request, error: &CloudError, tell: &(dyn Fn(JobEvent) + Sync)) -> Error {
    let name = &request.name;
    let told = Error::from(error.clone()).never_ran();
    let message = format!("job.{name}: no task was started: {}", told.message);
    let error = match explain_refusal(name, &told.message) {
        Some(explanation) => {
            tell(JobEvent::Explained { explanation });
            told
        }
        None if passes(error) => {
            let hint =
                format!("should AWS have started it all the same, `labform run {name}` finds it");
            told.hint(hint)
        }
        None => told,
    };
    Error { message, ..error }
}

async fn run_task(
    cloud: &Cloud,
    request: &Request,
    known: &BTreeSet<String>,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<Value> {
    let mut document = request.document.clone();
    let token = digest(&format!("{}{known:?}", canonical(&document)));
    document["clientToken"] = format!("labform-{token}").into();
    let attempt = || async {
        let exchange = DocumentExchange::sending(document.clone());
        let call = cloud.ecs.run_task();
        let call = call.task_definition(ecs_text(&document, "taskDefinition"));
        let call = call.customize().interceptor(exchange.clone());
        call.send().await?;
        let answer = exchange.answer();
        let task = ecs_list(&answer, "tasks").next().cloned();
        task.ok_or_else(|| no_task(&answer))
    };
    // What is waited for is told as it comes, and nothing of it outlives this call.
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel::<String>();
    let listener = move |reason: &str| drop(told.send(reason.to_owned()));
    let waiting = Waiting::new(listener, CancellationToken::new());
    let work = retry(cloud, &waiting, attempt);
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(reason) = heard.recv() => tell(JobEvent::Waiting { reason }),
            answer = &mut work => return answer,
        }
    }
}

/// What an answer of success says that holds no task.
fn no_task(answer: &Value) -> CloudError {
    let Some(failure) = ecs_list(answer, "failures").next() else {
        let message = "ECS started no task and gave no reason";
        return CloudError::answered("RunTask", "NoTask", message);
    };
    let (arn, detail) = (ecs_text(failure, "arn"), ecs_text(failure, "detail"));
    let reason = ecs_text(failure, "reason");
    CloudError::answered("RunTask", &reason, format!("{arn} {detail}"))
}

/// When a task was made, as far as ECS says.
fn made(task: &Value, otherwise: SystemTime) -> SystemTime {
    let seconds = task["createdAt"].as_f64().map(Duration::try_from_secs_f64);
    let seconds = seconds.and_then(std::result::Result::ok);
    seconds.map_or(otherwise, |seconds| SystemTime::UNIX_EPOCH + seconds)
}

async fn is_on(cloud: &Cloud, request: &Request, arn: &str) -> Result<bool> {
    let described = describe(cloud, request, &[arn.to_owned()]).await?;
    Ok(described.first().is_some_and(is_going_on))
}

/// Whether a task hasn't ended yet, and nobody has had it stopped: one that ended by itself has a result to show.
fn is_going_on(task: &Value) -> bool {
    task["lastStatus"] != "STOPPED" && task["stopCode"] != "UserInitiated"
}

/// The tasks of a job, as far as ECS remembers them (about an hour after their end).
struct Tasks {
    on: Vec<On>,
    ended: BTreeSet<String>,
}

struct On {
    task: Task,
    document: Value,
}

impl Tasks {
    async fn of(cloud: &Cloud, request: &Request) -> Result<Self> {
        let (running, stopped) = tokio::try_join!(
            list(cloud, request, DesiredStatus::Running),
            list(cloud, request, DesiredStatus::Stopped)
        )?;
        let all: Vec<String> = running.union(&stopped).cloned().collect();
        let mut described = Vec::new();
        for batch in all.chunks(DESCRIBED) {
            described.extend(describe(cloud, request, batch).await?);
        }
        let mut tasks = Self {
            on: Vec::new(),
            ended: stopped,
        };
        // What is listed and not described yet has just been made.
        for arn in running {
            let found = described
                .iter()
                .any(|task| ecs_text(task, "taskArn") == arn);
            if !found {
                let task = Task::before(arn, cloud.now());
                let document = Value::Null;
                tasks.on.push(On { task, document });
            }
        }
        for document in described {
            let arn = ecs_text(&document, "taskArn");
            let made = made(&document, cloud.now());
            if is_going_on(&document) {
                tasks.ended.remove(&arn);
                let task = Task::before(arn, made);
                tasks.on.push(On { task, document });
            } else {
                tasks.ended.insert(arn);
            }
        }
        Ok(tasks)
    }
}

async fn list(cloud: &Cloud, request: &Request, status: DesiredStatus) -> Result<BTreeSet<String>> {
    let call = cloud.ecs.list_tasks();
    let call = call.cluster(ecs_text(&request.document, "cluster"));
    let call = call.started_by(ecs_text(&request.document, "startedBy"));
    let mut pages = call.desired_status(status).into_paginator().send();
    let mut tasks = BTreeSet::new();
    while let Some(page) = pages.next().await {
        tasks.extend(page?.task_arns().iter().cloned());
    }
    Ok(tasks)
}

pub(super) async fn describe(
    cloud: &Cloud,
    request: &Request,
    tasks: &[String],
) -> Result<Vec<Value>> {
    let exchange = DocumentExchange::keeping();
    let call = cloud.ecs.describe_tasks();
    let call = call.cluster(ecs_text(&request.document, "cluster"));
    let call = call.set_tasks(Some(tasks.to_vec())).customize();
    call.interceptor(exchange.clone()).send().await?;
    Ok(ecs_list(&exchange.answer(), "tasks").cloned().collect())
}

/// In what `task` is other than `document` asks for, in words without values: those may be secret. Nothing where ECS doesn't
/// describe the task yet.
fn differs(document: &Value, task: &Value) -> Vec<String> {
    if task.is_null() {
        return Vec::new();
    }
    let mut words = Vec::new();
    if task["taskDefinitionArn"] != document["taskDefinition"] {
        words.push("task definition".to_owned());
    }
    let overrides = |of: &Value, container: &str, field: &str| {
        let mut all = ecs_list(&of["overrides"], "containerOverrides");
        let own = all.find(|one| one["name"] == container);
        let own = own.map_or(Value::Null, |one| one[field].clone());
        match own {
            Value::Array(items) if items.is_empty() => Value::Null,
            Value::Array(mut items) if field == "environment" => {
                items.sort_by_key(canonical);
                Value::Array(items)
            }
            own => own,
        }
    };
    let names = [document, task].into_iter().flat_map(|of| {
        let all = ecs_list(&of["overrides"], "containerOverrides");
        all.map(|one| ecs_text(one, "name"))
    });
    for name in names.collect::<BTreeSet<String>>() {
        for field in ["command", "environment", "cpu", "memory"] {
            if overrides(document, &name, field) != overrides(task, &name, field) {
                words.push(format!("{field} of {name}"));
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_other_is_named_without_values() {
        let over = |command: &[&str], environment: Value| {
            let over = json!({"name": "ask", "command": command, "environment": environment});
            json!({"taskDefinition": "ask:1", "taskDefinitionArn": "ask:1", "overrides": {"containerOverrides": [over]}})
        };
        let (a, b) = (
            json!({"name": "A", "value": "1"}),
            json!({"name": "B", "value": "2"}),
        );
        let one = over(&["x"], json!([a, b]));
        assert_eq!(differs(&one, &over(&["x"], json!([b, a]))), [""; 0]);
        let other = json!({"taskDefinitionArn": "ask:2", "overrides": {"containerOverrides": []}});
        assert_eq!(
            differs(&one, &other),
            ["task definition", "command of ask", "environment of ask"]
        );
        let plain = json!({"taskDefinition": "ask:1"});
        let none = json!({"taskDefinitionArn": "ask:1", "overrides": {"containerOverrides": [
            {"name": "ask", "command": [], "environment": []}]}});
        assert_eq!(differs(&plain, &none), [""; 0]);
        assert_eq!(differs(&one, &Value::Null), [""; 0]);
    }

    #[test]
    fn a_failure_in_an_answer_of_success_is_told() {
        let answer = json!({"tasks": [], "failures": [{"arn": "arn:1", "reason": "RESOURCE:MEMORY", "detail": "no"}]});
        assert_eq!(
            no_task(&answer).to_string(),
            "RunTask: RESOURCE:MEMORY: arn:1 no"
        );
        assert!(no_task(&json!({})).is("NoTask"));
    }
}

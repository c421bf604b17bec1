//! Jobs: tasks that run once and are followed to their end.
//!
//! Knows: how to start a task, follow its states and its log, and read its exit code. Must not know: how any of it is
//! shown.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use aws_sdk_ecs::types::DesiredStatus;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::cloud::{Cloud, CloudError, DocumentExchange, Result};
use crate::error::{self, Error};
use crate::model::{AFTER_APPLY, canonical, digest};
use crate::resource::{Grant, Names, Need, Others, Place};
use crate::resources::ecs_body;
use crate::spec::Job;

/// The exit code where an essential container never started.
pub const NEVER_RAN: i32 = error::NEVER_RAN as i32;

/// The exit code where the job's timeout was over, as timeout(1)'s; the task is stopped then.
pub const TIMED_OUT: i32 = 124;

/// The pause between two looks at the task and its log.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a task that was just started may be unknown to DescribeTasks (RunTask, API reference).
const APPEARS: Duration = Duration::from_secs(60);

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// The task exists.
    Started {
        /// The task's ARN.
        task: String,
    },
    /// The task has a new state.
    State {
        /// AWS's word for it, as in `RUNNING`.
        state: String,
        /// The time since the task was started, on the account's clock.
        after: Duration,
    },
    /// A container wrote a line.
    Log {
        /// The container's name.
        container: String,
        /// The line.
        line: String,
    },
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// The container's exit code; [`NEVER_RAN`] where an essential one never started.
    pub exit_code: i32,
    /// AWS's words on why the task stopped.
    pub reason: String,
    /// Whether the user stopped following before the end; the task goes on.
    pub left: bool,
}

/// Where a container's log goes.
#[derive(Clone, Debug)]
struct Stream {
    container: String,
    group: String,
    name: String,
    token: Option<String>,
}

/// The body of RunTask for a job: its spec, with the ids and ARNs that its references stand for.
///
/// # Errors
/// Where something that it needs isn't there.
pub fn document(name: &str, job: &Job, others: &Others) -> Result<Value, Error> {
    let missing = |what: String| {
        Error::failed(format!("job.{name}: {what}"))
            .never_ran()
            .hint("`labform apply` makes what the job needs")
    };
    let mut body = Value::Object(ecs_body(job));
    let needed = [
        (
            "cluster",
            job.cluster.address(),
            others.output(&job.cluster, "arn"),
        ),
        (
            "taskDefinition",
            job.task_definition.address(),
            others.output(&job.task_definition, "arn"),
        ),
    ];
    for (field, address, arn) in needed {
        body[field] = arn
            .now()
            .ok_or_else(|| missing(format!("{address} isn't there")))?
            .into();
    }
    if let Some(network) = &job.network_configuration {
        body["networkConfiguration"] = network.body(others).map_err(missing)?;
    }
    body["startedBy"] = format!("{}/{name}", others.place.lab).into();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("timeout");
    }
    match canonical(&body).contains(AFTER_APPLY) {
        true => Err(missing(
            "something that it refers to isn't there".to_owned(),
        )),
        false => Ok(body),
    }
}

/// What IAM has to allow for running a job, beside what its task definition needs.
pub fn grants(job: &Job, names: &Names, place: &Place) -> Vec<Grant> {
    let cluster = &names[&job.cluster.address()];
    let family = &names[&job.task_definition.address()];
    let cluster_arn = place.arn("ecs", &format!("cluster/{cluster}"));
    // AWS fills in the revision before it looks at permissions (RunTask, API reference).
    let revisions = [place.arn("ecs", &format!("task-definition/{family}:*"))];
    let tasks = [place.arn("ecs", &format!("task/{cluster}/*"))];
    vec![
        Grant::on(Need::Run, &["ecs:RunTask"], revisions).only(
            "ArnEquals",
            "ecs:cluster",
            [cluster_arn.as_str()],
        ),
        Grant::on(Need::Run, &["ecs:DescribeTasks", "ecs:StopTask"], tasks),
        // Which of the job's tasks have ended.
        Grant::on(Need::Run, &["ecs:ListTasks"], ["*"]).only(
            "ArnEquals",
            "ecs:cluster",
            [cluster_arn],
        ),
    ]
}

/// Starts a task and follows it to its end. `document` is the body of RunTask; `definition` is the task definition as
/// AWS describes it. A task that goes on beyond `deadline` is stopped.
///
/// # Errors
/// Where the task can't be started or read.
pub async fn run(
    cloud: &Cloud,
    document: &Value,
    definition: &Value,
    deadline: Option<Duration>,
    tell: &(dyn Fn(JobEvent) + Sync),
    stop: &CancellationToken,
) -> Result<JobEnd, Error> {
    let begun = cloud.now();
    let mut is_late = false;
    let started = start(cloud, document).await;
    let task = started.map_err(|error| Error::from(error).never_ran())?;
    tell(JobEvent::Started { task: task.clone() });
    let id = task.rsplit('/').next().unwrap_or(&task);
    let mut streams = streams(definition, id);
    let cluster = text(document, "cluster");
    let mut state = String::new();
    loop {
        let described = describe(cloud, cluster, &task, begun).await?;
        let now = described
            .as_ref()
            .map_or("PROVISIONING", |task| text(task, "lastStatus"));
        if now != state {
            now.clone_into(&mut state);
            let after = cloud.now().duration_since(begun).unwrap_or_default();
            tell(JobEvent::State {
                state: state.clone(),
                after,
            });
        }
        for stream in &mut streams {
            follow(cloud, stream, tell).await?;
        }
        if let (Some(task), "STOPPED") = (&described, state.as_str()) {
            let end = end(task, definition);
            let exit_code = if is_late { TIMED_OUT } else { end.exit_code };
            return Ok(JobEnd { exit_code, ..end });
        }
        let took = cloud.now().duration_since(begun).unwrap_or_default();
        if !is_late && deadline.is_some_and(|deadline| took >= deadline) {
            is_late = true;
            let call = cloud.ecs.stop_task().cluster(cluster).task(&task);
            let stopped = call.reason("labform: the job's timeout is over").send();
            stopped.await.map_err(CloudError::from)?;
        }
        tokio::select! {
            () = cloud.sleep(PAUSE) => {}
            () = stop.cancelled() => return Ok(JobEnd { exit_code: 130, reason: state, left: true }),
        }
    }
}

/// Starts a task. The client token follows from what is asked for and from the job's tasks that have ended, so that a
/// call whose answer was lost starts no second task, also where labform was killed in between.
async fn start(cloud: &Cloud, document: &Value) -> Result<String> {
    let ended = ended(cloud, document).await?;
    let token = digest(&format!("{}{ended:?}", canonical(document)));
    let mut document = document.clone();
    document["clientToken"] = format!("labform-{token}").into();
    let task_definition = text(&document, "taskDefinition").to_owned();
    let exchange = DocumentExchange::sending(document);
    let call = cloud.ecs.run_task().task_definition(task_definition);
    let answer = call.customize().interceptor(exchange).send().await?;
    if let Some(task) = answer.tasks().first().and_then(|task| task.task_arn()) {
        return Ok(task.to_owned());
    }
    let failure = answer.failures().first();
    let code = failure
        .and_then(|failure| failure.reason())
        .unwrap_or("NoTask");
    let detail = failure
        .and_then(|failure| failure.detail())
        .unwrap_or("ECS started no task and gave no reason");
    Err(CloudError::answered("RunTask", code, detail))
}

/// The job's tasks that have ended, as far as ECS remembers them (about an hour).
async fn ended(cloud: &Cloud, document: &Value) -> Result<BTreeSet<String>> {
    let list = cloud.ecs.list_tasks().cluster(text(document, "cluster"));
    let list = list
        .started_by(text(document, "startedBy"))
        .desired_status(DesiredStatus::Stopped);
    let mut pages = list.into_paginator().send();
    let mut tasks = BTreeSet::new();
    while let Some(page) = pages.next().await {
        tasks.extend(page?.task_arns().iter().cloned());
    }
    Ok(tasks)
}

async fn describe(
    cloud: &Cloud,
    cluster: &str,
    task: &str,
    begun: SystemTime,
) -> Result<Option<Value>> {
    let exchange = DocumentExchange::keeping();
    let call = cloud.ecs.describe_tasks().cluster(cluster).tasks(task);
    call.customize()
        .interceptor(exchange.clone())
        .send()
        .await?;
    let found = exchange.answer()["tasks"].get_mut(0).map(Value::take);
    let age = cloud.now().duration_since(begun).unwrap_or_default();
    if found.is_none() && age > APPEARS {
        return Err(CloudError::answered(
            "DescribeTasks",
            "MISSING",
            format!("{task} isn't there any more"),
        ));
    }
    Ok(found)
}

/// The log streams of a task: `<prefix>/<container>/<task id>` (awslogs driver, ECS developer guide).
fn streams(definition: &Value, task: &str) -> Vec<Stream> {
    let of_container = |container: &Value| {
        let log = &container["logConfiguration"];
        let options = &log["options"];
        let (group, prefix) = (
            options["awslogs-group"].as_str()?,
            options["awslogs-stream-prefix"].as_str()?,
        );
        let container = text(container, "name");
        (text(log, "logDriver") == "awslogs").then(|| Stream {
            container: container.to_owned(),
            group: group.to_owned(),
            name: format!("{prefix}/{container}/{task}"),
            token: None,
        })
    };
    containers(definition).filter_map(of_container).collect()
}

async fn follow(
    cloud: &Cloud,
    stream: &mut Stream,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<()> {
    loop {
        let call = cloud
            .logs
            .get_log_events()
            .log_group_name(&stream.group)
            .log_stream_name(&stream.name);
        let call = call
            .start_from_head(true)
            .set_next_token(stream.token.clone());
        let answer = match call.send().await.map_err(CloudError::from) {
            Ok(answer) => answer,
            // The stream appears with the container's first line.
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        for event in answer.events() {
            let line = event.message().unwrap_or_default().trim_end().to_owned();
            tell(JobEvent::Log {
                container: stream.container.clone(),
                line,
            });
        }
        let token = answer.next_forward_token().map(str::to_owned);
        // The end is where the token stays the same; a page may be empty before (GetLogEvents, API reference).
        let at_end = token == stream.token;
        stream.token = token;
        if at_end {
            return Ok(());
        }
    }
}

/// The first essential container that failed decides; one without an exit code never ran.
fn end(task: &Value, definition: &Value) -> JobEnd {
    let essential = |name: &str| {
        containers(definition)
            .find(|one| text(one, "name") == name)
            .is_none_or(|one| one["essential"] != Value::Bool(false))
    };
    let codes = task["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|one| essential(text(one, "name")));
    let codes: Vec<Option<i64>> = codes.map(|one| one["exitCode"].as_i64()).collect();
    let exit_code = match codes.iter().find(|code| **code != Some(0)) {
        Some(Some(code)) => i32::try_from(*code).unwrap_or(1),
        Some(None) => NEVER_RAN,
        None if codes.is_empty() => NEVER_RAN,
        None => 0,
    };
    JobEnd {
        exit_code,
        reason: text(task, "stoppedReason").to_owned(),
        left: false,
    }
}

fn containers(definition: &Value) -> impl Iterator<Item = &Value> {
    definition["containerDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_essential_container_decides_the_exit_code() {
        let definition = json!({"containerDefinitions": [
            {"name": "main"}, {"name": "proxy", "essential": true}, {"name": "extra", "essential": false}]});
        let code = |main: Value, proxy: Value, extra: Value| {
            let container = |name: &str, exit: Value| json!({"name": name, "exitCode": exit});
            let containers = [
                container("main", main),
                container("proxy", proxy),
                container("extra", extra),
            ];
            end(&json!({"containers": containers}), &definition).exit_code
        };
        assert_eq!(code(json!(0), json!(0), json!(7)), 0);
        assert_eq!(code(json!(0), json!(3), json!(0)), 3);
        assert_eq!(code(json!(137), json!(0), json!(0)), 137);
        assert_eq!(code(json!(0), Value::Null, json!(0)), NEVER_RAN);
        assert_eq!(end(&json!({}), &definition).exit_code, NEVER_RAN);
    }

    #[test]
    fn a_log_stream_is_named_after_prefix_container_and_task() {
        let definition = json!({"containerDefinitions": [
            {"name": "main", "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/lab", "awslogs-stream-prefix": "ecs"}}},
            {"name": "silent"}]});
        let streams = streams(&definition, "0a1b");
        assert_eq!(streams.len(), 1);
        assert_eq!(
            (streams[0].group.as_str(), streams[0].name.as_str()),
            ("/ecs/lab", "ecs/main/0a1b")
        );
    }
}

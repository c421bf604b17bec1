//! Finds out why a service doesn't become stable: its stopped tasks with their logs, its targets, its rollout, its
//! events.
//!
//! Knows: where AWS keeps what. Must not know: what it means; that is the catalogue's.

use std::time::SystemTime;

use aws_sdk_ecs::types::DesiredStatus;
use serde_json::{Value, json};

use super::live::is_telling;
use super::{ServiceLive, documents};
use crate::cloud::{Cloud, CloudError, ECS, Result};
use crate::resource::Explanation;
use crate::resources::causes::{BadTarget, Evidence, SHOWN_LINES, SHOWN_TASKS, StoppedTask};
use crate::resources::ecs::{list, text};

/// The latest events that are looked at.
const EVENTS: usize = 20;
/// The most tasks that DescribeTasks takes (API reference).
const DESCRIBED: usize = 100;
/// The seconds after its last failure for which a service counts as failing still.
const OVER: f64 = 60.0;
/// ECS's word for going back to the deployment before.
const ROLLING_BACK: &str = "rolling back";

/// Explains why `live` isn't stable; none if nothing speaks of a failure.
///
/// # Errors
/// If the service itself can't be read. Other things that can't be read are part of the evidence.
pub(super) async fn explain(cloud: &Cloud, live: &ServiceLive) -> Result<Option<Explanation>> {
    let services = documents(cloud, &live.cluster_arn, std::slice::from_ref(&live.arn)).await?;
    let Some(service) = services.first() else {
        return Ok(None);
    };
    let mut evidence = Evidence { rollout: given_up(service), events: events(service), ..Evidence::default() };
    if !evidence.rollout.is_empty() {
        let cluster = live.cluster_arn.rsplit('/').next().unwrap_or_default();
        evidence.restart =
            Some(format!("aws ecs update-service --cluster {cluster} --service {} --force-new-deployment", live.name));
    }
    let (tasks, targets) = tokio::join!(stopped(cloud, live), targets(cloud, service));
    let tasks = noted(&mut evidence, tasks);
    let now = cloud.now().duration_since(SystemTime::UNIX_EPOCH);
    evidence.tasks = telling(&tasks, service, now.unwrap_or_default().as_secs_f64());
    evidence.targets = noted(&mut evidence, targets);
    let logs = match evidence.tasks.first_mut() {
        Some(latest) => read_logs(cloud, latest).await,
        None => Ok(()),
    };
    noted(&mut evidence, logs);
    Ok(evidence.explain())
}

/// Returns what was read, or nothing and a note of what could not be.
fn noted<T: Default>(evidence: &mut Evidence, read: Result<T>) -> T {
    read.unwrap_or_else(|error| {
        evidence.unread.push(error.to_string());
        T::default()
    })
}

/// The reason why ECS doesn't try any more to reach the deployment that was asked for last; empty if it tries on.
fn given_up(service: &Value) -> String {
    let Some(primary) = primary(service) else {
        return String::new();
    };
    let reason = text(primary, "rolloutStateReason");
    if primary["rolloutState"] == "FAILED" || reason.contains(ROLLING_BACK) {
        return reason;
    }
    // The primary deployment is the one that ECS went back to, which is as good as new.
    let id = text(primary, "id");
    let mut events = list(service, "events").take(EVENTS).map(|event| text(event, "message"));
    events.find(|event| event.contains(ROLLING_BACK) && event.contains(&id)).unwrap_or_default()
}

fn primary(service: &Value) -> Option<&Value> {
    list(service, "deployments").find(|deployment| deployment["status"] == "PRIMARY")
}

/// The latest events, but none from before the present deployment: they speak of what was set right since.
fn events(service: &Value) -> Vec<String> {
    let begun = primary(service).and_then(|primary| primary["createdAt"].as_f64());
    let since = begun.filter(|_| given_up(service).is_empty()).unwrap_or(0.0);
    let events = list(service, "events").filter(|event| is_telling(&text(event, "message"))).take(EVENTS);
    let recent = events.filter(|event| event["createdAt"].as_f64().is_none_or(|at| at >= since));
    recent.map(|event| text(event, "message")).collect()
}

/// The tasks of the service that have stopped or are about to; ECS forgets them after an hour.
async fn stopped(cloud: &Cloud, live: &ServiceLive) -> Result<Vec<Value>> {
    let call = cloud.ecs.list_tasks().cluster(&live.cluster_arn).service_name(&live.name);
    let call = call.desired_status(DesiredStatus::Stopped);
    let mut pages = call.into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        arns.extend(page?.task_arns().iter().cloned());
        if arns.len() >= DESCRIBED {
            break;
        }
    }
    arns.truncate(DESCRIBED);
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let answer = cloud.call(&ECS, "DescribeTasks", json!({"cluster": live.cluster_arn, "tasks": arns})).await?;
    Ok(list(&answer, "tasks").cloned().collect())
}

/// Returns those of `tasks` that tell why the service isn't stable at `now` (seconds since 1970), the latest first:
/// tasks of the primary deployment, or of the one that ECS went back from. ECS knows exit codes only of those that have
/// stopped entirely. If all tasks run again for a while, what stopped before is over.
fn telling(tasks: &[Value], service: &Value, now: f64) -> Vec<StoppedTask> {
    let current = primary(service).map(|primary| text(primary, "id"));
    let went_back = given_up(service).contains(ROLLING_BACK);
    let is_primary = |task: &Value| current.as_deref() == task["startedBy"].as_str();
    let is_scaled = |task: &Value| text(task, "stoppedReason").starts_with("Scaling activity");
    let mut tasks: Vec<&Value> = tasks
        .iter()
        .filter(|task| match went_back {
            true => !is_primary(task) && !is_scaled(task),
            false => is_primary(task),
        })
        .collect();
    let has_stopped = |task: &&Value| task["lastStatus"] == "STOPPED";
    if tasks.iter().any(has_stopped) {
        tasks.retain(has_stopped);
    }
    let time = |task: &Value| {
        let mut times = ["stoppingAt", "stoppedAt"].iter().filter_map(|at| task[*at].as_f64());
        times.next().unwrap_or(0.0)
    };
    tasks.sort_by(|one, other| time(other).total_cmp(&time(one)));
    let count = |name: &str| service[name].as_i64().unwrap_or_default();
    let all_run = count("runningCount") >= count("desiredCount");
    match tasks.first() {
        Some(latest) if all_run && !went_back && now - time(latest) > OVER => Vec::new(),
        _ => tasks.into_iter().take(SHOWN_TASKS).map(StoppedTask::new).collect(),
    }
}

/// The targets of the service's target groups that get no requests and don't only wait for their first check.
async fn targets(cloud: &Cloud, service: &Value) -> Result<Vec<BadTarget>> {
    let mut bad = Vec::new();
    for balancer in list(service, "loadBalancers") {
        let call = cloud.elbv2.describe_target_health().target_group_arn(text(balancer, "targetGroupArn"));
        for described in call.send().await?.target_health_descriptions() {
            let (Some(target), Some(health)) = (described.target(), described.target_health()) else {
                continue;
            };
            let code = health.reason().map_or("", |reason| reason.as_str());
            let is_bad = health.state().is_some_and(|state| state.as_str() == "unhealthy");
            if is_bad || code == "Target.NotInUse" {
                bad.push(BadTarget {
                    place: format!("{}:{}", target.id().unwrap_or_default(), target.port().unwrap_or_default()),
                    code: code.to_owned(),
                    words: health.description().unwrap_or_default().to_owned(),
                });
            }
        }
    }
    Ok(bad)
}

/// Reads the last lines of each container of `task` that has a log. The stream of one that never ran isn't there.
async fn read_logs(cloud: &Cloud, task: &mut StoppedTask) -> Result<()> {
    let asked = json!({"taskDefinition": task.definition});
    let definition = cloud.call(&ECS, "DescribeTaskDefinition", asked).await?["taskDefinition"].take();
    for container in &mut task.containers {
        let mut defined = list(&definition, "containerDefinitions");
        let Some(log) = defined.find(|one| text(one, "name") == container.name) else {
            continue;
        };
        let log = &log["logConfiguration"];
        let options = &log["options"];
        container.log_group = text(options, "awslogs-group");
        let prefix = text(options, "awslogs-stream-prefix");
        let has_stream = log["logDriver"] == "awslogs" && !prefix.is_empty();
        if !has_stream || container.exit_code.is_none() {
            continue;
        }
        let call = cloud.logs.get_log_events().log_group_name(&container.log_group);
        let call = call.log_stream_name(format!("{prefix}/{}/{}", container.name, task.id));
        let lines = i32::try_from(SHOWN_LINES).unwrap_or(i32::MAX);
        match call.limit(lines).send().await.map_err(CloudError::from) {
            Ok(answer) => {
                let lines = answer.events().iter().filter_map(|event| event.message());
                container.log = lines.map(|line| line.trim_end().to_owned()).collect();
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_tasks_of_the_deployment_in_question_tell_why_it_fails() {
        let task = |id: &str, by: &str, status: &str, at: i64| json!({"taskArn": id, "startedBy": by, "lastStatus": status, "stoppingAt": at});
        let tasks = [
            task("old", "ecs-svc/1", "STOPPED", 10),
            task("first", "ecs-svc/2", "STOPPED", 20),
            task("second", "ecs-svc/2", "STOPPED", 30),
            task("stopping", "ecs-svc/2", "DEPROVISIONING", 40),
        ];
        let service = |running: i64, primary: &str, reason: &str| {
            json!({"desiredCount": 2, "runningCount": running, "deployments": [
                {"id": primary, "status": "PRIMARY", "rolloutStateReason": reason}]})
        };
        let told = |service: &Value, now: f64| {
            telling(&tasks, service, now).into_iter().map(|task| task.id).collect::<Vec<_>>()
        };
        assert_eq!(told(&service(0, "ecs-svc/2", ""), 50.0), ["second", "first"]);
        assert_eq!(told(&service(2, "ecs-svc/2", ""), 50.0), ["second", "first"]);
        let over: [&str; 0] = [];
        assert_eq!(told(&service(2, "ecs-svc/2", ""), 100.0), over);
        assert_eq!(told(&service(0, "ecs-svc/3", ""), 50.0), over);
        let back = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.";
        assert_eq!(told(&service(2, "ecs-svc/1", back), 100.0), ["second", "first"]);
    }

    #[test]
    fn an_event_from_before_the_deployment_explains_nothing() {
        let event = |at: i64, message: &str| json!({"createdAt": at, "message": message});
        let service = |events: Value| json!({"deployments": [{"id": "ecs-svc/2", "status": "PRIMARY", "createdAt": 20}], "events": events});
        let began = service(json!([event(21, "new"), event(19, "is unhealthy")]));
        assert_eq!(events(&began), ["new"]);
        let back = "rolling back to deployment ecs-svc/2.";
        let went_back = service(json!([event(30, back), event(19, "is unhealthy")]));
        assert_eq!(events(&went_back), [back, "is unhealthy"]);
        let earlier = service(json!([event(19, "rolling back to deployment ecs-svc/1.")]));
        assert_eq!(given_up(&earlier), "");
    }
}

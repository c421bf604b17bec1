//! Stopping the tasks of a lab's jobs before the lab is destroyed: one that goes on would write its log group and its
//! objects anew, and holds its cluster.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use aws_sdk_ecs::types::DesiredStatus;
use futures::future::try_join_all;
use serde::Serialize;
use serde_json::{Value, json};

use super::quiet::quiet;
use crate::apply::{Event, Executor};
use crate::cloud::{Cause, Cloud, CloudError, ECS, LAB_TAG, Owner, RESOURCE_TAG, Result};
use crate::error::Error;
use crate::live::{self, Snapshot};
use crate::model::Address;
use crate::plan::Plan;
use crate::resource::{Waiting, retry};
use crate::resources::{Cluster, TaskDefinition, ecs_list, ecs_text};
use crate::spec::{JOB, Lab};

/// The most tasks that DescribeTasks takes (API reference).
const DESCRIBED: usize = 100;
/// The longest that a task takes to stop: a container has at most 2 minutes, and then its network interface goes
/// (`stopTimeout`, ContainerDefinition, API reference).
const STOPS: Duration = Duration::from_secs(10 * 60);
const PAUSE: Duration = Duration::from_secs(2);

/// A task of one of the lab's jobs that hasn't stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabTask {
    /// The job's address.
    pub address: Address,
    /// The task's ARN.
    pub task: String,
    /// The ARN of the task's cluster.
    pub cluster: String,
    /// AWS's word for the task's state, as in `RUNNING`.
    pub state: String,
}

/// The tasks of the lab's jobs that a destroy stops, as they were read.
#[derive(Clone, Debug)]
pub struct RunningTasks {
    /// The tasks.
    pub tasks: Vec<LabTask>,
    /// The time of the reading, on the account's clock.
    pub read_at: SystemTime,
}

/// The tasks of the lab's jobs that have not stopped, and that need something of what `plan` deletes. They are in the
/// lab's clusters in `live`; tasks of others in these are nobody's business here.
///
/// # Errors
/// If ECS can't be read.
pub async fn running_tasks(
    cloud: &Cloud,
    lab: Option<&Lab>,
    live: &Snapshot,
    plan: &Plan,
) -> Result<RunningTasks, Error> {
    let read_at = cloud.now();
    let going: BTreeSet<&Address> = plan.effective().map(|change| &change.address).collect();
    if going.is_empty() {
        return Ok(RunningTasks { tasks: Vec::new(), read_at });
    }
    let goes = |task: &Running| {
        let in_file = lab.map(|lab| lab.job_refs(&task.task.address.name));
        let own = match in_file.filter(|refs| !refs.is_empty()) {
            Some(refs) => refs,
            // A job that has left the file needs what its task is made of.
            None => [Some(task.cluster.clone()), task.definition(live)].into_iter().flatten().collect(),
        };
        let needs = lab.map(|lab| lab.with_dependencies(&own));
        let mut needs = own.iter().chain(needs.iter().flatten());
        needs.any(|need| going.contains(need))
    };
    let tasks = running(cloud, &plan.others.place.lab, live).await?.into_iter().filter(goes);
    Ok(RunningTasks { tasks: tasks.map(|task| task.task).collect(), read_at })
}

/// The tasks of the job `name` of the lab `lab` that have not stopped, whatever they are made of.
///
/// # Errors
/// If ECS can't be read.
pub async fn tasks_of_job(cloud: &Cloud, lab: &str, live: &Snapshot, name: &str) -> Result<Vec<LabTask>, Error> {
    let tasks = running(cloud, lab, live).await?.into_iter().map(|task| task.task);
    Ok(tasks.filter(|task| task.address.name == name).collect())
}

/// A task of one of the lab's jobs that hasn't stopped, and what it is made of.
#[derive(Clone)]
struct Running {
    task: LabTask,
    cluster: Address,
    /// The ARN of the task's definition.
    definition: String,
}

impl Running {
    /// The address of the task's definition, whichever revision of it is the live one.
    fn definition(&self, live: &Snapshot) -> Option<Address> {
        let revision = self.definition.rsplit('/').next()?;
        let (family, _) = revision.rsplit_once(':')?;
        let (object, _) = live.all::<TaskDefinition>().find(|(object, _)| object.name == family)?;
        Some(object.address.clone())
    }
}

async fn running(cloud: &Cloud, lab: &str, live: &Snapshot) -> Result<Vec<Running>, Error> {
    let clusters = live.all::<Cluster>();
    let clusters = clusters.filter(|(object, _)| matches!(object.owner(lab), Owner::Lab(_)) && !object.leaving);
    let found = clusters.map(|(object, cluster)| async move {
        let tasks = tasks_of(cloud, &cluster.arn, lab).await?;
        let tasks =
            tasks.into_iter().map(|(task, definition)| Running { task, cluster: object.address.clone(), definition });
        Ok::<_, Error>(tasks.collect::<Vec<_>>())
    });
    Ok(try_join_all(found).await?.concat())
}

/// The tasks of the lab's jobs in `cluster` that have not stopped, each with the ARN of its task definition.
async fn tasks_of(cloud: &Cloud, cluster: &str, lab: &str) -> Result<Vec<(LabTask, String)>> {
    let mut arns = BTreeSet::new();
    // One that is told to stop is listed as stopped long before it is.
    for status in [DesiredStatus::Running, DesiredStatus::Stopped] {
        let call = cloud.ecs.list_tasks().cluster(cluster);
        let mut pages = call.desired_status(status).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(CloudError::from) {
                Err(error) if error.is_not_found() => return Ok(Vec::new()),
                page => page?,
            };
            arns.extend(page.task_arns().iter().cloned());
        }
    }
    let arns: Vec<String> = arns.into_iter().collect();
    let mut tasks = Vec::new();
    for task in describe(cloud, cluster, &arns).await? {
        if let Some(address) = job_of(&task, lab).filter(|_| task["lastStatus"] != "STOPPED") {
            let definition = ecs_text(&task, "taskDefinitionArn");
            let task = LabTask {
                address,
                task: ecs_text(&task, "taskArn"),
                cluster: cluster.to_owned(),
                state: ecs_text(&task, "lastStatus"),
            };
            tasks.push((task, definition));
        }
    }
    Ok(tasks)
}

async fn describe(cloud: &Cloud, cluster: &str, arns: &[String]) -> Result<Vec<Value>> {
    let mut tasks = Vec::new();
    for batch in arns.chunks(DESCRIBED) {
        let asked = json!({"cluster": cluster, "tasks": batch, "include": ["TAGS"]});
        tasks.extend(ecs_list(&cloud.call(&ECS, "DescribeTasks", asked).await?, "tasks").cloned());
    }
    Ok(tasks)
}

/// The job of the lab that `task` belongs to: by its tags, or by `startedBy` if it has none, as ECS takes the tags away from
/// a task that stops.
fn job_of(task: &Value, lab: &str) -> Option<Address> {
    let tag = |key: &str| {
        let mut tags = ecs_list(task, "tags");
        tags.find(|tag| tag["key"] == key).map(|tag| ecs_text(tag, "value"))
    };
    match tag(LAB_TAG) {
        Some(owner) if owner == lab => {
            let address: Address = tag(RESOURCE_TAG)?.parse().ok()?;
            (address.kind == JOB).then_some(address)
        }
        Some(_) => None,
        None => {
            let by = ecs_text(task, "startedBy");
            let name = by.strip_prefix(lab)?.strip_prefix('/')?;
            Some(Address::new(JOB, name))
        }
    }
}

/// Stops the [`running_tasks`], and waits until they have stopped, after the schedules are gone that would start others.
/// Unless what was `shown` was read just now they are read once more: one may have been started while the user was asked.
///
/// # Errors
/// If a schedule can't be taken away, tasks can't be read, one can't be stopped or doesn't stop in time, and if the user asks to stop.
pub async fn stop_tasks(
    executor: &Executor<'_>,
    lab: Option<&Lab>,
    live: &Snapshot,
    plan: &Plan,
    shown: RunningTasks,
) -> Result<(), Error> {
    let had_schedules = quiet(executor, live, plan).await?;
    let tasks = match live::holds(executor.cloud, shown.read_at) && !had_schedules {
        true => shown.tasks,
        false => running_tasks(executor.cloud, lab, live, plan).await?.tasks,
    };
    try_join_all(tasks.iter().map(|task| stop(executor, task))).await?;
    Ok(())
}

async fn stop(executor: &Executor<'_>, task: &LabTask) -> Result<(), Error> {
    let Executor { cloud, observer, .. } = executor;
    let LabTask { address, task: arn, cluster, .. } = task;
    let begun = cloud.now();
    let failed = |error: CloudError| {
        let error = Error::from(error).hint("nothing of the lab was destroyed yet");
        let message = format!("{address}: stopping task {arn}: {}", error.message);
        Error { message, ..error }
    };
    observer.event(Event::TaskStopping { address: address.clone(), task: arn.clone() });
    let call = || async {
        let call = cloud.ecs.stop_task().cluster(cluster).task(arn);
        let call = call.reason("labform: the lab is being destroyed");
        match call.send().await.map_err(CloudError::from) {
            Err(error) if !error.says("InvalidParameterException", "not found") => Err(error),
            _ => Ok(()),
        }
    };
    let waiting = Waiting::new(|_| {}, executor.stop.clone());
    retry(cloud, &waiting, call).await.map_err(failed)?;
    loop {
        let described = describe(cloud, cluster, std::slice::from_ref(arn)).await.map_err(failed)?;
        let state = described.first().map(|task| ecs_text(task, "lastStatus"));
        let took = cloud.since(begun);
        let Some(state) = state.filter(|state| state != "STOPPED") else {
            observer.event(Event::TaskStopped { address: address.clone(), task: arn.clone(), took });
            return Ok(());
        };
        if took > STOPS {
            let message = format!("it is {state} still, 10 minutes after it was told to stop");
            return Err(failed(CloudError::own_at("StopTask", Cause::StillThere, message)));
        }
        waiting.pause(cloud, &state, PAUSE).await.map_err(failed)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_the_labs_by_its_tags_or_by_who_started_it() {
        let tagged = |lab: &str, resource: &str| {
            json!({"startedBy": "ecs-lab/classifier", "tags": [
                {"key": LAB_TAG, "value": lab}, {"key": RESOURCE_TAG, "value": resource}]})
        };
        let cases = [
            (tagged("ecs-lab", "job.other"), Some("job.other")),
            (tagged("ecs-lab", "service.web"), None),
            (tagged("ecs-lab-2", "job.classifier"), None),
            (json!({"startedBy": "ecs-lab/classifier"}), Some("job.classifier")),
            (json!({"startedBy": "ecs-lab-2/classifier"}), None),
            (json!({"startedBy": "ecs-svc/1"}), None),
            (json!({}), None),
        ];
        for (task, job) in cases {
            let found = job_of(&task, "ecs-lab").map(|address| address.to_string());
            assert_eq!(found.as_deref(), job, "{task}");
        }
    }
}

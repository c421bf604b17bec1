//! The details that are told of services, jobs, tasks and targets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::Address;

/// The state of a lab's services and jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The services that are there.
    pub services: Vec<ServiceDetail>,
    /// The jobs whose cluster is there.
    pub jobs: Vec<JobDetail>,
    /// The scans of images in repositories that scan what is pushed.
    pub scans: Vec<ScanDetail>,
    /// The things that could not be read, and why.
    pub unread: Vec<String>,
}

/// The state of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDetail {
    /// The address.
    pub address: Address,
    /// The number of tasks that the service is to run.
    pub desired: i64,
    /// The fewest tasks to which that number is scaled; none if it isn't scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_capacity: Option<i64>,
    /// The most tasks to which it is scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_capacity: Option<i64>,
    /// The number of tasks that the service runs.
    pub running: i64,
    /// The number of tasks that are to start.
    pub pending: i64,
    /// The rollout of the primary deployment: `COMPLETED`, `IN_PROGRESS` or `FAILED`; none if AWS says none.
    pub rollout: Option<String>,
    /// The tasks, those that stop left out.
    pub tasks: Vec<TaskDetail>,
    /// The targets that the service has in target groups.
    pub targets: Vec<TargetDetail>,
    /// The latest events, the latest first.
    pub events: Vec<EventDetail>,
}

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobDetail {
    /// The address.
    pub address: Address,
    /// The schedule that runs the job, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleDetail>,
    /// The tasks: those that run, then those that ended, the latest first. ECS forgets them after an hour.
    pub tasks: Vec<TaskDetail>,
}

/// What a scan of an image found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanDetail {
    /// The address of the image.
    pub address: Address,
    /// The digest of the manifest that was scanned: an image for several platforms has several.
    pub digest: String,
    /// ECR's word for the scan's state, as in `COMPLETE`.
    pub state: String,
    /// The reason for that state, in AWS's words; empty if AWS says none.
    pub reason: String,
    /// The findings by their severity, as in `CRITICAL`.
    pub findings: BTreeMap<String, i64>,
}

/// The state of a job's schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleDetail {
    /// The times, as in `cron(30 2 * * ? *)`.
    pub expression: String,
    /// The time zone of these times.
    pub timezone: String,
    /// The time of the next run in UTC, as in `2026-12-01T02:30:00Z`; none if the schedule runs no more.
    pub next_run: Option<String>,
}

/// The state of a task. Times are seconds since 1970, as ECS writes them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskDetail {
    /// The id.
    pub id: String,
    /// ECS's word for the task's state, as in `RUNNING`.
    pub state: String,
    /// The time when the task was asked for.
    pub created_at: Option<f64>,
    /// The time when the task's containers started; none if they never did.
    pub started_at: Option<f64>,
    /// The time when the task stopped, or began to.
    pub stopped_at: Option<f64>,
    /// The availability zone.
    pub availability_zone: String,
    /// The digests of the task's images, as far as they are known.
    pub image_digests: BTreeSet<String>,
    /// The reason why the task stopped, in AWS's words; empty while it runs.
    pub stopped_reason: String,
    /// The exit codes of the task's containers by name, of those that have one.
    pub exit_codes: BTreeMap<String, i64>,
}

/// The state of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetDetail {
    /// The address and port.
    pub target: String,
    /// Elastic Load Balancing's word, as in `healthy`.
    pub state: String,
    /// The reason why the target isn't healthy, in AWS's words; empty if it is.
    pub reason: String,
}

/// An event of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventDetail {
    /// The time of the event, in seconds since 1970.
    pub created_at: Option<f64>,
    /// The words.
    pub message: String,
}

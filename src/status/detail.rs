//! The details that are told of services, jobs, tasks and targets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::Address;

/// How the services and jobs of a lab stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The services that are there.
    pub services: Vec<ServiceDetail>,
    /// The jobs whose cluster is there.
    pub jobs: Vec<JobDetail>,
    /// The things that could not be read, and why.
    pub unread: Vec<String>,
}

/// How a service stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDetail {
    /// The address.
    pub address: Address,
    /// How many tasks it is to run.
    pub desired: i64,
    /// How many it runs.
    pub running: i64,
    /// How many are on their way.
    pub pending: i64,
    /// The rollout of its primary deployment: `COMPLETED`, `IN_PROGRESS` or `FAILED`; none if AWS says none.
    pub rollout: Option<String>,
    /// The tasks, those that stop left out.
    pub tasks: Vec<TaskDetail>,
    /// The targets that it has in target groups.
    pub targets: Vec<TargetDetail>,
    /// The latest events, the latest first.
    pub events: Vec<EventDetail>,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobDetail {
    /// The address.
    pub address: Address,
    /// The tasks: those that run, then those that ended, the latest first. ECS forgets them after an hour.
    pub tasks: Vec<TaskDetail>,
}

/// How a task stands. Times are seconds since 1970, as ECS writes them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskDetail {
    /// The id.
    pub id: String,
    /// ECS's word for its state, as in `RUNNING`.
    pub state: String,
    /// When it was asked for.
    pub created_at: Option<f64>,
    /// When its containers started; none if they never did.
    pub started_at: Option<f64>,
    /// When it stopped, or began to.
    pub stopped_at: Option<f64>,
    /// The availability zone.
    pub availability_zone: String,
    /// The digests of its images, as far as they are known.
    pub image_digests: BTreeSet<String>,
    /// Why it stopped, in AWS's words; empty while it runs.
    pub stopped_reason: String,
    /// The exit codes of its containers by name, of those that have one.
    pub exit_codes: BTreeMap<String, i64>,
}

/// How a target stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetDetail {
    /// The address and port.
    pub target: String,
    /// Elastic Load Balancing's word, as in `healthy`.
    pub state: String,
    /// Why it isn't healthy, in AWS's words; empty if it is.
    pub reason: String,
}

/// Something that happened to a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventDetail {
    /// When, in seconds since 1970.
    pub created_at: Option<f64>,
    /// The words.
    pub message: String,
}

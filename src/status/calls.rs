//! The calls that a status makes.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::DesiredStatus;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::TargetDetail;
use crate::cloud::{Cloud, CloudError, ECS, Result};
use crate::resources::ecs_list as list;

/// The most services that DescribeServices takes (API reference).
const SERVICES: usize = 10;
/// The most tasks that DescribeTasks takes (API reference).
const TASKS: usize = 100;
/// The most tasks of a cluster that are looked at: a screen shows no more.
const LOOKED_AT: usize = 300;

/// A choice of a cluster's tasks.
pub(super) enum Tasks<'a> {
    /// The tasks that run or are to.
    Running,
    /// The tasks of this `startedBy` that stop or have stopped.
    Ended(&'a str),
}

/// The ARNs of tasks.
pub(super) async fn tasks(cloud: &Cloud, cluster: &str, which: Tasks<'_>) -> Result<Vec<String>> {
    let call = cloud.ecs.list_tasks().cluster(cluster);
    let call = match which {
        Tasks::Running => call.desired_status(DesiredStatus::Running),
        Tasks::Ended(by) => call.started_by(by).desired_status(DesiredStatus::Stopped),
    };
    let mut pages = call.into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        arns.extend(page?.task_arns().iter().cloned());
        if arns.len() >= LOOKED_AT {
            break;
        }
    }
    arns.truncate(LOOKED_AT);
    Ok(arns)
}

/// The descriptions of these tasks of a cluster. A task that ECS has forgotten by now is left out.
pub(crate) async fn described_tasks(cloud: &Cloud, cluster: &str, arns: &BTreeSet<String>) -> Result<Vec<Value>> {
    let arns: Vec<String> = arns.iter().cloned().collect();
    let chunks = arns.chunks(TASKS).map(|arns| async move {
        let answer = cloud.call(&ECS, "DescribeTasks", json!({"cluster": cluster, "tasks": arns})).await?;
        Ok::<_, CloudError>(list(&answer, "tasks").cloned().collect::<Vec<_>>())
    });
    Ok(try_join_all(chunks).await?.concat())
}

/// The descriptions of these services of a cluster.
pub(super) async fn services(cloud: &Cloud, cluster: &str, arns: Vec<String>) -> Result<Vec<Value>> {
    let chunks = arns.chunks(SERVICES).map(|arns| async move {
        let answer = cloud.call(&ECS, "DescribeServices", json!({"cluster": cluster, "services": arns})).await?;
        Ok::<_, CloudError>(list(&answer, "services").cloned().collect::<Vec<_>>())
    });
    Ok(try_join_all(chunks).await?.concat())
}

/// The state of each target of a target group.
pub(super) async fn health(cloud: &Cloud, group: &str) -> Result<Vec<TargetDetail>> {
    let call = cloud.elbv2.describe_target_health().target_group_arn(group);
    let answer = call.send().await?;
    let targets = answer.target_health_descriptions().iter();
    let targets = targets.filter_map(|described| {
        let (target, health) = (described.target()?, described.target_health()?);
        let id = target.id().unwrap_or_default();
        let port = target.port().or_else(|| described.health_check_port()?.parse().ok());
        Some(TargetDetail {
            target: port.map_or_else(|| id.to_owned(), |port| format!("{id}:{port}")),
            state: health.state().map_or("", |state| state.as_str()).to_owned(),
            reason: health.description().unwrap_or_default().to_owned(),
        })
    });
    Ok(targets.collect())
}

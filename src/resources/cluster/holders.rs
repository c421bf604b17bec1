//! What keeps a cluster from being deleted.
//!
//! Knows: what runs in a cluster. Must not know: how a cluster is deleted.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cloud::{Cloud, CloudError, DocumentExchange, Result};
use crate::resources::ecs::{list, text};

/// What `refusal` speaks of, each with what will free the cluster: its services, its tasks by what they belong to, its
/// container instances.
///
/// # Errors
/// Where they can't be read.
pub(super) async fn holders(cloud: &Cloud, cluster: &str, refusal: &CloudError) -> Result<Vec<String>> {
    if refusal.is("ClusterContainsContainerInstancesException") {
        return instances(cloud, cluster).await;
    }
    let mut holders = services(cloud, cluster).await?;
    holders.extend(tasks(cloud, cluster).await?);
    Ok(holders)
}

/// Only services that are to run: ListServices hides those that drain, which their tasks name.
async fn services(cloud: &Cloud, cluster: &str) -> Result<Vec<String>> {
    let call = cloud.ecs.list_services().cluster(cluster);
    let mut pages = call.into_paginator().send();
    let mut services = Vec::new();
    while let Some(page) = pages.next().await {
        services.extend(page?.service_arns().iter().map(|arn| {
            let name = last(arn);
            format!(
                "service {name}: delete it with `aws ecs delete-service --cluster {} --service {name} --force`, if it \
                 is yours",
                last(cluster)
            )
        }));
    }
    Ok(services)
}

async fn tasks(cloud: &Cloud, cluster: &str) -> Result<Vec<String>> {
    let call = cloud.ecs.list_tasks().cluster(cluster);
    let mut pages = call.into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        arns.extend(page?.task_arns().iter().cloned());
    }
    let mut of_services: BTreeMap<String, usize> = BTreeMap::new();
    let mut holders = Vec::new();
    for batch in arns.chunks(100) {
        let exchange = DocumentExchange::keeping();
        let call = cloud.ecs.describe_tasks().cluster(cluster).set_tasks(Some(batch.to_vec())).customize();
        call.interceptor(exchange.clone()).send().await?;
        for task in list(&exchange.answer(), "tasks") {
            match text(task, "group").strip_prefix("service:") {
                Some(service) => *of_services.entry(service.to_owned()).or_default() += 1,
                None => holders.push(alone(cluster, task)),
            }
        }
    }
    holders.extend(of_services.into_iter().map(|(service, count)| {
        format!("{count} tasks of service {service}: ECS stops them with the service, once its targets have drained")
    }));
    Ok(holders)
}

/// A task that no service keeps.
fn alone(cluster: &str, task: &Value) -> String {
    let id = text(task, "taskArn");
    let id = last(&id);
    let definition = text(task, "taskDefinitionArn");
    let by = match text(task, "startedBy").as_str() {
        "" => String::new(),
        by => format!(", started by {by}"),
    };
    format!(
        "task {id} of {} ({}{by}): it ends by itself, or with `aws ecs stop-task --cluster {} --task {id}`",
        last(&definition),
        text(task, "lastStatus"),
        last(cluster)
    )
}

async fn instances(cloud: &Cloud, cluster: &str) -> Result<Vec<String>> {
    let call = cloud.ecs.list_container_instances().cluster(cluster);
    let mut pages = call.into_paginator().send();
    let mut instances = Vec::new();
    while let Some(page) = pages.next().await {
        instances.extend(
            page?
                .container_instance_arns()
                .iter()
                .map(|arn| format!("container instance {}: terminate its EC2 instance, or deregister it", last(arn))),
        );
    }
    Ok(instances)
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

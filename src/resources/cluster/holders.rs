//! The holders that keep a cluster from being deleted.
//!
//! Knows: what runs in a cluster. Must not know: how a cluster is deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cloud::{Cloud, CloudError, ECS, Owner, Result, unless_gone};
use crate::resource::{Beside, Fate};
use crate::resources::ecs::{list, tags_of, text, texts};

/// Returns the holders that `refusal` speaks of, each with what will free the cluster: its services, its tasks by what
/// they belong to, its container instances.
///
/// # Errors
/// If they can't be read.
pub(super) async fn holders(cloud: &Cloud, cluster: &str, refusal: &CloudError) -> Result<Vec<String>> {
    if refusal.is("ClusterContainsContainerInstancesException") {
        let instances =
            arns(cloud, "ListContainerInstances", json!({"cluster": cluster}), "containerInstanceArns").await?;
        let words =
            |arn: &String| format!("container instance {}: terminate its EC2 instance, or deregister it", last(arn));
        return Ok(instances.iter().map(words).collect());
    }
    // Returns the services that are to run: ListServices hides those that drain, which their tasks name.
    let services = arns(cloud, "ListServices", json!({"cluster": cluster}), "serviceArns").await?;
    let mut holders: Vec<String> = services.iter().map(|arn| held_by_service(cluster, arn)).collect();
    holders.extend(tasks(cloud, cluster).await?);
    Ok(holders)
}

/// Returns the services in the cluster that aren't `lab`'s, each with what will free the cluster.
///
/// # Errors
/// If they can't be read.
pub(super) async fn beside(cloud: &Cloud, lab: &str, cluster: &str) -> Result<Vec<Beside>> {
    let services = of_others(cloud, lab, cluster).await?;
    let words = services.iter().map(|service| held_by_service(cluster, &text(service, "serviceArn")));
    Ok(words.map(|words| Beside::new(words, Fate::Holds)).collect())
}

/// Returns the services in any cluster that aren't `lab`'s and whose tasks stand in a network of which `holds` says that it
/// holds an object, each with what will free that.
///
/// # Errors
/// If they can't be read.
pub(in crate::resources) async fn tenants(
    cloud: &Cloud,
    lab: &str,
    holds: impl Fn(&Value) -> bool,
) -> Result<Vec<String>> {
    let has_tasks = |service: &Value| service["runningCount"] != 0 || service["pendingCount"] != 0;
    let mut words = Vec::new();
    for cluster in arns(cloud, "ListClusters", json!({}), "clusterArns").await? {
        let services = unless_gone(of_others(cloud, lab, &cluster).await)?.unwrap_or_default();
        let hold = services.iter().filter(|service| has_tasks(service));
        let hold = hold.filter(|service| holds(&service["networkConfiguration"]["awsvpcConfiguration"]));
        words.extend(hold.map(|service| held_by_service(&cluster, &text(service, "serviceArn"))));
    }
    Ok(words)
}

/// The services in a cluster that aren't `lab`'s, and that nobody deletes yet.
async fn of_others(cloud: &Cloud, lab: &str, cluster: &str) -> Result<Vec<Value>> {
    let mut services = arns(cloud, "ListServices", json!({"cluster": cluster}), "serviceArns").await?;
    // The lab's own have been read with their tags most often.
    let is_own = |tags| matches!(Owner::of(&tags, "service", lab), Owner::Lab(_));
    services.retain(|arn| !cloud.told_tags(arn).is_some_and(is_own));
    let mut others = Vec::new();
    for batch in services.chunks(10) {
        let asked = json!({"cluster": cluster, "services": batch, "include": ["TAGS"]});
        let answer = cloud.call(&ECS, "DescribeServices", asked).await?;
        let of_others = list(&answer, "services").filter(|service| {
            let owner = Owner::of(&tags_of(service), "service", lab);
            service["status"] == "ACTIVE" && matches!(owner, Owner::Other(_))
        });
        others.extend(of_others.cloned());
    }
    Ok(others)
}

/// The words for a service in a cluster.
fn held_by_service(cluster: &str, arn: &str) -> String {
    let (name, cluster) = (last(arn), last(cluster));
    format!(
        "service {name}: delete it with `aws ecs delete-service --cluster {cluster} --service {name} --force`, if it is \
         yours"
    )
}

/// All ARNs that a call lists in `items`.
pub(super) async fn arns(cloud: &Cloud, operation: &'static str, asked: Value, items: &str) -> Result<Vec<String>> {
    let pages = cloud.pages(&ECS, operation, asked).await?;
    Ok(pages.iter().flat_map(|page| texts(&page[items])).collect())
}

async fn tasks(cloud: &Cloud, cluster: &str) -> Result<Vec<String>> {
    let arns = arns(cloud, "ListTasks", json!({"cluster": cluster}), "taskArns").await?;
    let mut of_services: BTreeMap<String, usize> = BTreeMap::new();
    let mut holders = Vec::new();
    for batch in arns.chunks(100) {
        let answer = cloud.call(&ECS, "DescribeTasks", json!({"cluster": cluster, "tasks": batch})).await?;
        for task in list(&answer, "tasks") {
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

/// The words for a task that no service keeps.
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

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

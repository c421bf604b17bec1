//! ECS: clusters, task definitions, services and tasks, with Fargate's lives of tasks. It knows ECS's rules; networks,
//! target groups, roles and logs are asked of their own services.

mod cluster;
mod fields;
mod launch;
mod life;
mod normal;
mod outcome;
mod outside;
mod overrides;
mod rollout;
mod service;
mod services;
mod tags;
mod targets;
mod task;
mod task_definition;
mod tasks;
mod view;
mod work;

pub(crate) use outside::has_outside_work;
pub use outside::{Assignment, Ending, Instruction};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::account::Account;
use super::input::{page, text, texts};
use super::wire::{self, Answer, Fault};
use super::{Item, iam};
use crate::account::{Calls, Service};
use crate::simulation::Simulation;
use crate::states::{self, Kept};

type Tags = BTreeMap<String, String>;

/// What ECS holds in one region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// By name.
    clusters: BTreeMap<String, cluster::Cluster>,
    /// By family.
    families: BTreeMap<String, task_definition::Family>,
    /// By `cluster/name`.
    services: BTreeMap<String, service::Service>,
    /// By id.
    tasks: BTreeMap<String, task::Task>,
    /// What each client token of RunTask started.
    runs: BTreeMap<String, task::Run>,
}

impl states::State for State {
    const NAME: &'static str = "ecs";
}

/// ECS in the list of services.
pub(crate) static SERVICE: Service = Service {
    regional: &[Kept::of::<State>(), Kept::of::<Simulation>()],
    settle,
    tagged,
    items,
    ..Service::new("ecs", Calls::Json(handle))
};

fn state(account: &mut Account) -> &mut State {
    account.here()
}

fn state_ref(account: &Account) -> &State {
    account.here_ref()
}

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateCluster" => cluster::create(account, input),
        "DescribeClusters" => cluster::describe(account, input),
        "ListClusters" => cluster::list(account, input),
        "UpdateCluster" => cluster::update(account, input),
        "PutClusterCapacityProviders" => cluster::put_capacity_providers(account, input),
        "DeleteCluster" => cluster::delete(account, input),
        "RegisterTaskDefinition" => task_definition::register(account, input),
        "DescribeTaskDefinition" => task_definition::describe(account, input),
        "ListTaskDefinitionFamilies" => task_definition::list_families(account, input),
        "ListTaskDefinitions" => task_definition::list(account, input),
        "DeregisterTaskDefinition" => task_definition::deregister(account, input),
        "DeleteTaskDefinitions" => task_definition::delete(account, input),
        "CreateService" => services::create(account, input),
        "DescribeServices" => services::describe(account, input),
        "ListServices" => services::list(account, input),
        "UpdateService" => services::update(account, input),
        "DeleteService" => services::delete(account, input),
        "RunTask" => tasks::run(account, input),
        "DescribeTasks" => tasks::describe(account, input),
        "ListTasks" => tasks::list(account, input),
        "StopTask" => tasks::stop(account, input),
        "TagResource" => tags::tag(account, input),
        "UntagResource" => tags::untag(account, input),
        "ListTagsForResource" => tags::list(account, input),
        other => Err(wire::unknown("ecs", other)),
    }
}

/// Moves tasks, then services, then deletions of task definitions on to the present.
fn settle(account: &mut Account) {
    life::settle(account);
    rollout::settle(account);
    task_definition::settle(account);
}

/// What the tag index lists. ECS keeps what is INACTIVE in it for a while, as it does on AWS.
fn tagged(account: &Account) -> Vec<(String, Tags)> {
    items(account).into_iter().filter(|item| !item.tags.is_empty()).map(|item| (item.id, item.tags)).collect()
}

fn items(account: &Account) -> Vec<Item> {
    let ecs = state_ref(account);
    let mut items: Vec<Item> = ecs.clusters.values().map(cluster::Cluster::item).collect();
    items.extend(ecs.families.values().flat_map(task_definition::Family::items));
    items.extend(ecs.services.values().map(service::Service::item));
    items.extend(ecs.tasks.values().map(|task| task.item(account.now)));
    items
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}

fn client(message: impl Into<String>) -> Fault {
    Fault::client("ClientException", message)
}

/// The first use of ECS in an account fails and makes the role that ECS takes on to do its work.
fn check_service_linked_role(account: &mut Account) -> Result<(), Fault> {
    if iam::ensure_service_linked_role(account, "ecs.amazonaws.com") {
        return Err(invalid(
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        ));
    }
    Ok(())
}

/// Name of the cluster that a call names by name or ARN; without a name it is `default`.
fn cluster_name(cluster: &Value) -> String {
    last_segment(cluster.as_str().unwrap_or("default")).to_owned()
}

/// The cluster a call works in. A deleted one is as good as none.
fn active_cluster(account: &Account, input: &Value) -> Result<String, Fault> {
    let name = cluster_name(&input["cluster"]);
    match state_ref(account).clusters.get(&name) {
        Some(cluster) if cluster.active => Ok(name),
        _ => Err(Fault::client("ClusterNotFoundException", "Cluster not found.")),
    }
}

fn last_segment(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

fn includes(input: &Value, what: &str) -> bool {
    texts(input, "include").iter().any(|included| included == what)
}

fn page_size(account: &Account, input: &Value, default: usize) -> usize {
    let asked = input["maxResults"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(default);
    account.page_size(asked)
}

/// An answer with one page of a list under `key`.
fn page_of(key: &str, items: Vec<String>, size: usize, input: &Value) -> Value {
    let (page, next) = page(items, text(input, "nextToken"), size);
    let mut answer = Map::new();
    answer.insert(key.to_owned(), page.into());
    if let Some(next) = next {
        answer.insert("nextToken".to_owned(), next.into());
    }
    answer.into()
}

/// A failure in an answer of status 200.
fn failure(arn: &str, reason: &str) -> Value {
    serde_json::json!({"arn": arn, "reason": reason})
}

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

use serde_json::{Map, Value};

use super::account::Account;
use super::input::{page, text, texts};
use super::wire::{self, Answer, Fault};
use super::{Item, elbv2, iam};
use crate::account::{Calls, Service};
use crate::agenda::Agenda;
use crate::simulation::Simulation;
use crate::states::{self, Kept};
use crate::table::{AnyTable, Table};

type Tags = BTreeMap<String, String>;

/// What ECS holds in one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// By name.
    clusters: Table<cluster::Cluster>,
    /// By family.
    families: Table<task_definition::Family>,
    /// By `cluster/name`.
    services: Table<service::Service>,
    /// By id.
    tasks: Table<task::Task>,
    /// What each client token of RunTask started.
    runs: Table<task::Run>,
    /// What happens by itself, and when.
    agenda: Agenda<Entry>,
}

impl states::State for State {
    const NAME: &'static str = "ecs";

    fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
        vec![
            ("clusters", &mut self.clusters),
            ("families", &mut self.families),
            ("services", &mut self.services),
            ("tasks", &mut self.tasks),
            ("runs", &mut self.runs),
        ]
    }
}

/// What is due: tasks before services, and those before deletions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    /// A task, by its id.
    Task(String),
    /// A service, by its key.
    Service(String),
    /// The deletion of a family's revisions, by its name.
    Family(String),
}

/// ECS in the list of services.
pub(crate) static SERVICE: Service = Service {
    regional: &[Kept::of::<State>(), Kept::of::<Simulation>()],
    due: |account| state_ref(account).agenda.next(),
    settle,
    remember,
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

/// Lets tasks, then services, then deletions of task definitions do what is due. What becomes of a task is its service's
/// affair, too.
fn settle(account: &mut Account) {
    let now = account.now;
    for entry in state(account).agenda.take(now) {
        let next = match &entry {
            Entry::Task(id) => {
                let service = state_ref(account).tasks.get(id).and_then(|task| task.service.clone());
                if let Some(service) = service {
                    state(account).agenda.hasten(Entry::Service(service), now);
                }
                life::settle(account, id)
            }
            Entry::Service(key) => rollout::settle(account, key),
            Entry::Family(name) => task_definition::settle(account, name),
        };
        if let Some(next) = next {
            state(account).agenda.hasten(entry, next);
        }
    }
}

/// Puts down for now what a call wrote, and what is to hear of it.
fn remember(account: &mut Account) {
    let now = account.settled;
    let everything = account.here_ref::<Simulation>().is_touched();
    let groups = elbv2::touched_groups(account);
    let state = state(account);
    let mut due: Vec<Entry> = state.tasks.touched().iter().cloned().map(Entry::Task).collect();
    due.extend(state.services.touched().iter().cloned().map(Entry::Service));
    due.extend(state.families.touched().iter().cloned().map(Entry::Family));
    let concerned = state.services.iter().filter(|(_, service)| everything || service.is_behind(&groups));
    for (key, _) in concerned {
        due.push(Entry::Service(key.clone()));
        due.extend(state.tasks.of(key).map(|task| Entry::Task(task.id.clone())));
    }
    if everything {
        due.extend(state.tasks.keys().cloned().map(Entry::Task));
    }
    for entry in due {
        state.agenda.hasten(entry, now);
    }
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

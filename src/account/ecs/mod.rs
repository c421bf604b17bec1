//! ECS: clusters, task definitions, services and tasks, with Fargate's lives of tasks. Here are ECS's rules; networks,
//! target groups, roles and logs are asked of their own services.

mod attributes;
mod cluster;
mod connect;
mod discovery;
mod fields;
mod hosted;
mod launch;
mod life;
mod mounts;
mod normal;
mod outside;
mod rollout;
mod service;
mod services;
mod start;
mod tags;
mod task;
mod task_definition;
mod tasks;
mod view;
mod work;

pub use hosted::{Balanced, HostedTask, Hosting, Runner, Stage, StandIn};
pub(crate) use outside::has_outside_work;
pub use outside::{Assignment, Ending, Instruction};
pub(crate) use services::{desired, scale};

use serde_json::{Value, json};

use super::account::Account;
use super::elbv2::{self, Touched};
use super::input::texts;
use super::rules::TagMap;
use super::wire::{self, Answer, Fault, invalid};
use super::{Item, iam};
use crate::account::{Calls, Service};
use crate::clock::Via;
use crate::forms::{Pages, Tags};
use crate::simulation::Simulation;
use crate::states::Kept;
use crate::table::{Agenda, Table};
use cluster::Cluster;
use task::{Run, Task};
use task_definition::Family;

/// The form of pages of ECS's lists.
const PAGES: Pages = Pages::JSON;
/// The form of ECS's tags.
const TAGS: Tags =
    Tags { id: "resourceArn", given: "tags", keys: "tagKeys", pair: Some(("key", "value")), check: |_| Ok(()) };

/// An entry of the agenda: tasks before services, and those before deletions.
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
    keeps: &[
        Kept::of::<Table<Cluster>>("ecs/clusters"),
        Kept::of::<Table<Family>>("ecs/families"),
        Kept::of::<Table<service::Service>>("ecs/services"),
        Kept::of::<Table<Task>>("ecs/tasks"),
        Kept::of::<Table<Run>>("ecs/runs"),
        Kept::of::<Table<hosted::Host>>("ecs/hosts"),
        Kept::of::<Agenda<Entry>>("ecs/agenda"),
        Kept::of::<Simulation>("simulation"),
    ],
    settle,
    remember,
    items,
    ..Service::new("ecs", Calls::Json(handle))
};

fn agenda(account: &mut Account) -> &mut Agenda<Entry> {
    account.here_mut()
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
        "ListServicesByNamespace" => connect::list(account, input),
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

/// Runs tasks for another service, as RunTask does.
pub(crate) fn run_tasks(account: &mut Account, input: &Value) -> Answer {
    tasks::run(account, input)
}

/// Lets tasks, then services, then deletions of task definitions do what is due. The fate of a task is its service's
/// affair, too.
fn settle(account: &mut Account) {
    let now = account.now;
    for entry in agenda(account).take(now) {
        let next = match &entry {
            Entry::Task(id) => {
                let service = account.all::<Task>().get(id).and_then(|task| task.service.clone());
                if let Some(service) = service {
                    agenda(account).hasten(Entry::Service(service), now);
                }
                life::settle(account, id)
            }
            Entry::Service(key) => rollout::settle(account, key),
            Entry::Family(name) => task_definition::settle(account, name),
        };
        if let Some(next) = next {
            agenda(account).hasten(entry, next);
        }
    }
}

/// Puts the objects down for now that a call wrote, and those that are to hear of it.
fn remember(account: &mut Account) {
    let now = account.settled;
    let everything = account.here::<Simulation>().is_touched();
    let groups = elbv2::touched_groups(account);
    let (tasks, services) = (account.all::<Task>(), account.all::<service::Service>());
    let mut due: Vec<Entry> = tasks.touched().iter().cloned().map(Entry::Task).collect();
    due.extend(services.touched().iter().cloned().map(Entry::Service));
    due.extend(account.all::<Family>().touched().iter().cloned().map(Entry::Family));
    // Nearly every call is about nothing that a service stands behind.
    if everything || !matches!(&groups, Touched::Some(groups) if groups.is_empty()) {
        for (key, _) in services.iter().filter(|(_, service)| everything || service.is_behind(&groups)) {
            due.push(Entry::Service(key.clone()));
            due.extend(tasks.of(key).map(|task| Entry::Task(task.id.clone())));
        }
    }
    if everything {
        due.extend(tasks.keys().cloned().map(Entry::Task));
    }
    for entry in due {
        agenda(account).hasten(entry, now);
    }
}

/// Returns every object. INACTIVE ones stay in the tag index for a while, as they do on AWS.
fn items(account: &Account) -> Vec<Item> {
    let mut items: Vec<Item> = account.all::<Cluster>().values().map(Cluster::item).collect();
    items.extend(account.all::<Family>().values().flat_map(Family::items));
    items.extend(account.all::<service::Service>().values().map(service::Service::item));
    items.extend(account.all::<Task>().values().map(|task| task.item(account.now)));
    items
}

/// The fault of a namespace that isn't there.
fn no_namespace(name: &str) -> Fault {
    Fault::client("NamespaceNotFoundException", format!("The namespace {name} can't be found."))
}

fn client(message: impl Into<String>) -> Fault {
    Fault::client("ClientException", message)
}

/// Makes the role that ECS takes on to do its work, and refuses the first use of ECS in an account, as AWS may. A client of
/// the server is spared that: it would be refused for each fresh account, and few clients ask again.
fn check_service_linked_role(account: &mut Account) -> Result<(), Fault> {
    if iam::ensure_service_linked_role(account, "ecs.amazonaws.com") && account.via == Via::Process {
        return Err(invalid(
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        ));
    }
    Ok(())
}

/// The name of the cluster that a call names by name or ARN; without a name it is `default`.
fn cluster_name(cluster: &Value) -> String {
    last_segment(cluster.as_str().unwrap_or("default")).to_owned()
}

/// The cluster that a call works in. A deleted one is as good as none.
fn active_cluster(account: &Account, input: &Value) -> Result<String, Fault> {
    let name = cluster_name(&input["cluster"]);
    match account.all::<Cluster>().get(&name) {
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

/// The answer of a describe call on `names`, under `key`, and failures for the rest, whose ARNs end in what `path`
/// says.
fn described(
    account: &Account,
    key: &str,
    names: &[String],
    path: impl Fn(&str) -> String,
    shown: impl Fn(&str) -> Option<Value>,
) -> Value {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in names.iter().map(|name| last_segment(name)) {
        match shown(name) {
            Some(shown) => found.push(shown),
            None => failures.push(failure(&account.arn("ecs", &path(name)), "MISSING")),
        }
    }
    json!({ key: found, "failures": failures })
}

/// A failure in an answer of status 200.
fn failure(arn: &str, reason: &str) -> Value {
    json!({"arn": arn, "reason": reason})
}

//! Clusters.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::service::Service;
use super::task::Task;
use super::{
    PAGES, TAGS, TagMap, active_cluster, check_service_linked_role, cluster_name, described, includes, no_namespace,
};
use crate::Item;
use crate::account::Account;
use crate::input::{text, texts};
use crate::rules::{CLUSTER, ECS_NAME};
use crate::servicediscovery;
use crate::table::Object;
use crate::wire::{Answer, Fault, invalid};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cluster {
    pub(super) name: String,
    pub(super) arn: String,
    /// Whether the cluster is ACTIVE: a deleted one stays describable as INACTIVE.
    pub(super) active: bool,
    settings: Value,
    configuration: Value,
    pub(super) providers: Vec<String>,
    pub(super) default_strategy: Value,
    /// The ARN of the namespace of services that name none.
    #[serde(default)]
    pub(super) namespace: Option<String>,
    pub(super) tags: TagMap,
}

impl Object for Cluster {}

impl Cluster {
    pub(super) fn item(&self) -> Item {
        Item {
            kind: "ecs:cluster",
            id: self.arn.clone(),
            tags: self.tags.clone(),
            tombstone: (!self.active).then_some("INACTIVE"),
        }
    }
}

/// Makes a cluster, or answers with the ACTIVE one of that name: then the call's parameters and tags are ignored.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    CLUSTER.check(input, invalid)?;
    check_service_linked_role(account)?;
    let name = cluster_name(&input["clusterName"]);
    let words = "Identifiers must contain only alphanumeric characters, dashes, or underscores.";
    ECS_NAME.check(&name, || invalid(words))?;
    let exists = account.all::<Cluster>().get(&name).is_some_and(|cluster| cluster.active);
    if !exists {
        check_providers(&texts(input, "capacityProviders"))?;
        let cluster = Cluster {
            arn: account.arn("ecs", &format!("cluster/{name}")),
            active: true,
            settings: with_default_settings(&input["settings"]),
            configuration: input["configuration"].clone(),
            providers: texts(input, "capacityProviders"),
            default_strategy: with_bases(&input["defaultCapacityProviderStrategy"]),
            namespace: default_namespace(account, input)?,
            tags: TAGS.read(input),
            name: name.clone(),
        };
        account.all_mut::<Cluster>().insert(name.clone(), cluster);
    }
    answer(account, &name)
}

/// The ARN of the namespace that a call gives a cluster; for a name that there isn't ECS makes one (CreateCluster, API
/// reference), and an empty one takes it away.
fn default_namespace(account: &mut Account, input: &Value) -> Result<Option<String>, Fault> {
    let Some(name) = text(&input["serviceConnectDefaults"], "namespace").filter(|name| !name.trim().is_empty()) else {
        return Ok(None);
    };
    match servicediscovery::namespace(account, &name) {
        None if !name.starts_with("arn:") => Ok(Some(servicediscovery::make_http(account, &name))),
        found => found.map(Some).ok_or_else(|| no_namespace(&name)),
    }
}

pub(super) fn describe(account: &mut Account, input: &Value) -> Answer {
    let mut names = texts(input, "clusters");
    if names.is_empty() {
        names.push("default".to_owned());
    }
    if names.len() > 100 {
        return Err(invalid("Clusters cannot have more than 100 elements."));
    }
    let shown = |name: &str| Some(shown(account, account.all::<Cluster>().get(name)?, input));
    Ok(described(account, "clusters", &names, |name| format!("cluster/{name}"), shown))
}

pub(super) fn list(account: &mut Account, input: &Value) -> Answer {
    let clusters = account.all::<Cluster>().values();
    let active = clusters.filter(|cluster| cluster.active);
    PAGES.of(account, input, "clusterArns", active, |cluster| json!(cluster.arn))
}

pub(super) fn update(account: &mut Account, input: &Value) -> Answer {
    let name = active_cluster(account, input)?;
    CLUSTER.check(input, invalid)?;
    let namespace = default_namespace(account, input)?;
    let cluster = found(account, &name);
    if !input["serviceConnectDefaults"].is_null() {
        cluster.namespace = namespace;
    }
    if input["settings"].is_array() {
        cluster.settings = with_default_settings(&input["settings"]);
    }
    if !input["configuration"].is_null() {
        cluster.configuration = input["configuration"].clone();
    }
    answer(account, &name)
}

pub(super) fn put_capacity_providers(account: &mut Account, input: &Value) -> Answer {
    let name = active_cluster(account, input)?;
    let providers = texts(input, "capacityProviders");
    CLUSTER.check(input, invalid)?;
    check_providers(&providers)?;
    let in_use = account.all::<Service>().values().any(|service| {
        service.cluster == name && service.is_active() && service.providers().any(|used| !providers.contains(&used))
    });
    if in_use {
        return Err(Fault::client(
            "ResourceInUseException",
            "The specified capacity provider is in use and cannot be removed.",
        ));
    }
    let cluster = found(account, &name);
    cluster.providers = providers;
    cluster.default_strategy = with_bases(&input["defaultCapacityProviderStrategy"]);
    answer(account, &name)
}

/// Deletes a cluster, unless a service that is still draining or a task that is still stopping keeps it.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let name = active_cluster(account, input)?;
    let now = account.now;
    if account.all::<Service>().values().any(|service| service.cluster == name && !service.is_inactive()) {
        return Err(Fault::client(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        ));
    }
    if account.all::<Task>().values().any(|task| task.cluster == name && task.status(now) != "STOPPED") {
        return Err(Fault::client(
            "ClusterContainsTasksException",
            "The Cluster cannot be deleted while Tasks are active.",
        ));
    }
    found(account, &name).active = false;
    answer(account, &name)
}

fn found<'a>(account: &'a mut Account, name: &str) -> &'a mut Cluster {
    account.all_mut::<Cluster>().get_mut(name).expect("active_cluster found it")
}

fn answer(account: &Account, name: &str) -> Answer {
    let everything = json!({"include": ["TAGS", "SETTINGS", "CONFIGURATIONS"]});
    Ok(json!({"cluster": shown(account, &account.all::<Cluster>()[name], &everything)}))
}

fn shown(account: &Account, cluster: &Cluster, input: &Value) -> Value {
    let tasks = || account.all::<Task>().values().filter(|task| task.cluster == cluster.name);
    let services =
        account.all::<Service>().values().filter(|service| service.cluster == cluster.name && service.is_active());
    let mut shown = json!({
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": if cluster.active { "ACTIVE" } else { "INACTIVE" },
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": tasks().filter(|task| task.is_running(account.now)).count(),
        "pendingTasksCount": tasks().filter(|task| task.is_pending(account.now)).count(),
        "activeServicesCount": services.count(),
        "statistics": [],
        "tags": [],
        "settings": [],
        "capacityProviders": cluster.providers,
        "defaultCapacityProviderStrategy": cluster.default_strategy,
    });
    if let Some(namespace) = &cluster.namespace {
        shown["serviceConnectDefaults"] = json!({ "namespace": namespace });
    }
    if includes(input, "TAGS") {
        shown["tags"] = TAGS.write(&cluster.tags);
    }
    if includes(input, "SETTINGS") {
        shown["settings"] = cluster.settings.clone();
    }
    if includes(input, "CONFIGURATIONS") && !cluster.configuration.is_null() {
        shown["configuration"] = cluster.configuration.clone();
    }
    shown
}

fn with_default_settings(settings: &Value) -> Value {
    match settings.as_array() {
        Some(settings) if !settings.is_empty() => settings.clone().into(),
        _ => json!([{"name": "containerInsights", "value": "disabled"}]),
    }
}

/// A strategy as ECS reads it back: with the defaults of weight and base.
pub(super) fn with_bases(strategy: &Value) -> Value {
    let items = strategy.as_array().into_iter().flatten();
    items
        .map(|item| {
            json!({
                "capacityProvider": item["capacityProvider"],
                "weight": item["weight"].as_i64().unwrap_or(0),
                "base": item["base"].as_i64().unwrap_or(0),
            })
        })
        .collect()
}

fn check_providers(providers: &[String]) -> Result<(), Fault> {
    for provider in providers {
        if !["FARGATE", "FARGATE_SPOT"].contains(&provider.as_str()) {
            return Err(invalid(format!("The specified capacity provider '{provider}' was not found.")));
        }
    }
    Ok(())
}

/// Refuses a strategy that names a provider which its cluster doesn't have.
pub(super) fn check_strategy(providers: &[String], strategy: &Value) -> Result<(), Fault> {
    for item in strategy.as_array().into_iter().flatten() {
        let provider = item["capacityProvider"].as_str().unwrap_or_default();
        if !providers.iter().any(|known| known == provider) {
            return Err(invalid(
                "The specified capacity provider strategy contains a capacity provider that is not associated with \
                 the cluster. Associate the capacity provider with the cluster and try again.",
            ));
        }
    }
    Ok(())
}

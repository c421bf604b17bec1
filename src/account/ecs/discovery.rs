//! What ECS tells Cloud Map of a service's tasks.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::last_segment;
use super::service::Service;
use super::task::Task;
use crate::account::Account;
use crate::input::list;
use crate::wire::{Fault, invalid};
use crate::{ec2, servicediscovery};

/// Refuses registries that aren't there, or whose records don't fit the tasks ("ServiceRegistry", Amazon ECS API).
pub(super) fn check(
    account: &Account,
    body: &Map<String, Value>,
    definition: &Map<String, Value>,
) -> Result<(), Fault> {
    let has_address = definition.get("networkMode").is_some_and(|mode| mode == "awsvpc");
    for registry in body.get("serviceRegistries").and_then(Value::as_array).into_iter().flatten() {
        let arn = registry["registryArn"].as_str().unwrap_or_default();
        let Some(tells_port) = servicediscovery::tells_port(account, arn) else {
            return Err(invalid(format!("The service registry {arn} can't be found.")));
        };
        let port = &registry["containerPort"];
        let has_port = !registry["port"].is_null() || !port.is_null();
        if tells_port && !has_port {
            return Err(invalid("A registry with SRV records needs a port, or the name and the port of a container."));
        }
        if !tells_port && (has_port || !has_address) {
            return Err(invalid("A registry with A records takes tasks in awsvpc mode, and no port."));
        }
        let containers = definition.get("containerDefinitions").and_then(Value::as_array).into_iter().flatten();
        let name = &registry["containerName"];
        let mut known = containers.filter(|container| container["name"] == *name);
        let has = known.any(|one| list(one, "portMappings").iter().any(|mapping| mapping["containerPort"] == *port));
        if !name.is_null() && !has {
            return Err(invalid(format!("The container {name} did not have a container port {port} defined.")));
        }
    }
    Ok(())
}

/// Registers a task that has started with the registries of its service.
pub(super) fn register(account: &mut Account, task: &Task) {
    let Some(service) = task.service.as_ref().and_then(|key| account.all::<Service>().get(key)) else { return };
    let registries = service.body.get("serviceRegistries").and_then(Value::as_array);
    let arns = registries.into_iter().flatten().filter_map(|registry| registry["registryArn"].as_str());
    let arns: Vec<String> = arns.chain(service.connected.values().map(String::as_str)).map(str::to_owned).collect();
    let attributes = attributes(account, task, &service.name);
    for arn in arns {
        servicediscovery::register(account, &arn, &task.id, attributes.clone());
    }
}

fn attributes(account: &Account, task: &Task, service: &str) -> BTreeMap<String, String> {
    let zone = task.subnet.as_ref().and_then(|subnet| ec2::subnet_place(account, subnet)).map(|(_, zone)| zone);
    let family = last_segment(&task.definition).split(':').next().unwrap_or_default();
    let attributes = [
        ("AVAILABILITY_ZONE", zone.as_deref().unwrap_or_default()),
        ("AWS_INIT_HEALTH_STATUS", "HEALTHY"),
        ("AWS_INSTANCE_IPV4", task.address.as_str()),
        ("ECS_CLUSTER_NAME", task.cluster.as_str()),
        ("ECS_SERVICE_NAME", service),
        ("ECS_TASK_DEFINITION_FAMILY", family),
        ("REGION", account.region.as_str()),
    ];
    attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

//! Faults of a service's registration with Cloud Map ("ServiceRegistry", Amazon ECS API), and of whatever names a
//! container's port.
//!
//! Knows: which records tell a port, and which tasks have addresses. Must not know: live objects.

use super::Service;
use crate::resource::{Checks, Problem};
use crate::resources::TaskDefinition;
use crate::resources::task_definition::NetworkMode;

/// Returns what is wrong with the registries of `service`, whose tasks are of `definition`.
pub(super) fn problems(service: &Service, definition: &TaskDefinition, checks: &Checks<'_>) -> Vec<Problem> {
    let has_address = definition.network_mode == Some(NetworkMode::Awsvpc);
    let mut problems = Vec::new();
    for (index, registry) in service.service_registries.iter().flatten().enumerate() {
        let path = format!("serviceRegistries[{index}]");
        let container = registry.container_name.as_ref().zip(registry.container_port);
        if let Some((name, port)) = container {
            problems.extend(container_problem(definition, name, port, &path));
        } else if registry.container_name.is_some() != registry.container_port.is_some() {
            let message = "`containerName` and `containerPort` go together";
            problems.push(Problem::at(format!("{path}.containerName"), message));
        }
        let Some(found) = checks.get(&registry.registry_arn) else { continue };
        let at = |message: &str| Problem::at(format!("{path}.registryArn"), message);
        let tells_port = registry.port.is_some() || container.is_some();
        match (found.tells_port(), has_address) {
            (true, _) if !tells_port => {
                let problem = at("a record of the type SRV tells a port, and none is given");
                problems.push(problem.hint("add `containerName` and `containerPort`"));
            }
            (false, true) if tells_port => {
                let problem = at("a record of the type A tells no port");
                problems.push(
                    problem.hint("leave out the port here, or give the discovery service a record of the type SRV"),
                );
            }
            (false, false) => {
                let problem =
                    at("tasks without network interfaces of their own are found by records of the type SRV alone");
                problems.push(
                    problem.hint("give the discovery service a record of the type SRV, or write `networkMode: awsvpc`"),
                );
            }
            _ => {}
        }
    }
    problems
}

/// Returns why the task definition has no such port of a container, if it has none.
pub(super) fn container_problem(definition: &TaskDefinition, name: &str, port: i32, path: &str) -> Option<Problem> {
    let Some(container) = definition.container(name) else {
        let names = definition.container_definitions.iter();
        let names: Vec<&str> = names.map(|container| container.name.as_str()).collect();
        let message = format!("the task definition has no container `{name}`");
        return Some(
            Problem::at(format!("{path}.containerName"), message).hint(format!("it has {}", names.join(", "))),
        );
    };
    let mappings = container.port_mappings.iter().flatten();
    let ports: Vec<i32> = mappings.filter_map(|mapping| mapping.container_port).collect();
    if ports.contains(&port) {
        return None;
    }
    let message = format!("the container `{name}` has no port {port}");
    let problem = Problem::at(format!("{path}.containerPort"), message);
    Some(match ports.is_empty() {
        true => problem.hint(format!("add `portMappings: [{{ containerPort: {port} }}]` to it")),
        false => problem.hint(format!("it has {ports:?}")),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::model::Address;
    use crate::resource::AnySpec;
    use crate::resources::DiscoveryService;

    fn found(network: &str, record: &str, registry: &Value) -> Vec<String> {
        let section = json!({"namespaceId": "main", "dnsConfig": {"dnsRecords": [{"type": record, "ttl": 10}]}});
        let api: DiscoveryService = serde_json::from_value(section).unwrap();
        let specs = BTreeMap::from([(Address::new("discoveryService", "api"), Arc::new(api) as AnySpec)]);
        let container = json!({"name": "web", "image": "web:1", "portMappings": [{"containerPort": 80}]});
        let definition = json!({"networkMode": network, "containerDefinitions": [container]});
        let definition: TaskDefinition = serde_json::from_value(definition).unwrap();
        let mut registry = registry.clone();
        registry["registryArn"] = "api".into();
        let service = json!({"cluster": "main", "taskDefinition": "web", "serviceRegistries": [registry]});
        let service: Service = serde_json::from_value(service).unwrap();
        problems(&service, &definition, &Checks::new(&specs)).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_port_is_told_where_a_record_tells_one() {
        let port = json!({"containerName": "web", "containerPort": 80});
        for (network, record, registry, paths) in [
            ("awsvpc", "A", json!({}), vec![]),
            ("awsvpc", "A", port.clone(), vec!["serviceRegistries[0].registryArn"]),
            ("awsvpc", "SRV", json!({}), vec!["serviceRegistries[0].registryArn"]),
            ("awsvpc", "SRV", json!({"port": 80}), vec![]),
            ("bridge", "SRV", port.clone(), vec![]),
            ("bridge", "A", json!({}), vec!["serviceRegistries[0].registryArn"]),
            (
                "awsvpc",
                "SRV",
                json!({"containerName": "wbe", "containerPort": 80}),
                vec!["serviceRegistries[0].containerName"],
            ),
            ("awsvpc", "SRV", json!({"port": 80, "containerName": "web"}), vec!["serviceRegistries[0].containerName"]),
        ] {
            assert_eq!(found(network, record, &registry), paths, "{network} {record} {registry}");
        }
    }
}

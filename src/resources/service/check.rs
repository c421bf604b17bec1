//! Faults of a service that AWS would refuse, or accept and never bring up.
//!
//! Knows: rules between service, task definition, target group and listener. Must not know: live objects.

use labform_account::rules::SERVICE;

use super::{Service, ServiceLoadBalancer, connect, reach, registries, scaling};
use crate::resource::{Checks, Problem, breaches, document};
use crate::resources::TaskDefinition;
use crate::resources::listener_rule::forwarding;
use crate::resources::task_definition::{Compatibility, NetworkMode};
use crate::resources::way_out_problem;

/// Returns what is wrong with `service`.
pub(super) fn problems(service: &Service, checks: &Checks<'_>) -> Vec<Problem> {
    let definition = checks.get(&service.task_definition);
    let mut problems = breaches(&SERVICE, &document(service));
    problems.extend(breaker_problem(service));
    problems.extend(scaling::problems(service));
    problems.extend(provider_problems(service, checks));
    if let Some(definition) = definition {
        problems.extend(definition_problems(service, definition));
        problems.extend(registries::problems(service, definition, checks));
        if definition.network_mode == Some(NetworkMode::Awsvpc) {
            problems.extend(reach::port_problems(service, checks));
        }
    }
    problems.extend(connect::problems(service, definition, checks));
    let network = service.network_configuration.as_ref().filter(|_| runs_on_fargate(service));
    problems.extend(network.and_then(|network| network.private_problem(checks)));
    problems
        .extend(network.zip(definition).and_then(|(network, definition)| way_out_problem(network, definition, checks)));
    for (index, balancer) in service.load_balancers.iter().flatten().enumerate() {
        let path = format!("loadBalancers[{index}]");
        problems.extend(balancer_problems(balancer, definition, checks, &path));
    }
    problems
}

fn runs_on_fargate(service: &Service) -> bool {
    let mut strategy = service.capacity_provider_strategy.iter().flatten();
    service.launch_type == Some(Compatibility::Fargate)
        || strategy.any(|item| item.capacity_provider.starts_with("FARGATE"))
}

/// Returns what is wrong with a circuit breaker that AWS takes, and that does nothing.
fn breaker_problem(service: &Service) -> Option<Problem> {
    let breaker = service.deployment_configuration.as_ref()?.deployment_circuit_breaker.as_ref()?;
    let path = "deploymentConfiguration.deploymentCircuitBreaker.rollback";
    let message = "a circuit breaker that isn't enabled doesn't roll back";
    (breaker.rollback && !breaker.enable).then(|| Problem::at(path, message))
}

/// Returns the capacity providers that the service asks for and its cluster doesn't have.
fn provider_problems(service: &Service, checks: &Checks<'_>) -> Vec<Problem> {
    let Some(cluster) = checks.get(&service.cluster) else { return Vec::new() };
    let has = |name: &str| cluster.capacity_providers.iter().flatten().any(|known| known == name);
    let asked = service.capacity_provider_strategy.iter().flatten().map(|item| &item.capacity_provider);
    let missing = asked.filter(|name| !has(name)).map(|name| {
        let message = format!("`{name}` is not a capacity provider of cluster.{}", service.cluster.name);
        let hint = format!("add `{name}` to its capacityProviders");
        Problem::at("capacityProviderStrategy", message).hint(hint)
    });
    missing.collect()
}

fn definition_problems(service: &Service, definition: &TaskDefinition) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = &service.task_definition.name;
    let has_own_network = definition.network_mode == Some(NetworkMode::Awsvpc);
    match (&service.network_configuration, has_own_network) {
        (None, true) => problems.push(
            Problem::at(
                "networkConfiguration",
                format!("the tasks of `{name}` have network interfaces, and no word says where"),
            )
            .hint("give `awsvpcConfiguration` with `securityGroups` and `assignPublicIp`"),
        ),
        (Some(_), false) => problems.push(
            Problem::at(
                "networkConfiguration",
                format!("the tasks of `{name}` have no network interfaces of their own"),
            )
            .hint(format!("write `networkMode: awsvpc` in `{name}`")),
        ),
        _ => {}
    }
    let says = definition.requires_compatibilities.as_ref();
    if runs_on_fargate(service)
        && says.is_some_and(|list| !list.is_empty())
        && !definition.requires(Compatibility::Fargate)
    {
        let message = format!("`{name}` is not made for Fargate");
        let problem = Problem::at("taskDefinition", message);
        problems.push(problem.hint(format!("add FARGATE to requiresCompatibilities of `{name}`")));
    }
    if service.enable_execute_command == Some(true) && definition.task_role_arn.is_none() {
        let message = "the agent of ECS Exec acts under the task role, and there is none";
        problems.push(
            Problem::at("enableExecuteCommand", message)
                .hint(format!("give `{name}` a `taskRoleArn` that allows ssmmessages:*Channel")),
        );
    }
    problems
}

fn balancer_problems(
    balancer: &ServiceLoadBalancer,
    definition: Option<&TaskDefinition>,
    checks: &Checks<'_>,
    path: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (name, port) = (&balancer.container_name, balancer.container_port);
    if let Some(definition) = definition {
        problems.extend(registries::container_problem(definition, name, port, path));
    }
    let reference = &balancer.target_group_arn;
    if let (Some(group), Some(definition)) = (checks.get(reference), definition)
        && definition.network_mode == Some(NetworkMode::Awsvpc)
        && group.target_type.as_deref() != Some("ip")
    {
        let message = format!("`{}` takes instances, and tasks with network interfaces are addresses", reference.name);
        problems.push(
            Problem::at(format!("{path}.targetGroupArn"), message)
                .hint(format!("write `targetType: ip` in `{}`", reference.name)),
        );
    }
    // Who forwards to somebody else's isn't in the file.
    let is_own = checks.get(reference).is_some();
    if is_own && forwarding(checks, reference).is_empty() {
        let message = format!("no listener forwards to `{}`", reference.name);
        problems.push(
            Problem::at(format!("{path}.targetGroupArn"), message)
                .hint("ECS takes target groups only that a load balancer uses: add a listener, or a rule to one"),
        );
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::model::Address;
    use crate::resource::{AnySpec, Resource};
    use crate::resources::Listener;
    use crate::resources::{Cluster, TargetGroup};

    fn add<R: Resource>(specs: &mut BTreeMap<Address, AnySpec>, section: Value) {
        let spec: R = serde_json::from_value(section).expect("the section is right");
        specs.insert(Address::new(R::KIND, "web"), Arc::new(spec));
    }

    /// Lab 8's service with `changes` laid over service, task definition, target group and listener.
    fn found(changes: &Value) -> Vec<String> {
        let laid_over = |base: Value, name: &str| {
            let mut section = base;
            for (field, value) in changes[name].as_object().into_iter().flatten() {
                section[field] = value.clone();
            }
            section
        };
        let mut specs = BTreeMap::new();
        let definition = json!({
            "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": 256, "memory": 512,
            "containerDefinitions": [{"name": "web", "image": "web:1", "portMappings": [{"containerPort": 3000}]}],
        });
        add::<TaskDefinition>(&mut specs, laid_over(definition, "taskDefinition"));
        let group = json!({"protocol": "HTTP", "port": 3000, "targetType": "ip"});
        add::<TargetGroup>(&mut specs, laid_over(group, "targetGroup"));
        let listener = json!({"loadBalancerArn": "web", "protocol": "HTTP", "port": 80,
            "defaultActions": [{"type": "forward", "targetGroupArn": "web"}]});
        add::<Listener>(&mut specs, laid_over(listener, "listener"));
        add::<Cluster>(&mut specs, json!({"capacityProviders": ["FARGATE"]}));
        let service = json!({
            "cluster": "web", "taskDefinition": "web", "desiredCount": 2, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["tasks"], "assignPublicIp": "ENABLED"}},
            "loadBalancers": [{"targetGroupArn": "web", "containerName": "web", "containerPort": 3000}],
        });
        let service: Service = serde_json::from_value(laid_over(service, "service")).expect("the section is right");
        problems(&service, &Checks::new(&specs)).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn the_lab_is_right() {
        assert_eq!(found(&json!({})), Vec::<String>::new());
    }

    #[test]
    fn each_mistake_is_found_at_its_place() {
        let strategy = json!([{"capacityProvider": "FARGATE", "weight": 1}]);
        let balancer =
            |name: &str, port: i32| json!([{"targetGroupArn": "web", "containerName": name, "containerPort": port}]);
        for (changes, path) in [
            (json!({"service": {"capacityProviderStrategy": strategy}}), "capacityProviderStrategy"),
            (
                json!({"service": {"launchType": null,
                    "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}}),
                "capacityProviderStrategy",
            ),
            (json!({"service": {"desiredCount": -1}}), "desiredCount"),
            (json!({"service": {"schedulingStrategy": "DAEMON", "desiredCount": null}}), "schedulingStrategy"),
            (json!({"service": {"placementStrategy": [{"type": "random"}]}}), "placementStrategy"),
            (json!({"service": {"networkConfiguration": null}}), "networkConfiguration"),
            (json!({"taskDefinition": {"requiresCompatibilities": ["EC2"]}}), "taskDefinition"),
            (json!({"service": {"enableExecuteCommand": true}}), "enableExecuteCommand"),
            (json!({"service": {"loadBalancers": balancer("wbe", 3000)}}), "loadBalancers[0].containerName"),
            (json!({"service": {"loadBalancers": balancer("web", 80)}}), "loadBalancers[0].containerPort"),
            (json!({"targetGroup": {"targetType": "instance"}}), "loadBalancers[0].targetGroupArn"),
            (
                json!({"listener": {"defaultActions": [{"type": "forward", "targetGroupArn": "other"}]}}),
                "loadBalancers[0].targetGroupArn",
            ),
            (
                json!({"service": {"loadBalancers": null, "healthCheckGracePeriodSeconds": 30}}),
                "healthCheckGracePeriodSeconds",
            ),
            (
                json!({"service": {"deploymentConfiguration": {"maximumPercent": 100}}}),
                "deploymentConfiguration.maximumPercent",
            ),
            (
                json!({"service": {"deploymentConfiguration": {"minimumHealthyPercent": 101}}}),
                "deploymentConfiguration.minimumHealthyPercent",
            ),
            (
                json!({"service": {"deploymentConfiguration":
                    {"deploymentCircuitBreaker": {"enable": false, "rollback": true}}}}),
                "deploymentConfiguration.deploymentCircuitBreaker.rollback",
            ),
        ] {
            assert_eq!(found(&changes), [path], "{changes}");
        }
    }
}

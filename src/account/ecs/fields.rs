//! A service's fields: those that a call may say, those that ECS fills in, and whether a task definition fits it all.

use serde_json::{Map, Value, json};

use super::{connect, discovery, launch, normal, task_definition};
use crate::account::Account;
use crate::elbv2;
use crate::wire::{Fault, invalid};

/// The fields that only pass through the service.
const KEPT: [&str; 17] = [
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "deploymentController",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "propagateTags",
    "schedulingStrategy",
    "serviceConnectConfiguration",
    "serviceRegistries",
];

/// Takes over the fields that a call says.
pub(super) fn keep(body: &mut Map<String, Value>, input: &Value) {
    for key in KEPT {
        if !input[key].is_null() {
            body.insert(key.to_owned(), input[key].clone());
        }
    }
}

/// Fills in the fields on which the call says nothing, as ECS does.
pub(super) fn fill(body: &mut Map<String, Value>) {
    let daemon = body.get("schedulingStrategy").is_some_and(|strategy| strategy == "DAEMON");
    let defaults = [
        ("availabilityZoneRebalancing", json!("ENABLED")),
        ("deploymentController", json!({"type": "ECS"})),
        ("enableECSManagedTags", json!(false)),
        ("enableExecuteCommand", json!(false)),
        ("healthCheckGracePeriodSeconds", json!(0)),
        ("loadBalancers", json!([])),
        ("placementConstraints", json!([])),
        ("placementStrategy", json!([])),
        ("propagateTags", json!("NONE")),
        ("schedulingStrategy", json!("REPLICA")),
        ("serviceRegistries", json!([])),
    ];
    for (key, value) in defaults {
        body.entry(key).or_insert(value);
    }
    let configuration = body.entry("deploymentConfiguration").or_insert_with(|| json!({}));
    for (key, value) in [
        ("maximumPercent", json!(if daemon { 100 } else { 200 })),
        ("minimumHealthyPercent", json!(if daemon { 0 } else { 100 })),
        ("deploymentCircuitBreaker", json!({"enable": false, "rollback": false})),
        ("alarms", json!({"alarmNames": [], "enable": false, "rollback": false})),
        ("strategy", json!("ROLLING")),
        ("bakeTimeInMinutes", json!(0)),
    ] {
        if configuration[key].is_null() {
            configuration[key] = value;
        }
    }
    launch::fill_network(body);
}

/// The ARN of the task definition to run, once it fits the service.
pub(super) fn definition_for(account: &Account, body: &Map<String, Value>, name: &str) -> Result<String, Fault> {
    let revision = task_definition::to_run(account, name)?;
    launch::check(account, body, revision)?;
    for role in normal::roles(account, &revision.body) {
        normal::check_role_is_ready(account, &role, || {
            invalid(
                "Unable to assume role and validate the listeners configured on your load balancer. Please verify \
                 that the ECS service role being passed has the proper permissions.",
            )
        })?;
    }
    let balancers = body.get("loadBalancers").and_then(Value::as_array).into_iter().flatten();
    for balancer in balancers {
        let name = balancer["containerName"].as_str().unwrap_or_default();
        let containers = revision.body["containerDefinitions"].as_array().into_iter().flatten();
        let Some(container) = containers.into_iter().find(|container| container["name"] == name) else {
            return Err(invalid(format!("The container {name} does not exist in the task definition.")));
        };
        let port = &balancer["containerPort"];
        let mut mappings = container["portMappings"].as_array().into_iter().flatten();
        if !mappings.any(|mapping| mapping["containerPort"] == *port) {
            return Err(invalid(format!("The container {name} did not have a container port {port} defined.")));
        }
        let group = balancer["targetGroupArn"].as_str().unwrap_or_default();
        if !elbv2::target_group_has_load_balancer(account, group) {
            return Err(invalid(format!(
                "The target group with targetGroupArn {group} does not have an associated load balancer."
            )));
        }
    }
    discovery::check(account, body, &revision.body)?;
    connect::check(body, &revision.body)?;
    Ok(revision.arn.clone())
}

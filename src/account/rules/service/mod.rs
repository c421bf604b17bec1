//! Rules for CreateService, and for RunTask, which has some of its members.

mod connect;
mod deployment;
mod launch;
mod placement;

use serde_json::Value;

use super::input::{at, between, each, is_given, number, text, up_to};
use super::{Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateService, Amazon ECS API";
/// The page of the developer guide.
const GUIDE: &str = "Service definition parameters, Amazon ECS developer guide";

/// The rules for CreateService.
pub static SERVICE: Rules = Rules::new(
    "CreateService",
    r#"{
        "cluster": "main", "serviceName": "web", "taskDefinition": "web", "desiredCount": 2, "launchType": "FARGATE",
        "platformVersion": "LATEST", "healthCheckGracePeriodSeconds": 30,
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}},
        "loadBalancers": [{"targetGroupArn": "web", "containerName": "web", "containerPort": 80}],
        "serviceConnectConfiguration": {"enabled": true, "namespace": "main", "services": [
            {"portName": "http", "discoveryName": "web", "clientAliases": [{"port": 80, "dnsName": "web"}]}]},
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": true, "rollback": true}}
    }"#,
    &[launch::RULES, RULES, connect::RULES, placement::RULES, deployment::RULES],
);

/// The rules for RunTask.
pub static RUN_TASK: Rules = Rules::new(
    "RunTask",
    r#"{
        "cluster": "main", "taskDefinition": "web", "launchType": "FARGATE", "platformVersion": "LATEST",
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}
    }"#,
    &[launch::RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "a service keeps a number of tasks that is not below 0",
        CREATE,
        &["desiredCount = -1"],
        |input, found| {
            if let Some(count) = number(&input["desiredCount"]).filter(|count| *count < 0) {
                found.at("desiredCount", format!("a service can't run {count} tasks"));
            }
        },
    ),
    Rule::new(
        "a DAEMON service runs one task on each container instance: it has no count and no placement strategy",
        GUIDE,
        &[
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && schedulingStrategy =
              "DAEMON" && deploymentConfiguration = null @ desiredCount"#,
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && schedulingStrategy =
              "DAEMON" && desiredCount = null && deploymentConfiguration = null && placementStrategy = [{"type":
              "random"}]"#,
        ],
        |input, found| {
            if !is_daemon(input) {
                return;
            }
            if is_given(&input["desiredCount"]) {
                found.at("desiredCount", "a DAEMON service runs one task on each container instance")
                    .hint("leave out `desiredCount`").said(
                    "The daemon scheduling strategy does not support a desired count for services. Remove the desired \
                     count value and try again.",
                );
            }
            if is_given(&input["placementStrategy"]) {
                found
                    .here("placementStrategy")
                    .said("The daemon scheduling strategy does not support placement strategies");
            }
        },
    ),
    Rule::new(
        "Fargate has no DAEMON services",
        CREATE,
        &[r#"desiredCount = null && deploymentConfiguration = null && schedulingStrategy = "DAEMON""#],
        |input, found| {
            if is_daemon(input) && on_fargate(input) {
                found.here("schedulingStrategy");
            }
        },
    ),
    Rule::new(
        "only a load balancer's health checks have a grace period, which is not below 0",
        CREATE,
        &["healthCheckGracePeriodSeconds = -1", "loadBalancers = null @ healthCheckGracePeriodSeconds"],
        |input, found| {
            let field = "healthCheckGracePeriodSeconds";
            match number(&input[field]) {
                Some(seconds) if seconds < 0 => {
                    found.at(field, format!("{seconds} seconds are no period"));
                }
                Some(seconds) if seconds > 0 && !is_given(&input["loadBalancers"]) => {
                    found
                        .at(field, "only a load balancer's health checks have a grace period")
                        .said("Health check grace period is only valid for services configured to use load balancers");
                }
                _ => {}
            }
        },
    ),
    Rule::new(
        "a load balancer reaches a port from 1 to 65535 of a container, and a service has five at most",
        "LoadBalancer, Amazon ECS API",
        &["loadBalancers[0].containerPort = 0", r#"loadBalancers[0].containerName = """#],
        |input, found| {
            between(input, "loadBalancers[].containerPort", 1, 65535, found);
            for (path, balancer) in each(input, "loadBalancers[]") {
                if !is_given(&balancer["containerName"]) {
                    found
                        .at(format!("{path}.containerName"), "a load balancer needs the name of a container")
                        .said("Container name should not be null or empty.");
                }
            }
            up_to(input, "loadBalancers", 5, "", found);
        },
    ),
    Rule::new(
        "a service is registered in one place at most",
        CREATE,
        &[r#"serviceRegistries = [{"registryArn": "a"}, {"registryArn": "b"}]"#],
        |input, found| {
            up_to(input, "serviceRegistries", 1, "", found);
        },
    ),
];

fn is_daemon(input: &Value) -> bool {
    input["schedulingStrategy"] == "DAEMON"
}

fn controller(input: &Value) -> Option<&str> {
    text(at(input, "deploymentController.type"))
}

/// Returns whether the tasks are known to run on Fargate.
fn on_fargate(input: &Value) -> bool {
    let providers = each(input, "capacityProviderStrategy[].capacityProvider");
    input["launchType"] == "FARGATE"
        || providers.iter().any(|(_, name)| name.as_str().is_some_and(|name| name.starts_with("FARGATE")))
}

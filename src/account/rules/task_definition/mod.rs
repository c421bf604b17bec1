//! Rules for RegisterTaskDefinition.

mod containers;
mod fargate;
mod logs;
mod network;
mod order;
mod parts;
mod size;
mod volumes;

use serde_json::Value;

use super::Rules;
use super::input::items;
pub(crate) use size::fits_fargate;
pub use size::{cpu_units, mebibytes, smallest_on_fargate};

/// The page of the call.
const REGISTER: &str = "RegisterTaskDefinition, Amazon ECS API";
/// The page of a container's parameters.
const CONTAINER: &str = "ContainerDefinition, Amazon ECS API";
/// The page of the developer guide.
const GUIDE: &str = "Task definition parameters, Amazon ECS developer guide";

/// The rules for RegisterTaskDefinition.
pub static TASK_DEFINITION: Rules = Rules::new(
    "RegisterTaskDefinition",
    r#"{
        "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512", "memory": "1024",
        "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
        "volumes": [{"name": "data"}],
        "containerDefinitions": [
            {
                "name": "web", "image": "public.ecr.aws/nginx/nginx:1.27", "cpu": 256, "memory": 256,
                "portMappings": [{"containerPort": 80, "name": "http"}],
                "environment": [{"name": "PORT", "value": "80"}],
                "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"], "interval": 10},
                "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
                "stopTimeout": 120,
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"}}
            },
            {
                "name": "init",
                "image": "busybox@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "essential": false, "command": ["true"]
            }
        ]
    }"#,
    &[
        containers::RULES,
        parts::RULES,
        network::RULES,
        order::RULES,
        volumes::RULES,
        logs::RULES,
        size::RULES,
        fargate::RULES,
    ],
);

/// Returns whether the definition is to run on Fargate.
fn on_fargate(input: &Value) -> bool {
    input["requiresCompatibilities"].as_array().into_iter().flatten().any(|kind| kind == "FARGATE")
}

/// The containers, each with its path.
fn containers(input: &Value) -> Vec<(String, &Value)> {
    items("containerDefinitions", &input["containerDefinitions"])
}

/// The container of this name.
fn named<'a>(input: &'a Value, name: &str) -> Option<&'a Value> {
    containers(input).into_iter().map(|(_, container)| container).find(|container| container["name"] == name)
}

/// The containers' names, for advice.
fn names(input: &Value) -> String {
    let names: Vec<&str> = containers(input).iter().filter_map(|(_, container)| container["name"].as_str()).collect();
    format!("it has {}", names.join(", "))
}

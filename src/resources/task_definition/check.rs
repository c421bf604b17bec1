//! Faults of a task definition that AWS would refuse, or accept and never run.
//!
//! Knows: rules of RegisterTaskDefinition and of Fargate. Must not know: live objects.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::CpuArchitecture;
use super::size;
use super::{Compatibility, ContainerDefinition, TaskDefinition};
use crate::model::{holds_a_password, names_a_secret};
use crate::resource::{Checks, Problem};
use crate::resources::image::{image_of, runtime_problem};

/// Returns what is wrong with `definition`.
pub(super) fn problems(definition: &TaskDefinition) -> Vec<Problem> {
    let mut problems = size::problems(definition);
    if definition.requires(Compatibility::Fargate) {
        problems.extend(size::fargate_problems(definition));
    }
    let containers = &definition.container_definitions;
    if !containers.iter().any(|container| container.essential.unwrap_or(true)) {
        problems.push(Problem::at("containerDefinitions", "a task needs at least one essential container"));
    }
    let mut names = BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        let path = format!("containerDefinitions[{index}]");
        if !names.insert(&container.name) {
            let message = format!("there are two containers `{}`", container.name);
            problems.push(Problem::at(format!("{path}.name"), message));
        }
        problems.extend(container_problems(definition, container, &path));
    }
    problems
}

/// Returns what is wrong if a container's image is one of the lab's and for another platform than the task runs on: on
/// Fargate that is the one that `runtimePlatform` says, Linux on x86 by default; container instances are what they are.
pub(super) fn image_problems(definition: &TaskDefinition, checks: &Checks<'_>) -> Vec<Problem> {
    let platform = definition.runtime_platform.as_ref();
    if platform.is_none() && !definition.requires(Compatibility::Fargate) {
        return Vec::new();
    }
    let family = platform.and_then(|platform| platform.operating_system_family.as_deref());
    let is_arm = platform.is_some_and(|one| one.cpu_architecture == Some(CpuArchitecture::Arm));
    let architecture = if is_arm { "arm64" } else { "amd64" };
    let is_windows = family.is_some_and(|family| family.starts_with("WINDOWS"));
    let platform = format!("{}/{architecture}", if is_windows { "windows" } else { "linux" });
    let containers = definition.container_definitions.iter().enumerate();
    let problems = containers.filter_map(|(index, container)| {
        let image = image_of(checks, &container.image)?;
        let path = format!("containerDefinitions[{index}].image");
        runtime_problem(path, image, &platform)
    });
    problems.collect()
}

fn container_problems(definition: &TaskDefinition, container: &ContainerDefinition, path: &str) -> Vec<Problem> {
    let at = |field: &str, message: String| Problem::at(format!("{path}.{field}"), message);
    let mut problems = Vec::new();

    let has_memory = container.memory.or(container.memory_reservation).is_some();
    if definition.memory.is_none() && !has_memory && !definition.requires(Compatibility::Fargate) {
        let message = "neither the task nor the container says how much memory it has".to_owned();
        problems.push(at("memory", message));
    }
    for (index, mapping) in container.port_mappings.iter().flatten().enumerate() {
        let field = format!("portMappings[{index}].containerPort");
        match mapping.container_port {
            Some(port) if !(1..=65535).contains(&port) => {
                problems.push(at(&field, format!("{port} is not a port: 1 to 65535 are")));
            }
            None if mapping.container_port_range.is_none() => {
                problems.push(at(&field, "a port mapping needs a container port".to_owned()));
            }
            _ => {}
        }
    }
    let secrets = container.secrets.iter().flatten();
    let secrets = secrets.map(|secret| ("secrets", &secret.name));
    let variables = container.environment.iter().flatten().map(|variable| ("environment", &variable.name));
    let mut seen: BTreeMap<&String, usize> = BTreeMap::new();
    for (field, name) in variables.chain(secrets) {
        let count = seen.entry(name).or_default();
        *count += 1;
        if *count == 2 {
            problems.push(at(field, format!("`{name}` is given twice")));
        }
    }
    for (index, variable) in container.environment.iter().flatten().enumerate() {
        let value = variable.value.as_deref().unwrap_or_default();
        let is_named = !value.is_empty() && names_a_secret(&variable.name);
        if is_named || holds_a_password(value) {
            let message = format!("`{}` would be readable in the task definition", variable.name);
            problems.push(
                at(&format!("environment[{index}]"), message)
                    .hint("keep the value in Secrets Manager or Parameter Store and name its ARN in `secrets`")
                    .secret(),
            );
        }
    }
    for (index, mount) in container.mount_points.iter().flatten().enumerate() {
        let mut volumes = definition.volumes.iter().flatten();
        if let Some(name) = &mount.source_volume
            && !volumes.any(|volume| volume.name == *name)
        {
            let field = format!("mountPoints[{index}].sourceVolume");
            problems.push(at(&field, format!("the task has no volume `{name}`")));
        }
    }
    for (index, dependency) in container.depends_on.iter().flatten().enumerate() {
        let name = &dependency.container_name;
        if definition.container(name).is_none() {
            let field = format!("dependsOn[{index}].containerName");
            problems.push(at(&field, format!("the task has no container `{name}`")));
        }
    }
    problems.extend(log_problems(definition, container, path));
    if definition.execution_role_arn.is_none() && container.secrets.iter().flatten().count() > 0 {
        let message = "ECS reads secrets under the execution role, and there is none".to_owned();
        problems.push(at("secrets", message).hint("give the task an `executionRoleArn`"));
    }
    problems
}

fn log_problems(definition: &TaskDefinition, container: &ContainerDefinition, path: &str) -> Vec<Problem> {
    let logs = container.log_configuration.as_ref();
    let Some(logs) = logs.filter(|logs| logs.log_driver == "awslogs") else {
        return Vec::new();
    };
    let path = format!("{path}.logConfiguration");
    let is_fargate = definition.requires(Compatibility::Fargate);
    let mut required = vec!["awslogs-group", "awslogs-region"];
    if is_fargate {
        required.push("awslogs-stream-prefix");
    }
    let options = logs.options.as_ref();
    let mut problems: Vec<Problem> = required
        .into_iter()
        .filter(|option| !options.is_some_and(|options| options.contains_key(*option)))
        .map(|option| Problem::at(format!("{path}.options"), format!("awslogs needs `{option}`")))
        .collect();
    if is_fargate && definition.execution_role_arn.is_none() {
        problems.push(
            Problem::at(path, "on Fargate logs are written under the execution role, and there is none")
                .hint("give the task an `executionRoleArn`"),
        );
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn lab8() -> Value {
        json!({
            "family": "ecs-web-app", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": 256, "memory": 512, "executionRoleArn": "exec",
            "containerDefinitions": [{
                "name": "web", "image": "web:1", "portMappings": [{"containerPort": 3000}],
                "environment": [{"name": "PORT", "value": "3000"}],
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"}},
            }],
        })
    }

    fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut document = lab8();
        change(&mut document);
        let definition: TaskDefinition = serde_json::from_value(document).unwrap();
        problems(&definition).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn the_lab_is_right() {
        assert_eq!(found(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn each_mistake_is_found_at_its_place() {
        type Mistake = fn(&mut Value);
        let mistakes: [(&str, Mistake); 18] = [
            ("networkMode", |it| it["networkMode"] = json!("bridge")),
            ("cpu", |it| it["cpu"] = json!(300)),
            ("cpu", |it| it["cpu"] = json!("much")),
            ("cpu", |it| it["cpu"] = Value::Null),
            ("memory", |it| it["memory"] = json!("4 GB")),
            ("memory", |it| it["memory"] = Value::Null),
            ("cpu", |it| {
                it["containerDefinitions"][0]["cpu"] = json!(512);
            }),
            ("memory", |it| {
                it["containerDefinitions"][0]["memory"] = json!(1024);
            }),
            ("containerDefinitions", |it| {
                it["containerDefinitions"] = json!([]);
            }),
            ("containerDefinitions", |it| {
                it["containerDefinitions"][0]["essential"] = json!(false);
            }),
            ("containerDefinitions[1].name", |it| {
                let twin = json!({"name": "web", "image": "a"});
                it["containerDefinitions"].as_array_mut().unwrap().push(twin);
            }),
            ("containerDefinitions[0].portMappings[0].containerPort", |it| {
                it["containerDefinitions"][0]["portMappings"][0]["containerPort"] = json!(0);
            }),
            ("containerDefinitions[0].environment", |it| {
                let twice = json!([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]);
                it["containerDefinitions"][0]["environment"] = twice;
            }),
            ("containerDefinitions[0].environment[0]", |it| {
                let secret = json!([{"name": "DB_PASSWORD", "value": "hunter2"}]);
                it["containerDefinitions"][0]["environment"] = secret;
            }),
            ("containerDefinitions[0].logConfiguration.options", |it| {
                it["containerDefinitions"][0]["logConfiguration"]["options"]
                    .as_object_mut()
                    .unwrap()
                    .remove("awslogs-stream-prefix");
            }),
            ("containerDefinitions[0].logConfiguration", |it| {
                it["executionRoleArn"] = Value::Null;
            }),
            ("containerDefinitions[0].mountPoints[0].sourceVolume", |it| {
                it["containerDefinitions"][0]["mountPoints"] = json!([{"sourceVolume": "x"}]);
            }),
            ("containerDefinitions[0].dependsOn[0].containerName", |it| {
                let dependency = json!([{"containerName": "x", "condition": "START"}]);
                it["containerDefinitions"][0]["dependsOn"] = dependency;
            }),
        ];
        for (path, mistake) in mistakes {
            assert_eq!(found(mistake), [path]);
        }
    }
}

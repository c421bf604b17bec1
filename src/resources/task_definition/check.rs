//! Faults of a task definition that AWS would refuse, or accept and never run.
//!
//! Knows: what no rule of AWS's says. Must not know: live objects.

use std::collections::BTreeSet;

use labform_account::rules::TASK_DEFINITION;

use super::readable::{misnamed, readable, unknown_open};
use super::shape::CpuArchitecture;
use super::{Compatibility, ContainerDefinition, TaskDefinition, volume};
use crate::resource::{Checks, Problem, breaches, document};
use crate::resources::image::{image_of, runtime_problem};

/// Returns what is wrong with `definition`.
pub(super) fn problems(definition: &TaskDefinition, checks: &Checks<'_>) -> Vec<Problem> {
    let mut fields = document(definition);
    volume::without_names(definition.volumes.as_ref(), &mut fields, checks);
    let mut problems = breaches(&TASK_DEFINITION, &fields);
    for (index, container) in definition.container_definitions.iter().enumerate() {
        problems.extend(environment_problems(container, &environment_of(index)));
    }
    let environments = definition.container_definitions.iter().enumerate();
    let environments = environments.map(|(index, container)| (environment_of(index), container.environment.as_deref()));
    let open = definition.not_secret.as_deref().unwrap_or_default();
    problems.extend(readable(environments, open, "task definition"));
    let containers = definition.container_definitions.iter();
    let variables = containers.flat_map(|container| container.environment.iter().flatten());
    problems.extend(unknown_open(definition.not_secret.as_deref(), variables));
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

fn environment_of(index: usize) -> String {
    format!("containerDefinitions[{index}].environment")
}

/// Returns what is wrong with the environment variables at `path`: AWS takes one that is given twice.
fn environment_problems(container: &ContainerDefinition, path: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for variable in container.environment.iter().flatten() {
        if !seen.insert(&variable.name) {
            let message = format!("`{}` is given twice", variable.name);
            problems.push(Problem::at(path, message));
        }
    }
    problems.extend(misnamed(container.environment.as_deref(), path));
    problems
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
        problems(&definition, &Checks::new(&BTreeMap::new())).into_iter().map(|problem| problem.path).collect()
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
                it["containerDefinitions"][0]["mountPoints"] = json!([{"sourceVolume": "x", "containerPath": "/x"}]);
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

//! The attributes that ECS asks of where a task definition runs, in the order in which ECS lists them.

use serde_json::{Map, Value, json};

use crate::ecr;

/// The attributes, from recorded answers of DescribeTaskDefinition.
pub(super) fn required(body: &Map<String, Value>) -> Value {
    let containers = body["containerDefinitions"].as_array().map_or(&[][..], Vec::as_slice);
    let any = |has: fn(&Value) -> bool| containers.iter().any(has);
    let given = |key: &str| body.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let logs = any(|one| one["logConfiguration"]["logDriver"] == "awslogs");
    let from_ecr = any(|one| ecr::is_address(one["image"].as_str().unwrap_or_default()));
    let execution = given("executionRoleArn");
    let mut drivers: Vec<String> = containers
        .iter()
        .filter_map(|one| one["logConfiguration"]["logDriver"].as_str())
        .map(|driver| format!("com.amazonaws.ecs.capability.logging-driver.{driver}"))
        .collect();
    drivers.sort();
    drivers.dedup();
    let others = [
        ("ecs.capability.execution-role-awslogs", logs && execution),
        ("com.amazonaws.ecs.capability.ecr-auth", from_ecr),
        ("com.amazonaws.ecs.capability.docker-remote-api.1.19", logs),
        ("ecs.capability.firelens.fluentbit", any(|one| one["firelensConfiguration"]["type"] == "fluentbit")),
        ("ecs.capability.firelens.fluentd", any(|one| one["firelensConfiguration"]["type"] == "fluentd")),
        ("ecs.capability.secrets.asm.environment-variables", any(|one| has_secret(one, ":secret:"))),
        ("ecs.capability.secrets.ssm.environment-variables", any(|one| has_secret(one, ":parameter/"))),
        ("com.amazonaws.ecs.capability.task-iam-role", given("taskRoleArn")),
        ("ecs.capability.container-ordering", any(|one| !one["dependsOn"].is_null())),
        ("ecs.capability.container-health-check", any(|one| !one["healthCheck"].is_null())),
        ("ecs.capability.execution-role-ecr-pull", from_ecr && execution),
        ("com.amazonaws.ecs.capability.docker-remote-api.1.18", true),
        ("ecs.capability.task-eni", body["networkMode"] == "awsvpc"),
        (
            "com.amazonaws.ecs.capability.docker-remote-api.1.29",
            any(|one| !one["healthCheck"]["startPeriod"].is_null()),
        ),
    ];
    let others = others.into_iter().filter(|(_, asked)| *asked).map(|(name, _)| name.to_owned());
    drivers.into_iter().chain(others).map(|name| json!({ "name": name })).collect()
}

fn has_secret(container: &Value, word: &str) -> bool {
    let secrets = container["secrets"].as_array().into_iter().flatten();
    secrets.into_iter().any(|secret| secret["valueFrom"].as_str().is_some_and(|from| from.contains(word)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::required;

    #[test]
    fn attributes_are_those_that_were_recorded() {
        let mut body = json!({
            "networkMode": "awsvpc", "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
            "containerDefinitions": [{
                "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1",
                "logConfiguration": { "logDriver": "awslogs" },
            }],
        });
        let names = |body: &serde_json::Value| -> Vec<String> {
            let found = required(body.as_object().unwrap());
            found.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        let all = [
            "com.amazonaws.ecs.capability.logging-driver.awslogs",
            "ecs.capability.execution-role-awslogs",
            "com.amazonaws.ecs.capability.ecr-auth",
            "com.amazonaws.ecs.capability.docker-remote-api.1.19",
            "ecs.capability.execution-role-ecr-pull",
            "com.amazonaws.ecs.capability.docker-remote-api.1.18",
            "ecs.capability.task-eni",
        ];
        assert_eq!(names(&body), all);
        body["containerDefinitions"] = json!([{ "image": "nginx:latest" }]);
        assert_eq!(names(&body), [all[5], all[6]]);
    }
}

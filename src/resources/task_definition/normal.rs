//! The normal form of a task definition: ECS runs two alike if they have the same.
//!
//! Knows: what ECS fills in, what it leaves out and what it shuffles between RegisterTaskDefinition and
//! DescribeTaskDefinition. The normal form of a normal form is itself. Must not know: AWS clients.

use labform_account::rules::{cpu_units, mebibytes};
use serde_json::Value;

use super::tables::{FIELDS, SHAPE};
use crate::resource::{known, settled};

/// The normal form of `document`, which a spec or DescribeTaskDefinition gives.
pub(super) fn normal(document: &Value) -> Value {
    let mut document = known(document, &SHAPE);
    for (field, amount) in [("cpu", cpu_units as fn(&str) -> _), ("memory", mebibytes)] {
        if let Some(number) = document[field].as_str().and_then(amount) {
            document[field] = number.to_string().into();
        }
    }
    drop_mirrored_ports(&mut document);
    drop_user_of_router(&mut document);
    settled(FIELDS, "", document).unwrap_or_default()
}

/// Drops host ports that repeat the container's: a task with its host's network, or its own, can't map ports.
fn drop_mirrored_ports(document: &mut Value) {
    if !matches!(document["networkMode"].as_str(), Some("awsvpc" | "host")) {
        return;
    }
    let containers = document["containerDefinitions"].as_array_mut();
    for container in containers.into_iter().flatten() {
        let mappings = container.get_mut("portMappings").and_then(Value::as_array_mut);
        for mapping in mappings.into_iter().flatten() {
            if mapping["hostPort"] == mapping["containerPort"]
                && let Some(mapping) = mapping.as_object_mut()
            {
                mapping.remove("hostPort");
            }
        }
    }
}

/// Drops the user of a log router if it is root: ECS runs a router as root if nobody says otherwise, and answers so
/// (cloudposse/terraform-aws-ecs-container-definition#97, hashicorp/terraform-provider-aws#41394).
fn drop_user_of_router(document: &mut Value) {
    let containers = document["containerDefinitions"].as_array_mut();
    for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
        let is_router = container.get("firelensConfiguration").is_some_and(|router| !router.is_null());
        if is_router && container.get("user").is_some_and(|user| user == "0") {
            container.remove("user");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A definition with about every field that AWS rewrites.
    fn registered() -> Value {
        json!({
            "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE", "EC2"],
            "cpu": ".25 vCPU", "memory": "0.5 GB",
            "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
            "volumes": [
                {"name": "cache"},
                {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}},
            ],
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
            "containerDefinitions": [
                {
                    "name": "web", "image": "web:1", "memoryReservation": 256,
                    "command": ["node", "server.js"],
                    "portMappings": [{"containerPort": 3000}, {"containerPort": 9000, "protocol": "udp"}],
                    "environment": [{"name": "PORT", "value": "3000"}, {"name": "NODE_ENV", "value": "production"}],
                    "secrets": [{"name": "TOKEN", "valueFrom": "arn:1"}, {"name": "KEY", "valueFrom": "arn:2"}],
                    "mountPoints": [{"sourceVolume": "cache", "containerPath": "/cache"}],
                    "healthCheck": {"command": ["CMD-SHELL", "exit 0"], "startPeriod": 60},
                    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web"}},
                    "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
                    "dockerLabels": {"a": "b"},
                    "stopTimeout": 30,
                },
                {"name": "sidecar", "image": "sidecar:1", "essential": false,
                 "dependsOn": [{"containerName": "web", "condition": "HEALTHY"}]},
            ],
        })
    }

    /// The same definition as DescribeTaskDefinition answers it.
    fn described() -> Value {
        let filled = json!({
            "cpu": 0, "links": [], "portMappings": [], "essential": true, "entryPoint": [], "environment": [],
            "environmentFiles": [], "mountPoints": [], "volumesFrom": [], "secrets": [], "dependsOn": [],
            "dnsServers": [], "dockerLabels": {}, "systemControls": [], "readonlyRootFilesystem": false,
            "versionConsistency": "enabled", "somethingNew": {"from": "AWS"},
        });
        let mut document = registered();
        document["cpu"] = json!("256");
        document["memory"] = json!("512");
        document["taskDefinitionArn"] = json!("arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7");
        document["revision"] = json!(7);
        document["status"] = json!("ACTIVE");
        document["requiresAttributes"] = json!([{"name": "ecs.capability.task-eni"}]);
        document["compatibilities"] = json!(["EC2", "FARGATE"]);
        document["registeredAt"] = json!(1_790_000_000.5);
        document["placementConstraints"] = json!([]);
        document["runtimePlatform"]["operatingSystemFamily"] = json!("LINUX");
        for volume in document["volumes"].as_array_mut().unwrap() {
            volume["configuredAtLaunch"] = json!(false);
            volume["host"] = json!({});
        }
        document["volumes"][1]["efsVolumeConfiguration"]["rootDirectory"] = json!("/");
        for container in document["containerDefinitions"].as_array_mut().unwrap() {
            for (key, value) in filled.as_object().unwrap() {
                container.as_object_mut().unwrap().entry(key).or_insert(value.clone());
            }
            for mapping in container["portMappings"].as_array_mut().unwrap() {
                mapping["hostPort"] = mapping["containerPort"].clone();
                mapping.as_object_mut().unwrap().entry("protocol").or_insert(json!("tcp"));
            }
            for mount in container["mountPoints"].as_array_mut().unwrap() {
                mount["readOnly"] = json!(false);
            }
            for list in ["environment", "secrets", "portMappings"] {
                container[list].as_array_mut().unwrap().reverse();
            }
        }
        let check = &mut document["containerDefinitions"][0]["healthCheck"];
        (check["interval"], check["timeout"], check["retries"]) = (json!(30), json!(5), json!(3));
        for list in ["containerDefinitions", "volumes", "requiresCompatibilities"] {
            document[list].as_array_mut().unwrap().reverse();
        }
        document
    }

    #[test]
    fn what_aws_rewrites_is_no_difference() {
        assert_eq!(normal(&registered()), normal(&described()));
        let bridge = json!({"networkMode": "bridge", "containerDefinitions": [
            {"name": "a", "image": "a", "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}]}]});
        let left_out = json!({"containerDefinitions": [
            {"name": "a", "image": "a", "portMappings": [{"containerPort": 80}]}]});
        assert_eq!(normal(&bridge), normal(&left_out));
        let router = |user: Value| {
            json!({"containerDefinitions": [{"name": "log", "image": "fluent-bit", "user": user,
                "firelensConfiguration": {"type": "fluentbit"}}]})
        };
        assert_eq!(normal(&router(json!(null))), normal(&router(json!("0"))));
        assert_ne!(normal(&router(json!(null))), normal(&router(json!("1000"))));
    }

    #[test]
    fn the_normal_form_is_a_projection() {
        for document in [registered(), described(), json!({}), json!(null)] {
            assert_eq!(normal(&normal(&document)), normal(&document));
        }
    }

    /// Changes every leaf and every list of the definition, one at a time, which must show.
    #[test]
    fn each_changed_field_is_a_difference() {
        let before = normal(&registered());
        let mut pointers = Vec::new();
        leaves(&registered(), String::new(), &mut pointers);
        assert!(pointers.len() > 40, "{}", pointers.len());
        for pointer in pointers {
            let mut document = registered();
            let changed = match document.pointer(&pointer).unwrap() {
                Value::String(text) => json!(format!("{text}9")),
                Value::Number(number) => json!(number.as_i64().unwrap() + 1),
                Value::Bool(value) => json!(!value),
                Value::Array(items) => json!(items[1..]),
                other => panic!("{other}"),
            };
            *document.pointer_mut(&pointer).unwrap() = changed;
            assert_ne!(normal(&document), before, "{pointer}");
        }
    }

    fn leaves(value: &Value, at: String, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    leaves(value, format!("{at}/{key}"), found);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    leaves(value, format!("{at}/{index}"), found);
                }
                found.push(at);
            }
            _ => found.push(at),
        }
    }

    #[test]
    fn the_order_of_a_command_is_a_difference() {
        let mut document = registered();
        document["containerDefinitions"][0]["command"].as_array_mut().unwrap().reverse();
        assert_ne!(normal(&document), normal(&registered()));
    }

    #[test]
    fn cpu_and_memory_are_read_in_both_units() {
        for (text, units) in [("256", Some(256)), ("1 vCPU", Some(1024)), (".25vcpu", Some(256)), ("much", None)] {
            assert_eq!(cpu_units(text), units, "{text}");
        }
        assert_eq!((mebibytes("2 GB"), mebibytes("512")), (Some(2048), Some(512)));
    }
}

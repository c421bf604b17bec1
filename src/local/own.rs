//! What the lab's own file says of a service's container, and whether a task has just that.

use std::collections::BTreeSet;

use labform_account::HostedTask;
use serde_json::Value;

use super::{Local, list, words};

/// A service's container as the lab's own file has it: nothing else is ever run.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// The container definition.
    pub container: Value,
    /// What it runs.
    pub local: Local,
}

impl Own {
    /// The ports that the container listens at.
    pub fn ports(&self) -> BTreeSet<u16> {
        ports(&self.container)
    }
}

/// The field in which a task's container differs from the file's own, if it differs in what is run.
pub(super) fn foreign(own: &Value, task: &HostedTask) -> Option<&'static str> {
    let [container] = task.containers.as_slice() else { return Some("containerDefinitions") };
    let pairs = |container: &Value, list_of: &str, value: &str| -> BTreeSet<(String, String)> {
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        list(container, list_of).iter().map(|entry| (text(entry, "name"), text(entry, value))).collect()
    };
    let differs = |field: &&str| match *field {
        "command" | "entryPoint" => words(own, field) != words(container, field),
        "environment" => pairs(own, field, "value") != pairs(container, field, "value"),
        "secrets" => pairs(own, field, "valueFrom") != pairs(container, field, "valueFrom"),
        "portMappings" => ports(own) != ports(container),
        field => own[field].as_str().unwrap_or_default() != container[field].as_str().unwrap_or_default(),
    };
    let fields = ["name", "command", "entryPoint", "workingDirectory", "environment", "secrets", "portMappings"];
    let own_ports = ports(own);
    let is_own = |port: &i64| u16::try_from(*port).is_ok_and(|port| own_ports.contains(&port));
    fields.into_iter().find(differs).or_else(|| (!task.ports.iter().all(is_own)).then_some("containerPort"))
}

/// The ports that a container listens at.
pub(super) fn ports(container: &Value) -> BTreeSet<u16> {
    let mappings = list(container, "portMappings").iter();
    mappings.filter_map(|mapping| u16::try_from(mapping["containerPort"].as_u64()?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use labform_account::{Runner, Stage};
    use serde_json::json;

    use super::*;

    fn task(container: Value, ports: &[i64]) -> HostedTask {
        HostedTask {
            id: String::new(),
            definition: String::new(),
            deployment: String::new(),
            containers: vec![container],
            created: 0,
            stage: Stage::Running,
            runner: Runner::Wanted,
            ports: ports.iter().copied().collect(),
            checks: Vec::new(),
            grace: Duration::ZERO,
        }
    }

    #[test]
    fn a_task_that_would_run_anything_else_is_foreign() {
        let own = json!({"name": "web", "image": "a:1", "command": ["node", "server.js"], "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]});
        let with = |field: &str, value: Value| {
            let mut container = own.clone();
            container[field] = value;
            container
        };
        let found = |container: Value, ports: &[i64]| foreign(&own, &task(container, ports));
        assert_eq!(found(own.clone(), &[80]), None);
        // AWS adds to it, puts variables in an order of its own, and an image isn't run here.
        let answered = json!([{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]);
        assert_eq!(found(with("environment", answered), &[]), None);
        assert_eq!(found(with("portMappings", json!([{"containerPort": 80, "hostPort": 80}])), &[80]), None);
        assert_eq!(found(with("image", json!("b:2")), &[80]), None);
        for (field, value) in [
            ("name", json!("other")),
            ("command", json!(["sh", "-c", "id"])),
            ("command", Value::Null),
            ("entryPoint", json!(["sh"])),
            ("workingDirectory", json!("/tmp")),
            ("environment", json!([{"name": "A", "value": "1"}])),
            ("environment", json!([{"name": "NODE_OPTIONS", "value": "--require=/tmp/a.js"}])),
            ("secrets", json!([{"name": "C", "valueFrom": "arn"}])),
            ("portMappings", json!([{"containerPort": 22}])),
        ] {
            assert_eq!(found(with(field, value), &[80]), Some(field));
        }
        assert_eq!(found(own.clone(), &[22]), Some("containerPort"));
        let mut two = task(own.clone(), &[80]);
        two.containers.push(json!({"name": "sidecar"}));
        assert_eq!(foreign(&own, &two), Some("containerDefinitions"));
    }
}

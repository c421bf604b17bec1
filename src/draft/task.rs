//! Task definitions, as RegisterTaskDefinition takes and DescribeTaskDefinition answers them (Amazon ECS API reference).

use serde_json::{Map, Value, json};

use super::part::{Exposed, Origin, Part, Role, Way};
use super::ports::{NOT_HTTP, page};
use super::sizes::{mebibytes, size};
use super::variables::{Given, give, hide, literals};
use super::{Draft, health};
use crate::error::Error;

/// The fields of a task definition that are carried over.
const FIELDS: &str =
    "containerDefinitions cpu memory ephemeralStorage runtimePlatform volumes pidMode enableFaultInjection";
/// The fields that AWS sets, and those of which the lab says its own.
const PASSED: &str = "taskDefinitionArn revision status requiresAttributes compatibilities registeredAt registeredBy \
    deregisteredAt deleteRequestedAt family networkMode requiresCompatibilities executionRoleArn taskRoleArn placementConstraints";

/// Reads a task definition.
pub(super) fn read(document: &Value) -> Result<Draft, Error> {
    let definition = document.get("taskDefinition").unwrap_or(document);
    let family = definition["family"].as_str().unwrap_or("app");
    let Some(containers) = definition["containerDefinitions"].as_array().filter(|all| !all.is_empty()) else {
        return Err(Error::invalid("the task definition has no containers"));
    };
    let mut part = Part::of(family, &Map::new(), Role::Job { timeout: None });
    for (field, value) in definition.as_object().into_iter().flatten().filter(|(_, value)| !is_empty(value)) {
        match field.as_str() {
            field if FIELDS.split_whitespace().any(|known| known == field) => {
                part.definition.insert(field.to_owned(), literals(value));
            }
            field if PASSED.split_whitespace().any(|known| known == field) => {}
            field => part.note(field, "it isn't carried over"),
        }
    }
    let asked = |field: &str| {
        definition[field].as_str().map(str::to_owned).or_else(|| Some(definition[field].as_u64()?.to_string()))
    };
    let kept = |field: &str| containers.iter().filter_map(|one| one[field].as_u64()).sum::<u64>();
    let cpu = asked("cpu").and_then(|text| text.trim().parse().ok()).unwrap_or_else(|| kept("cpu"));
    let memory = asked("memory").and_then(|text| text.trim().parse().ok().or_else(|| mebibytes(&text)));
    let memory = memory.unwrap_or_else(|| kept("memory").max(kept("memoryReservation")));
    let (cpu, memory) = size(cpu, memory);
    part.definition.extend(super::fields(json!({ "cpu": cpu.to_string(), "memory": memory.to_string() })));
    if !definition["taskRoleArn"].as_str().unwrap_or_default().is_empty() {
        part.note(
            "taskRoleArn",
            "what the role may do doesn't stand here: add it to `roles`, and its name as `taskRoleArn`",
        );
    }
    hosts(&mut part);
    let containers: Vec<Value> = containers.iter().map(|one| container(&mut part, one)).collect();
    part.definition.insert("containerDefinitions".to_owned(), containers.into());
    part.role = role(&mut part);
    let region = definition["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-region"].as_str();
    Ok(Draft { region: region.map(str::to_owned), parts: vec![part], ..Draft::default() })
}

/// Leaves out the volumes that only a container instance has.
fn hosts(part: &mut Part) {
    let is_hosts =
        |volume: &Value| !is_empty(&volume["host"]["sourcePath"]) || volume.get("dockerVolumeConfiguration").is_some();
    let Some(volumes) = part.definition.get_mut("volumes").and_then(Value::as_array_mut) else { return };
    let (gone, mut left): (Vec<Value>, Vec<Value>) = volumes.drain(..).partition(is_hosts);
    for volume in left.iter_mut().filter_map(Value::as_object_mut) {
        volume.retain(|_, value| !is_empty(value));
    }
    part.definition.insert("volumes".to_owned(), left.into());
    part.definition.retain(|_, value| !is_empty(value));
    for volume in gone {
        let name = volume["name"].as_str().unwrap_or_default();
        part.note(format!("volumes.{name}"), "it is a folder of a container instance, which Fargate doesn't have");
    }
}

/// A container with its variables sorted, without what AWS adds, and without a log of its own.
fn container(part: &mut Part, container: &Value) -> Value {
    let name = container["name"].as_str().unwrap_or_default();
    let place = |field: &str| format!("containerDefinitions.{name}.{field}");
    let mut fields = super::fields(literals(container));
    let variables = container["environment"].as_array().into_iter().flatten().filter_map(|variable| {
        let value = variable["value"].as_str().unwrap_or_default().to_owned();
        Some((variable["name"].as_str()?.to_owned(), Given::Value(value)))
    });
    let variables = variables.collect();
    fields.insert("environment".to_owned(), give(part, name, &place("environment"), variables));
    for secret in container["secrets"].as_array().into_iter().flatten() {
        let Some(variable) = secret["name"].as_str() else { continue };
        let words = "its value stays in the secret that it had: give it where you run labform";
        part.note(place(&format!("secrets.{variable}")), words);
        hide(part, name, variable, Origin::Elsewhere(secret["valueFrom"].to_string()));
    }
    fields.remove("secrets");
    let driver = &container["logConfiguration"]["logDriver"];
    if driver.is_string() && driver != "awslogs" {
        part.note(place("logConfiguration"), "the log goes to a log group of the lab's");
    }
    fields.remove("logConfiguration");
    let known: Vec<String> = part
        .definition
        .get("volumes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|volume| Some(volume["name"].as_str()?.to_owned()))
        .collect();
    if let Some(mounts) = fields.get_mut("mountPoints").and_then(Value::as_array_mut) {
        mounts.retain(|mount| known.iter().any(|name| mount["sourceVolume"] == name.as_str()));
    }
    for mapping in fields.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(mapping) = mapping.as_object_mut() {
            mapping.remove("hostPort");
        }
    }
    for field in ["links", "hostname", "extraHosts", "dnsServers", "dnsSearchDomains", "privileged"] {
        if fields.remove(field).is_some_and(|value| !is_empty(&value)) {
            part.note(place(field), "a task on Fargate can't have it");
        }
    }
    if container["image"].as_str().is_some_and(|image| image.contains(".dkr.ecr.")) {
        part.note(place("image"), "labform doesn't push this image: it has to be in that repository");
    }
    // A container that isn't essential isn't one that says nothing of it.
    fields.retain(|field, value| field == "essential" || !is_empty(value));
    Value::Object(fields)
}

/// The life of what listens, and of what doesn't.
fn role(part: &mut Part) -> Role {
    let containers: Vec<Value> = part.containers().cloned().collect();
    let ports = containers.iter().flat_map(|container| {
        let mappings = container["portMappings"].as_array().into_iter().flatten();
        mappings
            .filter(|mapping| mapping["protocol"].as_str().unwrap_or("tcp") == "tcp")
            .filter_map(move |mapping| Some((container, u16::try_from(mapping["containerPort"].as_u64()?).ok()?)))
    });
    let ports: Vec<(&Value, u16)> = ports.collect();
    if ports.is_empty() {
        part.note("containerDefinitions", "nothing in it listens: it is written as a job, which `labform run` runs");
        return Role::Job { timeout: None };
    }
    let exposed = ports.iter().find(|(_, port)| !NOT_HTTP.contains(port)).map(|(container, port)| Exposed {
        container: container["name"].as_str().unwrap_or_default().to_owned(),
        port: *port,
        way: Way::Port(80),
        health: health(page(&container["healthCheck"]["command"]).as_deref().unwrap_or("/")),
    });
    Role::Service { count: 1, exposed }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_u64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(true) => false,
    }
}

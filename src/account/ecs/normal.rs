//! The task definitions that RegisterTaskDefinition refuses, and the form that ECS gives to those that it takes:
//! defaults filled in, sizes in units, lists in an order of its own.

use serde_json::{Map, Value, json};

use super::{attributes, client};
use crate::account::Account;
use crate::clock::millis;
use crate::rules::{ECS_NAME, TASK_DEFINITION, cpu_units, fits_fargate, mebibytes};
use crate::wire::Fault;
use crate::{answer, iam};

/// The body that ECS keeps of the call.
pub(super) fn task_definition(account: &Account, input: &Value) -> Result<Map<String, Value>, Fault> {
    const KEPT: [&str; 12] = [
        "ephemeralStorage",
        "enableFaultInjection",
        "executionRoleArn",
        "family",
        "inferenceAccelerators",
        "ipcMode",
        "networkMode",
        "pidMode",
        "proxyConfiguration",
        "requiresCompatibilities",
        "runtimePlatform",
        "taskRoleArn",
    ];
    let mut body = Map::new();
    for key in KEPT {
        if !input[key].is_null() {
            body.insert(key.to_owned(), input[key].clone());
        }
    }
    body.entry("networkMode").or_insert_with(|| "bridge".into());
    for (key, units) in [("cpu", cpu_units as fn(&str) -> _), ("memory", mebibytes)] {
        if let Some(text) = input[key].as_str() {
            let amount = units(text).map_or_else(|| text.to_owned(), |amount: i64| amount.to_string());
            body.insert(key.to_owned(), amount.into());
        }
    }
    for key in ["volumes", "placementConstraints"] {
        body.insert(key.to_owned(), input[key].as_array().cloned().unwrap_or_default().into());
    }
    check(account, input, &body)?;
    let sent = input["containerDefinitions"].as_array().into_iter().flatten();
    let containers = sent.map(|sent| container(sent, &body)).collect();
    body.insert("containerDefinitions".to_owned(), containers);
    let size = |key: &str| body.get(key)?.as_str()?.parse().ok();
    let is_offered = size("cpu").zip(size("memory")).is_some_and(|(cpu, memory)| fits_fargate(cpu, memory));
    let has_own_network = body["networkMode"] == "awsvpc";
    let compatibilities = if has_own_network && is_offered { json!(["EC2", "FARGATE"]) } else { json!(["EC2"]) };
    body.insert("compatibilities".to_owned(), compatibilities);
    body.insert("requiresAttributes".to_owned(), attributes::required(&body));
    Ok(body)
}

fn check(account: &Account, input: &Value, body: &Map<String, Value>) -> Result<(), Fault> {
    let family = input["family"].as_str().unwrap_or_default();
    ECS_NAME.check(family, || client("Family contains invalid characters."))?;
    TASK_DEFINITION.check(input, client)?;
    for role in roles(account, body) {
        let not_valid = || client("Role is not valid");
        iam::role_created(account, &role).ok_or_else(not_valid)?;
        check_role_is_ready(account, &role, not_valid)?;
    }
    Ok(())
}

/// The ARNs of the roles that a task definition names, by ARN or by name.
pub(super) fn roles(account: &Account, body: &Map<String, Value>) -> Vec<String> {
    let named = ["taskRoleArn", "executionRoleArn"].into_iter().filter_map(|key| body.get(key)?.as_str());
    named.filter_map(|named| role(account, named)).collect()
}

/// The ARN of a role that is named by ARN or by name; none if no role is named.
pub(super) fn role(account: &Account, named: &str) -> Option<String> {
    match named {
        "" => None,
        arn if arn.starts_with("arn:") => Some(arn.to_owned()),
        name => Some(format!("arn:aws:iam::{}:role/{name}", account.id)),
    }
}

/// Refuses a role that is too young to be passed, or to be used. `unready` gives the operation's fault for the latter.
/// A role that isn't there is somebody else's complaint.
pub(super) fn check_role_is_ready(account: &Account, arn: &str, unready: impl FnOnce() -> Fault) -> Result<(), Fault> {
    match iam::role_created(account, arn).map(|created| account.now - created) {
        Some(age) if age < millis(account.quirks.pass_role_denied) => Err(answer::denied(account, "iam:PassRole", arn)),
        Some(age) if age < millis(account.quirks.roles_spread) => Err(unready()),
        _ => Ok(()),
    }
}

/// A container as ECS reads it back.
fn container(sent: &Value, body: &Map<String, Value>) -> Value {
    let mut container = sent.as_object().cloned().unwrap_or_default();
    let mut default = |key: &str, value: Value| {
        container.entry(key).or_insert(value);
    };
    default("cpu", json!(0));
    default("essential", json!(true));
    for key in ["environment", "mountPoints", "portMappings", "systemControls", "volumesFrom"] {
        default(key, json!([]));
    }
    // The order of what is a set on AWS is AWS's own.
    for key in ["environment", "secrets"] {
        if let Some(list) = container.get_mut(key).and_then(Value::as_array_mut) {
            list.sort_by(|a, b| b["name"].as_str().cmp(&a["name"].as_str()));
        }
    }
    for mapping in container.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten() {
        if mapping["protocol"].is_null() {
            mapping["protocol"] = json!("tcp");
        }
        if mapping["hostPort"].as_i64().unwrap_or(0) == 0 {
            mapping["hostPort"] =
                if body["networkMode"] == "awsvpc" { mapping["containerPort"].clone() } else { json!(0) };
        }
    }
    if let Some(check) = container.get_mut("healthCheck") {
        for (key, value) in [("interval", 30), ("timeout", 5), ("retries", 3)] {
            if check[key].is_null() {
                check[key] = json!(value);
            }
        }
    }
    // The router of FireLens runs as root, and ECS writes it down ("Specifying a FireLens configuration in a task
    // definition", Amazon ECS developer guide).
    if container.contains_key("firelensConfiguration") {
        container.entry("user").or_insert_with(|| "0".into());
    }
    container.into()
}

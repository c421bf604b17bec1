//! The task definitions that RegisterTaskDefinition refuses, and the form that ECS gives to those that it takes:
//! defaults filled in, sizes in units, lists in an order of its own.

use serde_json::{Map, Value, json};

use super::{attributes, client};
use crate::account::Account;
use crate::clock::millis;
use crate::rules::ECS_NAME;
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
    for (key, units) in [("cpu", CPU), ("memory", MEMORY)] {
        if let Some(text) = input[key].as_str() {
            body.insert(key.to_owned(), in_units(text, units).unwrap_or_else(|| text.to_owned()).into());
        }
    }
    for key in ["volumes", "placementConstraints"] {
        body.insert(key.to_owned(), input[key].as_array().cloned().unwrap_or_default().into());
    }
    check(account, input, &body)?;
    let sent = input["containerDefinitions"].as_array().into_iter().flatten();
    let containers = sent.map(|sent| container(sent, &body)).collect();
    body.insert("containerDefinitions".to_owned(), containers);
    let fits_fargate = body["networkMode"] == "awsvpc" && fargate_size(&body).is_some();
    let compatibilities = if fits_fargate { json!(["EC2", "FARGATE"]) } else { json!(["EC2"]) };
    body.insert("compatibilities".to_owned(), compatibilities);
    body.insert("requiresAttributes".to_owned(), attributes::required(&body));
    Ok(body)
}

fn check(account: &Account, input: &Value, body: &Map<String, Value>) -> Result<(), Fault> {
    let family = input["family"].as_str().unwrap_or_default();
    ECS_NAME.check(family, || client("Family contains invalid characters."))?;
    let containers = input["containerDefinitions"].as_array().map_or(&[][..], Vec::as_slice);
    if containers.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    for container in containers {
        check_container(container, body)?;
    }
    if containers.iter().all(|container| container["essential"] == false) {
        return Err(client("TaskDefinition must have at least one essential container."));
    }
    if asks_fargate(body) {
        check_fargate(containers, body)?;
    }
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

fn check_container(container: &Value, body: &Map<String, Value>) -> Result<(), Fault> {
    for key in ["name", "image"] {
        if container[key].as_str().unwrap_or_default().is_empty() {
            return Err(client(format!("Container.{key} should not be null or empty.")));
        }
    }
    let sized = ["memory", "memoryReservation"].iter().any(|key| !container[*key].is_null());
    if !asks_fargate(body) && !sized && !body.contains_key("memory") {
        return Err(client(format!(
            "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' must be specified.",
            container["name"].as_str().unwrap_or_default()
        )));
    }
    for mapping in container["portMappings"].as_array().into_iter().flatten() {
        let host = mapping["hostPort"].as_i64().unwrap_or(0);
        if body["networkMode"] == "awsvpc" && host != 0 && mapping["containerPort"] != host {
            return Err(client(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
            ));
        }
    }
    Ok(())
}

fn asks_fargate(body: &Map<String, Value>) -> bool {
    body.get("requiresCompatibilities").and_then(Value::as_array).into_iter().flatten().any(|kind| kind == "FARGATE")
}

fn check_fargate(containers: &[Value], body: &Map<String, Value>) -> Result<(), Fault> {
    if body["networkMode"] != "awsvpc" {
        return Err(client("Fargate only supports network mode \u{2018}awsvpc\u{2019}."));
    }
    for key in ["cpu", "memory"] {
        if !body.contains_key(key) {
            return Err(client(format!("Fargate requires that '{key}' be defined at the task level.")));
        }
    }
    if fargate_size(body).is_none() {
        let text = |key: &str| body[key].as_str().unwrap_or_default();
        return Err(client(format!(
            "No Fargate configuration exists for given values: {} CPU, {} memory. See the Amazon ECS documentation for \
             the valid values.",
            text("cpu"),
            text("memory")
        )));
    }
    if body.contains_key("executionRoleArn") {
        return Ok(());
    }
    for container in containers {
        if container["logConfiguration"]["logDriver"] == "awslogs" {
            return Err(client(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
            ));
        }
        if container["image"].as_str().unwrap_or_default().contains(".dkr.ecr.") {
            return Err(client("Fargate requires task definition to have execution role ARN to support ECR images."));
        }
    }
    Ok(())
}

const CPU: &str = "vcpu";
const MEMORY: &str = "gb";

/// The number of `1 vCPU` or `2 GB`, as ECS reads it back; a plain number as it is.
fn in_units(text: &str, unit: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let Some(number) = text.strip_suffix(unit) else {
        return text.parse::<u64>().ok().map(|number| number.to_string());
    };
    let number: f64 = number.trim().parse().ok()?;
    Some(format!("{:.0}", number * 1024.0))
}

/// The sizes that Fargate has: memory from, to and in steps of, by cpu.
fn fargate_size(body: &Map<String, Value>) -> Option<()> {
    let number = |key: &str| body.get(key)?.as_str()?.parse::<u64>().ok();
    let memory = number("memory")?;
    let (from, to, step) = match number("cpu")? {
        256 => return [512, 1024, 2048].contains(&memory).then_some(()),
        512 => (1024, 4096, 1024),
        1024 => (2048, 8192, 1024),
        2048 => (4096, 16384, 1024),
        4096 => (8192, 30720, 1024),
        8192 => (16384, 61440, 4096),
        16384 => (32768, 122_880, 8192),
        _ => return None,
    };
    (memory >= from && memory <= to && memory.is_multiple_of(step)).then_some(())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{CPU, MEMORY, fargate_size, in_units};

    #[test]
    fn sizes_are_read_in_units() {
        let cases = [
            ("256", CPU, Some("256")),
            ("1 vCPU", CPU, Some("1024")),
            (".5 vcpu", CPU, Some("512")),
            ("2 GB", MEMORY, Some("2048")),
            ("0.5GB", MEMORY, Some("512")),
            ("much", MEMORY, None),
        ];
        for (text, unit, expected) in cases {
            assert_eq!(in_units(text, unit).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_fargates_own_sizes_fit() {
        let cases = [
            ("256", "512", true),
            ("256", "2048", true),
            ("256", "4096", false),
            ("512", "1536", false),
            ("1024", "2048", true),
            ("4096", "30720", true),
            ("8192", "20480", true),
            ("8192", "21504", false),
            ("300", "512", false),
        ];
        for (cpu, memory, fits) in cases {
            let body = json!({"cpu": cpu, "memory": memory}).as_object().cloned().unwrap_or_default();
            assert_eq!(fargate_size(&body).is_some(), fits, "{cpu} {memory}");
        }
    }
}

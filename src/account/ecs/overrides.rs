//! What a call of RunTask has other than the task definition says.

use serde_json::Value;

use crate::wire::{Fault, invalid};

/// Refuses overrides of containers that the task definition `body` doesn't have.
pub(super) fn check(overrides: &Value, body: &serde_json::Map<String, Value>) -> Result<(), Fault> {
    for container in listed(overrides) {
        let mut known = body.get("containerDefinitions").and_then(Value::as_array).into_iter().flatten();
        if !known.any(|known| known["name"] == container["name"]) {
            return Err(invalid(format!(
                "Override for container named {} is not a container in the TaskDefinition.",
                container["name"].as_str().unwrap_or_default()
            )));
        }
    }
    Ok(())
}

/// A container of the task definition with its overrides in it.
pub(super) fn apply(container: &Value, overrides: &Value) -> Value {
    let name = &container["name"];
    let mut container = container.clone();
    for change in listed(overrides).filter(|change| change["name"] == *name) {
        for key in ["command", "cpu", "memory", "memoryReservation"] {
            if !change[key].is_null() {
                container[key] = change[key].clone();
            }
        }
        let mut environment = container["environment"].as_array().cloned().unwrap_or_default();
        for variable in change["environment"].as_array().into_iter().flatten() {
            environment.retain(|known| known["name"] != variable["name"]);
            environment.push(variable.clone());
        }
        container["environment"] = environment.into();
    }
    container
}

fn listed(overrides: &Value) -> impl Iterator<Item = &Value> {
    overrides["containerOverrides"].as_array().into_iter().flatten()
}

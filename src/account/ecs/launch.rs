//! The place in which a service or a task runs: launch type, capacity provider strategy and network, and whether its
//! task definition fits them.

use serde_json::{Map, Value, json};

use super::cluster::{self, Cluster};
use super::task_definition::Revision;
use crate::account::Account;
use crate::ec2;
use crate::input::texts;
use crate::wire::{Fault, invalid};

/// Settles on a launch type or a strategy. With neither in the call, the cluster's default strategy is copied in.
pub(super) fn choose(account: &Account, cluster_name: &str, body: &mut Map<String, Value>) -> Result<(), Fault> {
    let cluster = &account.all::<Cluster>()[cluster_name];
    let is_set = |list: Option<&Value>| list.and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if is_set(body.get("capacityProviderStrategy")) {
        if body.contains_key("launchType") {
            return Err(invalid(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            ));
        }
        let strategy = cluster::with_bases(&body["capacityProviderStrategy"]);
        cluster::check_strategy(&cluster.providers, &strategy)?;
        body.insert("capacityProviderStrategy".to_owned(), strategy);
    } else {
        body.remove("capacityProviderStrategy");
        if !body.contains_key("launchType") {
            if is_set(Some(&cluster.default_strategy)) {
                body.insert("capacityProviderStrategy".to_owned(), cluster.default_strategy.clone());
            } else {
                body.insert("launchType".to_owned(), json!("EC2"));
            }
        }
    }
    if on_fargate(body) {
        body.entry("platformVersion").or_insert_with(|| json!("LATEST"));
        body.insert("platformFamily".to_owned(), json!("Linux"));
    }
    Ok(())
}

pub(super) fn on_fargate(body: &Map<String, Value>) -> bool {
    body.get("launchType").is_some_and(|kind| kind == "FARGATE") || provider(body).is_some()
}

/// The capacity provider that tasks get: the one of the greatest weight.
pub(super) fn provider(body: &Map<String, Value>) -> Option<String> {
    let strategy = body.get("capacityProviderStrategy")?.as_array()?;
    let first = strategy.iter().max_by_key(|item| item["weight"].as_i64())?;
    first["capacityProvider"].as_str().map(str::to_owned)
}

pub(super) fn check(account: &Account, body: &Map<String, Value>, revision: &Revision) -> Result<(), Fault> {
    if on_fargate(body)
        && revision.body["compatibilities"].as_array().into_iter().flatten().all(|kind| kind != "FARGATE")
    {
        return Err(invalid("Task definition does not support launch_type FARGATE."));
    }
    let network = body.get("networkConfiguration").map_or(&Value::Null, |network| &network["awsvpcConfiguration"]);
    check_network(account, network)?;
    match (revision.body["networkMode"] == "awsvpc", !texts(network, "subnets").is_empty()) {
        (true, false) => Err(invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")),
        (false, true) => {
            Err(invalid("Network Configuration is not valid for the given networkMode of this task definition."))
        }
        _ => Ok(()),
    }
}

fn check_network(account: &Account, network: &Value) -> Result<(), Fault> {
    for subnet in texts(network, "subnets") {
        if ec2::subnet_place(account, &subnet).is_none() {
            return Err(invalid(format!(
                "Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist \
                 (ErrorCode: InvalidSubnetID.NotFound)"
            )));
        }
    }
    for group in texts(network, "securityGroups") {
        if ec2::group_vpc(account, &group).is_none() {
            return Err(invalid(format!(
                "Error retrieving security group information for [{group}]: The security group '{group}' does not \
                 exist (ErrorCode: InvalidGroup.NotFound)"
            )));
        }
    }
    Ok(())
}

/// Fills in the parts of a network that the call left out, as they read back.
pub(super) fn fill_network(body: &mut Map<String, Value>) {
    let Some(network) = body.get_mut("networkConfiguration").and_then(|network| network.get_mut("awsvpcConfiguration"))
    else {
        return;
    };
    for (key, value) in [("assignPublicIp", json!("DISABLED")), ("securityGroups", json!([]))] {
        if network[key].is_null() {
            network[key] = value;
        }
    }
}

//! Service Connect: the namespaces of services, and what ECS makes there for them. The proxies aren't there.

use serde_json::{Map, Value, json};

use super::cluster::Cluster;
use super::service::Service;
use super::{PAGES, last_segment, no_namespace};
use crate::account::Account;
use crate::input::{list as items, text};
use crate::servicediscovery;
use crate::wire::{Answer, Fault, invalid};

/// The field.
const FIELD: &str = "serviceConnectConfiguration";
/// The milliseconds by which what ECS made in Cloud Map outlives its service.
const OUTLIVES: i64 = 25_000;

/// Gives a service that says nothing the namespace of its cluster, and refuses one that isn't there.
pub(super) fn fill(account: &Account, cluster: &str, body: &mut Map<String, Value>) -> Result<(), Fault> {
    let default = account.all::<Cluster>()[cluster].namespace.clone();
    let connect = match (body.get(FIELD), &default) {
        (Some(connect), _) => connect.clone(),
        (None, Some(_)) => json!({ "enabled": true }),
        (None, None) => return Ok(()),
    };
    if connect["enabled"] != true {
        return Ok(());
    }
    let Some(name) = text(&connect, "namespace").or(default) else {
        return Err(invalid("A namespace is required for Service Connect: the cluster has no default one."));
    };
    if servicediscovery::namespace(account, &name).is_none() {
        return Err(no_namespace(&name));
    }
    let mut connect = connect;
    connect["namespace"] = name.into();
    body.insert(FIELD.to_owned(), connect);
    Ok(())
}

/// Refuses names of ports that the task definition doesn't have.
pub(super) fn check(body: &Map<String, Value>, definition: &Map<String, Value>) -> Result<(), Fault> {
    let containers = definition.get("containerDefinitions").and_then(Value::as_array).into_iter().flatten();
    let ports: Vec<&Value> =
        containers.flat_map(|one| items(one, "portMappings")).map(|mapping| &mapping["name"]).collect();
    let connect = body.get(FIELD).unwrap_or(&Value::Null);
    match items(connect, "services").iter().find(|one| !ports.contains(&&one["portName"])) {
        Some(one) => Err(invalid(format!("The portName {} is not found in the task definition.", one["portName"]))),
        None => Ok(()),
    }
}

/// Makes what the service is known by in its namespace, and takes away what it isn't any more.
pub(super) fn provide(account: &mut Account, service: &mut Service) -> Result<(), Fault> {
    let connect = service.body.get(FIELD).filter(|connect| connect["enabled"] == true).cloned().unwrap_or_default();
    let wanted = names(&connect);
    let namespace = text(&connect, "namespace").and_then(|name| servicediscovery::namespace(account, &name));
    let is_left = |name: &str, arn: &str| {
        !wanted.iter().any(|one| one == name)
            || namespace.as_ref().is_none_or(|namespace| !servicediscovery::is_in(account, arn, namespace))
    };
    let gone: Vec<String> =
        service.connected.iter().filter(|(name, arn)| is_left(name, arn)).map(|(name, _)| name.clone()).collect();
    for arn in gone.iter().filter_map(|name| service.connected.remove(name)) {
        servicediscovery::forget(account, &arn);
    }
    if let Some(namespace) = namespace {
        for name in &wanted {
            if !service.connected.contains_key(name) && servicediscovery::is_taken(account, &namespace, name) {
                let words = format!("SC service is already used by namespace {}: {name}", last_segment(&namespace));
                return Err(invalid(words));
            }
        }
        for name in &wanted {
            if !service.connected.contains_key(name) {
                let arn = servicediscovery::make_managed(account, &namespace, name);
                service.connected.insert(name.clone(), arn);
            }
        }
    }
    Ok(())
}

fn names(connect: &Value) -> Vec<String> {
    items(connect, "services")
        .iter()
        .filter_map(|one| text(one, "discoveryName").or_else(|| text(one, "portName")))
        .collect()
}

/// What a deployment tells of it.
pub(super) fn resources(service: &Service) -> Option<(String, Value)> {
    let all: Vec<Value> =
        service.connected.iter().map(|(name, arn)| json!({"discoveryName": name, "discoveryArn": arn})).collect();
    (!all.is_empty()).then(|| ("serviceConnectResources".to_owned(), all.into()))
}

/// The time when what ECS made for a service that is gone goes, too.
pub(super) fn releases(service: &Service) -> Option<i64> {
    service.ended.filter(|_| !service.connected.is_empty()).map(|ended| ended + OUTLIVES)
}

/// Takes away what ECS made for a service that is gone, once it is time.
pub(super) fn release(account: &mut Account, service: &mut Service) {
    if releases(service).is_some_and(|at| at <= account.now) {
        for arn in std::mem::take(&mut service.connected).into_values() {
            servicediscovery::forget(account, &arn);
        }
    }
}

/// The services in a namespace, in whichever cluster.
pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let name = text(input, "namespace").unwrap_or_default();
    let Some(namespace) = servicediscovery::namespace(account, &name) else { return Err(no_namespace(&name)) };
    let is_in = |service: &&Service| {
        let own = service.body.get(FIELD).and_then(|connect| text(connect, "namespace"));
        !service.is_inactive()
            && own.and_then(|own| servicediscovery::namespace(account, &own)) == Some(namespace.clone())
    };
    let services = account.all::<Service>().values().filter(is_in);
    PAGES.of(account, input, "serviceArns", services, |service| json!(service.arn))
}

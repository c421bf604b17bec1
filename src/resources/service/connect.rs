//! Service Connect: services of a namespace reach each other by names, through a proxy beside each task.
//!
//! Knows: what a call takes, what has to come before, and what is at fault ("Service Connect", Amazon ECS developer guide).
//! Must not know: how a service is made.

use serde_json::{Value, json};

use super::ServiceLive;
use super::shape::{Service, ServiceConnectConfiguration, ServiceConnectService};
use crate::model::Address;
use crate::resource::{Checks, Others, Problem, Ref, SpecRef};
use crate::resources::{Namespace, TaskDefinition, named_as};

/// The field.
const FIELD: &str = "serviceConnectConfiguration";

impl ServiceConnectService {
    fn name(&self) -> &str {
        self.discovery_name.as_ref().unwrap_or(&self.port_name)
    }
}

impl Service {
    /// The service's part in Service Connect, if it takes part by its own words.
    fn connects(&self) -> Option<&ServiceConnectConfiguration> {
        self.service_connect_configuration.as_ref().filter(|connect| connect.enabled)
    }

    fn connect_namespace<'a>(&'a self, checks: &Checks<'a>) -> Option<&'a Ref<Namespace>> {
        let own = self.connects()?.namespace.as_ref();
        own.or_else(|| Some(&checks.get(&self.cluster)?.service_connect_defaults.as_ref()?.namespace))
    }
}

/// The references of a service to namespaces.
pub(super) fn refs(service: &Service) -> impl Iterator<Item = SpecRef> {
    let own = service.service_connect_configuration.iter().filter_map(|connect| connect.namespace.as_ref());
    own.map(|namespace| namespace.at(format!("{FIELD}.namespace")))
}

/// Puts into `want` what a call takes, if the section is given: the namespace's ARN.
pub(super) fn complete(service: &Service, others: &Others, want: &mut Value) {
    let Some(connect) = &service.service_connect_configuration else { return };
    if let Some(namespace) = &connect.namespace {
        want["namespace"] = others.live(namespace).map(|live| live.arn.clone()).shown().into();
    }
    if connect.enabled && connect.services.is_none() {
        // Names that have left the file go.
        want["services"] = json!([]);
    }
}

/// Says what is wanted of a live service as that has it: a namespace by its name; and nothing where the file has nothing
/// any more, because a namespace that has left it goes.
pub(super) fn keep(service: &Service, live: &ServiceLive, others: &Others, want: &mut Value) {
    let have = &live.document[FIELD];
    if !want.is_object() {
        return;
    }
    match &service.service_connect_configuration {
        Some(connect) => {
            let live = connect.namespace.as_ref().and_then(|namespace| others.live(namespace).now());
            if let Some(live) = live {
                named_as(live, &have["namespace"], &mut want[FIELD]["namespace"]);
            }
        }
        None => {
            let cluster = others.live(&service.cluster).now();
            let has_default = cluster.is_some_and(|cluster| !cluster.document["serviceConnectDefaults"].is_null());
            if have["enabled"] == true && !has_default {
                want[FIELD] = json!({ "enabled": false });
            }
        }
    }
}

/// The services that have to be there before the tasks of `service` start, which only asks others: a proxy knows the names
/// that there were when it started ("Service Connect concepts", Amazon ECS developer guide).
pub(super) fn follows(service: &Service, checks: &Checks<'_>) -> Vec<Address> {
    let has_none =
        |one: &Service| one.connects().is_none_or(|connect| connect.services.iter().flatten().next().is_none());
    let Some(namespace) = service.connect_namespace(checks).filter(|_| has_none(service)) else { return Vec::new() };
    let all = checks.all::<Service>().filter(|(_, other)| !has_none(other));
    let asked =
        all.filter(|(_, other)| other.connect_namespace(checks).is_some_and(|other| other.name == namespace.name));
    asked.map(|(address, _)| address.clone()).collect()
}

/// Returns what is wrong with the service's part in Service Connect.
pub(super) fn problems(service: &Service, definition: Option<&TaskDefinition>, checks: &Checks<'_>) -> Vec<Problem> {
    let Some(connect) = service.connects() else { return Vec::new() };
    let mut problems = Vec::new();
    let namespace = service.connect_namespace(checks);
    if namespace.is_none() && checks.get(&service.cluster).is_some() {
        let name = &service.cluster.name;
        let problem = Problem::at(FIELD, format!("it names no namespace, and neither does cluster.{name}"));
        problems.push(problem.hint("write `namespace:` with a name below `namespaces`"));
    }
    for (index, one) in connect.services.iter().flatten().enumerate() {
        let path = format!("{FIELD}.services[{index}]");
        if let Some(definition) = definition {
            let mappings = definition.container_definitions.iter().flat_map(|one| one.port_mappings.iter().flatten());
            let names: Vec<&str> = mappings.filter_map(|mapping| mapping.name.as_deref()).collect();
            if !names.contains(&one.port_name.as_str()) {
                let problem = Problem::at(
                    format!("{path}.portName"),
                    format!("the task definition has no port `{}`", one.port_name),
                );
                problems.push(match names.is_empty() {
                    true => problem.hint(format!("write `name: {}` in one of its `portMappings`", one.port_name)),
                    false => problem.hint(format!("it has {}", names.join(", "))),
                });
            }
        }
        let is_same = |other: &Service| {
            let has = other
                .connects()
                .is_some_and(|other| other.services.iter().flatten().any(|other| other.name() == one.name()));
            let namespaces = other.connect_namespace(checks).zip(namespace);
            has && !std::ptr::eq(other, service) && namespaces.is_some_and(|(other, own)| other.name == own.name)
        };
        if let Some((address, _)) = checks.all::<Service>().find(|(_, other)| is_same(other)) {
            let message = format!("{address} has the name `{}` in the same namespace", one.name());
            problems.push(Problem::at(path, message).hint("give one of them another `discoveryName`"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::resource::AnySpec;
    use crate::resources::Cluster;

    fn service(connect: &Value) -> Service {
        serde_json::from_value(json!({"cluster": "main", "taskDefinition": "web", FIELD: connect})).unwrap()
    }

    fn checked(connect: &Value, more: Option<Service>) -> Vec<String> {
        let port = json!({"containerPort": 80, "name": "http"});
        let definition = json!({"containerDefinitions": [{"name": "web", "image": "web:1", "portMappings": [port]}]});
        let definition: TaskDefinition = serde_json::from_value(definition).unwrap();
        let cluster: Cluster = serde_json::from_value(json!({})).unwrap();
        let own = Arc::new(service(connect));
        let mut specs: BTreeMap<Address, AnySpec> = BTreeMap::new();
        specs.insert(Address::new("cluster", "main"), Arc::new(cluster));
        specs.insert(Address::new("service", "web"), own.clone());
        if let Some(more) = more {
            specs.insert(Address::new("service", "other"), Arc::new(more));
        }
        let found = problems(&own, Some(&definition), &Checks::new(&specs));
        found.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_name_is_of_a_port_and_of_one_service() {
        let with = |port: &str| json!({"enabled": true, "namespace": "main", "services": [{"portName": port}]});
        assert_eq!(checked(&with("http"), None), Vec::<String>::new());
        assert_eq!(checked(&with("https"), None), ["serviceConnectConfiguration.services[0].portName"]);
        assert_eq!(checked(&json!({"enabled": true}), None), ["serviceConnectConfiguration"]);
        assert_eq!(checked(&json!({"enabled": false}), None), Vec::<String>::new());
        let other =
            json!({"enabled": true, "namespace": "main", "services": [{"portName": "x", "discoveryName": "http"}]});
        assert_eq!(checked(&with("http"), Some(service(&other))), ["serviceConnectConfiguration.services[0]"]);
        let elsewhere = json!({"enabled": true, "namespace": "next", "services": [{"portName": "http"}]});
        assert_eq!(checked(&with("http"), Some(service(&elsewhere))), Vec::<String>::new());
    }

    #[test]
    fn who_asks_follows_who_answers() {
        let mut specs: BTreeMap<Address, AnySpec> = BTreeMap::new();
        let api = json!({"enabled": true, "namespace": "main", "services": [{"portName": "http"}]});
        specs.insert(Address::new("service", "api"), Arc::new(service(&api)));
        let asks = service(&json!({"enabled": true, "namespace": "main"}));
        assert_eq!(follows(&asks, &Checks::new(&specs)), [Address::new("service", "api")]);
        assert!(follows(&service(&api), &Checks::new(&specs)).is_empty());
        assert!(follows(&service(&json!({"enabled": false})), &Checks::new(&specs)).is_empty());
    }
}

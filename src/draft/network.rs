//! What lies between the internet and the tasks.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::part::{Exposed, Part, Role, Way};
use super::section::{resource, section};

/// The port of a part that the internet reaches, if there is one.
pub(super) fn exposed(part: &Part) -> Option<&Exposed> {
    match &part.role {
        Role::Service { exposed, .. } => exposed.as_ref(),
        Role::Job { .. } => None,
    }
}

/// Writes what lies between the internet and the tasks.
pub(super) fn network(out: &mut String, parts: &[Part]) {
    let exposed: Vec<(&Part, &Exposed)> = parts.iter().filter_map(|part| Some((part, exposed(part)?))).collect();
    if exposed.is_empty() {
        let tasks = resource("tasks", json!({ "description": "Nothing comes in, everything goes out" }));
        return section(out, "securityGroups", "The network that the tasks have.", [tasks]);
    }
    let mut listeners: BTreeMap<u16, Vec<(&Part, String)>> = BTreeMap::new();
    for (part, exposed) in &exposed {
        let (port, path) = match &exposed.way {
            Way::Port(port) => (*port, String::new()),
            Way::Path(path) => (80, path.clone()),
        };
        listeners.entry(port).or_default().push((part, path));
    }
    let open = |port: &u16, from: (&str, Value)| json!({ "ipProtocol": "tcp", "fromPort": port, "toPort": port, from.0: from.1 });
    let from_all = listeners.keys().map(|port| open(port, ("ipRanges", json!([{ "cidrIp": "0.0.0.0/0" }]))));
    let mut ports: Vec<u16> = exposed.iter().map(|(_, exposed)| exposed.port).collect();
    ports.sort_unstable();
    ports.dedup();
    let from_alb = ports.iter().map(|port| open(port, ("userIdGroupPairs", json!([{ "groupId": "alb" }]))));
    let alb = json!({ "description": "From the internet to the load balancer", "ipPermissions": from_all.collect::<Vec<_>>() });
    let tasks =
        json!({ "description": "From the load balancer to the tasks", "ipPermissions": from_alb.collect::<Vec<_>>() });
    let words = "The internet talks to the load balancer, and only the load balancer talks to the tasks.";
    section(out, "securityGroups", words, [resource("alb", alb), resource("tasks", tasks)]);
    let groups = exposed.iter().map(|(part, exposed)| {
        let mut group = super::fields(json!({
            "protocol": "HTTP", "port": exposed.port, "targetType": "ip",
            "attributes": { "deregistration_delay.timeout_seconds": "10" },
        }));
        group.extend(exposed.health.clone());
        resource(&part.name, group.into())
    });
    let words = "Tasks get requests as long as the page at healthCheckPath answers 200.";
    section(out, "targetGroups", words, groups);
    let listeners: Map<String, Value> = listeners.into_iter().map(|(port, parts)| listener(port, &parts)).collect();
    let balancer = json!({ "securityGroups": ["alb"], "listeners": listeners });
    let words = "In every subnet of the default VPC. A load balancer costs money as long as it is there, used or not.";
    section(out, "loadBalancers", words, [resource("web", balancer)]);
}

/// A listener with what it forwards: all to the part without a path, or to the first, and paths to the others.
fn listener(port: u16, parts: &[(&Part, String)]) -> (String, Value) {
    let forward = |part: &Part| json!([{ "type": "forward", "targetGroupArn": part.name }]);
    let first = parts.iter().position(|(_, path)| path.is_empty()).unwrap_or(0);
    let mut listener = json!({ "port": port, "protocol": "HTTP", "defaultActions": forward(parts[first].0) });
    let others =
        parts.iter().enumerate().filter(|(at, _)| *at != first).enumerate().map(|(number, (_, (part, path)))| {
            let path = if path.is_empty() { &part.name } else { path };
            let conditions = json!([{ "field": "path-pattern", "values": [format!("/{path}"), format!("/{path}/*")] }]);
            let rule = json!({ "priority": 10 * (number + 1), "conditions": conditions, "actions": forward(part) });
            (part.name.clone(), rule)
        });
    let rules: Map<String, Value> = others.collect();
    if !rules.is_empty() {
        listener["rules"] = rules.into();
    }
    (if port == 80 { "http".to_owned() } else { format!("port-{port}") }, listener)
}

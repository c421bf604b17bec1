//! Networks and ports.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{CONTAINER, GUIDE, REGISTER, containers, named, names, on_fargate};
use crate::rules::input::{at, each, is_given, items, number, text};
use crate::rules::{Found, Rule};

/// The page of port mappings.
const PORTS: &str = "PortMapping, Amazon ECS API";

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "Fargate needs a network interface for each task",
        REGISTER,
        &[r#"networkMode = "bridge""#, "networkMode = null"],
        |input, found| {
            let mode = mode(input);
            if on_fargate(input) && mode != "awsvpc" && !mode.contains("${") {
                found.here("networkMode").hint("write `networkMode: awsvpc`");
            }
        },
    )
    .words("Fargate only supports network mode \u{2018}awsvpc\u{2019}."),
    Rule::new(
        "containers are linked in the network mode bridge only",
        CONTAINER,
        &[r#"containerDefinitions[0].links = ["init"]"#],
        |input, found| {
            if mode(input) != "bridge" {
                given(input, "links", "Links are not supported when networkMode=awsvpc.", found);
            }
        },
    ),
    Rule::new(
        "a link names another container of the task",
        CONTAINER,
        &[r#"requiresCompatibilities = null && networkMode = null && containerDefinitions[0].links =
              ["db:database"] @ containerDefinitions[0].links[0]"#],
        |input, found| {
            for (path, link) in each(input, "containerDefinitions[].links[]") {
                let name = text(link).and_then(|link| link.split(':').next());
                if let Some(name) = name.filter(|name| mode(input) == "bridge" && named(input, name).is_none()) {
                    found.at(path, format!("the task has no container `{name}`")).hint(names(input));
                }
            }
        },
    ),
    Rule::new(
        "a task with a network interface of its own has no host name, no DNS servers and no hosts of its containers' own",
        CONTAINER,
        &[
            r#"containerDefinitions[0].hostname = "web""#,
            r#"containerDefinitions[0].dnsServers = ["10.0.0.2"]"#,
            r#"containerDefinitions[0].dnsSearchDomains = ["example.com"]"#,
            r#"containerDefinitions[0].extraHosts = [{"hostname": "a", "ipAddress": "10.0.0.1"}]"#,
        ],
        |input, found| {
            for (field, words) in [
                ("hostname", "hostname is not supported on container when networkMode=awsvpc."),
                ("dnsServers", "DNS servers are not supported on container when networkMode=awsvpc."),
                ("dnsSearchDomains", "DNS search domains are not supported on container when networkMode=awsvpc."),
                ("extraHosts", "Extra hosts are not supported on container when networkMode=awsvpc."),
            ] {
                if mode(input) == "awsvpc" {
                    given(input, field, words, found);
                }
            }
        },
    ),
    Rule::new(
        "a port is a number from 1 to 65535, and each mapping gives the container's",
        PORTS,
        &[
            "containerDefinitions[0].portMappings[0].containerPort = 0",
            "containerDefinitions[0].portMappings[0].containerPort = 65536",
            r#"containerDefinitions[0].portMappings = [{"protocol": "tcp"}] @
              containerDefinitions[0].portMappings[0].containerPort"#,
        ],
        |input, found| {
            for (path, mapping) in each(input, "containerDefinitions[].portMappings[]") {
                let path = format!("{path}.containerPort");
                match number(&mapping["containerPort"]) {
                    Some(port) if !(1..=65535).contains(&port) => {
                        found.at(path, format!("{port} is not a port: 1 to 65535 are"));
                    }
                    None if !is_given(&mapping["containerPort"]) && !is_given(&mapping["containerPortRange"]) => {
                        found.at(path, "a port mapping needs a container port");
                    }
                    _ => {}
                }
            }
        },
    ),
    Rule::new(
        "a task that has its host's network, or its own, can't map a port to another one",
        PORTS,
        &[
            "containerDefinitions[0].portMappings[0].hostPort = 8080",
            r#"requiresCompatibilities = null && networkMode = "host" &&
              containerDefinitions[0].portMappings[0].hostPort = 8080"#,
        ],
        |input, found| {
            let mode = mode(input);
            for (path, mapping) in each(input, "containerDefinitions[].portMappings[]") {
                let (host, own) = (number(&mapping["hostPort"]).unwrap_or(0), number(&mapping["containerPort"]));
                if let Some(own) = own.filter(|own| ["awsvpc", "host"].contains(&mode) && host != 0 && host != *own) {
                    let message =
                        format!("in the network mode {mode} the port {own} is reached as {own}, not as {host}");
                    found.at(format!("{path}.hostPort"), message).hint("leave out `hostPort`").said(format!(
                        "When networkMode={mode}, the host ports and container ports in port mappings must match."
                    ));
                }
            }
        },
    ),
    Rule::new(
        "a task without a network maps no ports",
        REGISTER,
        &[r#"requiresCompatibilities = null && networkMode = "none" @ containerDefinitions[0].portMappings"#],
        |input, found| {
            if mode(input) == "none" {
                given(input, "portMappings", "Port mappings are not supported when networkMode=none.", found);
            }
        },
    ),
    Rule::new(
        "a range of ports goes from a lower to a higher one, and takes the place of a single port",
        PORTS,
        &[
            r#"containerDefinitions[0].portMappings[0] = {"containerPortRange": "9000-8000"} @
              containerDefinitions[0].portMappings[0].containerPortRange"#,
            r#"containerDefinitions[0].portMappings[0] = {"containerPortRange": "8000"} @
              containerDefinitions[0].portMappings[0].containerPortRange"#,
            r#"containerDefinitions[0].portMappings[0].containerPortRange = "8000-9000""#,
        ],
        |input, found| {
            for (path, mapping) in each(input, "containerDefinitions[].portMappings[]") {
                let Some(range) = text(&mapping["containerPortRange"]) else { continue };
                let path = format!("{path}.containerPortRange");
                if is_given(&mapping["containerPort"]) || is_given(&mapping["hostPort"]) {
                    found
                        .at(path, "a mapping has a port or a range of ports, not both")
                        .said("cannot specify both single port and port range");
                } else if ends(range).is_none() {
                    found
                        .at(path, format!("`{range}` is not a range such as 8000-8010"))
                        .said("Invalid 'containerPortRange' setting");
                }
            }
        },
    ),
    Rule::new(
        "a port stands in one mapping of a container",
        PORTS,
        &[
            r#"containerDefinitions[0].portMappings[1] = {"containerPort": 80}"#,
            r#"containerDefinitions[0].portMappings[1] = {"containerPortRange": "70-90"}"#,
        ],
        |input, found| {
            for (path, container) in containers(input) {
                let mut seen: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
                for (path, mapping) in items(&format!("{path}.portMappings"), &container["portMappings"]) {
                    let single = number(&mapping["containerPort"]).map(|port| (port, port));
                    let Some((from, to)) = single.or_else(|| ends(text(&mapping["containerPortRange"])?)) else {
                        continue;
                    };
                    // On a container instance a port can be reached by several ports of the host.
                    if mode(input) == "bridge" && is_given(&mapping["hostPort"]) && mapping["hostPort"] != 0 {
                        continue;
                    }
                    let protocol = mapping["protocol"].as_str().unwrap_or("tcp");
                    let taken = seen.entry(protocol).or_default();
                    if taken.iter().any(|(first, last)| from <= *last && *first <= to) {
                        found
                            .at(path, format!("another mapping has the port {from} already"))
                            .said("container port is used multiple times in task");
                    }
                    taken.push((from, to));
                }
            }
        },
    ),
    Rule::new(
        "a port's name is up to 64 small letters, digits, _ and -, and none has it twice in a task",
        PORTS,
        &[
            r#"containerDefinitions[0].portMappings[0].name = "HTTP""#,
            r#"containerDefinitions[0].portMappings[0].name = "-http""#,
            r#"containerDefinitions[1].portMappings = [{"containerPort": 81, "name": "http"}] @
              containerDefinitions[1].portMappings[0].name"#,
        ],
        |input, found| {
            let mut seen = BTreeSet::new();
            for (path, name) in each(input, "containerDefinitions[].portMappings[].name") {
                let Some(name) = text(name) else { continue };
                let is_of = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
                if name.len() > 64 || name.starts_with('-') || !name.chars().all(is_of) {
                    found.at(
                        path,
                        format!("`{name}` is no name of a port: AWS takes up to 64 small letters, digits, _ and -"),
                    );
                } else if !seen.insert(name) {
                    found
                        .at(path, format!("another port is called `{name}`"))
                        .said("port mapping name is already used");
                }
            }
        },
    ),
    Rule::new(
        "an App Mesh proxy is a container of a task with a network interface of its own",
        GUIDE,
        &[
            r#"proxyConfiguration = {"containerName": "envoy", "properties": [{"name": "IgnoredUID", "value":
              "1337"}, {"name": "AppPorts", "value": "80"}, {"name": "ProxyIngressPort", "value": "15000"}, {"name":
              "ProxyEgressPort", "value": "15001"}]} @ proxyConfiguration.containerName"#,
            r#"requiresCompatibilities = null && networkMode = null && proxyConfiguration = {"containerName": "web",
              "properties": [{"name": "IgnoredUID", "value": "1337"}, {"name": "AppPorts", "value": "80"}, {"name":
              "ProxyIngressPort", "value": "15000"}, {"name": "ProxyEgressPort", "value": "15001"}]}"#,
        ],
        |input, found| {
            let Some(name) = text(at(input, "proxyConfiguration.containerName")) else { return };
            if named(input, name).is_none() {
                found
                    .at("proxyConfiguration.containerName", format!("the task has no container `{name}`"))
                    .hint(names(input))
                    .said(format!("Proxy container [{name}] does not exist"));
            }
            if mode(input) != "awsvpc" {
                found
                    .here("proxyConfiguration")
                    .said("APPMESH proxy configuration is only supported in networkMode=awsvpc");
            }
        },
    ),
    Rule::new(
        "an App Mesh proxy is told whom it ignores, the application's ports, and its own",
        "ProxyConfiguration, Amazon ECS API",
        &[r#"proxyConfiguration = {"containerName": "web", "properties": [{"name": "IgnoredUID", "value": "1337"},
              {"name": "AppPorts", "value": "80"}, {"name": "ProxyIngressPort", "value": "15000"}]} @
              proxyConfiguration.properties"#],
        |input, found| {
            if !is_given(&input["proxyConfiguration"]) {
                return;
            }
            let given = each(input, "proxyConfiguration.properties[].name");
            let has = |name: &str| given.iter().any(|(_, value)| *value == name);
            let missing = ["AppPorts", "ProxyIngressPort", "ProxyEgressPort"].into_iter().find(|name| !has(name));
            let ignored = (!has("IgnoredUID") && !has("IgnoredGID")).then_some("IgnoredUID");
            if let Some(name) = missing.or(ignored) {
                found.at("proxyConfiguration.properties", format!("the proxy needs `{name}`"));
            }
        },
    ),
];

/// The network mode; a task that says nothing is bridged.
fn mode(input: &Value) -> &str {
    input["networkMode"].as_str().filter(|mode| !mode.is_empty()).unwrap_or("bridge")
}

/// Notes the containers that give a field which this network mode has no use for.
fn given(input: &Value, field: &str, words: &str, found: &mut Found) {
    for (path, _) in
        each(input, &format!("containerDefinitions[].{field}")).into_iter().filter(|(_, value)| is_given(value))
    {
        found.here(path).said(words);
    }
}

/// The first and the last port of a range.
fn ends(range: &str) -> Option<(i64, i64)> {
    let (from, to) = range.split_once('-')?;
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (1 <= from && from < to && to <= 65535).then_some((from, to))
}

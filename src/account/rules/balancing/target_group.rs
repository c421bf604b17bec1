//! Rules for CreateTargetGroup and ModifyTargetGroup.

use serde_json::Value;

use super::{HTTP, is_of_network};
use crate::rules::input::{at, between, is_given, number, one_of, text};
use crate::rules::{Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateTargetGroup, Elastic Load Balancing API";
/// The protocols between a load balancer and its targets.
const PROTOCOLS: [&str; 9] = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];

/// The rules for CreateTargetGroup, which hold of ModifyTargetGroup, too.
pub static TARGET_GROUP: Rules = Rules::new(
    "CreateTargetGroup",
    r#"{
        "name": "web", "protocol": "HTTP", "port": 80, "targetType": "ip", "protocolVersion": "HTTP1",
        "healthCheckProtocol": "HTTP", "healthCheckPort": "traffic-port", "healthCheckPath": "/health",
        "healthCheckIntervalSeconds": 10, "healthCheckTimeoutSeconds": 5, "healthyThresholdCount": 2,
        "unhealthyThresholdCount": 2, "matcher": {"httpCode": "200-299,301"}
    }"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "targets are of the type instance, ip, lambda or alb",
        CREATE,
        &[r#"targetType = "pod""#],
        |input, found| one_of(input, "targetType", &["instance", "ip", "lambda", "alb"], found),
    ),
    Rule::new(
        "targets have a protocol and a port, and functions of Lambda have neither",
        CREATE,
        &[
            "protocol = null",
            "port = null",
            r#"targetType = "lambda" && protocol = null && protocolVersion = null @ port"#,
        ],
        |input, found| {
            let target_type = text(&input["targetType"]).unwrap_or("instance");
            for field in ["protocol", "port"] {
                if target_type == "lambda" && is_given(&input[field]) {
                    found.at(field, format!("a function of Lambda has no {field}")).said(format!(
                        "{} cannot be specified for target groups with target type 'lambda'",
                        if field == "port" { "Port" } else { "Protocol" }
                    ));
                } else if target_type != "lambda" && !is_given(&input[field]) {
                    found
                        .at(field, format!("targets of type {target_type} need a {field}"))
                        .said(format!("A {field} must be specified"));
                }
            }
        },
    ),
    Rule::new("a target's port is a number from 1 to 65535", CREATE, &["port = 0", "port = 70000"], |input, found| {
        if let Some(port) = number(&input["port"]).filter(|port| !(1..=65535).contains(port)) {
            found.at("port", format!("{port} is not a port"));
        }
    })
    .words("Port must be between 1 and 65535"),
    Rule::new("a protocol is one that load balancers speak", CREATE, &[r#"protocol = "http""#], |input, found| {
        one_of(input, "protocol", &PROTOCOLS, found);
    }),
    Rule::new(
        "an application load balancer is reached over TCP",
        CREATE,
        &[r#"targetType = "alb" @ protocol"#],
        |input, found| {
            let protocol = text(&input["protocol"]).filter(|protocol| *protocol != "TCP");
            if protocol.is_some() && input["targetType"] == "alb" {
                found.here("protocol");
            }
        },
    ),
    Rule::new(
        "HTTP has the versions HTTP1, HTTP2 and GRPC, and no other protocol has one",
        CREATE,
        &[r#"protocolVersion = "HTTP3""#],
        |input, found| {
            one_of(input, "protocolVersion", &["HTTP1", "HTTP2", "GRPC"], found);
            if is_given(&input["protocolVersion"])
                && is_given(&input["protocol"])
                && !is_http(input, "protocol")
                && text(&input["protocol"]).is_some_and(|word| PROTOCOLS[2..].contains(&word))
            {
                found.here("protocolVersion");
            }
        },
    ),
    Rule::new(
        "targets that speak HTTP are checked over HTTP or HTTPS, others over TCP, too",
        CREATE,
        &[r#"healthCheckProtocol = "TCP""#, r#"healthCheckProtocol = "UDP""#],
        |input, found| {
            let words: &[&str] =
                if is_http(input, "protocol") { &["HTTP", "HTTPS"] } else { &["HTTP", "HTTPS", "TCP"] };
            one_of(input, "healthCheckProtocol", words, found);
        },
    ),
    Rule::new(
        "a check over TCP opens a connection, and asks for no path and no code",
        CREATE,
        &[
            r#"protocol = "TCP" && protocolVersion = null && healthCheckProtocol = "TCP" && matcher = null @
              healthCheckPath"#,
            r#"protocol = "UDP" && protocolVersion = null && healthCheckProtocol = null && healthCheckPath = null @
              matcher"#,
        ],
        |input, found| {
            let is_tcp = match text(&input["healthCheckProtocol"]) {
                Some(protocol) => protocol == "TCP" && !is_http(input, "protocol"),
                None => input["healthCheckProtocol"].is_null() && text(&input["protocol"]).is_some_and(is_of_network),
            };
            for field in ["healthCheckPath", "matcher"].into_iter().filter(|field| is_tcp && is_given(&input[*field])) {
                found
                    .at(field, "a check over TCP opens a connection, and asks nothing")
                    .hint("write `healthCheckProtocol: HTTP`");
            }
        },
    ),
    Rule::new(
        "a health check asks a port from 1 to 65535, or the traffic-port",
        CREATE,
        &[r#"healthCheckPort = "http""#, r#"healthCheckPort = "0""#],
        |input, found| {
            let is_port = |port: &str| port.parse().is_ok_and(|port: u32| (1..=65535).contains(&port));
            if let Some(port) = text(&input["healthCheckPort"]).filter(|port| *port != "traffic-port" && !is_port(port))
            {
                found.at("healthCheckPort", format!("`{port}` is not a port: AWS takes 1 to 65535, or traffic-port"));
            }
        },
    ),
    Rule::new(
        "a health check asks for a path of up to 1024 characters that begins with a slash",
        CREATE,
        &[r#"healthCheckPath = "health""#],
        |input, found| {
            if let Some(path) =
                text(&input["healthCheckPath"]).filter(|path| !path.starts_with('/') || path.len() > 1024)
            {
                found
                    .at("healthCheckPath", format!("`{path}` doesn't begin with a slash"))
                    .hint(format!("write `/{path}`"));
            }
        },
    )
    .words("Health check path must begin with a '/' character"),
    Rule::new(
        "a health check is made each 5 to 300 seconds, takes 2 to 120, and 2 to 10 of them decide",
        CREATE,
        &[
            "healthCheckTimeoutSeconds = 2 && healthCheckIntervalSeconds = 4",
            "healthCheckIntervalSeconds = 300 && healthCheckTimeoutSeconds = 121",
            "healthyThresholdCount = 1",
            "unhealthyThresholdCount = 11",
        ],
        |input, found| {
            between(input, "healthCheckIntervalSeconds", 5, 300, found);
            between(input, "healthCheckTimeoutSeconds", 2, 120, found);
            between(input, "healthyThresholdCount", 2, 10, found);
            between(input, "unhealthyThresholdCount", 2, 10, found);
        },
    ),
    Rule::new(
        "a health check ends before the next one begins",
        CREATE,
        &["healthCheckTimeoutSeconds = 10", "healthCheckTimeoutSeconds = null && healthCheckIntervalSeconds = 5"],
        |input, found| {
            let interval = number(&input["healthCheckIntervalSeconds"]);
            let timeout = number(&input["healthCheckTimeoutSeconds"]);
            let (usual_interval, usual_timeout) = match text(&input["targetType"]) {
                Some("lambda") => (35, 30),
                _ if is_http(input, "protocol") => (30, 5),
                _ if input["healthCheckProtocol"] == "HTTP" => (30, 6),
                _ => (30, 10),
            };
            if interval.is_none() && timeout.is_none() {
                return;
            }
            let (every, takes) = (interval.unwrap_or(usual_interval), timeout.unwrap_or(usual_timeout));
            // Network load balancers are often asked to check each 10 seconds for 10 (kubernetes-sigs'
            // aws-load-balancer-controller does so of its own).
            let is_network = text(&input["protocol"]).is_some_and(is_of_network);
            if takes > every || takes == every && !is_network {
                let place = if timeout.is_some() { "healthCheckTimeoutSeconds" } else { "healthCheckIntervalSeconds" };
                found.at(place, format!("{takes} s is not shorter than the interval of {every} s"));
            }
        },
    )
    .words("Health check interval must be greater than the timeout."),
    Rule::new(
        "healthy answers over HTTP are codes from 200 to 499, as in 200,202 or 200-299, over gRPC from 0 to 99",
        "Matcher, Elastic Load Balancing API",
        &[
            r#"matcher.httpCode = "200-600""#,
            r#"matcher.httpCode = "2xx""#,
            r#"protocolVersion = "GRPC" @ matcher.httpCode"#,
            r#"matcher = {"grpcCode": "0"} @ matcher.grpcCode"#,
            r#"protocolVersion = "GRPC" && matcher = {"grpcCode": "0-100"} @ matcher.grpcCode"#,
        ],
        |input, found| {
            let is_grpc = input["protocolVersion"] == "GRPC";
            let path = "matcher.grpcCode";
            if let Some(codes) = text(at(input, path)).filter(|codes| !codes.is_empty()) {
                if !is_grpc && !input["protocolVersion"].as_str().is_some_and(|version| version.contains("${")) {
                    found.at(path, "only targets of `protocolVersion: GRPC` answer with codes of gRPC");
                } else if !codes.split(',').all(|part| is_range(part.trim(), 0, 99)) {
                    found.at(path, format!("`{codes}` are no codes from 0 to 99, as in 0,12 or 0-99"));
                }
            }
            let path = "matcher.httpCode";
            let Some(codes) = text(at(input, path)).filter(|codes| !codes.is_empty()) else { return };
            // A network load balancer takes codes of failures, too.
            let most = if is_http(input, "protocol") { 499 } else { 599 };
            if is_grpc {
                found
                    .at(path, "gRPC answers with codes of its own, from 0 to 99")
                    .hint("write `grpcCode`, or leave out `matcher`: 12 is healthy then");
            } else if !codes.split(',').all(|part| is_range(part.trim(), 200, most)) {
                found.at(path, format!("`{codes}` are no codes from 200 to {most}, as in 200,202 or 200-299"));
            }
        },
    ),
];

/// Returns whether a protocol is HTTP or HTTPS.
fn is_http(input: &Value, field: &str) -> bool {
    input[field].as_str().is_some_and(|protocol| HTTP.contains(&protocol))
}

/// Returns whether `200` or `200-299` lies between two codes.
fn is_range(part: &str, from: u32, to: u32) -> bool {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let code = |text: &str| text.parse::<u32>().ok().filter(|code| (from..=to).contains(code));
    code(first).zip(code(last)).is_some_and(|(first, last)| first <= last)
}

//! Rules for ModifyTargetGroupAttributes: `protocol` is that of the target group, which no call says.

use serde_json::Value;

use super::attributes::{self, Of, of};
use super::{HTTP, is_of_network};
use crate::rules::input::{is_given, text};
use crate::rules::{Rule, Rules};

/// The page of the attributes.
const ATTRIBUTES: &str = "TargetGroupAttribute, Elastic Load Balancing API";
/// The rules for the attributes of a target group.
pub static TARGET_GROUP_ATTRIBUTES: Rules = Rules::new(
    "ModifyTargetGroupAttributes",
    r#"{"attributes": {"deregistration_delay.timeout_seconds": "30", "stickiness.enabled": "false"}}"#,
    &[ATTRIBUTE_RULES],
);

const ATTRIBUTE_RULES: &[Rule] = &[
    Rule::new(
        "a target group has an attribute that AWS knows",
        ATTRIBUTES,
        &[
            r#"attributes.'deregistration_delay.seconds' = "30""#,
            r#"protocol = "HTTP" && attributes.'preserve_client_ip.enabled' = "true""#,
            r#"protocol = "TCP" && attributes.'slow_start.duration_seconds' = "30""#,
        ],
        |input, found| attributes::keys(input, attributes::TARGET_GROUP, kind(input), "Target group", found),
    ),
    Rule::new(
        "an attribute of a target group has a value that AWS takes",
        ATTRIBUTES,
        &[
            r#"attributes.'slow_start.duration_seconds' = "10""#,
            r#"attributes.'stickiness.enabled' = "yes""#,
            r#"attributes.'deregistration_delay.timeout_seconds' = "4000""#,
            r#"attributes.'load_balancing.algorithm.type' = "random""#,
            r#"protocol = "TCP" && attributes.'stickiness.type' = "lb_cookie""#,
        ],
        |input, found| attributes::values(input, attributes::TARGET_GROUP, kind(input), "Target group", found),
    ),
    Rule::new(
        "targets of UDP see the addresses of clients, and targets of TLS have no stickiness",
        "Edit target group attributes for your Network Load Balancer, user guide",
        &[
            r#"protocol = "UDP" && attributes.'preserve_client_ip.enabled' = "false""#,
            r#"protocol = "TLS" && attributes.'stickiness.enabled' = "true""#,
        ],
        |input, found| {
            let of_protocol = |words: &[&str]| text(&input["protocol"]).is_some_and(|word| words.contains(&word));
            let (preserve, sticky) = ("preserve_client_ip.enabled", "stickiness.enabled");
            if of_protocol(&["UDP", "TCP_UDP"]) && of(input, preserve) == Some("false") {
                found.at(format!("attributes.{preserve}"), "targets of UDP always see the addresses of clients");
            }
            if of_protocol(&["TLS"]) && of(input, sticky) == Some("true") {
                found.at(format!("attributes.{sticky}"), "targets of TLS have no stickiness");
            }
        },
    ),
    Rule::new(
        "targets begin slowly only if requests go round, and odd ones are avoided only at random",
        "Edit target group attributes, Application Load Balancers user guide",
        &[
            r#"attributes.'slow_start.duration_seconds' = "30" && attributes.'load_balancing.algorithm.type' =
              "weighted_random" @ attributes.slow_start.duration_seconds"#,
            r#"attributes.'load_balancing.algorithm.anomaly_mitigation' = "on""#,
        ],
        |input, found| {
            let algorithm = of(input, "load_balancing.algorithm.type").unwrap_or("round_robin");
            let slow = of(input, "slow_start.duration_seconds").is_some_and(|seconds| seconds != "0");
            if slow && algorithm != "round_robin" {
                found.at("attributes.slow_start.duration_seconds", format!("{algorithm} doesn't begin slowly"));
            }
            if of(input, "load_balancing.algorithm.anomaly_mitigation") == Some("on") && algorithm != "weighted_random"
            {
                found
                    .at(
                        "attributes.load_balancing.algorithm.anomaly_mitigation",
                        "only weighted_random avoids odd targets",
                    )
                    .hint("write `load_balancing.algorithm.type: weighted_random`");
            }
        },
    ),
    Rule::new(
        "stickiness by the application's cookie names it, and not as the load balancer's own",
        "Edit target group attributes, Application Load Balancers user guide",
        &[
            r#"attributes.'stickiness.enabled' = "true" && attributes.'stickiness.type' = "app_cookie""#,
            r#"attributes.'stickiness.app_cookie.cookie_name' = "AWSALB""#,
        ],
        |input, found| {
            let name = of(input, "stickiness.app_cookie.cookie_name");
            let is_by_cookie =
                of(input, "stickiness.type") == Some("app_cookie") && of(input, "stickiness.enabled") == Some("true");
            if is_by_cookie && !is_given(&input["attributes"]["stickiness.app_cookie.cookie_name"]) {
                found.at("attributes.stickiness.type", "`stickiness.app_cookie.cookie_name` says which cookie");
            }
            if let Some(name) = name.filter(|name| name.starts_with("AWSALB")) {
                found
                    .at("attributes.stickiness.app_cookie.cookie_name", format!("`{name}` is the load balancer's own"));
            }
        },
    ),
];

/// The kind of the load balancers that send to targets of the protocol, if it is known.
fn kind(input: &Value) -> Option<Of> {
    let protocol = text(&input["protocol"])?;
    let is_http = HTTP.contains(&protocol).then_some(Of::Application);
    is_http.or_else(|| is_of_network(protocol).then_some(Of::Network))
}

//! Rules for CreateRule and ModifyRule. The rules for actions are those of a listener: `listener` holds the fields of the
//! rule's, which no call says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::{Value, json};

use super::action::ACTIONS;
use super::is_of_network;
use crate::rules::input::{each, is_given, number, text};
use crate::rules::{Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateRule, Elastic Load Balancing API";
/// The page of conditions.
const CONDITION: &str = "RuleCondition, Elastic Load Balancing API";
/// The fields of requests, each with the member that tells of it.
pub(crate) const CONDITIONS: [(&str, &str); 6] = [
    ("path-pattern", "pathPatternConfig"),
    ("host-header", "hostHeaderConfig"),
    ("http-request-method", "httpRequestMethodConfig"),
    ("source-ip", "sourceIpConfig"),
    ("http-header", "httpHeaderConfig"),
    ("query-string", "queryStringConfig"),
];

/// The rules for CreateRule.
pub static LISTENER_RULE: Rules = Rules::new(
    "CreateRule",
    r#"{
        "listenerArn": "web", "priority": 10, "conditions": [{"field": "path-pattern", "values": ["/api/*"]}],
        "actions": [{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200"}}],
        "listener": {"protocol": "HTTP", "port": 80}
    }"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "only a listener of an application load balancer has rules",
        CREATE,
        &[r#"listener = {"protocol": "TCP", "port": 80}"#],
        |input, found| {
            if text(&input["listener"]["protocol"]).is_some_and(is_of_network) {
                found.here("listener");
            }
        },
    ),
    Rule::new(
        "a rule has a priority from 1 to 50000",
        CREATE,
        &["priority = 0", "priority = 50001"],
        |input, found| {
            if let Some(priority) = number(&input["priority"]).filter(|priority| !(1..=50000).contains(priority)) {
                found.at("priority", format!("{priority} is not a priority: AWS takes 1 to 50000"));
            }
        },
    ),
    Rule::new("a rule has a condition", CREATE, &["conditions = []"], |input, found| {
        if !is_given(&input["conditions"]) {
            found
                .at("conditions", "a rule needs a condition")
                .hint("what no rule takes, the listener's default actions do");
        }
    })
    .words("A condition must be specified"),
    Rule::new(
        "a condition looks at a field that AWS knows, and tells of it in one of AWS's two forms",
        CONDITION,
        &[
            r#"conditions[0].field = "path""#,
            r#"conditions[0].values = []"#,
            r#"conditions[0] = {"field": "source-ip", "values": ["10.0.0.0/8"]} @ conditions[0].values"#,
            r#"conditions[0] = {"field": "path-pattern", "hostHeaderConfig": {"values": ["a"]}} @
              conditions[0].hostHeaderConfig"#,
            r#"conditions[0] = {"field": "http-header", "httpHeaderConfig": {"values": ["a"]}} @
              conditions[0].httpHeaderConfig"#,
        ],
        |input, found| {
            for (path, condition) in each(input, "conditions[]") {
                let Some(field) = text(&condition["field"]) else { continue };
                let Some((_, config)) = CONDITIONS.iter().find(|(known, _)| *known == field) else {
                    let known: Vec<&str> = CONDITIONS.iter().map(|(known, _)| *known).collect();
                    found
                        .at(format!("{path}.field"), format!("there is no field `{field}`"))
                        .hint(format!("AWS takes {}", known.join(", ")));
                    continue;
                };
                for (_, other) in CONDITIONS.iter().filter(|(known, _)| *known != field) {
                    if is_given(&condition[*other]) {
                        found.at(format!("{path}.{other}"), format!("`{config}` tells of {field}"));
                    }
                }
                let is_plain = ["path-pattern", "host-header"].contains(&field);
                let has_others = CONDITIONS.iter().any(|(_, other)| other != config && is_given(&condition[*other]));
                if !is_plain && is_given(&condition["values"]) {
                    found.at(format!("{path}.values"), format!("`{config}` tells of {field}"));
                } else if !has_others && condition[*config].is_null() && !is_given(&condition["values"]) {
                    found.at(format!("{path}.values"), format!("{field} needs a value"));
                }
                if field == "http-header" && condition[*config].is_object() {
                    let name = &condition[*config]["httpHeaderName"];
                    if !is_given(name) {
                        found.at(format!("{path}.{config}"), "`httpHeaderName` says which header");
                    }
                }
            }
        },
    ),
    Rule::new(
        "a rule has one condition on a path, a host, a method and an address each",
        CONDITION,
        &[r#"conditions[1] = {"field": "path-pattern", "values": ["/b"]} @ conditions[1].field"#],
        |input, found| {
            let mut seen = BTreeSet::new();
            let many = ["http-header", "query-string"];
            for (path, field) in each(input, "conditions[].field") {
                if let Some(field) = text(field).filter(|field| !many.contains(field) && !seen.insert(*field)) {
                    found
                        .at(path, format!("another condition of the rule is on {field}"))
                        .hint("several values of one condition mean any of them")
                        .said(format!("A rule can only have one '{field}' condition"));
                }
            }
        },
    ),
    Rule::new(
        "the conditions of a rule have five values at most, of up to 128 characters, and no empty one",
        "Quotas for your Application Load Balancers, user guide",
        &[
            r#"conditions[0].values = ["/a", "/b", "/c", "/d", "/e", "/f"] @ conditions"#,
            r#"conditions[0].values[0] = """#,
        ],
        |input, found| {
            let mut count = 0;
            for (path, condition) in each(input, "conditions[]") {
                let values = values(condition);
                count += values.len();
                for (place, value) in values {
                    let length = text(value).map(|value| value.chars().count());
                    if length.is_some_and(|length| !(1..=128).contains(&length)) {
                        found.at(format!("{path}.{place}"), "a value has 1 to 128 characters");
                    }
                }
            }
            if count > 5 {
                found
                    .at(
                        "conditions",
                        format!("the conditions of a rule have five values at most, and these have {count}"),
                    )
                    .hint("make two rules of it")
                    .said("A rule can only have '5' condition values");
            }
        },
    ),
    Rule::new(
        "an address is a range in CIDR form",
        "SourceIpConditionConfig, Elastic Load Balancing API",
        &[r#"conditions[0] = {"field": "source-ip", "sourceIpConfig": {"values": ["10.0.0.1"]}} @
              conditions[0].sourceIpConfig.values[0]"#],
        |input, found| {
            let is_range = |range: &str| {
                range.split_once('/').is_some_and(|(address, bits)| {
                    let most = match address.parse::<IpAddr>() {
                        Ok(IpAddr::V4(_)) => 32,
                        Ok(IpAddr::V6(_)) => 128,
                        Err(_) => return false,
                    };
                    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
                })
            };
            for (path, range) in each(input, "conditions[].sourceIpConfig.values[]") {
                if let Some(range) = text(range).filter(|range| !is_range(range)) {
                    found.at(path, format!("`{range}` is no range of addresses")).hint("write it as in 203.0.113.0/24");
                }
            }
        },
    ),
    Rule::new("a rule has an action", CREATE, &["actions = []"], |input, found| {
        if !is_given(&input["actions"]) {
            found.at("actions", "a rule needs an action");
        }
    })
    .words("An action must be specified"),
    Rule::new(
        "a rule acts as its listener could by default",
        CREATE,
        &[
            r#"actions[0].type = "proxy""#,
            r#"actions[0].fixedResponseConfig.statusCode = "302""#,
            r#"actions[1] = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200"}} @ actions"#,
        ],
        |input, found| {
            let mut listener = input["listener"].clone();
            if !listener.is_object() {
                listener = json!({});
            }
            listener["defaultActions"] = input["actions"].clone();
            for mut breach in ACTIONS.iter().flat_map(|rule| rule.breaches(&listener)) {
                breach.path = breach.path.replacen("defaultActions", "actions", 1);
                found.breaches.push(breach);
            }
        },
    ),
];

/// The values of a condition, with their places in it.
fn values(condition: &Value) -> Vec<(String, &Value)> {
    let typed = CONDITIONS.iter().flat_map(|(_, config)| each(condition, &format!("{config}.values[]")));
    let typed: Vec<_> = typed.collect();
    // AWS answers both forms at once.
    let all = if typed.is_empty() { each(condition, "values[]") } else { typed };
    let by_place: BTreeMap<String, &Value> = all.into_iter().collect();
    by_place.into_iter().collect()
}

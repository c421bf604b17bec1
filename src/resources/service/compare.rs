//! What differs between the service that the spec asks for and the live one.
//!
//! Knows: which fields UpdateService changes, and what AWS fills in. Must not know: AWS clients.

use serde_json::{Map, Value};

use super::ServiceLive;
use crate::model::{Diff, Effect, Shape, canonical};

/// The fields that are compared, and what a change of each takes ("UpdateService", API reference).
pub(super) const FIELDS: [(&str, Effect); 18] = [
    ("taskDefinition", Effect::Update),
    ("desiredCount", Effect::Update),
    ("launchType", Effect::Replace),
    ("capacityProviderStrategy", Effect::Update),
    ("platformVersion", Effect::Update),
    ("networkConfiguration", Effect::Update),
    ("loadBalancers", Effect::Update),
    ("healthCheckGracePeriodSeconds", Effect::Update),
    ("deploymentConfiguration", Effect::Update),
    ("enableExecuteCommand", Effect::Update),
    ("enableECSManagedTags", Effect::Update),
    ("propagateTags", Effect::Update),
    ("schedulingStrategy", Effect::Replace),
    ("availabilityZoneRebalancing", Effect::Update),
    ("placementConstraints", Effect::Update),
    ("placementStrategy", Effect::Update),
    ("deploymentController", Effect::Replace),
    ("cluster", Effect::Replace),
];

/// What a field means that AWS leaves out of its answer (API reference, CreateService).
const DEFAULTS: [(&str, &str); 13] = [
    ("capacityProviderStrategy", "[]"),
    ("loadBalancers", "[]"),
    ("networkConfiguration.awsvpcConfiguration.assignPublicIp", r#""DISABLED""#),
    ("networkConfiguration.awsvpcConfiguration.securityGroups", "[]"),
    ("healthCheckGracePeriodSeconds", "0"),
    ("deploymentConfiguration.deploymentCircuitBreaker.enable", "false"),
    ("deploymentConfiguration.deploymentCircuitBreaker.rollback", "false"),
    ("enableExecuteCommand", "false"),
    ("enableECSManagedTags", "false"),
    ("propagateTags", r#""NONE""#),
    ("placementConstraints", "[]"),
    ("placementStrategy", "[]"),
    ("deploymentController.type", r#""ECS""#),
];

/// What differs, field by field. What `want` leaves out isn't compared.
pub(super) fn diff(live: &ServiceLive, want: &Map<String, Value>) -> Diff {
    let mut diff = Diff::default();
    for (field, effect) in FIELDS {
        let Some(want) = want.get(field) else {
            continue;
        };
        let cluster = live.cluster_arn.as_str().into();
        let have = match field {
            "cluster" => &cluster,
            _ => &live.document[field],
        };
        compare(&mut diff, field, effect, have, want);
    }
    diff
}

fn compare(diff: &mut Diff, path: &str, effect: Effect, have: &Value, want: &Value) {
    if let Value::Object(fields) = want {
        for (field, want) in fields {
            compare(diff, &format!("{path}.{field}"), effect, &have[field], want);
        }
        return;
    }
    let have = match have {
        Value::Null => default(path),
        have => narrowed(have, want),
    };
    if comparable(path, &have) != comparable(path, want) {
        diff.push(path, have, want.clone(), effect, Shape::Value);
    }
}

fn default(path: &str) -> Value {
    let default = DEFAULTS.iter().find(|(known, _)| *known == path);
    default.map_or(Value::Null, |(_, text)| serde_json::from_str(text).expect("the table holds JSON"))
}

/// The items of the list `have` without the fields that no item of `want` gives.
fn narrowed(have: &Value, want: &Value) -> Value {
    let (Value::Array(have), Value::Array(want)) = (have, want) else {
        return have.clone();
    };
    let is_given = |field: &str| want.iter().any(|item| item.get(field).is_some());
    have.iter()
        .map(|item| match item {
            Value::Object(fields) if !want.is_empty() => fields
                .iter()
                .filter(|(field, _)| is_given(field))
                .map(|(field, value)| (field.clone(), value.clone()))
                .collect(),
            item => item.clone(),
        })
        .collect()
}

/// `value` so that two that mean the same are equal. The order of a list means nothing but in the placement strategy,
/// whose fields AWS writes in its own way (`cpu` as `CPU`, `host` as `instanceId`).
fn comparable(path: &str, value: &Value) -> String {
    match value {
        Value::Array(_) if path == "placementStrategy" => {
            canonical(value).to_lowercase().replace(r#""host""#, r#""instanceid""#)
        }
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(canonical).collect();
            items.sort();
            items.join(",")
        }
        value => canonical(value),
    }
}

/// The fields of UpdateService that close `diff`. A field goes whole, because AWS takes a part that is left out for one
/// that is to be reset; the parts that the spec leaves out go as they are.
pub(super) fn changes(diff: &Diff, live: &ServiceLive, want: &Map<String, Value>) -> Map<String, Value> {
    let touched = FIELDS.iter().map(|(field, _)| *field).filter(|field| diff.touches(field));
    touched
        .filter_map(|field| {
            let want = want.get(field)?.clone();
            Some((field.to_owned(), overlaid(&live.document[field], want)))
        })
        .collect()
}

fn overlaid(have: &Value, want: Value) -> Value {
    match (have, want) {
        (Value::Object(have), Value::Object(want)) => {
            let mut whole = have.clone();
            for (field, want) in want {
                let part = have.get(&field).cloned().unwrap_or_default();
                whole.insert(field, overlaid(&part, want));
            }
            Value::Object(whole)
        }
        (_, want) => want,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live() -> ServiceLive {
        ServiceLive::new(&json!({
            "serviceArn": "arn:service", "clusterArn": "arn:cluster", "taskDefinition": "arn:web:2", "desiredCount": 2,
            "launchType": "FARGATE", "platformVersion": "LATEST", "schedulingStrategy": "REPLICA",
            "loadBalancers": [{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 3000, "extra": {}}],
            "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}},
            "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING"},
            "placementStrategy": [{"type": "spread", "field": "instanceId"}, {"type": "binpack", "field": "CPU"}],
        }))
    }

    fn wanted(want: &Value) -> Map<String, Value> {
        want.as_object().unwrap().clone()
    }

    #[test]
    fn what_aws_fills_in_or_shuffles_is_no_difference() {
        let same = json!({
            "cluster": "arn:cluster", "taskDefinition": "arn:web:2", "desiredCount": 2, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-b"]}},
            "loadBalancers": [{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 3000}],
            "deploymentConfiguration": {
                "maximumPercent": 200, "deploymentCircuitBreaker": {"enable": false, "rollback": false}},
            "healthCheckGracePeriodSeconds": 0, "enableExecuteCommand": false, "enableECSManagedTags": false,
            "propagateTags": "NONE", "deploymentController": {"type": "ECS"}, "placementConstraints": [],
            "capacityProviderStrategy": [],
            "placementStrategy": [{"type": "spread", "field": "host"}, {"type": "binpack", "field": "cpu"}],
        });
        assert_eq!(diff(&live(), &wanted(&same)), Diff::default());
        assert_eq!(diff(&live(), &Map::new()), Diff::default());
    }

    #[test]
    fn each_changed_field_is_a_difference() {
        let network = |configuration: Value| json!({"awsvpcConfiguration": configuration});
        for (field, want, path, replaces) in [
            ("taskDefinition", json!("(known after apply)"), "taskDefinition", false),
            ("desiredCount", json!(3), "desiredCount", false),
            ("launchType", json!("EC2"), "launchType", true),
            ("cluster", json!("arn:other"), "cluster", true),
            ("schedulingStrategy", json!("DAEMON"), "schedulingStrategy", true),
            ("deploymentController", json!({"type": "EXTERNAL"}), "deploymentController.type", true),
            ("loadBalancers", json!([]), "loadBalancers", false),
            (
                "loadBalancers",
                json!([{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 80}]),
                "loadBalancers",
                false,
            ),
            (
                "networkConfiguration",
                network(json!({"subnets": ["subnet-a"]})),
                "networkConfiguration.awsvpcConfiguration.subnets",
                false,
            ),
            (
                "networkConfiguration",
                network(json!({"assignPublicIp": "DISABLED"})),
                "networkConfiguration.awsvpcConfiguration.assignPublicIp",
                false,
            ),
            (
                "deploymentConfiguration",
                json!({"deploymentCircuitBreaker": {"enable": true}}),
                "deploymentConfiguration.deploymentCircuitBreaker.enable",
                false,
            ),
            ("propagateTags", json!("SERVICE"), "propagateTags", false),
            (
                "placementStrategy",
                json!([{"type": "binpack", "field": "cpu"}, {"type": "spread", "field": "host"}]),
                "placementStrategy",
                false,
            ),
        ] {
            let diff = diff(&live(), &wanted(&json!({field: want})));
            let paths: Vec<&str> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!((paths, diff.replaces()), (vec![path], replaces), "{field}");
        }
    }

    #[test]
    fn an_update_holds_whole_fields_and_only_those_that_differ() {
        let want = wanted(&json!({
            "desiredCount": 2, "propagateTags": "SERVICE",
            "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "DISABLED"}},
        }));
        let changes = changes(&diff(&live(), &want), &live(), &want);
        assert_eq!(
            Value::Object(changes),
            json!({"propagateTags": "SERVICE", "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}}})
        );
    }

    #[test]
    fn the_defaults_are_of_fields_that_are_compared() {
        for (path, _) in DEFAULTS {
            let field = path.split('.').next().unwrap();
            assert!(FIELDS.iter().any(|(known, _)| *known == field), "{path}");
            assert_ne!(default(path), Value::Null);
        }
    }
}

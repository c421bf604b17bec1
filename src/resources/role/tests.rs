use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::resources::test_others;

fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]})
}

fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn spec(change: &Value) -> Role {
    let mut value = json!({"assumeRolePolicyDocument": trust()});
    value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    serde_json::from_value(value).unwrap()
}

fn live() -> Live {
    let inline = json!([{"policyName": "ByHand", "policyDocument": null},
        {"policyName": "Metrics", "policyDocument": allow("cloudwatch:PutMetricData")}]);
    serde_json::from_value(
        json!({"name": "task", "arn": "arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/task",
        "document": {"description": null, "maxSessionDuration": 3600, "assumeRolePolicyDocument": trust(),
        "managedPolicyArns": ["arn:aws:iam::aws:policy/A"], "policies": inline}}),
    )
    .unwrap()
}

#[test]
fn only_what_the_spec_gives_is_compared() {
    let metrics = |action: &str| json!({"policyName": "Metrics", "policyDocument": allow(action)});
    let by_hand = json!({"policyName": "ByHand", "policyDocument": allow("s3:GetObject")});
    let cases = [
        (json!({}), vec![]),
        (json!({"description": ""}), vec![]),
        (json!({"description": "task", "maxSessionDuration": 7200}), vec!["description", "maxSessionDuration"]),
        (json!({"managedPolicyArns": ["arn:aws:iam::aws:policy/A"]}), vec![]),
        (json!({"managedPolicyArns": []}), vec!["managedPolicyArns"]),
        (json!({"policies": [metrics("CloudWatch:putmetricdata")]}), vec!["policies.ByHand"]),
        (json!({"policies": [metrics("cloudwatch:*"), by_hand]}), vec!["policies.Metrics", "policies.ByHand"]),
        (json!({"policies": []}), vec!["policies.ByHand", "policies.Metrics"]),
        (json!({"assumeRolePolicyDocument": allow("sts:AssumeRole")}), vec!["assumeRolePolicyDocument"]),
    ];
    for (change, paths) in cases {
        let diff = spec(&change).edit(&live(), &test_others(), &[]).diff;
        let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(found, paths, "{change}");
        assert!(!diff.replaces(), "{change}");
    }
}

#[test]
fn its_arn_is_known_before_it_is_there() {
    let arn = |live: Option<&Live>| {
        let outputs = Role::outputs(&test_others().place, "task", live).into_iter();
        outputs.filter(|output| output.name == "arn").find_map(|output| output.value)
    };
    assert_eq!(arn(None), Some(live().arn));
    let adopted = Live { arn: "arn:aws:iam::123456789012:role/task".to_owned(), ..live() };
    assert_eq!(arn(Some(&adopted)), Some(adopted.arn.clone()));
}

#[test]
fn mistakes_are_found_before_a_call() {
    let policy = |name: &str, document: Value| json!({"policyName": name, "policyDocument": document});
    let long = || allow(&format!("s3:{}", "x".repeat(6000)));
    let cases = [
        (json!({"managedPolicyArns": ["arn:aws:iam::aws:policy/A"], "policies": [policy("A", allow("s3:*"))]}), vec![]),
        (json!({"maxSessionDuration": 60}), vec!["maxSessionDuration"]),
        (json!({"assumeRolePolicyDocument": trust().to_string()}), vec![]),
        (json!({"assumeRolePolicyDocument": "7"}), vec!["assumeRolePolicyDocument"]),
        (json!({"managedPolicyArns": ["ReadOnlyAccess"]}), vec!["managedPolicyArns"]),
        (json!({"policies": [policy("A", allow("s3:*")), policy("A", allow("s3:*"))]}), vec!["policies[1].policyName"]),
        (json!({"description": "runs Müller's tasks"}), vec![]),
        (json!({"description": "tasks \u{2013} of the lab"}), vec!["description"]),
        (json!({"policies": [policy("A", long()), policy("B", allow("s3:*"))]}), vec![]),
        (json!({"policies": [policy("A", long()), policy("B", long())]}), vec!["policies"]),
        (json!({"policies": [policy("a b", json!([]))]}), vec!["policies[0].policyName", "policies[0].policyDocument"]),
    ];
    for (change, paths) in cases {
        let problems = spec(&change).check(&Checks::new(&BTreeMap::new()));
        let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(found, paths, "{change}");
    }
}

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::resources::test_others_with;

const TG: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/tg/1";

fn spec(value: Value) -> Listener {
    serde_json::from_value(value).unwrap()
}

fn forward() -> Value {
    json!({"loadBalancerArn": "web", "port": 80, "protocol": "HTTP",
        "defaultActions": [{"type": "forward", "targetGroupArn": "web"}]})
}

fn live(actions: &Value) -> Live {
    let document = json!({"port": 80, "protocol": "HTTP", "certificates": [], "defaultActions": actions});
    Live { name: "web:80".to_owned(), arn: "l-1".to_owned(), document }
}

fn others() -> Others {
    test_others_with(&[(
        "targetGroup.web".parse().unwrap(),
        "targetGroup",
        json!({"arn": TG, "name": "tg", "document": {}}),
    )])
}

#[test]
fn actions_are_compared_in_what_the_spec_gives() {
    let redirect = |config: Value| {
        json!({"loadBalancerArn": "web", "port": 80, "protocol": "HTTP",
            "defaultActions": [{"type": "redirect", "redirectConfig": config}]})
    };
    let redirected = json!([{"type": "redirect", "redirectConfig": {"statusCode": "HTTP_301", "protocol": "HTTPS",
        "port": "443", "host": "#{host}", "path": "/#{path}", "query": "#{query}"}}]);
    let cases = [
        (forward(), json!([{"type": "forward", "targetGroupArn": TG}]), 0),
        (forward(), json!([{"type": "forward", "targetGroupArn": "another"}]), 1),
        (forward(), json!([{"type": "forward", "targetGroupArn": [TG, "another"]}]), 1),
        (forward(), redirected.clone(), 1),
        (forward(), json!([]), 1),
        (redirect(json!({"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"})), redirected.clone(), 0),
        (redirect(json!({"statusCode": "HTTP_302", "protocol": "HTTPS"})), redirected, 1),
    ];
    for (value, have, count) in cases {
        let diff = spec(value.clone()).edit(&live(&have), &others(), &[]).diff;
        assert_eq!(diff.fields.len(), count, "{value} {diff:?}");
    }
}

#[test]
fn a_target_group_that_has_yet_to_be_made_is_a_difference() {
    let have = live(&json!([{"type": "forward", "targetGroupArn": TG}]));
    let diff = spec(forward()).edit(&have, &crate::resources::test_others(), &[]).diff;
    assert_eq!(diff.fields[0].want[0]["targetGroupArn"], "(known after apply)");
}

#[test]
fn it_refers_to_its_load_balancer_and_target_groups() {
    let spec = spec(forward());
    let refs: Vec<_> = spec.refs().iter().map(|one| one.address.to_string()).collect();
    assert_eq!(refs, ["loadBalancer.web", "targetGroup.web"]);
    assert_eq!(spec.actions().target_groups()[0].name, "web");
}

#[test]
fn mistakes_are_found_before_a_call() {
    let with = |change: Value| {
        let mut value = forward();
        value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        value
    };
    let cases = [
        (forward(), vec![]),
        (with(json!({"port": 0})), vec!["port"]),
        (with(json!({"protocol": "SCTP"})), vec!["protocol"]),
        (with(json!({"protocol": "HTTPS"})), vec!["certificates"]),
        (with(json!({"defaultActions": []})), vec!["defaultActions"]),
        (
            with(json!({"defaultActions": [{"type": "forward"}, {"type": "dance"}]})),
            vec!["defaultActions[0]", "defaultActions[1].type", "defaultActions"],
        ),
    ];
    for (value, paths) in cases {
        let problems = spec(value.clone()).check(&Checks::new(&BTreeMap::new()));
        let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(found, paths, "{value}");
    }
}

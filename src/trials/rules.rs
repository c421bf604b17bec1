//! Rules that change places, make room for each other, and meet those of strangers.

use serde_json::{Value, json};

use super::{World, trial};
use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING};

/// A lab whose listener has these rules, as JSON.
fn lab(rules: &Value) -> String {
    let answer = json!([{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404"}}]);
    let rules = rules.as_object().unwrap().iter().map(|(name, priority)| {
        let conditions = json!([{"field": "path-pattern", "values": [format!("/{name}")]}]);
        (name.clone(), json!({"priority": priority, "conditions": conditions, "actions": answer}))
    });
    let listener = json!({"port": 80, "protocol": "HTTP", "defaultActions": answer, "rules": rules.collect::<Value>()});
    json!({"lab": "ecs-lab", "region": "eu-west-1", "vpc": "default",
        "loadBalancers": {"web": {"listeners": {"http": listener}}}})
    .to_string()
}

async fn ask(cloud: &Cloud, operation: &'static str, input: Value) -> Value {
    cloud.call(&ELASTIC_LOAD_BALANCING, operation, input).await.unwrap()
}

async fn listener(cloud: &Cloud) -> Value {
    let balancers = ask(cloud, "DescribeLoadBalancers", json!({})).await;
    let arn = &balancers["LoadBalancers"][0]["LoadBalancerArn"];
    ask(cloud, "DescribeListeners", json!({"LoadBalancerArn": arn})).await["Listeners"][0]["ListenerArn"].clone()
}

/// The rules of the lab's listener: priority and path of each, without the default one.
async fn found(world: &World) -> Vec<String> {
    let cloud = world.neighbour().await;
    let rules = ask(&cloud, "DescribeRules", json!({"ListenerArn": listener(&cloud).await})).await;
    let rules = rules["Rules"].as_array().unwrap().iter().filter(|rule| rule["Priority"] != "default");
    let words =
        rules.map(|rule| format!("{}{}", rule["Priority"], rule["Conditions"][0]["Values"][0]).replace('"', ""));
    words.collect()
}

#[test]
fn rules_change_places_in_one_apply() {
    trial(async {
        let world = World::new().await;
        for (rules, expected) in [
            (json!({"a": 10, "b": 20, "c": 30}), ["10/a", "20/b", "30/c"]),
            // Two change places, and then all three go round, either way.
            (json!({"a": 20, "b": 10, "c": 30}), ["10/b", "20/a", "30/c"]),
            (json!({"a": 30, "b": 20, "c": 10}), ["10/c", "20/b", "30/a"]),
            (json!({"a": 10, "b": 30, "c": 20}), ["10/a", "20/c", "30/b"]),
            // One is renamed, one steps aside for a new one, one takes what is free.
            (json!({"a": 20, "d": 30, "e": 10}), ["10/e", "20/a", "30/d"]),
            (json!({"a": 20, "d": 30, "f": "auto"}), ["20/a", "30/d", "31/f"]),
            (json!({"a": "auto", "g": 31, "f": "auto"}), ["20/a", "31/g", "32/f"]),
        ] {
            world.apply(&lab(&rules)).await.done();
            assert_eq!(found(&world).await, expected, "{rules}");
            assert_eq!(world.apply(&lab(&rules)).await.done().changes(), 0, "{rules}");
        }
        world.destroy(&lab(&json!({}))).await.done();
    });
}

#[test]
fn many_rules_find_their_priorities_at_once() {
    trial(async {
        let world = World::new().await;
        let rules: Value =
            (1..9).map(|n| (format!("r{n}"), json!("auto"))).chain([("one".to_owned(), json!(1))]).collect();
        world.apply(&lab(&rules)).await.done();
        let found = found(&world).await;
        assert_eq!((found.len(), found[0].as_str()), (9, "1/one"));
    });
}

#[test]
fn a_priority_of_a_strangers_rule_is_refused_with_its_name() {
    trial(async {
        let world = World::new().await;
        world.apply(&lab(&json!({"a": 10}))).await.done();
        let cloud = world.neighbour().await;
        let answer = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]);
        let rule = json!({"ListenerArn": listener(&cloud).await, "Priority": 20, "Actions": answer,
            "Conditions": [{"Field": "path-pattern", "Values": ["/theirs"]}]});
        ask(&cloud, "CreateRule", rule).await;
        for rules in [json!({"a": 20}), json!({"a": 10, "b": 20})] {
            let ran = world.apply(&lab(&rules)).await;
            assert_eq!(ran.changes(), 0, "{rules}");
            let said = ran.failed();
            assert!(said.contains("rule 20 of ecs-lab-web:80"), "{said}");
        }
        // One that finds its own goes behind it.
        world.apply(&lab(&json!({"a": 10, "b": "auto"}))).await.done();
        assert_eq!(found(&world).await, ["10/a", "20/theirs", "21/b"]);
        world.settle_strangers();
    });
}

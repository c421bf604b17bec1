//! Load balancers against what Elastic Load Balancing answers of them.

use super::*;
use crate::resource::Resource;
use crate::resources::{Vpc, test_others, test_others_with};

fn live() -> Live {
    serde_json::from_value(json!({
        "arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/ecs-lab-alb/50dc6c495c0c9188",
        "name": "ecs-lab-alb", "document": {"type": "application", "scheme": "internet-facing",
        "state": {"code": "active"}, "subnets": ["subnet-a", "subnet-b", "subnet-c"],
        "securityGroups": ["sg-1"], "ipAddressType": "ipv4", "attributes": {"idle_timeout.timeout_seconds": "60"}}}))
    .unwrap()
}

fn spec(value: Value) -> LoadBalancer {
    serde_json::from_value(value).unwrap()
}

#[test]
fn only_what_the_spec_gives_is_compared() {
    let others = test_others_with(&[
        (
            Vpc::reference().address(),
            "network",
            json!({"vpcId": "vpc-1", "isDefault": true, "subnets": [
            {"subnetId": "subnet-a", "vpcId": "vpc-1", "availabilityZone": "eu-west-1a", "isPublic": true},
            {"subnetId": "subnet-b", "vpcId": "vpc-1", "availabilityZone": "eu-west-1b", "isPublic": true},
            {"subnetId": "subnet-c", "vpcId": "vpc-1", "availabilityZone": "eu-west-1c", "isPublic": true}]}),
        ),
        (
            "securityGroup.alb".parse().unwrap(),
            "securityGroup",
            json!({"groupId": "sg-1", "name": "alb",
            "vpcId": "vpc-1", "description": "", "rules": []}),
        ),
    ]);
    let cases = [
        (json!({}), vec![], false),
        (json!({"type": "application", "scheme": "internet-facing", "securityGroups": ["alb"]}), vec![], false),
        (json!({"subnets": ["eu-west-1c", "subnet-a", "eu-west-1b"]}), vec![], false),
        (json!({"subnets": ["eu-west-1a", "eu-west-1b"]}), vec!["subnets"], false),
        (json!({"securityGroups": ["other"]}), vec!["securityGroups"], false),
        (json!({"scheme": "internal"}), vec!["scheme"], true),
        (json!({"attributes": {"idle_timeout.timeout_seconds": "60"}}), vec![], false),
        (
            json!({"attributes": {"idle_timeout.timeout_seconds": "30"}}),
            vec!["attributes.idle_timeout.timeout_seconds"],
            false,
        ),
    ];
    for (value, paths, replaces) in cases {
        let diff = spec(value.clone()).edit(&live(), &others, &[]).diff;
        let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!((found, diff.replaces()), (paths, replaces), "{value}");
    }
}

#[test]
fn a_zone_without_a_lookup_is_shown_as_it_is_written() {
    let diff = spec(json!({"subnets": ["eu-west-1a", "eu-west-1b"]})).edit(&live(), &test_others(), &[]).diff;
    assert_eq!(diff.fields[0].want, json!(["eu-west-1a", "eu-west-1b"]));
}

#[test]
fn mistakes_are_found_before_a_call() {
    let cases = [
        (json!({"type": "application", "subnets": ["a", "b"]}), vec![]),
        (json!({"type": "gateway"}), vec!["type"]),
        (json!({"type": "network", "securityGroups": [], "subnets": ["a"]}), vec![]),
        (json!({"type": "network", "subnetMappings": [{"subnetId": "a", "allocationId": "a"}]}), vec![]),
        (
            json!({"subnetMappings": [{"subnetId": "a", "allocationId": "a"}, {"subnetId": "b"}]}),
            vec!["subnetMappings[0].allocationId"],
        ),
        (json!({"scheme": "public"}), vec!["scheme"]),
        (json!({"subnets": ["a", "a"]}), vec!["subnets"]),
        (json!({"securityGroups": []}), vec!["securityGroups"]),
    ];
    for (value, paths) in cases {
        let problems = Plain::check(&spec(value.clone()), &Checks::new(&BTreeMap::new()));
        let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(found, paths, "{value}");
    }
    for (name, is_valid) in [("ecs-lab-alb", true), ("internal-alb", false), ("alb-", false)] {
        assert_eq!(<LoadBalancer as Plain>::NAME.problem(name).is_none(), is_valid, "{name}");
    }
}

#[test]
fn its_state_says_whether_it_is_ready() {
    let state = |state: &str| <LoadBalancer as Plain>::readiness(&live().with("state", json!({"code": state})));
    assert_eq!(state("active"), Readiness::Ready(None));
    assert!(matches!(state("provisioning"), Readiness::Pending(_)));
    assert!(matches!(state("failed"), Readiness::Failed(_)));
}

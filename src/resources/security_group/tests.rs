//! Security groups: their problems, and their differences.

use std::collections::BTreeMap;

use super::rule::default_egress;
use super::*;
use crate::resource::Severity;
use crate::resources::{test_others, test_others_with};

fn spec(value: Value) -> SecurityGroup {
    serde_json::from_value(value).unwrap()
}

fn http() -> Value {
    json!({"ipProtocol": "tcp", "fromPort": 80, "toPort": 80,
        "ipRanges": [{"cidrIp": "0.0.0.0/0", "description": "HTTP"}]})
}

fn from_group(group: &str) -> Value {
    json!({"ipProtocol": "tcp", "fromPort": 3000, "toPort": 3000, "userIdGroupPairs": [{"groupId": group}]})
}

fn live(ingress: &[Value]) -> SecurityGroupLive {
    let own = spec(json!({"ipPermissions": ingress}));
    let rules = own.rules(Direction::Ingress, "sg-own", &test_others());
    SecurityGroupLive {
        group_id: "sg-own".to_owned(),
        name: "ecs-lab-alb-sg".to_owned(),
        vpc_id: "vpc-1".to_owned(),
        description: "load balancer".to_owned(),
        rules: rules.unwrap().into_iter().chain([default_egress()]).collect(),
    }
}

#[test]
fn a_difference_is_shown_rule_by_rule() {
    let everything = json!({"ipProtocol": "-1", "ipRanges": [{"cidrIp": "0.0.0.0/0"}]});
    let cases = [
        (json!({}), vec![]),
        (json!({"ipPermissions": [http(), from_group("sg-a")]}), vec![]),
        (json!({"ipPermissions": [http(), from_group("sg-a")], "ipPermissionsEgress": [everything]}), vec![]),
        (json!({"ipPermissions": [http()]}), vec![("tcp 3000 from sg-a", "")]),
        (
            json!({"ipPermissions": [http(), from_group("sg-a"), from_group("self")]}),
            vec![("", "tcp 3000 from sg-own")],
        ),
        (
            json!({"ipPermissions": [http(), from_group("tasks")]}),
            vec![("", "tcp 3000 from securityGroup.tasks (known after apply)"), ("tcp 3000 from sg-a", "")],
        ),
        (
            json!({"ipPermissions": [from_group("sg-a"), {"ipProtocol": "TCP", "fromPort": 80, "toPort": 80,
            "ipRanges": [{"cidrIp": "0.0.0.0/0"}]}]}),
            vec![("tcp 80 from 0.0.0.0/0 \"HTTP\"", "tcp 80 from 0.0.0.0/0")],
        ),
        (json!({"ipPermissionsEgress": []}), vec![("everything to 0.0.0.0/0", "")]),
        (json!({"description": "load balancer"}), vec![]),
    ];
    for (value, fields) in cases {
        let diff = spec(value.clone()).edit(&live(&[http(), from_group("sg-a")]), &test_others(), &[]).diff;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found: Vec<_> = diff.fields.iter().map(|one| (text(&one.have), text(&one.want))).collect();
        let fields: Vec<_> = fields.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found, fields, "{value}");
    }
}

#[test]
fn a_group_of_the_lab_is_its_id() {
    let others = test_others_with(&[(
        "securityGroup.alb".parse().unwrap(),
        "securityGroup",
        json!({"groupId": "sg-a",
        "name": "alb", "vpcId": "vpc-1", "description": "", "rules": []}),
    )]);
    let spec = spec(json!({"ipPermissions": [from_group("alb")]}));
    let diff = spec.edit(&live(&[from_group("sg-a")]), &others, &[]).diff;
    assert!(diff.is_empty(), "{diff:?}");
}

#[test]
fn another_description_is_another_group() {
    let spec = spec(json!({"description": "tasks"}));
    assert!(spec.edit(&live(&[]), &test_others(), &[]).diff.replaces());
}

#[test]
fn only_other_groups_are_references() {
    let spec = spec(json!({"ipPermissions": [from_group("self"), from_group("sg-a"), from_group("alb")]}));
    let refs: Vec<_> = spec.refs().into_iter().skip(1).map(|one| (one.path, one.address.to_string())).collect();
    let path = "ipPermissions[2].userIdGroupPairs[0].groupId";
    assert_eq!(refs, [(path.to_owned(), "securityGroup.alb".to_owned())]);
    let live = live(&[from_group("self"), from_group("sg-a")]);
    assert_eq!(SecurityGroup::links(&live), ["sg-a", "vpc-1"]);
}

#[test]
fn mistakes_are_found_before_a_call() {
    let cases = [
        (json!({"ipPermissions": [http()], "description": "for tests"}), vec![]),
        (json!({"description": "d\u{e9}j\u{e0}"}), vec!["description"]),
        (
            json!({"ipPermissions": [{"ipProtocol": "tcp", "ipRanges": [{"cidrIp": "10.0.0.0"}]}]}),
            vec!["ipPermissions[0]", "ipPermissions[0].ipRanges[0].cidrIp"],
        ),
        (
            json!({"ipPermissions": [{"ipProtocol": "-1", "prefixListIds": [{"prefixListId": "pl-1", "description": "?"}]}]}),
            vec!["ipPermissions[0].prefixListIds[0].description"],
        ),
        (
            json!({"ipPermissions": [{"ipProtocol": "icmp", "toPort": 4, "ipRanges": [{"cidrIp": "0.0.0.0/0"}]}]}),
            vec!["ipPermissions[0].toPort"],
        ),
        (json!({"ipPermissions": [http(), http()]}), vec![]),
        (
            json!({"ipPermissions": [http(), {"ipProtocol": "6", "fromPort": 80, "toPort": 80,
            "ipRanges": [{"cidrIp": "10.0.0.0/8"}, {"cidrIp": "0.0.0.0/0"}]}]}),
            vec!["ipPermissions[1].ipRanges[1]"],
        ),
        (json!({"ipPermissionsEgress": [{"ipProtocol": "-1"}]}), vec!["ipPermissionsEgress[0]"]),
        (
            json!({"ipPermissions": [{"ipProtocol": "http", "prefixListIds": [{"prefixListId": "pl-1"}]}]}),
            vec!["ipPermissions[0].ipProtocol"],
        ),
        (
            json!({"ipPermissions": [{"ipProtocol": "udp", "fromPort": 9, "toPort": 8,
            "ipv6Ranges": [{"cidrIpv6": "::/0"}]}]}),
            vec!["ipPermissions[0].fromPort"],
        ),
    ];
    for (value, paths) in cases {
        let problems = spec(value.clone()).check(&Checks::new(&BTreeMap::new()));
        let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(found, paths, "{value}");
    }
    assert!(SecurityGroup::NAME.problem("sg-mine").is_some());
}

#[test]
fn ports_that_limit_nothing_are_warned_of() {
    for (protocol, from, to, is_warned) in [
        ("-1", 80, 80, true),
        ("50", 1, 2, true),
        ("-1", 0, 0, false),
        ("-1", 0, 65_535, false),
        ("tcp", 80, 80, false),
    ] {
        let rule =
            json!({"ipProtocol": protocol, "fromPort": from, "toPort": to, "ipRanges": [{"cidrIp": "0.0.0.0/0"}]});
        let problems = spec(json!({"ipPermissions": [rule]})).check(&Checks::new(&BTreeMap::new()));
        let warned: Vec<_> = problems.iter().map(|problem| problem.severity == Severity::Warning).collect();
        assert_eq!(warned, vec![true; usize::from(is_warned)], "{protocol} {from}");
    }
}

#[test]
fn the_odd_character_of_a_description_is_named() {
    let problems = spec(json!({"description": "Zugriff f\u{fc}r alle"})).check(&Checks::new(&BTreeMap::new()));
    assert!(problems[0].message.starts_with("`\u{fc}`, character 10 of `Zugriff"), "{}", problems[0].message);
}

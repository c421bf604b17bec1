//! File systems in lab.yaml, and as AWS tells of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::resource::Resource as _;
use crate::resources::test_others;

fn spec(value: Value) -> FileSystem {
    serde_json::from_value(value).unwrap()
}

fn live(document: Value) -> Live {
    let arn = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1";
    Live { name: "data".to_owned(), arn: arn.to_owned(), document }
}

#[test]
fn what_aws_would_refuse_is_found_at_its_place() {
    let six = ["a", "b", "c", "d", "e", "f"];
    let target = |zone: &str| json!({"subnetId": format!("eu-west-1{zone}")});
    for (path, fields) in [
        ("", json!({"throughputMode": "elastic", "encrypted": true, "kmsKeyId": "alias/mine"})),
        ("", json!({"throughputMode": "provisioned", "provisionedThroughputInMibps": 1.5})),
        ("", json!({"mountTargets": [target("a"), target("b")]})),
        ("provisionedThroughputInMibps", json!({"throughputMode": "provisioned"})),
        ("provisionedThroughputInMibps", json!({"provisionedThroughputInMibps": 8})),
        ("kmsKeyId", json!({"kmsKeyId": "alias/mine"})),
        ("mountTargets[1].subnetId", json!({"mountTargets": [target("a"), target("a")]})),
        (
            "mountTargets[0].securityGroups",
            json!({"mountTargets": [{"subnetId": "eu-west-1a", "securityGroups": six}]}),
        ),
        ("mountTargets[0].securityGroups", json!({"mountTargets": [{"subnetId": "eu-west-1a", "securityGroups": []}]})),
        ("mountTargets", json!({"availabilityZoneName": "eu-west-1a", "mountTargets": [target("a"), target("b")]})),
    ] {
        let specs = BTreeMap::new();
        let problems = Plain::check(&spec(fields.clone()), &Checks::new(&specs));
        let found: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(found, Vec::from_iter(Some(path).filter(|path| !path.is_empty())), "{fields}");
    }
}

#[test]
fn mount_targets_are_compared_by_what_the_spec_says_of_them() {
    let target = json!({"subnetId": "subnet-1", "securityGroups": ["sg-1", "sg-2"]});
    let have = live(json!({"mountTargets": [target]}));
    let differs = |mounts: Value| {
        let spec = spec(json!({ "mountTargets": mounts }));
        !spec.edit(&have, &test_others(), &[]).diff.is_empty()
    };
    assert!(!differs(json!([{"subnetId": "subnet-1"}])));
    assert!(differs(json!([])) && differs(json!([{"subnetId": "subnet-2"}])));
    assert!(differs(json!([{"subnetId": "subnet-1"}, {"subnetId": "subnet-2", "securityGroups": []}])));
    assert!(spec(json!({})).edit(&have, &test_others(), &[]).diff.is_empty());
}

#[test]
fn a_file_system_is_ready_with_its_mount_targets() {
    let of = |state: &str, targets: Value| {
        <FileSystem as Plain>::readiness(&live(json!({"lifeCycleState": state, "mountTargetStates": targets})))
    };
    let made = json!({"subnet-1": "available", "subnet-2": "available"});
    assert_eq!(of("available", made.clone()), Readiness::Ready(None));
    assert!(matches!(of("creating", made), Readiness::Pending(_)));
    assert!(matches!(of("available", json!({"subnet-1": "creating"})), Readiness::Pending(_)));
    assert!(matches!(of("available", json!({"subnet-1": "error"})), Readiness::Failed(_)));
}

#[test]
fn only_throughput_that_is_provisioned_costs_by_the_hour() {
    let others = test_others();
    let cost = |document: Value| {
        let usage = <FileSystem as Plain>::usage(&UsageContext { others: &others, find: &|_, _| None }, &document);
        (usage.hourly("us-east-1").words(), usage.words)
    };
    let nothing = "nothing by the hour".to_owned();
    assert_eq!(cost(json!({"sizeInBytes": {"value": 10_000_000_000_u64}})), (nothing, Vec::new()));
    let words = vec!["file system with 100 MiB/s".to_owned()];
    assert_eq!(cost(json!({"provisionedThroughputInMibps": 100.0})), ("about $0.822 an hour".to_owned(), words));
}

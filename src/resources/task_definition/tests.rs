//! Task definitions against what ECS answers of them.

use serde_json::json;

use super::links::repository;
use super::revisions::live;
use super::*;
use crate::cloud::LAB_TAG;
use crate::model::{AFTER_APPLY, Known, Tags};
use crate::resource::Entry;
use crate::resources::test_others;

fn spec(role: &str) -> TaskDefinition {
    serde_json::from_value(json!({
        "cpu": 256, "memory": "512", "executionRoleArn": role,
        "containerDefinitions": [{"name": "web", "image": "web:1"}],
    }))
    .unwrap()
}

fn live_one() -> TaskDefinitionLive {
    let document = json!({
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7",
        "family": "web", "revision": 7, "status": "ACTIVE", "cpu": "256", "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/exec", "taskRoleArn": "arn:aws:iam::123456789012:role/task",
        "containerDefinitions": [{"name": "web", "environment": [], "cpu": 0, "essential": true,
            "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/web:1",
            "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3:key::"}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web"}}}],
    });
    let tags = Tags::from([(LAB_TAG.to_owned(), "lab".to_owned())]);
    live(document, &tags)
}

#[test]
fn the_definition_is_compared_as_a_whole() {
    let role = "arn:aws:iam::123456789012:role/exec";
    let mut same = live_one();
    same.document.as_object_mut().unwrap().remove("taskRoleArn");
    same.document["containerDefinitions"][0] = json!({"name": "web", "image": "web:1", "mountPoints": []});
    assert!(spec(role).edit(&same, &test_others(), &[]).diff.is_empty());

    let mut added = same.clone();
    added.document["containerDefinitions"][0]["environment"] = json!([{"name": "A", "value": "b"}]);
    assert!(spec(role).edit(&added, &test_others(), &[]).touches("definition"));
}

#[test]
fn a_role_that_is_yet_to_be_made_is_shown_as_such() {
    let mut others = test_others();
    let outputs = [("arn".into(), Known::AfterApply)].into();
    let entry = Entry { name: "exec".to_owned(), live: Known::AfterApply, outputs };
    others.insert(Address::new("role", "exec"), entry);
    let diff = spec("exec").edit(&live_one(), &others, &[]).diff;
    assert_eq!(diff.fields[0].want["executionRoleArn"], AFTER_APPLY);
}

/// AWS answers with the name or the ARN, as it was given.
#[test]
fn a_role_that_is_not_the_labs_is_the_same_by_name_and_by_arn() {
    let role = |document: &Value| document["executionRoleArn"].clone();
    let (mut same, others) = (live_one(), test_others());
    same.document.as_object_mut().unwrap().remove("taskRoleArn");
    same.document["containerDefinitions"][0] = json!({"name": "web", "image": "web:1", "mountPoints": []});
    for (given, answered) in [
        ("exec", "arn:aws:iam::123456789012:role/exec"),
        ("exec", "arn:aws:iam::123456789012:role/service-role/exec"),
        ("exec", "exec"),
        ("arn:aws:iam::123456789012:role/exec", "exec"),
    ] {
        same.document["executionRoleArn"] = answered.into();
        assert!(spec(given).edit(&same, &others, &[]).diff.is_empty(), "{given} {answered}");
    }
    assert_eq!(role(&spec("exec").body("web", &others)), "exec");
    same.document["executionRoleArn"] = "arn:aws:iam::123456789012:role/exec".into();
    assert!(!spec("ex").edit(&same, &others, &[]).diff.is_empty());
}

#[test]
fn a_live_one_links_to_what_its_tasks_use() {
    assert_eq!(
        TaskDefinition::links(&live_one()),
        [
            "arn:aws:iam::123456789012:role/exec",
            "arn:aws:iam::123456789012:role/task",
            "/ecs/web",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/web",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3",
        ]
    );
}

#[test]
fn an_image_names_its_repository() {
    let ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/web";
    for (image, uri) in [
        (format!("{ecr}:latest"), ecr),
        (format!("{ecr}@sha256:00"), ecr),
        (ecr.to_owned(), ecr),
        ("nginx:1".to_owned(), ""),
    ] {
        assert_eq!(repository(&image), uri, "{image}");
    }
}

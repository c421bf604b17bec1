//! Names, what AWS would refuse, and how a secret is compared.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::cloud::{Endpoint, connect};
use crate::model::Secret;
use crate::resource::{Granted, Names, Resource as _};
use crate::resources::test_others;
use labform_account::Sandbox;

fn parameter(value: Value) -> Parameter {
    serde_json::from_value(value).unwrap()
}

#[test]
fn names_are_paths_that_are_not_awss() {
    let deepest = "/a".repeat(15);
    for name in ["/a", "/app/db_host.A-1", "/application/aws", &deepest] {
        assert_eq!(<Parameter as Plain>::NAME.problem(name), None, "{name}");
    }
    let deeper = "/a".repeat(16);
    for name in ["a", "/", "/a/", "/a//b", "/a b", "/aws/x", "/AwsX", "/ssm-a", &deeper] {
        assert!(<Parameter as Plain>::NAME.problem(name).is_some(), "{name}");
    }
    assert_eq!(<Parameter as Plain>::NAME.default_name("ecs-lab", "db.host"), "/ecs-lab/db-host");
}

#[test]
fn what_aws_would_refuse_is_found_at_its_place() {
    let long = "a".repeat(4097);
    for (field, spec) in [
        ("value", json!({"type": "SecureString", "value": "hunter2"})),
        ("value", json!({"type": "SecureString", "value": {"env": "AWS_SECRET_ACCESS_KEY"}})),
        ("value", json!({"type": "String", "value": {"env": "DB_PASSWORD"}})),
        ("value", json!({"type": "String", "value": ""})),
        ("value", json!({"type": "StringList", "value": "a,{{b}}"})),
        ("value", json!({"type": "String", "value": long})),
        ("keyId", json!({"type": "String", "value": "a", "keyId": "alias/mine"})),
    ] {
        let specs = BTreeMap::new();
        let problems = Plain::check(&parameter(spec), &Checks::new(&specs));
        assert_eq!(problems.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), [field]);
    }
    let fits = parameter(json!({"type": "String", "value": long, "tier": "Advanced"}));
    assert_eq!(Plain::check(&fits, &Checks::new(&BTreeMap::new())), []);
    assert!(serde_json::from_value::<Parameter>(json!({"type": "String", "value": 5432})).is_err());
    assert!(
        serde_json::from_value::<Parameter>(json!({"type": "String", "value": "a", "dataType": "aws:ec2:image"}))
            .is_err()
    );
}

/// What AWS answers for a secret is neither kept nor compared, and a tag counts for the version that it names.
#[tokio::test]
async fn a_secret_is_compared_by_the_tag_of_its_version() {
    let cloud = connect(&Endpoint::Sandbox(Sandbox::in_memory()), "eu-west-1", None).await;
    let spec = parameter(json!({"type": "SecureString", "value": {"env": "CARGO_PKG_NAME"}}));
    let tag = |version: u8, value: &str| {
        let salt = random();
        stands_for(&version.into(), &salt, &slow_hash(&Secret::new(value), &salt))
    };
    for (tag, is_same) in [
        (Some(tag(2, "labform")), true),
        (Some(tag(1, "labform")), false),
        (Some(tag(2, "hunter2")), false),
        (Some("2:short:".to_owned()), false),
        (None, false),
    ] {
        let mut document = json!({"type": "SecureString", "version": 2, "value": "AQICAHh"});
        Parameter::heard(&mut document);
        assert_eq!(document["value"], Value::Null);
        let mut live = Live { name: "/a".to_owned(), arn: "arn:a".to_owned(), document };
        let tags = tag.map(|tag| Tags::from([(VALUE_TAG.to_owned(), tag)]));
        spec.look(&cloud, &mut live, tags.as_ref());
        assert_eq!(spec.edit(&live, &test_others(), &[]).diff.is_empty(), is_same);
    }
}

#[test]
fn no_policy_lets_labform_read_a_secret_or_what_others_keep() {
    let place = test_others().place;
    let reads = |spec: Value| {
        let grants = parameter(spec).grants("/ecs-lab/db", &Names::new(), &place);
        let gets =
            grants.into_iter().filter(|grant| grant.actions.iter().any(|action| action.contains(":GetParameter")));
        gets.flat_map(|grant| grant.resources).collect::<Vec<_>>()
    };
    assert!(reads(json!({"type": "SecureString", "value": {"env": "A"}, "keyId": "alias/mine"})).is_empty());
    let own = "arn:aws:ssm:eu-west-1:123456789012:parameter/ecs-lab/db";
    assert_eq!(reads(json!({"type": "String", "value": "a"})), [own]);
}

//! IAM seen through the SDK's own client.

use aws_sdk_iam::Client;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::operation::delete_role::DeleteRoleError;
use aws_sdk_iam::operation::get_role::GetRoleError;
use aws_sdk_iam::types::{EntityType, Tag};
use percent_encoding::percent_decode_str;

use crate::testing::config;
use labform_account::Sandbox;

const TRUST: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Principal": {"Service": ["ecs-tasks.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}]
}"#;
const LOGS: &str = r#"{ "Statement": { "Effect": "Allow", "Action": "logs:*", "Resource": "*" } }"#;
const MANAGED: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

fn client() -> Client {
    Client::new(&config(&Sandbox::in_memory()))
}

async fn create(client: &Client, name: &str) {
    let tag = Tag::builder().key("owner").value("lab").build().unwrap();
    let request = client.create_role().role_name(name).path("/labform/lab/").assume_role_policy_document(TRUST);
    request.tags(tag).send().await.unwrap();
}

fn decoded(document: &str) -> String {
    percent_decode_str(document).decode_utf8().unwrap().into_owned()
}

#[tokio::test]
async fn a_role_reads_back_with_tags_by_name_and_without_in_a_list() {
    let client = client();
    create(&client, "task").await;
    let got = client.get_role().role_name("task").send().await.unwrap();
    let role = got.role().unwrap();
    assert_eq!(role.arn(), "arn:aws:iam::123456789012:role/labform/lab/task");
    assert_eq!(role.max_session_duration(), Some(3600));
    assert_eq!(role.tags()[0].value(), "lab");
    let trust = role.assume_role_policy_document().unwrap();
    assert!(!trust.contains('{'), "documents are sent URL-encoded");
    assert!(decoded(trust).contains(r#""Principal":{"Service":"ecs-tasks.amazonaws.com"}"#), "{}", decoded(trust));

    let listed = client.list_roles().path_prefix("/labform/lab/").send().await.unwrap();
    assert_eq!(listed.roles().len(), 1);
    assert!(listed.roles()[0].tags().is_empty());
    assert!(client.list_roles().path_prefix("/other/").send().await.unwrap().roles().is_empty());

    client.update_role().role_name("task").description("runs").max_session_duration(7200).send().await.unwrap();
    client.tag_role().role_name("task").tags(Tag::builder().key("a").value("").build().unwrap()).send().await.unwrap();
    client.untag_role().role_name("task").tag_keys("owner").send().await.unwrap();
    let got = client.get_role().role_name("task").send().await.unwrap();
    assert_eq!(got.role().unwrap().description(), Some("runs"));
    assert_eq!(got.role().unwrap().max_session_duration(), Some(7200));
    let tags = client.list_role_tags().role_name("task").send().await.unwrap();
    assert_eq!((tags.tags().len(), tags.tags()[0].key(), tags.tags()[0].value()), (1, "a", ""));
}

#[tokio::test]
async fn all_roles_are_told_at_once_with_policies_and_tags() {
    let client = client();
    for name in ["one", "two"] {
        create(&client, name).await;
    }
    client.put_role_policy().role_name("one").policy_name("logs").policy_document(LOGS).send().await.unwrap();
    client.attach_role_policy().role_name("one").policy_arn(MANAGED).send().await.unwrap();
    client.update_role().role_name("one").description("runs").send().await.unwrap();
    let ask = || client.get_account_authorization_details();
    let told = ask().filter(EntityType::Role).max_items(1).send().await.unwrap();
    assert!(told.is_truncated() && told.marker().is_some());
    let [role] = told.role_detail_list() else { panic!("{told:?}") };
    assert_eq!((role.role_name(), role.path(), role.tags()[0].value()), (Some("one"), Some("/labform/lab/"), "lab"));
    assert!(role.role_id().unwrap().starts_with("AROA"));
    let inline = &role.role_policy_list()[0];
    assert_eq!((inline.policy_name(), decoded(inline.policy_document().unwrap()).as_str()), (Some("logs"), LOGS));
    assert_eq!(role.attached_managed_policies()[0].policy_arn(), Some(MANAGED));
    assert!(decoded(role.assume_role_policy_document().unwrap()).contains("ecs-tasks.amazonaws.com"));
    let users = ask().filter(EntityType::User).send().await.unwrap();
    assert!(users.role_detail_list().is_empty() && users.user_detail_list().is_empty());
    for refused in [ask().filter(EntityType::from("Rôle")), ask()] {
        assert_eq!(refused.send().await.unwrap_err().code(), Some("ValidationError"));
    }
}

#[tokio::test]
async fn roles_that_iam_refuses() {
    let client = client();
    create(&client, "task").await;
    let stranger = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:role/none"}}}"#;
    let friend = stranger.replace("role/none", "role/labform/lab/task");
    let cases = [
        ("TASK", TRUST, Some("EntityAlreadyExists")),
        ("a b", TRUST, Some("ValidationError")),
        ("bad", "{", Some("MalformedPolicyDocument")),
        ("bad", LOGS, Some("MalformedPolicyDocument")),
        ("bad", stranger, Some("MalformedPolicyDocument")),
        ("good", &friend, None),
    ];
    for (name, trust, code) in cases {
        let made = client.create_role().role_name(name).assume_role_policy_document(trust).send().await;
        assert_eq!(made.err().and_then(|error| error.code().map(str::to_owned)).as_deref(), code, "{name}: {trust}");
    }
    let missing = client.get_role().role_name("none").send().await.unwrap_err().into_service_error();
    assert!(matches!(missing, GetRoleError::NoSuchEntityException(_)));
}

#[tokio::test]
async fn a_role_goes_after_its_policies() {
    let client = client();
    create(&client, "task").await;
    client.put_role_policy().role_name("task").policy_name("logs").policy_document(LOGS).send().await.unwrap();
    for _ in 0..2 {
        client.attach_role_policy().role_name("task").policy_arn(MANAGED).send().await.unwrap();
    }
    let foreign = client.attach_role_policy().role_name("task").policy_arn("arn:aws:iam::123456789012:policy/mine");
    assert_eq!(foreign.send().await.unwrap_err().code(), Some("NoSuchEntity"));
    let bad = client.put_role_policy().role_name("task").policy_name("bad").policy_document(TRUST);
    assert_eq!(bad.send().await.unwrap_err().code(), Some("MalformedPolicyDocument"));

    let got = client.get_role_policy().role_name("task").policy_name("logs").send().await.unwrap();
    assert_eq!(decoded(got.policy_document()), LOGS, "an inline policy reads back as it was put");
    let attached = client.list_attached_role_policies().role_name("task").send().await.unwrap();
    assert_eq!(attached.attached_policies()[0].policy_name(), Some("AmazonECSTaskExecutionRolePolicy"));
    assert_eq!(attached.attached_policies().len(), 1);
    let inline = client.list_role_policies().role_name("task").send().await.unwrap();
    assert_eq!(inline.policy_names(), ["logs"]);
    let profiles = client.list_instance_profiles_for_role().role_name("task").send().await.unwrap();
    assert!(profiles.instance_profiles().is_empty());

    let delete = async || {
        let deleted = client.delete_role().role_name("task").send().await;
        deleted.map(drop).map_err(aws_sdk_iam::error::SdkError::into_service_error)
    };
    assert!(matches!(delete().await.unwrap_err(), DeleteRoleError::DeleteConflictException(_)));
    client.detach_role_policy().role_name("task").policy_arn(MANAGED).send().await.unwrap();
    assert!(matches!(delete().await.unwrap_err(), DeleteRoleError::DeleteConflictException(_)));
    client.delete_role_policy().role_name("task").policy_name("logs").send().await.unwrap();
    delete().await.unwrap();
    assert!(matches!(delete().await.unwrap_err(), DeleteRoleError::NoSuchEntityException(_)));
}

#[tokio::test]
async fn a_service_linked_role_is_made_once_and_never_touched() {
    let client = client();
    let request = || client.create_service_linked_role().aws_service_name("ecs.amazonaws.com");
    request().send().await.unwrap();
    let again = request().send().await.unwrap_err();
    assert_eq!(again.code(), Some("InvalidInput"));
    assert!(again.message().unwrap().contains("has been taken in this account"));
    let refused = client.delete_role().role_name("AWSServiceRoleForECS").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("UnmodifiableEntity"));
}

#[tokio::test]
async fn roles_come_page_by_page() {
    let client = client();
    for number in 0..5 {
        create(&client, &format!("role-{number}")).await;
    }
    let pages = client.list_roles().max_items(2).into_paginator();
    let roles: Vec<_> = pages.items().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(roles.len(), 5);
}

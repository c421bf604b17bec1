//! The embedded account, seen through the SDK's own clients.

use std::time::{Duration, SystemTime};

use aws_sdk_ecs::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, FixedResponseActionConfig, ProtocolEnum, Tag};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use aws_smithy_async::rt::sleep::AsyncSleep;

use crate::testing::{config, create_service, ecs, furnish, logs, network, pass, service};
use labform_account::{Pace, Sandbox};

#[tokio::test]
async fn sts_says_who_calls() {
    let sts = aws_sdk_sts::Client::new(&config(&Sandbox::in_memory()));
    let who = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some("123456789012"));
    assert_eq!(who.arn(), Some("arn:aws:iam::123456789012:user/student"));
}

#[tokio::test]
async fn log_groups_keep_awss_rules() {
    let sandbox = Sandbox::in_memory();
    let logs = logs(&sandbox);
    logs.create_log_group().log_group_name("/a/b").tags("owner", "me").send().await.unwrap();
    let twice = logs.create_log_group().log_group_name("/a/b").send().await.unwrap_err();
    assert!(twice.into_service_error().is_resource_already_exists_exception());
    let put = |days| logs.put_retention_policy().log_group_name("/a/b").retention_in_days(days).send();
    assert!(put(8).await.unwrap_err().into_service_error().is_invalid_parameter_exception());
    put(7).await.unwrap();
    let described = logs.describe_log_groups().log_group_name_prefix("/a").send().await.unwrap();
    let group = &described.log_groups()[0];
    assert_eq!(group.retention_in_days(), Some(7));
    let arn = group.log_group_arn().unwrap();
    assert_eq!(group.arn(), Some(format!("{arn}:*").as_str()));
    let tags = logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags().unwrap()["owner"], "me");
    assert!(logs.list_tags_for_resource().resource_arn(group.arn().unwrap()).send().await.is_err());

    let index = aws_sdk_resourcegroupstagging::Client::new(&config(&sandbox));
    let by = |value: &str| {
        let filter = TagFilter::builder().key("owner").values(value).build();
        index.get_resources().tag_filters(filter).send()
    };
    assert_eq!(by("me").await.unwrap().resource_tag_mapping_list()[0].resource_arn(), Some(arn));
    assert!(by("you").await.unwrap().resource_tag_mapping_list().is_empty());
}

#[tokio::test]
async fn the_file_is_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aws.json");
    let first = Sandbox::open(&path, Pace::Instant).unwrap();
    furnish(&first).await;
    pass(&first, 3_600).await;
    let second = Sandbox::open(&path, Pace::Factor(1_000)).unwrap();
    assert!(second.now() > SystemTime::now() + Duration::from_secs(3_500), "the time that passed is kept");
    let listed = ecs(&second).list_clusters().send().await.unwrap();
    assert_eq!(listed.cluster_arns().len(), 1);

    create_service(&second).await;
    assert_eq!(service(&first).await.desired_count(), 2, "what one process does the other sees");
    let before = first.now();
    pass(&second, 10).await;
    pass(&first, 0).await;
    ecs(&first).list_clusters().send().await.unwrap();
    assert!(first.now() >= before + Duration::from_secs(9), "and so does the time");

    std::fs::write(&path, "{\"half\":").unwrap();
    let damaged = Sandbox::open(&path, Pace::Instant).unwrap_err();
    assert!(damaged.to_string().contains("not a sandbox account"), "{damaged}");
    assert!(ecs(&first).list_clusters().send().await.is_err());
}

#[tokio::test]
async fn a_short_pause_ends_before_a_long_timeout() {
    let sandbox = Sandbox::in_memory();
    let start = sandbox.now();
    let long = sandbox.sleep().sleep(Duration::from_secs(600));
    let short = sandbox.sleep().sleep(Duration::from_secs(5));
    tokio::select! {
        biased;
        () = long => panic!("the timeout came first"),
        () = short => {}
    }
    let passed = sandbox.now().duration_since(start).unwrap();
    assert!(passed >= Duration::from_secs(5) && passed < Duration::from_secs(60), "{passed:?}");
}

#[tokio::test]
async fn an_operation_that_is_not_modelled_is_refused_by_name() {
    let sandbox = Sandbox::in_memory();
    let json = ecs(&sandbox).list_account_settings().send().await.unwrap_err();
    assert_eq!(json.code(), Some("UnknownOperationException"));
    assert!(json.message().unwrap().contains("ListAccountSettings"));
    let query = aws_sdk_sts::Client::new(&config(&sandbox)).get_session_token().send().await.unwrap_err();
    assert_eq!(query.code(), Some("InvalidAction"));
    assert!(query.message().unwrap().contains("GetSessionToken"));
}

#[tokio::test]
async fn a_deleted_listener_haunts_the_tag_index() {
    let sandbox = Sandbox::in_memory();
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&config(&sandbox));
    let index = aws_sdk_resourcegroupstagging::Client::new(&config(&sandbox));
    let network = network(&sandbox).await;
    let subnets = network.awsvpc_configuration().unwrap().subnets().to_vec();
    let made = elb.create_load_balancer().name("alb").set_subnets(Some(subnets)).send();
    let balancer = made.await.unwrap().load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let answer = FixedResponseActionConfig::builder().status_code("404").build();
    let made = elb
        .create_listener()
        .load_balancer_arn(balancer)
        .protocol(ProtocolEnum::Http)
        .port(80)
        .default_actions(Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(answer).build())
        .tags(Tag::builder().key("owner").value("me").build())
        .send()
        .await
        .unwrap();
    let listener = made.listeners()[0].listener_arn().unwrap().to_owned();
    let listed = || async {
        let found = index.get_resources().send().await.unwrap();
        let mut arns = found.resource_tag_mapping_list().iter().map(|one| one.resource_arn());
        arns.any(|arn| arn == Some(listener.as_str()))
    };
    assert!(listed().await);
    elb.delete_listener().listener_arn(&listener).send().await.unwrap();
    assert!(listed().await, "the index lags behind");
    pass(&sandbox, 620).await;
    assert!(!listed().await);
}

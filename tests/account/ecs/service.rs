//! Services through the SDK's own client.

use aws_sdk_ecs::error::ProvideErrorMetadata;
use aws_sdk_ecs::operation::delete_cluster::DeleteClusterError;
use aws_sdk_ecs::types::{DeploymentCircuitBreaker, DeploymentConfiguration, DeploymentRolloutState, LoadBalancer};
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, ProtocolEnum, TargetTypeEnum};
use serde_json::{Value, json};

use crate::raw::call;
use crate::testing::{config, create_service, furnish, logs, network, pass, register, service, web_service};
use labform_account::Sandbox;

#[tokio::test]
async fn a_service_becomes_steady_rolls_drains_and_is_gone() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    create_service(&sandbox).await;
    let again = ecs.create_service().cluster("main").service_name("web").task_definition("web").send().await;
    assert_eq!(again.unwrap_err().message(), Some("Creation of service was not idempotent."));

    pass(&sandbox, 10).await;
    assert_eq!(service(&sandbox).await.pending_count(), 2);
    pass(&sandbox, 60).await;
    let steady = service(&sandbox).await;
    assert_eq!((steady.running_count(), steady.pending_count()), (2, 0));
    assert_eq!(steady.deployments()[0].rollout_state(), Some(&DeploymentRolloutState::Completed));
    assert_eq!(steady.events()[0].message(), Some("(service web) has reached a steady state."));

    let second = register(&ecs, "web").await;
    ecs.update_service().cluster("main").service("web").task_definition("web").send().await.unwrap();
    pass(&sandbox, 20).await;
    let rolling = service(&sandbox).await;
    assert_eq!(rolling.deployments().len(), 2, "the old deployment stays until the new one is up");
    pass(&sandbox, 120).await;
    let rolled = service(&sandbox).await;
    assert_eq!(rolled.deployments().len(), 1);
    assert_eq!(rolled.task_definition(), Some(second.as_str()));
    assert_eq!(rolled.running_count(), 2);

    let blocked = ecs.delete_service().cluster("main").service("web").send().await.unwrap_err();
    assert_eq!(blocked.code(), Some("InvalidParameterException"));
    ecs.delete_service().cluster("main").service("web").force(true).send().await.unwrap();
    assert_eq!(service(&sandbox).await.status(), Some("DRAINING"));
    let listed = ecs.list_services().cluster("main").send().await.unwrap();
    assert!(listed.service_arns().is_empty(), "a draining service is not listed");
    let held = ecs.delete_cluster().cluster("main").send().await.unwrap_err();
    assert!(matches!(held.into_service_error(), DeleteClusterError::ClusterContainsServicesException(_)));
    pass(&sandbox, 60).await;
    assert_eq!(service(&sandbox).await.status(), Some("INACTIVE"));
    ecs.delete_cluster().cluster("main").send().await.unwrap();
    let live: Vec<_> = sandbox.inventory().into_iter().filter(|item| item.tombstone.is_none()).collect();
    assert!(!live.iter().any(|item| item.kind == "ecs:cluster" || item.kind == "ecs:service"), "{live:?}");
}

#[tokio::test]
async fn a_service_behind_a_load_balancer_waits_for_it_both_ways() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let request = web_service(&sandbox).await;
    let subnets = network(&sandbox).await.awsvpc_configuration().unwrap().subnets().to_vec();
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&config(&sandbox));
    let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox));
    let vpc = ec2.describe_vpcs().send().await.unwrap().vpcs()[0].vpc_id().unwrap().to_owned();
    let made = elb
        .create_target_group()
        .name("tg")
        .protocol(ProtocolEnum::Http)
        .port(3000)
        .vpc_id(vpc)
        .target_type(TargetTypeEnum::Ip)
        .send()
        .await
        .unwrap();
    let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    let create = || {
        let balancer =
            LoadBalancer::builder().target_group_arn(&group).container_name("app").container_port(3000).build();
        request.clone().desired_count(1).load_balancers(balancer).send()
    };
    let early = create().await.unwrap_err();
    assert!(early.message().unwrap().ends_with("does not have an associated load balancer."), "{early:?}");

    let made = elb.create_load_balancer().name("alb").set_subnets(Some(subnets)).send().await.unwrap();
    let balancer = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&group).build();
    elb.create_listener()
        .load_balancer_arn(balancer)
        .protocol(ProtocolEnum::Http)
        .port(80)
        .default_actions(forward)
        .send()
        .await
        .unwrap();
    create().await.unwrap();
    pass(&sandbox, 60).await;
    assert!(!is_steady(&sandbox).await, "the task runs but its target is not healthy yet");
    pass(&sandbox, 180).await;
    assert!(is_steady(&sandbox).await);
    assert_eq!(own_interfaces(&ec2).await, 1);

    ecs.delete_service().cluster("main").service("web").force(true).send().await.unwrap();
    pass(&sandbox, 120).await;
    assert_eq!(service(&sandbox).await.status(), Some("DRAINING"), "its target drains for five minutes");
    pass(&sandbox, 240).await;
    assert_eq!(service(&sandbox).await.status(), Some("INACTIVE"));
    pass(&sandbox, 30).await;
    assert_eq!(own_interfaces(&ec2).await, 0);
}

async fn is_steady(sandbox: &Sandbox) -> bool {
    service(sandbox).await.deployments()[0].rollout_state() == Some(&DeploymentRolloutState::Completed)
}

/// How many network interfaces ECS has made.
async fn own_interfaces(ec2: &aws_sdk_ec2::Client) -> usize {
    let described = ec2.describe_network_interfaces().send().await.unwrap();
    let of_ecs = |text: &str| text.contains(":attachment/");
    described.network_interfaces().iter().filter(|interface| interface.description().is_some_and(of_ecs)).count()
}

#[tokio::test]
async fn a_task_whose_log_group_is_missing_never_runs() {
    let sandbox = Sandbox::in_memory();
    furnish(&sandbox).await;
    let logs = logs(&sandbox);
    logs.delete_log_group().log_group_name("/lab").send().await.unwrap();
    create_service(&sandbox).await;
    pass(&sandbox, 120).await;
    let failing = service(&sandbox).await;
    assert_eq!(failing.running_count(), 0);
    assert!(failing.deployments()[0].failed_tasks() >= 2);
}

#[tokio::test]
async fn a_service_scales_and_its_circuit_breaker_rolls_back() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    create_service(&sandbox).await;
    pass(&sandbox, 90).await;
    let breaker = DeploymentCircuitBreaker::builder().enable(true).rollback(true).build();
    let configuration = DeploymentConfiguration::builder().deployment_circuit_breaker(breaker).build();
    let scaled = ecs
        .update_service()
        .cluster("main")
        .service("web")
        .desired_count(3)
        .deployment_configuration(configuration)
        .send()
        .await
        .unwrap();
    let scaled = scaled.service().unwrap();
    assert_eq!(scaled.deployments().len(), 1, "scaling is not a deployment");
    let kept = scaled.deployment_configuration().unwrap();
    assert_eq!(kept.maximum_percent(), Some(200), "what the call does not name stays");
    pass(&sandbox, 90).await;
    let good = service(&sandbox).await;
    assert_eq!(good.running_count(), 3);

    logs(&sandbox).delete_log_group().log_group_name("/lab").send().await.unwrap();
    register(&ecs, "web").await;
    ecs.update_service().cluster("main").service("web").task_definition("web").send().await.unwrap();
    pass(&sandbox, 180).await;
    let back = service(&sandbox).await;
    assert_eq!(back.task_definition(), good.task_definition());
    assert_eq!((back.deployments().len(), back.running_count()), (1, 3));
    assert!(back.events().iter().any(|event| event.message().unwrap().contains("rolling back")));
}

/// What AWS refuses of a service that is made, it refuses of one that is changed, whatever the change itself says.
#[tokio::test]
async fn an_update_is_held_to_the_rules_for_services() {
    let sandbox = Sandbox::in_memory();
    furnish(&sandbox).await;
    create_service(&sandbox).await;
    let update = async |change: Value| {
        let mut input = json!({ "cluster": "main", "service": "web" });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        call(&sandbox, "ecs:UpdateService", &input).await
    };
    let cases = [
        (json!({ "desiredCount": -1 }), "A service can't run -1 tasks."),
        (
            json!({ "healthCheckGracePeriodSeconds": 60 }),
            "Health check grace period is only valid for services configured to use load balancers",
        ),
        (
            json!({ "deploymentConfiguration": { "maximumPercent": 100 } }),
            "AvailabilityZoneRebalancing does not support maximumPercent <= 100.",
        ),
        (
            json!({ "deploymentConfiguration": { "minimumHealthyPercent": 101 } }),
            "minimumHealthyPercent must be at most 100",
        ),
        (
            json!({ "capacityProviderStrategy": [{ "capacityProvider": "FARGATE", "weight": 1001 }] }),
            "Weight is 1001: AWS takes 0 to 1000.",
        ),
    ];
    let before = call(&sandbox, "ecs:DescribeServices", &json!({ "cluster": "main", "services": ["web"] })).await;
    for (change, words) in cases {
        let refusal = update(change.clone()).await.unwrap_err();
        assert_eq!(refusal, ("InvalidParameterException".to_owned(), words.to_owned()), "{change}");
    }
    let after = call(&sandbox, "ecs:DescribeServices", &json!({ "cluster": "main", "services": ["web"] })).await;
    assert_eq!(before.unwrap()["services"][0]["desiredCount"], after.unwrap()["services"][0]["desiredCount"]);
    let configuration = json!({ "maximumPercent": 150, "minimumHealthyPercent": 50 });
    update(json!({ "deploymentConfiguration": configuration, "desiredCount": 0 })).await.unwrap();
}

//! Target groups, the listeners that hold them, and their targets.

use aws_sdk_elasticloadbalancingv2::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancingv2::operation::delete_target_group::DeleteTargetGroupError;
use aws_sdk_elasticloadbalancingv2::types::{
    ProtocolEnum, TargetDescription, TargetGroupAttribute, TargetHealthStateEnum,
};

use super::{Place, forward};
use crate::testing::pass;

#[tokio::test]
async fn a_listener_holds_its_target_group() {
    let place = Place::new().await;
    let (load_balancer, group) = (place.load_balancer("lab-alb").await, place.target_group("lab-tg").await);
    let listener = place.listener(&load_balancer, 80, &group).await;
    let taken = place.elb.create_listener().load_balancer_arn(&load_balancer).port(80).protocol(ProtocolEnum::Http);
    let taken = taken.default_actions(forward(&group)).send().await.unwrap_err();
    assert_eq!(taken.code(), Some("DuplicateListener"));

    let listeners = place.elb.describe_listeners().load_balancer_arn(&load_balancer).send().await.unwrap();
    let action = &listeners.listeners()[0].default_actions()[0];
    let config = action.forward_config().unwrap();
    assert_eq!((action.target_group_arn(), action.order()), (Some(group.as_str()), None));
    assert_eq!(config.target_groups()[0].weight(), Some(1));
    assert_eq!(config.target_group_stickiness_config().unwrap().enabled(), Some(false));
    let groups = place.elb.describe_target_groups().names("lab-tg").send().await.unwrap();
    assert_eq!(groups.target_groups()[0].load_balancer_arns(), [load_balancer.as_str()]);
    assert_eq!(groups.target_groups()[0].health_check_timeout_seconds(), Some(5));

    let second = place.load_balancer("other-alb").await;
    let shared = place.elb.create_listener().load_balancer_arn(&second).port(80).protocol(ProtocolEnum::Http);
    let shared = shared.default_actions(forward(&group)).send().await.unwrap_err();
    assert_eq!(shared.code(), Some("TargetGroupAssociationLimit"));

    let in_use = place.elb.delete_target_group().target_group_arn(&group).send().await.unwrap_err();
    assert!(matches!(in_use.into_service_error(), DeleteTargetGroupError::ResourceInUseException(_)));
    let moved = place.elb.modify_listener().listener_arn(&listener).port(8080).send().await.unwrap();
    assert_eq!(moved.listeners()[0].port(), Some(8080));
    place.elb.delete_listener().listener_arn(&listener).send().await.unwrap();
    let again = place.elb.delete_listener().listener_arn(&listener).send().await.unwrap_err();
    assert_eq!(again.code(), Some("ListenerNotFound"));
    for _ in 0..2 {
        place.elb.delete_target_group().target_group_arn(&group).send().await.unwrap();
    }
}

#[tokio::test]
async fn targets_become_healthy_and_drain() {
    let place = Place::new().await;
    let (load_balancer, group) = (place.load_balancer("lab-alb").await, place.target_group("lab-tg").await);
    let target = TargetDescription::builder().id("172.31.0.10").build();
    place.elb.register_targets().target_group_arn(&group).targets(target.clone()).send().await.unwrap();
    assert_eq!(place.health(&group).await, Some(TargetHealthStateEnum::Unused), "no listener forwards to the group");
    place.listener(&load_balancer, 80, &group).await;
    assert_eq!(place.health(&group).await, Some(TargetHealthStateEnum::Initial));
    pass(&place.sandbox, 61).await;
    assert_eq!(place.health(&group).await, Some(TargetHealthStateEnum::Healthy));

    let delay = TargetGroupAttribute::builder().key("deregistration_delay.timeout_seconds").value("20").build();
    place.elb.modify_target_group_attributes().target_group_arn(&group).attributes(delay).send().await.unwrap();
    place.elb.deregister_targets().target_group_arn(&group).targets(target.clone()).send().await.unwrap();
    assert_eq!(place.health(&group).await, Some(TargetHealthStateEnum::Draining));
    pass(&place.sandbox, 21).await;
    assert_eq!(place.health(&group).await, None);
    let unknown = place.elb.deregister_targets().target_group_arn(&group).targets(target).send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("InvalidTarget"));
}

#[tokio::test]
async fn only_a_health_check_can_change_and_only_sensibly() {
    let place = Place::new().await;
    let group = place.target_group("lab-tg").await;
    let modify = || place.elb.modify_target_group().target_group_arn(&group);
    let changed = modify().health_check_interval_seconds(10).send().await.unwrap();
    assert_eq!(changed.target_groups()[0].health_check_interval_seconds(), Some(10));
    assert_eq!(changed.target_groups()[0].health_check_path(), Some("/health"), "what is left out stays");
    for refused in [
        modify().health_check_timeout_seconds(10).send().await,
        modify().health_check_path("health").send().await,
        modify().healthy_threshold_count(1).send().await,
    ] {
        assert_eq!(refused.unwrap_err().code(), Some("ValidationError"));
    }
}

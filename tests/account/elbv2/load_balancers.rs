//! Load balancers: their time, their refusals, their settings.

use aws_sdk_ec2::types::NetworkInterfaceStatus;
use aws_sdk_elasticloadbalancingv2::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::CreateLoadBalancerError;
use aws_sdk_elasticloadbalancingv2::operation::describe_load_balancers::DescribeLoadBalancersError;
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerAttribute, LoadBalancerStateEnum, ProtocolEnum, Tag};

use super::Place;
use crate::testing::{config, pass};

#[tokio::test]
async fn a_load_balancer_takes_its_time_and_holds_its_group_a_while_longer() {
    let place = Place::new().await;
    let arn = place.load_balancer("lab-alb").await;
    let describe =
        async || place.elb.describe_load_balancers().names("lab-alb").send().await.unwrap().load_balancers()[0].clone();
    let shown = describe().await;
    assert_eq!(shown.state().unwrap().code(), Some(&LoadBalancerStateEnum::Provisioning));
    assert_eq!(shown.availability_zones().len(), 3);
    let dns = shown.dns_name().unwrap();
    assert!(dns.starts_with("lab-alb-") && dns.ends_with(".eu-west-1.elb.amazonaws.com"), "{dns}");
    pass(&place.sandbox, 120).await;
    assert_eq!(describe().await.state().unwrap().code(), Some(&LoadBalancerStateEnum::Active));

    assert_eq!(place.deleting_the_group().await.as_deref(), Some("DependencyViolation"));
    let of_group = aws_sdk_ec2::types::Filter::builder().name("group-id").values(&place.group).build();
    let interfaces = place.ec2.describe_network_interfaces().filters(of_group).send().await.unwrap();
    assert_eq!(interfaces.network_interfaces().len(), 3);
    let interface = &interfaces.network_interfaces()[0];
    assert_eq!(interface.description(), Some(format!("ELB {}", arn.split_once("loadbalancer/").unwrap().1).as_str()));
    assert_eq!(interface.requester_id(), Some("amazon-elb"));
    assert_eq!(interface.requester_managed(), Some(true));
    assert_eq!(interface.status(), Some(&NetworkInterfaceStatus::InUse));
    let attachment = interface.attachment().unwrap();
    assert_eq!(attachment.instance_owner_id(), Some("amazon-elb"));
    assert!(attachment.attach_time().is_some());

    place.elb.delete_load_balancer().load_balancer_arn(&arn).send().await.unwrap();
    place.elb.delete_load_balancer().load_balancer_arn(&arn).send().await.unwrap();
    let gone = place.elb.describe_load_balancers().load_balancer_arns(&arn).send().await.unwrap_err();
    assert!(matches!(gone.into_service_error(), DescribeLoadBalancersError::LoadBalancerNotFoundException(_)));
    pass(&place.sandbox, 170).await;
    assert_eq!(place.deleting_the_group().await.as_deref(), Some("DependencyViolation"));
    pass(&place.sandbox, 15).await;
    assert_eq!(place.deleting_the_group().await, None);
}

#[tokio::test]
async fn creating_again_gives_back_the_same_or_is_refused() {
    let place = Place::new().await;
    let arn = place.load_balancer("lab-alb").await;
    assert_eq!(place.load_balancer("lab-alb").await, arn);
    let fewer = place.elb.create_load_balancer().name("lab-alb").set_subnets(Some(place.subnets[..2].to_vec()));
    let refused = fewer.send().await.unwrap_err().into_service_error();
    assert!(matches!(refused, CreateLoadBalancerError::DuplicateLoadBalancerNameException(_)), "{refused:?}");

    let group = place.target_group("lab-tg").await;
    assert_eq!(place.target_group("lab-tg").await, group);
    let other = place.elb.create_target_group().name("lab-tg").protocol(ProtocolEnum::Http).port(80);
    let refused = other.vpc_id(&place.vpc).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("DuplicateTargetGroupName"));

    let roles = aws_sdk_iam::Client::new(&config(&place.sandbox));
    let role = roles.get_role().role_name("AWSServiceRoleForElasticLoadBalancing").send().await.unwrap();
    assert!(role.role().unwrap().path().starts_with("/aws-service-role/"));
}

#[tokio::test]
async fn load_balancers_that_elb_refuses() {
    let place = Place::new().await;
    let (one, all) = (place.subnets[..1].to_vec(), place.subnets.clone());
    let cases = [
        ("lab", one, &place.group, "ValidationError"),
        ("lab", vec!["subnet-0".to_owned(), "subnet-1".to_owned()], &place.group, "SubnetNotFound"),
        ("lab", all.clone(), &"sg-0".to_owned(), "InvalidSecurityGroup"),
        ("-lab", all.clone(), &place.group, "ValidationError"),
        ("a-name-of-more-than-thirty-two-characters", all, &place.group, "ValidationError"),
    ];
    for (name, subnets, group, code) in cases {
        let request = place.elb.create_load_balancer().name(name).set_subnets(Some(subnets)).security_groups(group);
        assert_eq!(request.send().await.unwrap_err().code(), Some(code), "{name}");
    }
}

#[tokio::test]
async fn groups_subnets_and_attributes_change_in_place() {
    let place = Place::new().await;
    let arn = place.load_balancer("lab-alb").await;
    let other = place.ec2.create_security_group().group_name("other").description("d").send().await.unwrap();
    let other = other.group_id().unwrap();
    place.elb.set_security_groups().load_balancer_arn(&arn).security_groups(other).send().await.unwrap();
    assert_eq!(place.deleting_the_group().await, None, "the interfaces changed with the load balancer");
    let two = Some(place.subnets[1..].to_vec());
    place.elb.set_subnets().load_balancer_arn(&arn).set_subnets(two).send().await.unwrap();
    let shown = place.elb.describe_load_balancers().send().await.unwrap();
    assert_eq!(shown.load_balancers()[0].availability_zones().len(), 2);
    assert_eq!(shown.load_balancers()[0].security_groups(), [other]);

    let protect = |value: &str| {
        let attribute = LoadBalancerAttribute::builder().key("deletion_protection.enabled").value(value).build();
        place.elb.modify_load_balancer_attributes().load_balancer_arn(&arn).attributes(attribute).send()
    };
    protect("true").await.unwrap();
    let refused = place.elb.delete_load_balancer().load_balancer_arn(&arn).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("OperationNotPermitted"));
    protect("false").await.unwrap();
    assert_eq!(protect("perhaps").await.unwrap_err().code(), Some("ValidationError"));
    let shown = place.elb.describe_load_balancer_attributes().load_balancer_arn(&arn).send().await.unwrap();
    let idle = shown.attributes().iter().find(|attribute| attribute.key() == Some("idle_timeout.timeout_seconds"));
    assert_eq!(idle.unwrap().value(), Some("60"), "what nobody set reads back with its default");
    place.elb.delete_load_balancer().load_balancer_arn(&arn).send().await.unwrap();
}

#[tokio::test]
async fn tags_are_described_for_all_or_for_none() {
    let place = Place::new().await;
    let (load_balancer, group) = (place.load_balancer("lab-alb").await, place.target_group("lab-tg").await);
    let tag = Tag::builder().key("more").value("1").build();
    place.elb.add_tags().resource_arns(&load_balancer).resource_arns(&group).tags(tag).send().await.unwrap();
    place.elb.remove_tags().resource_arns(&load_balancer).tag_keys("owner").send().await.unwrap();
    let shown = place.elb.describe_tags().resource_arns(&load_balancer).resource_arns(&group).send().await.unwrap();
    for description in shown.tag_descriptions() {
        assert_eq!(description.tags().len(), 1, "{description:?}");
        assert_eq!(description.tags()[0].key(), Some("more"));
    }
    place.elb.delete_target_group().target_group_arn(&group).send().await.unwrap();
    let missing = place.elb.describe_tags().resource_arns(&load_balancer).resource_arns(&group).send().await;
    assert_eq!(missing.unwrap_err().code(), Some("TargetGroupNotFound"));
}

#[tokio::test]
async fn load_balancers_come_page_by_page() {
    let place = Place::new().await;
    for name in ["one", "two", "three"] {
        place.load_balancer(name).await;
    }
    let pages = place.elb.describe_load_balancers().page_size(2).into_paginator();
    let found: Vec<_> = pages.items().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(found.len(), 3);
    let refused = place.elb.describe_load_balancers().names("one").names("four").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("LoadBalancerNotFound"));
}

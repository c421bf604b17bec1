//! Network load balancers: their addresses, their groups, and what their listeners forward.

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::builders::CreateLoadBalancerFluentBuilder;
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerTypeEnum, ProtocolEnum, SubnetMapping};

use super::{Place, forward};
use crate::testing::pass;

impl Place {
    fn network(&self, name: &str) -> CreateLoadBalancerFluentBuilder {
        self.elb.create_load_balancer().name(name).r#type(LoadBalancerTypeEnum::Network)
    }

    async fn group_of(&self, name: &str, protocol: ProtocolEnum) -> String {
        let request = self.elb.create_target_group().name(name).protocol(protocol).port(53).vpc_id(&self.vpc);
        let made = request.target_type("ip".into()).send().await.unwrap();
        made.target_groups()[0].target_group_arn().unwrap().to_owned()
    }
}

#[tokio::test]
async fn it_holds_an_address_of_its_owner_until_its_interfaces_are_gone() {
    let place = Place::new().await;
    let address = place.ec2.allocate_address().send().await.unwrap();
    let (allocation, ip) = (address.allocation_id().unwrap(), address.public_ip().unwrap());
    let mapping = SubnetMapping::builder().subnet_id(&place.subnets[0]).allocation_id(allocation).build();
    let made = place.network("lab-nlb").subnet_mappings(mapping.clone()).send().await.unwrap();
    let made = &made.load_balancers()[0];
    let shown = &made.availability_zones()[0].load_balancer_addresses()[0];
    assert_eq!((shown.allocation_id(), shown.ip_address()), (Some(allocation), Some(ip)));
    assert_eq!(made.r#type(), Some(&LoadBalancerTypeEnum::Network));
    assert_eq!(made.security_groups(), [""; 0], "it has no group of its own accord");
    let (arn, dns) = (made.load_balancer_arn().unwrap(), made.dns_name().unwrap());
    assert!(arn.contains(":loadbalancer/net/lab-nlb/") && dns.ends_with(".elb.eu-west-1.amazonaws.com"), "{arn} {dns}");

    let release = async || place.ec2.release_address().allocation_id(allocation).send().await;
    assert_eq!(release().await.unwrap_err().code(), Some("InvalidIPAddress.InUse"));
    let taken = place.network("other").subnet_mappings(mapping).send().await.unwrap_err();
    assert_eq!(taken.code(), Some("ResourceInUse"));
    let late = place.elb.set_security_groups().load_balancer_arn(arn).security_groups(&place.group).send().await;
    assert_eq!(late.unwrap_err().code(), Some("InvalidConfigurationRequest"));

    place.elb.delete_load_balancer().load_balancer_arn(arn).send().await.unwrap();
    assert_eq!(release().await.unwrap_err().code(), Some("InvalidIPAddress.InUse"));
    pass(&place.sandbox, 185).await;
    release().await.unwrap();
}

#[tokio::test]
async fn its_listeners_forward_to_what_speaks_the_same() {
    let place = Place::new().await;
    let made = place.network("lab-nlb").subnets(&place.subnets[0]).send().await.unwrap();
    let arn = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let udp = place.group_of("udp", ProtocolEnum::Udp).await;
    let http = place.group_of("http", ProtocolEnum::Http).await;
    let listen = async |protocol: ProtocolEnum, group: &str| {
        let request = place.elb.create_listener().load_balancer_arn(&arn).port(53).protocol(protocol);
        request.default_actions(forward(group)).send().await
    };
    for (protocol, group, code) in [
        (ProtocolEnum::Tcp, &udp, "IncompatibleProtocols"),
        (ProtocolEnum::Tcp, &http, "IncompatibleProtocols"),
        (ProtocolEnum::Http, &http, "ValidationError"),
        (ProtocolEnum::Tls, &udp, "ValidationError"),
    ] {
        assert_eq!(listen(protocol.clone(), group).await.unwrap_err().code(), Some(code), "{protocol} {group}");
    }
    listen(ProtocolEnum::Udp, &udp).await.unwrap();
}

#[tokio::test]
async fn clients_are_seen_by_targets_of_udp_and_not_by_addresses_behind_tcp() {
    let place = Place::new().await;
    for (protocol, expected) in [(ProtocolEnum::Tcp, "false"), (ProtocolEnum::Udp, "true")] {
        let group = place.group_of("lab-tg", protocol).await;
        let shown = place.elb.describe_target_group_attributes().target_group_arn(&group).send().await.unwrap();
        let one = shown.attributes().iter().find(|one| one.key() == Some("preserve_client_ip.enabled")).unwrap();
        assert_eq!(one.value(), Some(expected));
        let shown = place.elb.describe_target_groups().target_group_arns(&group).send().await.unwrap();
        let shown = &shown.target_groups()[0];
        assert_eq!(shown.health_check_protocol(), Some(&ProtocolEnum::Tcp));
        assert_eq!((shown.health_check_timeout_seconds(), shown.health_check_path()), (Some(10), None));
        place.elb.delete_target_group().target_group_arn(&group).send().await.unwrap();
    }
}

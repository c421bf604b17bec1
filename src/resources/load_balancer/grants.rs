//! What IAM has to allow for load balancers.

use super::LoadBalancer;
use crate::resource::{Grant, Granted, Names, Need, Place, service_linked_role};

/// For the tags of what Elastic Load Balancing makes.
pub(in crate::resources) fn tags(place: &Place) -> [Grant; 2] {
    let action = &["elasticloadbalancing:AddTags"];
    [Grant::while_creating(action, "elasticloadbalancing:CreateAction"), Grant::on_owned(Need::Change, action, place)]
}

/// For the role of Elastic Load Balancing itself.
pub(in crate::resources) fn service_role(place: &Place) -> [Grant; 2] {
    service_linked_role(place, "elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing")
}

impl Granted for LoadBalancer {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let balancer = [place.arn("elasticloadbalancing", &format!("loadbalancer/app/{name}/*"))];
        let create = &["elasticloadbalancing:CreateLoadBalancer"];
        let delete = &["elasticloadbalancing:DeleteLoadBalancer"];
        let mut grants = vec![
            Grant::on(Need::Change, create, balancer).tagging(place),
            Grant::on_owned(Need::Delete, delete, place),
        ];
        let mut change = |actions| grants.push(Grant::on_owned(Need::Change, actions, place));
        if self.subnets.is_some() {
            change(&["elasticloadbalancing:SetSubnets"]);
        }
        if self.security_groups.is_some() {
            change(&["elasticloadbalancing:SetSecurityGroups"]);
        }
        if self.ip_address_type.is_some() {
            change(&["elasticloadbalancing:SetIpAddressType"]);
        }
        if self.attributes.is_some() {
            change(&["elasticloadbalancing:ModifyLoadBalancerAttributes"]);
            let read = &["elasticloadbalancing:DescribeLoadBalancerAttributes"];
            grants.push(Grant::in_region(Need::Read, read, place));
        }
        grants.extend(tags(place));
        grants.extend(service_role(place));
        grants
    }
}

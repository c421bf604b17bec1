//! What IAM has to allow for listeners.

use super::Listener;
use crate::resource::{Grant, Granted, Names, Need, Place};
use crate::resources::load_balancer;

impl Granted for Listener {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
        ];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, _name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        // The call is asked for on the load balancer.
        let balancer = &names[&self.load_balancer_arn.address()];
        let balancer = format!("loadbalancer/app/{balancer}/*");
        let balancer = [place.arn("elasticloadbalancing", &balancer)];
        let create = &["elasticloadbalancing:CreateListener"];
        let modify = &["elasticloadbalancing:ModifyListener"];
        let delete = &["elasticloadbalancing:DeleteListener"];
        let mut grants = vec![
            Grant::on(Need::Change, create, balancer).tagging(place),
            Grant::on_owned(Need::Change, modify, place),
            Grant::on_owned(Need::Delete, delete, place),
        ];
        grants.extend(load_balancer::tags(place));
        grants
    }
}

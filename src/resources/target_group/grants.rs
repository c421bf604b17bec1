//! What IAM has to allow for target groups.

use super::TargetGroup;
use crate::resource::{Grant, Granted, Names, Need, Place, Resource as _};
use crate::resources::load_balancer;

impl Granted for TargetGroup {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroups"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let successor = Self::NAME.successor(name, "????????");
        let groups = [name, &successor].map(|name| place.arn("elasticloadbalancing", &format!("targetgroup/{name}/*")));
        let create = &["elasticloadbalancing:CreateTargetGroup"];
        let delete = &["elasticloadbalancing:DeleteTargetGroup"];
        let mut grants = vec![
            Grant::on(Need::Change, create, groups).tagging(place),
            Grant::on_owned(Need::Delete, delete, place),
            // What forwards to a group; listeners are listed anyhow.
            Grant::in_region(Need::Delete, &["elasticloadbalancing:DescribeRules"], place),
        ];
        let mut change = |actions| grants.push(Grant::on_owned(Need::Change, actions, place));
        change(&["elasticloadbalancing:ModifyTargetGroup"]);
        if self.attributes.is_some() {
            change(&["elasticloadbalancing:ModifyTargetGroupAttributes"]);
            let read = &["elasticloadbalancing:DescribeTargetGroupAttributes"];
            grants.push(Grant::in_region(Need::Read, read, place));
        }
        grants.extend(load_balancer::tags(place));
        grants.extend(load_balancer::service_role(place));
        grants
    }
}

//! Permissions that IAM has to give for services.

use super::{Service, images, scaling};
use crate::resource::{Grant, Granted, Names, Need, Place};
use crate::resources::ecs;

impl Granted for Service {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        let cluster = &names[&self.cluster.address()];
        let service = [place.arn("ecs", &format!("service/{cluster}/{name}"))];
        let mut grants = vec![
            Grant::on(Need::Change, &["ecs:CreateService"], service).tagging(place),
            Grant::on_owned(Need::Change, &["ecs:UpdateService"], place),
            Grant::on_owned(Need::Delete, &["ecs:DeleteService"], place),
            // Why it doesn't become stable.
            Grant::in_region(Need::Change, &["ecs:DescribeTasks", "ecs:ListTasks"], place),
        ];
        if images::has_images(names) {
            // Which images its tasks run.
            let tasks = &["ecs:DescribeTasks", "ecs:ListTasks"];
            grants.push(Grant::in_region(Need::Compare, tasks, place));
        }
        if self.load_balancers.is_some() {
            let health = &["elasticloadbalancing:DescribeTargetHealth"];
            grants.push(Grant::in_region(Need::Change, health, place));
            grants.push(Grant::in_region(Need::Look, health, place));
            // For how long it drains.
            let delay =
                &["elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth"];
            grants.push(Grant::in_region(Need::Delete, delay, place));
        }
        if self.scaling.is_some() {
            grants.extend(scaling::grants(cluster, name, place));
        }
        grants.extend(ecs::tag_grants(place));
        grants.extend(ecs::look_at_tasks(cluster, place));
        grants.push(ecs::service_role());
        grants
    }
}

//! What IAM has to allow for clusters.

use super::Cluster;
use crate::resource::{Grant, Granted, Names, Need, Place};
use crate::resources::ecs;

impl Granted for Cluster {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["ecs:DescribeClusters", "ecs:ListClusters"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let cluster = [place.arn("ecs", &format!("cluster/{name}"))];
        let mut grants = vec![
            Grant::on(Need::Change, &["ecs:CreateCluster"], cluster).tagging(place),
            Grant::on_owned(Need::Delete, &["ecs:DeleteCluster"], place),
        ];
        // Which tasks run in it, and how those of jobs ended.
        let arn = [place.arn("ecs", &format!("cluster/{name}"))];
        let list = Grant::on(Need::Look, &["ecs:ListTasks"], ["*"]);
        grants.push(list.only("ArnEquals", "ecs:cluster", arn));
        let tasks = [place.arn("ecs", &format!("task/{name}/*"))];
        grants.push(Grant::on(Need::Look, &["ecs:DescribeTasks"], tasks));
        // What holds a cluster; its services are listed anyhow.
        let holders = &["ecs:DescribeTasks", "ecs:ListContainerInstances", "ecs:ListTasks"];
        grants.push(Grant::in_region(Need::Delete, holders, place));
        let mut change = |actions| grants.push(Grant::on_owned(Need::Change, actions, place));
        if self.settings.is_some() {
            change(&["ecs:UpdateCluster"]);
        }
        if self.capacity_providers.is_some() || self.default_capacity_provider_strategy.is_some() {
            change(&["ecs:PutClusterCapacityProviders"]);
        }
        grants.extend(ecs::tag_grants(place));
        grants.extend(ecs::service_role(place));
        grants
    }
}

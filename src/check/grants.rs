//! The IAM permissions for looking at checkpoints: a grader needs no others.

use super::used;
use crate::resource::{Grant, Need, Place};
use crate::spec::{Checkpoint, Lab};

/// The permissions for a lab's checkpoints: to read by name what they refer to, and what each assertion asks besides.
pub fn grants(lab: &Lab) -> Vec<Grant> {
    let (names, place) = (&lab.names(), &lab.place);
    let used = used(lab, &lab.checkpoints.keys().collect::<Vec<_>>());
    let nodes = used.iter().filter_map(|address| lab.nodes.get(address));
    let reads = nodes.flat_map(|node| {
        node.kind.grants(&node.spec, &node.name, names, place).into_iter().chain(node.kind.listing(place))
    });
    let reads = reads.filter(|grant| grant.need == Need::Read).map(|mut grant| {
        // Nothing is looked for that isn't known by its name.
        grant.actions.retain(|action| !action.contains(":List") || action.ends_with(":ListTagsForResource"));
        grant
    });
    let reads = reads.filter(|grant| !grant.actions.is_empty());
    reads.chain(lab.checkpoints.values().flat_map(|one| asked(one, lab, place))).collect()
}

fn asked(checkpoint: &Checkpoint, lab: &Lab, place: &Place) -> Vec<Grant> {
    let name = |address| lab.nodes.get(&address).map_or("*", |node| node.name.as_str());
    let mut grants = Vec::new();
    if let Some(image) = &checkpoint.image {
        let actions = &["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"];
        let repository = place.arn("ecr", &format!("repository/{}", name(image.repository.address())));
        grants.push(Grant::on(Need::Read, actions, [repository]));
        grants.push(Grant::in_region(Need::Read, &["ecr:GetAuthorizationToken"], place));
    }
    if checkpoint.url.is_some() {
        let actions = &[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ];
        grants.push(Grant::in_region(Need::Read, actions, place));
    }
    if let Some(task) = &checkpoint.task {
        let cluster = name(task.cluster.address());
        let tasks = place.arn("ecs", &format!("task/{cluster}/*"));
        grants.push(Grant::on(Need::Read, &["ecs:DescribeTasks"], [tasks]));
        let cluster = place.arn("ecs", &format!("cluster/{cluster}"));
        grants.push(Grant::on(Need::Read, &["ecs:ListTasks"], ["*"]).only("ArnEquals", "ecs:cluster", [cluster]));
    }
    if let Some(object) = &checkpoint.object {
        let bucket = format!("arn:{}:s3:::{}", place.partition, name(object.bucket.address()));
        grants.push(Grant::on(Need::Read, &["s3:ListBucket"], [bucket]));
    }
    if let Some(log) = &checkpoint.log {
        let group = place.arn("logs", &format!("log-group:{}:*", name(log.log_group.address())));
        grants.push(Grant::on(Need::Read, &["logs:FilterLogEvents"], [group]));
    }
    grants
}

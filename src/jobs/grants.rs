//! The IAM permissions for running jobs, and for stopping their tasks.

use crate::resource::{Grant, Names, Need, Place};
use crate::spec::Job;

/// The permissions for running a job, beside its task definition's. Making what is missing takes those of `apply`.
pub fn grants(job: &Job, names: &Names, place: &Place) -> Vec<Grant> {
    let cluster = &names[&job.cluster.address()];
    let family = &names[&job.task_definition.address()];
    let cluster_arn = place.arn("ecs", &format!("cluster/{cluster}"));
    // AWS fills in the revision before it looks at permissions (RunTask, API reference).
    let revisions = [place.arn("ecs", &format!("task-definition/{family}:*"))];
    let tasks = [place.arn("ecs", &format!("task/{cluster}/*"))];
    let tag = Grant::on(Need::Run, &["ecs:TagResource"], tasks.clone());
    let mut grants = vec![
        Grant::on(Need::Run, &["ecs:RunTask"], revisions).only("ArnEquals", "ecs:cluster", [cluster_arn.as_str()]),
        tag.only("StringEquals", "ecs:CreateAction", ["RunTask"]),
        Grant::on(Need::Run, &["ecs:DescribeTasks", "ecs:StopTask"], tasks),
        // Which of the job's tasks are on, and which have ended.
        Grant::on(Need::Run, &["ecs:ListTasks"], ["*"]).only("ArnEquals", "ecs:cluster", [cluster_arn]),
    ];
    let bucket = |address| format!("arn:{}:s3:::{}", place.partition, names[&address]);
    for input in job.inputs.iter().flatten() {
        let object = format!("{}/{}", bucket(input.bucket.address()), input.key);
        grants.push(Grant::on(Need::Run, &["s3:PutObject"], [object]));
    }
    for output in job.outputs.iter().flatten() {
        let bucket = bucket(output.bucket.address());
        let object = format!("{bucket}/{}", output.key);
        grants.push(Grant::on(Need::Run, &["s3:GetObject"], [object]));
        // Without it S3 says "denied" of an object that isn't there (GetObject, API reference).
        grants.push(Grant::on(Need::Run, &["s3:ListBucket"], [bucket]));
    }
    grants
}

/// The permission for stopping jobs' tasks before a destroy. Listing and describing them is allowed with their cluster.
pub fn stop_grants(job: &Job, names: &Names, place: &Place) -> Grant {
    let tasks = place.arn("ecs", &format!("task/{}/*", names[&job.cluster.address()]));
    Grant::on(Need::Destroy, &["ecs:StopTask"], [tasks])
}

//! Jobs through the SDK's own client.

use aws_sdk_ecs::error::ProvideErrorMetadata;
use aws_sdk_ecs::types::{ContainerOverride, DesiredStatus, TaskOverride};

use crate::testing::{furnish, logs, pass, web_task};
use labform_account::Sandbox;

#[tokio::test]
async fn a_job_ends_with_its_exit_code_and_a_log() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let request = web_task(&sandbox).await;
    for (command, code) in [("node classifier.js", 0), ("sh -c exit 3", 3)] {
        let over = ContainerOverride::builder().name("app").set_command(Some(vec![command.to_owned()])).build();
        let run = || {
            request
                .clone()
                .overrides(TaskOverride::builder().container_overrides(over.clone()).build())
                .client_token(format!("token {code}"))
                .started_by("lab/run")
        };
        let started = run().send().await.unwrap();
        let arn = started.tasks()[0].task_arn().unwrap().to_owned();
        let replayed = run().send().await.unwrap();
        assert_eq!(replayed.tasks()[0].task_arn(), Some(arn.as_str()), "a token starts one task");
        let other = run().count(2).send().await.unwrap_err();
        assert_eq!(other.code(), Some("ConflictException"));

        let mut seen = Vec::new();
        let ended = loop {
            let described = ecs.describe_tasks().cluster("main").tasks(&arn).send().await.unwrap();
            let task = described.tasks()[0].clone();
            let status = task.last_status().unwrap().to_owned();
            if seen.last() != Some(&status) {
                seen.push(status.clone());
            }
            if status == "STOPPED" {
                break task;
            }
            pass(&sandbox, 1).await;
        };
        let path = "PROVISIONING PENDING ACTIVATING RUNNING DEACTIVATING STOPPING DEPROVISIONING STOPPED";
        assert_eq!(seen.join(" "), path);
        assert_eq!(ended.containers()[0].exit_code(), Some(code));
        assert_eq!(ended.stopped_reason(), Some("Essential container in task exited"));

        let logs = logs(&sandbox);
        let stream = format!("ecs/app/{}", arn.rsplit('/').next().unwrap());
        let get = || logs.get_log_events().log_group_name("/lab").log_stream_name(&stream).start_from_head(true);
        let first = get().send().await.unwrap();
        assert!(first.events()[0].message().unwrap().contains(command));
        let next = get().next_token(first.next_forward_token().unwrap()).send().await.unwrap();
        assert!(next.events().is_empty());
        assert_eq!(next.next_forward_token(), first.next_forward_token(), "at the end the token stays the same");
    }
    let stopped = ecs
        .list_tasks()
        .cluster("main")
        .started_by("lab/run")
        .desired_status(DesiredStatus::Stopped)
        .send()
        .await
        .unwrap();
    assert_eq!(stopped.task_arns().len(), 2);
}

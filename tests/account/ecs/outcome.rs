//! Failures as a test simulates them, through the SDK's own client.

use aws_sdk_ecs::types::{DesiredStatus, TaskStopCode};

use crate::testing::{create_service, furnish, logs, pass, service};
use labform_account::{Sandbox, TaskOutcome};

#[tokio::test]
async fn tasks_that_end_are_started_again_until_all_goes_well() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let outcome = TaskOutcome::exits(3, &["no database"]);
    sandbox.with(|account| account.simulation("eu-west-1").tasks_end("web", outcome));
    create_service(&sandbox).await;
    pass(&sandbox, 120).await;
    let failing = service(&sandbox).await;
    assert_eq!(failing.running_count(), 0);
    assert!(failing.deployments()[0].failed_tasks() >= 4);
    let list = ecs.list_tasks().cluster("main").service_name("web");
    let list = list.desired_status(DesiredStatus::Stopped).send().await;
    let describe = ecs.describe_tasks().cluster("main").set_tasks(list.unwrap().task_arns);
    let described = describe.send().await.unwrap();
    let task = &described.tasks()[0];
    assert_eq!(task.stop_code(), Some(&TaskStopCode::EssentialContainerExited));
    assert_eq!(task.containers()[0].exit_code(), Some(3));
    let events = logs(&sandbox).filter_log_events().log_group_name("/lab");
    let events = events.filter_pattern("\"no database\"").send().await;
    assert!(events.unwrap().events().len() >= 4);

    sandbox.with(|account| account.simulation("eu-west-1").end());
    pass(&sandbox, 120).await;
    assert_eq!(service(&sandbox).await.running_count(), 2);
}

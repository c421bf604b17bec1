//! ECS through the SDK's own client: clusters and task definitions.

mod fails;
mod hosted;
mod job;
mod outcome;
mod service;
mod simulated;

use aws_sdk_ecs::error::ProvideErrorMetadata;
use aws_sdk_ecs::types::{ClusterField, Compatibility, LaunchType, Tag};

use crate::testing::{furnish, pass, register};
use labform_account::Sandbox;

#[tokio::test]
async fn a_cluster_that_exists_is_given_back_with_its_own_tags() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let tag = Tag::builder().key("owner").value("me").build();
    ecs.create_cluster().cluster_name("main").tags(tag).send().await.unwrap();
    let described = ecs
        .describe_clusters()
        .clusters("main")
        .clusters("other")
        .include(ClusterField::Tags)
        .include(ClusterField::Settings)
        .send()
        .await
        .unwrap();
    assert_eq!(described.clusters()[0].status(), Some("ACTIVE"));
    assert!(described.clusters()[0].tags().is_empty(), "the second call's tags are ignored");
    assert_eq!(described.clusters()[0].settings().len(), 1);
    assert_eq!(described.failures()[0].reason(), Some("MISSING"));
}

#[tokio::test]
async fn a_task_definition_reads_back_with_its_defaults() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let described = ecs.describe_task_definition().task_definition("web").send().await.unwrap();
    let definition = described.task_definition().unwrap();
    let container = &definition.container_definitions()[0];
    assert_eq!(definition.revision(), 1);
    assert_eq!(container.port_mappings()[0].host_port(), Some(3000));
    assert_eq!(container.essential(), Some(true));
    assert_eq!(container.health_check().unwrap().interval(), Some(30));
    assert_eq!(container.environment()[0].name(), Some("B"), "the order of the call is not kept");
    assert!(definition.compatibilities().contains(&Compatibility::Fargate));

    let arn = register(&ecs, "web").await;
    assert!(arn.ends_with("task-definition/web:2"));
    ecs.deregister_task_definition().task_definition("web:2").send().await.unwrap();
    let deleted =
        ecs.delete_task_definitions().task_definitions("web:1").task_definitions("web:2").send().await.unwrap();
    assert_eq!((deleted.task_definitions().len(), deleted.failures().len()), (1, 1));
    pass(&sandbox, 30).await;
    let gone = ecs.describe_task_definition().task_definition("web:2").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("ClientException"));
    assert_eq!(gone.message(), Some("Unable to describe task definition."));
    assert!(register(&ecs, "web").await.ends_with("web:3"), "a number is never used again");
}

#[tokio::test]
async fn what_fargate_does_not_take_is_refused() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let no_network = ecs
        .create_service()
        .cluster("main")
        .service_name("web")
        .task_definition("web")
        .launch_type(LaunchType::Fargate)
        .send()
        .await
        .unwrap_err();
    let message = "Network Configuration must be provided when networkMode 'awsvpc' is specified.";
    assert_eq!(no_network.message(), Some(message));
    let no_cluster = ecs.create_service().cluster("other").service_name("web").task_definition("web").send().await;
    assert!(no_cluster.unwrap_err().into_service_error().is_cluster_not_found_exception());
    let many: Vec<String> = (0..11).map(|number| format!("s{number}")).collect();
    let eleven = ecs.describe_services().cluster("main").set_services(Some(many)).send().await.unwrap_err();
    assert!(eleven.into_service_error().is_invalid_parameter_exception());
    let stranger = ecs.update_service().cluster("main").service("web").send().await.unwrap_err();
    assert!(stranger.into_service_error().is_service_not_found_exception());
}

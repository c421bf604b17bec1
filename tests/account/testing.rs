//! What the tests of the embedded account share: the SDK's clients on it, and the furniture of a lab.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ecs::operation::create_service::builders::CreateServiceFluentBuilder;
use aws_sdk_ecs::operation::run_task::builders::RunTaskFluentBuilder;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, Compatibility, ContainerDefinition, HealthCheck, KeyValuePair, LaunchType,
    LogConfiguration, LogDriver, NetworkConfiguration, NetworkMode, PortMapping, Service,
};
use aws_smithy_async::rt::sleep::AsyncSleep;
use aws_types::SdkConfig;
use aws_types::region::Region;

use labform_account::Sandbox;

const ROLE: &str = "arn:aws:iam::123456789012:role/execution";

/// Configuration for any of the SDK's clients.
pub(crate) fn config(sandbox: &Sandbox) -> SdkConfig {
    let credentials = Credentials::new("AKIDSANDBOX", "secret", None, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(aws_sdk_ecs::config::BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(sandbox.http_client())
        .sleep_impl(sandbox.sleep())
        .build()
}

pub(crate) fn ecs(sandbox: &Sandbox) -> aws_sdk_ecs::Client {
    aws_sdk_ecs::Client::new(&config(sandbox))
}

pub(crate) fn logs(sandbox: &Sandbox) -> aws_sdk_cloudwatchlogs::Client {
    aws_sdk_cloudwatchlogs::Client::new(&config(sandbox))
}

pub(crate) async fn pass(sandbox: &Sandbox, seconds: u64) {
    sandbox.sleep().sleep(Duration::from_secs(seconds)).await;
}

/// The network of the default VPC.
pub(crate) async fn network(sandbox: &Sandbox) -> NetworkConfiguration {
    let ec2 = aws_sdk_ec2::Client::new(&config(sandbox));
    let subnets = ec2.describe_subnets().send().await.unwrap();
    let ids = subnets.subnets().iter().map(|subnet| subnet.subnet_id().unwrap().to_owned()).collect();
    let vpc = AwsVpcConfiguration::builder()
        .set_subnets(Some(ids))
        .assign_public_ip(AssignPublicIp::Enabled)
        .build()
        .unwrap();
    NetworkConfiguration::builder().awsvpc_configuration(vpc).build()
}

/// A cluster `main`, the log group `/lab`, a role and a task definition `web`.
pub(crate) async fn furnish(sandbox: &Sandbox) -> aws_sdk_ecs::Client {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}"#;
    let iam = aws_sdk_iam::Client::new(&config(sandbox));
    iam.create_role().role_name("execution").assume_role_policy_document(trust).send().await.unwrap();
    let policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    iam.attach_role_policy().role_name("execution").policy_arn(policy).send().await.unwrap();
    logs(sandbox).create_log_group().log_group_name("/lab").send().await.unwrap();
    let ecs = ecs(sandbox);
    // The first use of ECS in an account only makes the service-linked role.
    let first = ecs.create_cluster().cluster_name("main").send().await.unwrap_err();
    assert!(first.into_service_error().is_invalid_parameter_exception());
    ecs.create_cluster().cluster_name("main").send().await.unwrap();
    register(&ecs, "web").await;
    ecs
}

/// Registers a task definition with one container `app`, and says its ARN.
pub(crate) async fn register(ecs: &aws_sdk_ecs::Client, family: &str) -> String {
    let log = LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", "/lab")
        .options("awslogs-region", "eu-west-1")
        .options("awslogs-stream-prefix", "ecs")
        .build()
        .unwrap();
    let container = ContainerDefinition::builder()
        .name("app")
        .image("example/app:1")
        .port_mappings(PortMapping::builder().container_port(3000).build())
        .environment(KeyValuePair::builder().name("A").value("1").build())
        .environment(KeyValuePair::builder().name("B").value("2").build())
        .health_check(HealthCheck::builder().command("CMD-SHELL").command("true").build().unwrap())
        .log_configuration(log)
        .build();
    let registered = ecs
        .register_task_definition()
        .family(family)
        .network_mode(NetworkMode::Awsvpc)
        .requires_compatibilities(Compatibility::Fargate)
        .cpu("256")
        .memory("512")
        .execution_role_arn(ROLE)
        .container_definitions(container)
        .send()
        .await
        .unwrap();
    registered.task_definition().unwrap().task_definition_arn().unwrap().to_owned()
}

/// The request for the service `web` on Fargate, of no task yet.
pub(crate) async fn web_service(sandbox: &Sandbox) -> CreateServiceFluentBuilder {
    let request = ecs(sandbox).create_service().cluster("main").service_name("web").task_definition("web");
    request.launch_type(LaunchType::Fargate).network_configuration(network(sandbox).await)
}

/// The request for a task of `web` on Fargate.
pub(crate) async fn web_task(sandbox: &Sandbox) -> RunTaskFluentBuilder {
    let request = ecs(sandbox).run_task().cluster("main").task_definition("web");
    request.launch_type(LaunchType::Fargate).network_configuration(network(sandbox).await)
}

/// Creates the service `web` of two tasks.
pub(crate) async fn create_service(sandbox: &Sandbox) {
    web_service(sandbox).await.desired_count(2).send().await.unwrap();
}

pub(crate) async fn service(sandbox: &Sandbox) -> Service {
    ecs(sandbox).describe_services().cluster("main").services("web").send().await.unwrap().services()[0].clone()
}

//! The fields of CreateService, in AWS's names.
//!
//! Knows: shapes. Must not know: defaults, live objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scaling::Scaling;
use crate::resource::Ref;
use crate::resources::ecs::Strategy;
use crate::resources::task_definition::{Compatibility, LogConfiguration, Switch};
use crate::resources::{Alarm, Cluster, DiscoveryService, Namespace, SecurityGroup, TargetGroup, TaskDefinition};

/// An ECS service: the fields of CreateService.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The service's name, unique in its cluster.
    pub service_name: Option<String>,
    /// The cluster that the service runs in.
    pub cluster: Ref<Cluster>,
    /// The task definition that the tasks are made of.
    pub task_definition: Ref<TaskDefinition>,
    /// The number of tasks that the service keeps running; left out, 1 at first and nobody's business from then on. With
    /// `scaling`, the number at first.
    pub desired_count: Option<i32>,
    /// The bounds between which Application Auto Scaling sets the number of tasks, and by what. `{}` takes it away.
    pub scaling: Option<Scaling>,
    /// The launch type of the tasks. Left out, as is the strategy, the cluster's default strategy holds.
    pub launch_type: Option<Compatibility>,
    /// The capacity providers that the tasks run on, in shares; instead of a launch type.
    pub capacity_provider_strategy: Option<Strategy>,
    /// The version of Fargate, as in `LATEST` or `1.4.0`.
    pub platform_version: Option<String>,
    /// The network of the tasks, in `awsvpc` mode.
    pub network_configuration: Option<NetworkConfiguration>,
    /// The target groups that the tasks are registered with.
    pub load_balancers: Option<Vec<ServiceLoadBalancer>>,
    /// The service of Cloud Map that the tasks are registered with: one, at most.
    pub service_registries: Option<Vec<ServiceRegistry>>,
    /// The service's part in Service Connect.
    pub service_connect_configuration: Option<ServiceConnectConfiguration>,
    /// The seconds after a task's start in which failed health checks of the load balancer don't count.
    pub health_check_grace_period_seconds: Option<i32>,
    /// The way in which the service goes from one task definition to the next.
    pub deployment_configuration: Option<DeploymentConfiguration>,
    /// Whether `aws ecs execute-command` works in the tasks.
    pub enable_execute_command: Option<bool>,
    /// Whether ECS tags the tasks with cluster and service.
    #[serde(rename = "enableECSManagedTags")]
    pub enable_ecs_managed_tags: Option<bool>,
    /// The resource whose tags the tasks get.
    pub propagate_tags: Option<PropagateTags>,
    /// Whether the service runs a number of tasks, or one on each container instance.
    pub scheduling_strategy: Option<SchedulingStrategy>,
    /// Whether tasks are moved so that zones have as many each.
    pub availability_zone_rebalancing: Option<Switch>,
    /// The rules for the container instances that may run the tasks; not on Fargate.
    pub placement_constraints: Option<Vec<PlacementConstraint>>,
    /// The rules by which container instances are chosen, the first rule first; not on Fargate.
    pub placement_strategy: Option<Vec<PlacementStrategy>>,
    /// The deployer of the service.
    pub deployment_controller: Option<DeploymentController>,
}

/// The network of a service's tasks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkConfiguration {
    /// The network interfaces of the tasks.
    pub awsvpc_configuration: AwsvpcConfiguration,
}

/// The network interfaces of tasks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsvpcConfiguration {
    /// The zones of the VPC's subnets, as in `eu-west-1a`, or names or ids of subnets. Left out, they are all subnets of the
    /// VPC's public side for tasks with public addresses, and of its private side, if it has one, for others.
    pub subnets: Option<Vec<String>>,
    /// The security groups; the VPC's default group if it is left out.
    pub security_groups: Option<Vec<Ref<SecurityGroup>>>,
    /// Whether tasks have public addresses. Without a NAT gateway they need one to pull images.
    pub assign_public_ip: Option<Switch>,
}

/// A target group that a service's tasks are registered with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceLoadBalancer {
    /// The target group.
    pub target_group_arn: Ref<TargetGroup>,
    /// The container that the load balancer talks to.
    pub container_name: String,
    /// The container's port.
    pub container_port: i32,
}

/// A service of Cloud Map that a service's tasks are registered with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceRegistry {
    /// The service of Cloud Map, a name below `discoveryServices`.
    pub registry_arn: Ref<DiscoveryService>,
    /// The port that is told in a record of the type `SRV`, of tasks with network interfaces of their own.
    pub port: Option<i32>,
    /// The container that is told in a record of the type `SRV`.
    pub container_name: Option<String>,
    /// The container's port.
    pub container_port: Option<i32>,
}

/// A service's part in Service Connect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceConnectConfiguration {
    /// Whether the service takes part.
    pub enabled: bool,
    /// The namespace, a name below `namespaces`; the default of the service's cluster if it is left out.
    pub namespace: Option<Ref<Namespace>>,
    /// The names by which others reach the tasks; none for a service that only asks others.
    pub services: Option<Vec<ServiceConnectService>>,
    /// The destination of the proxy's output.
    pub log_configuration: Option<LogConfiguration>,
}

/// A name by which others reach a service's tasks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceConnectService {
    /// The name of a port in the task definition's `portMappings`.
    pub port_name: String,
    /// The name in Cloud Map, unique in the namespace; the port's if it is left out.
    pub discovery_name: Option<String>,
    /// The name and the port by which tasks ask for it: one, at most.
    pub client_aliases: Option<Vec<ServiceConnectClientAlias>>,
    /// The port that the proxy listens on; one that it chooses itself if it is left out.
    pub ingress_port_override: Option<i32>,
}

/// A name and a port by which tasks ask for a service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceConnectClientAlias {
    /// The port.
    pub port: i32,
    /// The name; `<name in Cloud Map>.<namespace>` if it is left out.
    pub dns_name: Option<String>,
}

/// The way in which a service goes from one task definition to the next.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeploymentConfiguration {
    /// The most tasks during a deployment, as a percentage of the desired count; 200 if it isn't given.
    pub maximum_percent: Option<i32>,
    /// The fewest healthy tasks during a deployment, as a percentage; 100 if it isn't given.
    pub minimum_healthy_percent: Option<i32>,
    /// The reaction to a deployment whose tasks don't start.
    pub deployment_circuit_breaker: Option<DeploymentCircuitBreaker>,
    /// The alarms that stop a deployment during which one of them goes off.
    pub alarms: Option<DeploymentAlarms>,
}

/// The alarms that stop a deployment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeploymentAlarms {
    /// The alarms: names below `alarms`.
    pub alarm_names: Vec<Ref<Alarm>>,
    /// Whether they are looked at.
    pub enable: bool,
    /// Whether the service then goes back to the last deployment that worked; false if it is left out.
    pub rollback: Option<bool>,
}

/// The reaction to a deployment whose tasks don't start.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentCircuitBreaker {
    /// Whether the deployment fails.
    pub enable: bool,
    /// Whether the service then goes back to the last deployment that worked.
    pub rollback: bool,
}

/// The resource whose tags a service's tasks get.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PropagateTags {
    /// The tasks get the task definition's tags.
    TaskDefinition,
    /// The tasks get the service's tags.
    Service,
    /// The tasks get no tags.
    None,
}

/// The number of tasks that a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SchedulingStrategy {
    /// The service runs the desired count.
    Replica,
    /// The service runs one task on each container instance.
    Daemon,
}

/// A rule for the container instances that may run a service's tasks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementConstraint {
    /// The kind of rule: `distinctInstance` or `memberOf`.
    pub r#type: String,
    /// The expression of `memberOf`, in the cluster query language.
    pub expression: Option<String>,
}

/// A rule by which container instances are chosen.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementStrategy {
    /// The kind of rule: `random`, `spread` or `binpack`.
    pub r#type: String,
    /// The attribute that tasks are spread over or packed by, as in `attribute:ecs.availability-zone` or `memory`.
    pub field: Option<String>,
}

/// The deployer of a service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentController {
    /// The kind of deployer: `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub r#type: String,
}

//! The fields of CreateService, in AWS's names.
//!
//! Knows: shapes. Must not know: defaults, live objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resource::Ref;
use crate::resources::ecs::Strategy;
use crate::resources::task_definition::{Compatibility, Switch};
use crate::resources::{Cluster, SecurityGroup, TargetGroup, TaskDefinition};

/// An ECS service: the fields of CreateService.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Its name, unique in its cluster.
    pub service_name: Option<String>,
    /// The cluster that it runs in.
    pub cluster: Ref<Cluster>,
    /// What its tasks are.
    pub task_definition: Ref<TaskDefinition>,
    /// How many tasks it keeps running. Left out: 1 when it is created, and nobody's business from then on.
    pub desired_count: Option<i32>,
    /// What its tasks run on. Left out, as is the strategy: the cluster's default strategy.
    pub launch_type: Option<Compatibility>,
    /// What its tasks run on, in shares; instead of a launch type.
    pub capacity_provider_strategy: Option<Strategy>,
    /// The version of Fargate, as in `LATEST` or `1.4.0`.
    pub platform_version: Option<String>,
    /// The network of its tasks, in `awsvpc` mode.
    pub network_configuration: Option<NetworkConfiguration>,
    /// The target groups that its tasks are registered with.
    pub load_balancers: Option<Vec<ServiceLoadBalancer>>,
    /// Seconds after a task's start in which failed health checks of the load balancer don't count.
    pub health_check_grace_period_seconds: Option<i32>,
    /// How it goes from one task definition to the next.
    pub deployment_configuration: Option<DeploymentConfiguration>,
    /// Whether `aws ecs execute-command` works in its tasks.
    pub enable_execute_command: Option<bool>,
    /// Whether ECS tags its tasks with cluster and service.
    #[serde(rename = "enableECSManagedTags")]
    pub enable_ecs_managed_tags: Option<bool>,
    /// Whose tags its tasks get.
    pub propagate_tags: Option<PropagateTags>,
    /// Whether it runs a number of tasks, or one on each container instance.
    pub scheduling_strategy: Option<SchedulingStrategy>,
    /// Whether tasks are moved so that zones have as many each.
    pub availability_zone_rebalancing: Option<Switch>,
    /// Rules for the container instances that may run its tasks; not on Fargate.
    pub placement_constraints: Option<Vec<PlacementConstraint>>,
    /// How container instances are chosen, the first rule first; not on Fargate.
    pub placement_strategy: Option<Vec<PlacementStrategy>>,
    /// Who deploys it.
    pub deployment_controller: Option<DeploymentController>,
}

/// The network of a service's tasks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkConfiguration {
    /// The network interfaces of its tasks.
    pub awsvpc_configuration: AwsvpcConfiguration,
}

/// The network interfaces of tasks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsvpcConfiguration {
    /// Zones whose default subnets are meant, as in `eu-west-1a`, or ids of subnets. Left out: every default subnet.
    pub subnets: Option<Vec<String>>,
    /// The security groups. Left out: the VPC's default group.
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

/// How a service goes from one task definition to the next.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeploymentConfiguration {
    /// The most tasks during a deployment, as a percentage of the desired count; 200 where it isn't given.
    pub maximum_percent: Option<i32>,
    /// The fewest healthy tasks during a deployment, as a percentage; 100 where it isn't given.
    pub minimum_healthy_percent: Option<i32>,
    /// What happens when a deployment's tasks don't start.
    pub deployment_circuit_breaker: Option<DeploymentCircuitBreaker>,
}

/// What happens when a deployment's tasks don't start.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentCircuitBreaker {
    /// Whether the deployment fails.
    pub enable: bool,
    /// Whether the service then goes back to the last deployment that worked.
    pub rollback: bool,
}

/// Whose tags a service's tasks get.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PropagateTags {
    /// The task definition's.
    TaskDefinition,
    /// The service's.
    Service,
    /// Nobody's.
    None,
}

/// How many tasks a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SchedulingStrategy {
    /// The desired count.
    Replica,
    /// One on each container instance.
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
    /// What is spread over or packed by, as in `attribute:ecs.availability-zone` or `memory`.
    pub field: Option<String>,
}

/// Who deploys a service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentController {
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub r#type: String,
}

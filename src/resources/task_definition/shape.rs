//! The fields of RegisterTaskDefinition, in AWS's names: a task definition pastes in unchanged.
//!
//! Knows: shapes. Must not know: defaults, which are the normal form's business.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::container::{ContainerDefinition, KeyValuePair};
use super::volume::Volume;
use crate::resource::RefOrArn;
use crate::resources::Role;

/// A task definition: the fields of RegisterTaskDefinition, which AWS receives unchanged.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskDefinition {
    /// The family: the name that all revisions share.
    pub family: Option<String>,
    /// The role that the containers' own code acts under.
    pub task_role_arn: Option<RefOrArn<Role>>,
    /// The role under which ECS pulls images, reads secrets and writes logs.
    pub execution_role_arn: Option<RefOrArn<Role>>,
    /// The network of the containers; `awsvpc` on Fargate.
    pub network_mode: Option<NetworkMode>,
    /// The containers.
    pub container_definitions: Vec<ContainerDefinition>,
    /// The environment variables that are no secrets, though their names or values look like it.
    #[serde(skip_serializing)]
    pub not_secret: Option<Vec<String>>,
    /// The volumes that containers mount.
    pub volumes: Option<Vec<Volume>>,
    /// The rules for the container instances that may run the task; not on Fargate.
    pub placement_constraints: Option<Vec<TaskPlacementConstraint>>,
    /// The launch types that the task has to be able to run on; AWS checks the definition against them.
    pub requires_compatibilities: Option<Vec<Compatibility>>,
    /// The CPU of the whole task in units (`256`) or vCPU (`.25 vCPU`); required on Fargate.
    pub cpu: Option<Size>,
    /// The memory of the whole task in MiB (`512`) or GB (`0.5 GB`); required on Fargate.
    pub memory: Option<Size>,
    /// The processes that the containers see.
    pub pid_mode: Option<PidMode>,
    /// The inter-process communication that the containers share; not on Fargate.
    pub ipc_mode: Option<IpcMode>,
    /// The App Mesh proxy.
    pub proxy_configuration: Option<ProxyConfiguration>,
    /// The Elastic Inference accelerators.
    pub inference_accelerators: Option<Vec<InferenceAccelerator>>,
    /// The disk of a Fargate task beyond the 20 GiB that each has.
    pub ephemeral_storage: Option<EphemeralStorage>,
    /// The processor and operating system of a Fargate task.
    pub runtime_platform: Option<RuntimePlatform>,
    /// Whether the task takes fault injection requests from its own containers.
    pub enable_fault_injection: Option<bool>,
}

/// The CPU or memory of a task. AWS takes text; a YAML number is written as text.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Size(pub String);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or text, as in 256 or `.25 vCPU`")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Size, E> {
        Ok(Size(number.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        Ok(Size(text.to_owned()))
    }
}

impl JsonSchema for Size {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

/// The network of a task's containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NetworkMode {
    /// The task has a network interface of its own.
    Awsvpc,
    /// The containers share Docker's virtual network on the container instance.
    Bridge,
    /// The containers share the container instance's own network.
    Host,
    /// The containers have no network.
    None,
}

/// The launch type of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compatibility {
    /// The task runs on container instances in Amazon EC2.
    Ec2,
    /// The task runs on AWS Fargate.
    Fargate,
    /// The task runs on machines outside AWS (ECS Anywhere).
    External,
    /// The task runs on instances that ECS manages.
    ManagedInstances,
}

/// The processes that containers see.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PidMode {
    /// The containers see the processes of the container instance.
    Host,
    /// The containers see the processes of the task.
    Task,
}

/// The inter-process communication that containers share.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IpcMode {
    /// The containers share that of the container instance.
    Host,
    /// The containers share that of the task.
    Task,
    /// The containers share none.
    None,
}

/// A rule for the container instances that may run a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskPlacementConstraint {
    /// The kind of rule: `memberOf`.
    pub r#type: String,
    /// The expression, in the cluster query language.
    pub expression: Option<String>,
}

/// The App Mesh proxy of a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxyConfiguration {
    /// The proxy's kind: `APPMESH`.
    pub r#type: Option<String>,
    /// The container that is the proxy.
    pub container_name: String,
    /// The parameters of the network plugin.
    pub properties: Option<Vec<KeyValuePair>>,
}

/// An Elastic Inference accelerator.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InferenceAccelerator {
    /// The accelerator's name, which a container's `resourceRequirements` give.
    pub device_name: String,
    /// The accelerator's type.
    pub device_type: String,
}

/// The disk of a Fargate task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EphemeralStorage {
    /// The GiB in all, 21 to 200.
    #[serde(rename = "sizeInGiB")]
    pub size_in_gib: i32,
}

/// The processor and operating system of a Fargate task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuntimePlatform {
    /// The processor; `X86_64` if it isn't given. An image has to be built for it.
    pub cpu_architecture: Option<CpuArchitecture>,
    /// The operating system, as in `LINUX` or `WINDOWS_SERVER_2022_CORE`.
    pub operating_system_family: Option<String>,
}

/// A processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CpuArchitecture {
    /// 64-bit Intel and AMD, which Docker calls `linux/amd64`.
    #[serde(rename = "X86_64")]
    X86,
    /// 64-bit ARM (Graviton).
    #[serde(rename = "ARM64")]
    Arm,
}

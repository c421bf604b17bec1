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
    /// Its name, which all its revisions share.
    pub family: Option<String>,
    /// The role that the containers' own code acts under.
    pub task_role_arn: Option<RefOrArn<Role>>,
    /// The role under which ECS pulls images, reads secrets and writes logs.
    pub execution_role_arn: Option<RefOrArn<Role>>,
    /// How the containers are networked; `awsvpc` on Fargate.
    pub network_mode: Option<NetworkMode>,
    /// The containers.
    pub container_definitions: Vec<ContainerDefinition>,
    /// The volumes that containers mount.
    pub volumes: Option<Vec<Volume>>,
    /// Rules for the container instances that may run the task; not on Fargate.
    pub placement_constraints: Option<Vec<TaskPlacementConstraint>>,
    /// What the task has to be able to run on; AWS checks the definition against it.
    pub requires_compatibilities: Option<Vec<Compatibility>>,
    /// CPU of the whole task in units (`256`) or vCPU (`.25 vCPU`); required on Fargate.
    pub cpu: Option<Size>,
    /// Memory of the whole task in MiB (`512`) or GB (`0.5 GB`); required on Fargate.
    pub memory: Option<Size>,
    /// Whose processes the containers see.
    pub pid_mode: Option<PidMode>,
    /// Whose inter-process communication the containers share; not on Fargate.
    pub ipc_mode: Option<IpcMode>,
    /// The App Mesh proxy.
    pub proxy_configuration: Option<ProxyConfiguration>,
    /// Elastic Inference accelerators.
    pub inference_accelerators: Option<Vec<InferenceAccelerator>>,
    /// Disk of a Fargate task beyond the 20 GiB that each has.
    pub ephemeral_storage: Option<EphemeralStorage>,
    /// Processor and operating system of a Fargate task.
    pub runtime_platform: Option<RuntimePlatform>,
    /// Whether the task takes fault injection requests from its own containers.
    pub enable_fault_injection: Option<bool>,
}

/// CPU or memory of a task. AWS takes text; a YAML number is written as text.
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

/// How the containers of a task are networked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NetworkMode {
    /// A network interface of the task's own.
    Awsvpc,
    /// Docker's virtual network on the container instance.
    Bridge,
    /// The container instance's own network.
    Host,
    /// No network.
    None,
}

/// What a task runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compatibility {
    /// Container instances in Amazon EC2.
    Ec2,
    /// AWS Fargate.
    Fargate,
    /// Machines outside AWS (ECS Anywhere).
    External,
    /// Instances that ECS manages.
    ManagedInstances,
}

/// Whose processes containers see.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PidMode {
    /// Those of the container instance.
    Host,
    /// Those of the task.
    Task,
}

/// Whose inter-process communication containers share.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IpcMode {
    /// That of the container instance.
    Host,
    /// That of the task.
    Task,
    /// Nobody's.
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
    /// Its name, which a container's `resourceRequirements` give.
    pub device_name: String,
    /// Its type.
    pub device_type: String,
}

/// Disk of a Fargate task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EphemeralStorage {
    /// GiB in all, 21 to 200.
    #[serde(rename = "sizeInGiB")]
    pub size_in_gib: i32,
}

/// Processor and operating system of a Fargate task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuntimePlatform {
    /// The processor; `X86_64` where it isn't given. An image has to be built for it.
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

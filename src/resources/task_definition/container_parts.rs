//! The parts of a container that few labs need: limits, devices, health, dependencies.
//!
//! Knows: shapes. Must not know: defaults, which are the normal form's business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a container is started again without its task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartPolicy {
    /// Whether it is.
    pub enabled: bool,
    /// Exit codes after which it isn't.
    pub ignored_exit_codes: Option<Vec<i32>>,
    /// Seconds that it has to run before, 60 to 1800.
    pub restart_attempt_period: Option<i32>,
}

/// A file with environment variables.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentFile {
    /// The ARN of the object in Amazon S3.
    pub value: String,
    /// The kind of file: `s3`.
    pub r#type: String,
}

/// A container that another waits for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerDependency {
    /// The container's name.
    pub container_name: String,
    /// What is waited for.
    pub condition: ContainerCondition,
}

/// What a container waits for in another.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ContainerCondition {
    /// That it has started.
    Start,
    /// That it has ended.
    Complete,
    /// That it has ended with exit code 0.
    Success,
    /// That its health check has passed.
    Healthy,
}

/// Whether all tasks of a deployment run the same image digest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VersionConsistency {
    /// They do.
    Enabled,
    /// Each pulls the tag anew.
    Disabled,
}

/// A line of `/etc/hosts`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostEntry {
    /// The host name.
    pub hostname: String,
    /// Its address.
    pub ip_address: String,
}

/// What Linux lets a container do.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinuxParameters {
    /// Capabilities beside Docker's own.
    pub capabilities: Option<KernelCapabilities>,
    /// Devices of the host; not on Fargate.
    pub devices: Option<Vec<Device>>,
    /// Whether an init process passes signals on and reaps processes.
    pub init_process_enabled: Option<bool>,
    /// MiB of `/dev/shm`; not on Fargate.
    pub shared_memory_size: Option<i32>,
    /// Memory file systems; not on Fargate.
    pub tmpfs: Option<Vec<Tmpfs>>,
    /// MiB of swap; not on Fargate.
    pub max_swap: Option<i32>,
    /// How readily memory is swapped out, 0 to 100; not on Fargate.
    pub swappiness: Option<i32>,
}

/// Linux capabilities beside Docker's own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KernelCapabilities {
    /// Those that a container has in addition.
    pub add: Option<Vec<String>>,
    /// Those that are taken from it.
    pub drop: Option<Vec<String>>,
}

/// A device of the host.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// Its path on the host.
    pub host_path: String,
    /// Its path in the container.
    pub container_path: Option<String>,
    /// What the container may do with it.
    pub permissions: Option<Vec<DevicePermission>>,
}

/// What a container may do with a device.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DevicePermission {
    /// Read it.
    Read,
    /// Write to it.
    Write,
    /// Make device files for it.
    Mknod,
}

/// A memory file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tmpfs {
    /// Where it is mounted.
    pub container_path: String,
    /// MiB at most.
    pub size: i32,
    /// Its mount options.
    pub mount_options: Option<Vec<String>>,
}

/// A resource limit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ulimit {
    /// Its name, as in `nofile`.
    pub name: String,
    /// The limit that the container may raise.
    pub soft_limit: i32,
    /// The limit that it may not pass.
    pub hard_limit: i32,
}

/// How Docker finds out whether a container is healthy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// The command: `CMD` or `CMD-SHELL`, then its words. Exit code 0 is healthy.
    pub command: Vec<String>,
    /// Seconds between two checks; 30 where it isn't given.
    pub interval: Option<i32>,
    /// Seconds that a check may take; 5 where it isn't given.
    pub timeout: Option<i32>,
    /// Failures in a row before the container is unhealthy; 3 where it isn't given.
    pub retries: Option<i32>,
    /// Seconds after the start in which failures don't count.
    pub start_period: Option<i32>,
}

/// A kernel parameter.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemControl {
    /// Its name, as in `net.core.somaxconn`.
    pub namespace: Option<String>,
    /// Its value.
    pub value: Option<String>,
}

/// A device that a container needs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceRequirement {
    /// How many, or the device's name.
    pub value: Option<String>,
    /// What: `GPU`, `InferenceAccelerator` or `NeuronDevice`.
    pub r#type: String,
    /// How a GPU is shared with other containers.
    pub sharing_strategy: Option<SharingStrategy>,
}

/// How a GPU is shared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SharingStrategy {
    /// By NVIDIA's Multi-Process Service.
    pub nvidia_mps: Option<NvidiaMps>,
}

/// A container's part of a GPU that is shared by NVIDIA's Multi-Process Service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NvidiaMps {
    /// MiB of the GPU's memory.
    pub memory: i32,
    /// Per cent of the GPU's power at most.
    pub max_compute_percent: Option<i32>,
}

/// That a container is the log router of its task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirelensConfiguration {
    /// The router: `fluentd` or `fluentbit`.
    pub r#type: String,
    /// Its options.
    pub options: Option<BTreeMap<String, String>>,
}

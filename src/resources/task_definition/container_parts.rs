//! The parts of a container that few labs need: limits, devices, health, dependencies.
//!
//! Knows: shapes. Must not know: defaults, which are the normal form's business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule by which a container is started again without its task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartPolicy {
    /// Whether the container is started again.
    pub enabled: bool,
    /// The exit codes after which the container isn't started again.
    pub ignored_exit_codes: Option<Vec<i32>>,
    /// The seconds that the container has to run before, 60 to 1800.
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
    /// The state of that container that is waited for.
    pub condition: ContainerCondition,
}

/// The state of a container that another waits for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ContainerCondition {
    /// The container has started.
    Start,
    /// The container has ended.
    Complete,
    /// The container has ended with exit code 0.
    Success,
    /// The container's health check has passed.
    Healthy,
}

/// Whether all tasks of a deployment run the same image digest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VersionConsistency {
    /// All tasks run the same digest.
    Enabled,
    /// Each task pulls the tag anew.
    Disabled,
}

/// A line of `/etc/hosts`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostEntry {
    /// The host name.
    pub hostname: String,
    /// The host's address.
    pub ip_address: String,
}

/// The Linux settings of a container.
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
    /// Memory file systems.
    pub tmpfs: Option<Vec<Tmpfs>>,
    /// MiB of swap; not on Fargate.
    pub max_swap: Option<i32>,
    /// The readiness, 0 to 100, with which memory is swapped out; not on Fargate.
    pub swappiness: Option<i32>,
}

/// Linux capabilities beside Docker's own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KernelCapabilities {
    /// The capabilities that the container gets in addition.
    pub add: Option<Vec<String>>,
    /// The capabilities that are taken from the container.
    pub drop: Option<Vec<String>>,
}

/// A device of the host.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// The device's path on the host.
    pub host_path: String,
    /// The device's path in the container.
    pub container_path: Option<String>,
    /// The operations on the device that the container may do.
    pub permissions: Option<Vec<DevicePermission>>,
}

/// An operation on a device.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DevicePermission {
    /// Reading the device.
    Read,
    /// Writing to the device.
    Write,
    /// Making device files for the device.
    Mknod,
}

/// A memory file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tmpfs {
    /// The path at which the file system is mounted.
    pub container_path: String,
    /// MiB at most.
    pub size: i32,
    /// The file system's mount options.
    pub mount_options: Option<Vec<String>>,
}

/// A resource limit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ulimit {
    /// The limit's name, as in `nofile`.
    pub name: String,
    /// The limit that the container may raise.
    pub soft_limit: i32,
    /// The limit that the container may not pass.
    pub hard_limit: i32,
}

/// The check by which Docker finds out whether a container is healthy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// The command: `CMD` or `CMD-SHELL`, then its words. Exit code 0 is healthy.
    pub command: Vec<String>,
    /// The seconds between two checks; 30 if it isn't given.
    pub interval: Option<i32>,
    /// The seconds that a check may take; 5 if it isn't given.
    pub timeout: Option<i32>,
    /// The failures in a row before the container is unhealthy; 3 if it isn't given.
    pub retries: Option<i32>,
    /// The seconds after the start in which failures don't count.
    pub start_period: Option<i32>,
}

/// A kernel parameter.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemControl {
    /// The parameter's name, as in `net.core.somaxconn`.
    pub namespace: Option<String>,
    /// The parameter's value.
    pub value: Option<String>,
}

/// A device that a container needs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceRequirement {
    /// The number of devices, or the device's name.
    pub value: Option<String>,
    /// The kind of device: `GPU`, `InferenceAccelerator` or `NeuronDevice`.
    pub r#type: String,
    /// The way in which a GPU is shared with other containers.
    pub sharing_strategy: Option<SharingStrategy>,
}

/// The way in which a GPU is shared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SharingStrategy {
    /// The part by NVIDIA's Multi-Process Service.
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

/// The settings of a container as the log router of its task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirelensConfiguration {
    /// The router: `fluentd` or `fluentbit`.
    pub r#type: String,
    /// The router's options.
    pub options: Option<BTreeMap<String, String>>,
}

//! The containers of a task definition.
//!
//! Knows: shapes. Must not know: defaults, which are the normal form's business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::container_parts::{
    ContainerDependency, EnvironmentFile, FirelensConfiguration, HealthCheck, HostEntry, LinuxParameters,
    ResourceRequirement, RestartPolicy, SystemControl, Ulimit, VersionConsistency,
};

/// A container of a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerDefinition {
    /// The container's name, unique in the task.
    pub name: String,
    /// The container's image, as in `${repositories.web-app.uri}:latest`.
    pub image: String,
    /// The credentials of a private registry other than Amazon ECR.
    pub repository_credentials: Option<RepositoryCredentials>,
    /// CPU units that are kept for the container.
    pub cpu: Option<i32>,
    /// MiB beyond which the container is stopped.
    pub memory: Option<i32>,
    /// MiB that are kept for the container.
    pub memory_reservation: Option<i32>,
    /// The containers that this one reaches without a port mapping; in `bridge` mode.
    pub links: Option<Vec<String>>,
    /// The ports that the container listens on.
    pub port_mappings: Option<Vec<PortMapping>>,
    /// Whether the container's end ends the task; true if it isn't given.
    pub essential: Option<bool>,
    /// Whether the container is started again without its task.
    pub restart_policy: Option<RestartPolicy>,
    /// The program, in place of the image's.
    pub entry_point: Option<Vec<String>>,
    /// The program's arguments, in place of the image's.
    pub command: Option<Vec<String>>,
    /// Environment variables that anyone may read; `secrets` are for the others.
    pub environment: Option<Vec<KeyValuePair>>,
    /// Files with environment variables, in Amazon S3.
    pub environment_files: Option<Vec<EnvironmentFile>>,
    /// The volumes that the container mounts.
    pub mount_points: Option<Vec<MountPoint>>,
    /// The containers whose volumes this one mounts.
    pub volumes_from: Option<Vec<VolumeFrom>>,
    /// The Linux settings of the container.
    pub linux_parameters: Option<LinuxParameters>,
    /// Environment variables whose values ECS reads from Secrets Manager or Parameter Store.
    pub secrets: Option<Vec<SecretReference>>,
    /// The containers that have to be started, healthy or done before this one starts.
    pub depends_on: Option<Vec<ContainerDependency>>,
    /// The seconds that its dependencies may take.
    pub start_timeout: Option<i32>,
    /// The seconds between SIGTERM and SIGKILL when the container is stopped.
    pub stop_timeout: Option<i32>,
    /// Whether all tasks of a deployment run the same image digest.
    pub version_consistency: Option<VersionConsistency>,
    /// The container's host name; not in `awsvpc` mode.
    pub hostname: Option<String>,
    /// The user that the container runs as.
    pub user: Option<String>,
    /// The directory that the container starts in.
    pub working_directory: Option<String>,
    /// Whether the container has no network.
    pub disable_networking: Option<bool>,
    /// Whether the container has the host's powers; not on Fargate.
    pub privileged: Option<bool>,
    /// Whether the container can't write to its root file system.
    pub readonly_root_filesystem: Option<bool>,
    /// The container's DNS servers; not in `awsvpc` mode.
    pub dns_servers: Option<Vec<String>>,
    /// The container's DNS search domains; not in `awsvpc` mode.
    pub dns_search_domains: Option<Vec<String>>,
    /// The lines for the container's `/etc/hosts`; not in `awsvpc` mode.
    pub extra_hosts: Option<Vec<HostEntry>>,
    /// The options for SELinux, AppArmor or credential specs.
    pub docker_security_options: Option<Vec<String>>,
    /// Whether the container's standard input stays open.
    pub interactive: Option<bool>,
    /// Whether the container has a terminal.
    pub pseudo_terminal: Option<bool>,
    /// The container's Docker labels.
    pub docker_labels: Option<BTreeMap<String, String>>,
    /// The container's resource limits.
    pub ulimits: Option<Vec<Ulimit>>,
    /// The destination of the container's output.
    pub log_configuration: Option<LogConfiguration>,
    /// The check by which Docker finds out whether the container is healthy.
    pub health_check: Option<HealthCheck>,
    /// Kernel parameters.
    pub system_controls: Option<Vec<SystemControl>>,
    /// GPUs and other devices.
    pub resource_requirements: Option<Vec<ResourceRequirement>>,
    /// The settings of the container as the task's log router.
    pub firelens_configuration: Option<FirelensConfiguration>,
    /// Files for Active Directory authentication.
    pub credential_specs: Option<Vec<String>>,
}

/// The credentials of a private registry.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepositoryCredentials {
    /// The ARN of the secret.
    pub credentials_parameter: String,
}

/// A port that a container listens on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortMapping {
    /// The container's port.
    pub container_port: Option<i32>,
    /// The port of the container instance; in `awsvpc` mode the container's own.
    pub host_port: Option<i32>,
    /// The protocol; `tcp` if it isn't given.
    pub protocol: Option<TransportProtocol>,
    /// The port's name, for Service Connect.
    pub name: Option<String>,
    /// The protocol that is spoken on the port, for Service Connect.
    pub app_protocol: Option<AppProtocol>,
    /// The range of ports, as in `8000-8010`.
    pub container_port_range: Option<String>,
}

/// The protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransportProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// The protocol that is spoken on a port.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AppProtocol {
    /// HTTP/1.
    Http,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
}

/// A name with a value.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyValuePair {
    /// The name.
    pub name: String,
    /// The value, which is always text: write `"3000"`.
    pub value: Option<String>,
}

/// A name whose value ECS reads from Secrets Manager or Parameter Store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretReference {
    /// The name.
    pub name: String,
    /// The ARN of the secret, or the ARN or name of the parameter.
    pub value_from: String,
}

/// A volume that a container mounts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MountPoint {
    /// The volume's name.
    pub source_volume: Option<String>,
    /// The path at which the volume is mounted.
    pub container_path: Option<String>,
    /// Whether the container can't write to it.
    pub read_only: Option<bool>,
}

/// A container whose volumes another mounts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VolumeFrom {
    /// The container's name.
    pub source_container: Option<String>,
    /// Whether the other can't write to them.
    pub read_only: Option<bool>,
}

/// The destination of a container's output.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogConfiguration {
    /// The driver, as in `awslogs`.
    pub log_driver: String,
    /// The driver's options, as in `awslogs-group`.
    pub options: Option<BTreeMap<String, String>>,
    /// The driver's secret options.
    pub secret_options: Option<Vec<SecretReference>>,
}

//! The volumes of a task definition.
//!
//! Knows: shapes. Must not know: defaults, which are the normal form's business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A volume that containers mount.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Volume {
    /// The volume's name, which `mountPoints` give.
    pub name: String,
    /// A bind mount.
    pub host: Option<HostVolume>,
    /// A Docker volume; not on Fargate.
    pub docker_volume_configuration: Option<DockerVolume>,
    /// An Amazon EFS file system.
    pub efs_volume_configuration: Option<EfsVolume>,
    /// An Amazon S3 Files file system.
    #[serde(rename = "s3filesVolumeConfiguration")]
    pub s3_files_volume_configuration: Option<S3FilesVolume>,
    /// An Amazon FSx for Windows file system.
    pub fsx_windows_file_server_volume_configuration: Option<FsxVolume>,
    /// Whether the volume is described when the task is started.
    pub configured_at_launch: Option<bool>,
}

/// A bind mount.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostVolume {
    /// The path on the container instance; not on Fargate.
    pub source_path: Option<String>,
}

/// A Docker volume.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DockerVolume {
    /// The lifetime of the volume.
    pub scope: Option<VolumeScope>,
    /// Whether Docker makes the volume if it isn't there; for shared volumes.
    pub autoprovision: Option<bool>,
    /// The volume driver; Docker's is `local`.
    pub driver: Option<String>,
    /// The driver's options.
    pub driver_opts: Option<BTreeMap<String, String>>,
    /// The volume's labels.
    pub labels: Option<BTreeMap<String, String>>,
}

/// The lifetime of a Docker volume.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VolumeScope {
    /// The volume lives as long as its task.
    Task,
    /// The volume lives beyond its task.
    Shared,
}

/// A switch, as AWS writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Switch {
    /// The feature is on.
    Enabled,
    /// The feature is off.
    Disabled,
}

/// An Amazon EFS file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EfsVolume {
    /// The file system's id, as in `fs-0a1b`.
    pub file_system_id: String,
    /// The directory to mount; `/` if it isn't given.
    pub root_directory: Option<String>,
    /// Whether data is encrypted between task and file system.
    pub transit_encryption: Option<Switch>,
    /// The port of the encrypted connection.
    pub transit_encryption_port: Option<i32>,
    /// The way in which the task signs in.
    pub authorization_config: Option<EfsAuthorization>,
}

/// The way in which a task signs in to an Amazon EFS file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EfsAuthorization {
    /// The access point, which then gives the root directory.
    pub access_point_id: Option<String>,
    /// Whether the task role is used.
    pub iam: Option<Switch>,
}

/// An Amazon S3 Files file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct S3FilesVolume {
    /// The file system's ARN.
    pub file_system_arn: String,
    /// The directory to mount; `/` if it isn't given.
    pub root_directory: Option<String>,
    /// The port of the encrypted connection.
    pub transit_encryption_port: Option<i32>,
    /// The access point's ARN.
    pub access_point_arn: Option<String>,
}

/// An Amazon FSx for Windows file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FsxVolume {
    /// The file system's id.
    pub file_system_id: String,
    /// The directory to mount.
    pub root_directory: String,
    /// The way in which the task signs in.
    pub authorization_config: Option<FsxAuthorization>,
}

/// The way in which a task signs in to an Amazon FSx for Windows file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FsxAuthorization {
    /// The ARN of the secret or parameter with the credentials.
    pub credentials_parameter: String,
    /// The Active Directory domain.
    pub domain: String,
}

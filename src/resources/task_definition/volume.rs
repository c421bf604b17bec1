//! The volumes of a task definition.
//!
//! Knows: shapes. Must not know: defaults, which are the normal form's business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Address, Known};
use crate::resource::{Checks, Others, Ref, RefOrArn, Resource, SpecRef};
use crate::resources::{AccessPoint, FileSystem};

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

impl EfsVolume {
    fn point(&self) -> Option<&RefOrArn<AccessPoint>> {
        self.authorization_config.as_ref()?.access_point_id.as_ref()
    }
}

/// The volumes of Amazon EFS, each with its place.
fn of_efs(volumes: Option<&Vec<Volume>>) -> impl Iterator<Item = (usize, &EfsVolume)> {
    let all = volumes.into_iter().flatten().enumerate();
    all.filter_map(|(n, volume)| Some((n, volume.efs_volume_configuration.as_ref()?)))
}

/// The references of volumes to file systems and access points.
pub(super) fn refs(volumes: Option<&Vec<Volume>>) -> Vec<SpecRef> {
    let refs = of_efs(volumes).flat_map(|(n, efs)| {
        let at = format!("volumes[{n}].efsVolumeConfiguration");
        let point = efs.point().and_then(|point| point.at(format!("{at}.authorizationConfig.accessPointId")));
        [efs.file_system_id.at(format!("{at}.fileSystemId")), point].into_iter().flatten()
    });
    refs.collect()
}

/// The file systems of the lab that volumes mount.
pub(super) fn file_systems(volumes: Option<&Vec<Volume>>) -> impl Iterator<Item = &Ref<FileSystem>> {
    of_efs(volumes).filter_map(|(_, efs)| match &efs.file_system_id {
        RefOrArn::Lab(own) => Some(own),
        RefOrArn::Arn(_) => None,
    })
}

/// Writes the ids of file systems and access points into the document of a task definition.
pub(super) fn with_ids(volumes: Option<&Vec<Volume>>, document: &mut Value, others: &Others) {
    each_id(volumes, document, &|address| others.value(address, "id").map(Known::shown));
}

/// Puts what is no name in the lab's place of the names that the lab has, so that AWS's rules can be asked for the rest.
pub(super) fn without_names(volumes: Option<&Vec<Volume>>, document: &mut Value, checks: &Checks<'_>) {
    each_id(volumes, document, &|address| checks.name(address).map(|_| format!("${{{address}}}")));
}

/// Writes what `id` gives for file systems and access points of the lab into a document.
fn each_id(volumes: Option<&Vec<Volume>>, document: &mut Value, id: &dyn Fn(&Address) -> Option<String>) {
    fn own<R: Resource>(reference: &RefOrArn<R>) -> Option<Address> {
        match reference {
            RefOrArn::Lab(own) => Some(own.address()),
            RefOrArn::Arn(_) => None,
        }
    }
    for (n, efs) in of_efs(volumes) {
        let written = &mut document["volumes"][n]["efsVolumeConfiguration"];
        if let Some(id) = own(&efs.file_system_id).and_then(|own| id(&own)) {
            written["fileSystemId"] = id.into();
        }
        if let Some(id) = efs.point().and_then(own).and_then(|own| id(&own)) {
            written["authorizationConfig"]["accessPointId"] = id.into();
        }
    }
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
    /// The file system: a name below `fileSystems`, or the id of another one, as in `fs-0a1b`.
    pub file_system_id: RefOrArn<FileSystem>,
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
    /// The access point, which then gives the root directory: a name below `accessPoints`, or the id of another one.
    pub access_point_id: Option<RefOrArn<AccessPoint>>,
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

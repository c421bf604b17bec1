//! Volumes, and what is mounted of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{containers, named, names};
use crate::rules::input::{at, between, each, is_given, items, text};
use crate::rules::{ECS_NAME, Rule};

/// The page of volumes.
const VOLUME: &str = "Volume, Amazon ECS API";
/// The page of EFS.
const EFS: &str = "EFSVolumeConfiguration, EFSAuthorizationConfig, Amazon ECS API";
/// The kinds of volumes.
const KINDS: [&str; 5] = [
    "host",
    "dockerVolumeConfiguration",
    "efsVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration",
    "s3filesVolumeConfiguration",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a volume has a name of 1 to 255 letters, digits, _ and -, which no other of the task has",
        VOLUME,
        &[
            r#"volumes[1] = {"name": "data"} @ volumes[1].name"#,
            r#"volumes[1] = {"name": "my data"} @ volumes[1].name"#,
        ],
        |input, found| {
            let mut seen = BTreeSet::new();
            for (path, name) in each(input, "volumes[].name") {
                let Some(name) = text(name) else { continue };
                if !ECS_NAME.allows(name) {
                    found.at(path, format!("`{name}` is not a valid name: AWS allows letters, digits, - and _"));
                } else if !seen.insert(name) {
                    found.at(path, format!("there are two volumes `{name}`"));
                }
            }
        },
    ),
    Rule::new(
        "a volume is of one kind",
        VOLUME,
        &[r#"volumes[0] = {"name": "data", "host": {}, "efsVolumeConfiguration": {"fileSystemId": "fs-01234567"}}"#],
        |input, found| {
            for (path, volume) in each(input, "volumes[]") {
                let given: Vec<&str> = KINDS.into_iter().filter(|kind| !volume[*kind].is_null()).collect();
                if let [first, second, ..] = given.as_slice() {
                    found.at(path, format!("a volume is of one kind, and this one has {first} and {second}"));
                }
            }
        },
    ),
    Rule::new(
        "a container mounts a volume of its task at a path",
        "MountPoint, Amazon ECS API",
        &[
            r#"containerDefinitions[0].mountPoints[0].sourceVolume = "other""#,
            r#"containerDefinitions[0].mountPoints[0].containerPath = null"#,
        ],
        |input, found| {
            for (path, mount) in each(input, "containerDefinitions[].mountPoints[]") {
                if let Some(name) = text(&mount["sourceVolume"]) {
                    let mut volumes = items("volumes", &input["volumes"]).into_iter();
                    if !volumes.any(|(_, volume)| volume["name"] == name) {
                        found
                            .at(format!("{path}.sourceVolume"), format!("the task has no volume `{name}`"))
                            .said(format!("Unknown volume '{name}'."));
                    }
                }
                if !is_given(&mount["containerPath"]) {
                    found
                        .at(format!("{path}.containerPath"), "a volume is mounted at a path")
                        .said("Mount point container path should not be null or empty.");
                }
            }
        },
    ),
    Rule::new(
        "a container mounts the volumes of another container of its task",
        "VolumeFrom, Amazon ECS API",
        &[
            r#"containerDefinitions[0].volumesFrom = [{"sourceContainer": "db"}] @
              containerDefinitions[0].volumesFrom[0].sourceContainer"#,
            r#"containerDefinitions[0].volumesFrom = [{"sourceContainer": "web"}] @
              containerDefinitions[0].volumesFrom[0].sourceContainer"#,
        ],
        |input, found| {
            for (path, container) in containers(input) {
                for (at, name) in each(container, "volumesFrom[].sourceContainer") {
                    let Some(name) = text(name) else { continue };
                    let path = format!("{path}.{at}");
                    if named(input, name).is_none() {
                        found.at(path, format!("the task has no container `{name}`")).hint(names(input));
                    } else if container["name"] == name {
                        found.at(path, format!("`{name}` can't mount its own volumes"));
                    }
                }
            }
        },
    ),
    Rule::new(
        "a file system of EFS has an id, and an access point gives the directory",
        EFS,
        &[
            r#"volumes[0].efsVolumeConfiguration = {"fileSystemId": "data"} @
              volumes[0].efsVolumeConfiguration.fileSystemId"#,
            r#"volumes[0].efsVolumeConfiguration = {"fileSystemId": "fs-01234567", "rootDirectory": "/a",
              "transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": "fsap-0123"}} @
              volumes[0].efsVolumeConfiguration.rootDirectory"#,
        ],
        |input, found| {
            for (path, efs) in each(input, "volumes[].efsVolumeConfiguration") {
                if let Some(id) =
                    text(&efs["fileSystemId"]).filter(|id| !id.starts_with("fs-") && !id.starts_with("arn:"))
                {
                    found.at(
                        format!("{path}.fileSystemId"),
                        format!("`{id}` is not the id of a file system, as in fs-0a1b2c3d"),
                    );
                }
                let directory = text(&efs["rootDirectory"]).filter(|directory| !["", "/"].contains(directory));
                if directory.is_some() && is_given(at(efs, "authorizationConfig.accessPointId")) {
                    found
                        .at(format!("{path}.rootDirectory"), "the access point says which directory is mounted")
                        .hint("leave out `rootDirectory`")
                        .said(
                            "When using an EFS access point, the root directory must either be set to \"/\" or be \
                             omitted",
                        );
                }
            }
        },
    ),
    Rule::new(
        "EFS signs tasks in, and takes a port for it, only over an encrypted connection",
        EFS,
        &[
            r#"volumes[0].efsVolumeConfiguration = {"fileSystemId": "fs-01234567", "authorizationConfig": {"iam":
              "ENABLED"}} @ volumes[0].efsVolumeConfiguration.transitEncryption"#,
            r#"volumes[0].efsVolumeConfiguration = {"fileSystemId": "fs-01234567", "authorizationConfig":
              {"accessPointId": "fsap-0123"}} @ volumes[0].efsVolumeConfiguration.transitEncryption"#,
            r#"volumes[0].efsVolumeConfiguration = {"fileSystemId": "fs-01234567", "transitEncryptionPort": 2049} @
              volumes[0].efsVolumeConfiguration.transitEncryption"#,
        ],
        |input, found| {
            for (path, efs) in each(input, "volumes[].efsVolumeConfiguration") {
                if efs["transitEncryption"] == "ENABLED" {
                    continue;
                }
                let words = if efs["authorizationConfig"]["iam"] == "ENABLED" {
                    "EFS IAM authorization requires TransitEncryption to be enabled"
                } else if is_given(at(efs, "authorizationConfig.accessPointId")) {
                    "EFS access points require TransitEncryption to be enabled"
                } else if is_given(&efs["transitEncryptionPort"]) && efs["transitEncryptionPort"] != 0 {
                    "TransitEncryptionPort requires that TransitEncryption is enabled"
                } else {
                    continue;
                };
                found.here(format!("{path}.transitEncryption")).hint("write `transitEncryption: ENABLED`").said(words);
            }
            between(input, "volumes[].efsVolumeConfiguration.transitEncryptionPort", 0, 65535, found);
        },
    ),
    Rule::new(
        "a Docker volume that Docker makes by itself is a shared one",
        "DockerVolumeConfiguration, Amazon ECS API",
        &[r#"requiresCompatibilities = null && volumes[0].dockerVolumeConfiguration = {"scope": "task",
              "autoprovision": true} @ volumes[0].dockerVolumeConfiguration.autoprovision"#],
        |input, found| {
            for (path, docker) in each(input, "volumes[].dockerVolumeConfiguration") {
                if docker["autoprovision"] == true && docker["scope"] != "shared" {
                    found.here(format!("{path}.autoprovision")).hint("write `scope: shared`");
                }
            }
        },
    ),
    Rule::new(
        "one volume of a task is described when it is started, and says nothing else",
        VOLUME,
        &[
            r#"volumes[1] = {"name": "a", "configuredAtLaunch": true} && volumes[2] = {"name": "b",
              "configuredAtLaunch": true} @ volumes[2].configuredAtLaunch"#,
            r#"volumes[1] = {"name": "a", "configuredAtLaunch": true, "host": {}} @ volumes[1].configuredAtLaunch"#,
        ],
        |input, found| {
            let at_launch = |volume: &Value| volume["configuredAtLaunch"] == true;
            let volumes = each(input, "volumes[]").into_iter().filter(|(_, volume)| at_launch(volume));
            for (index, (path, volume)) in volumes.enumerate() {
                if index > 0 || KINDS.iter().any(|kind| !volume[*kind].is_null()) {
                    found.here(format!("{path}.configuredAtLaunch"));
                }
            }
        },
    ),
];

//! Amazon EFS.

use crate::cloud::api_tags::{ApiTags, Shape};
use crate::cloud::case::Case;
use crate::cloud::retries::{SPREADS, minutes, row};
use crate::cloud::service::{Api, Protocol};

const NEEDS_A_FILE_SYSTEM: &[&str] =
    &["CreateMountTarget", "CreateAccessPoint", "UpdateFileSystem", "PutLifecycleConfiguration"];

/// Amazon EFS, whose answers bring tags along. Its mount targets carry none.
pub static EFS: Api = Api {
    id: "EFS",
    word: "efs",
    signing: "elasticfilesystem",
    host: "elasticfilesystem",
    protocol: Protocol::RestJson(&[
        ("CreateAccessPoint", "POST /2015-02-01/access-points"),
        ("CreateFileSystem", "POST /2015-02-01/file-systems"),
        ("CreateMountTarget", "POST /2015-02-01/mount-targets"),
        ("DeleteAccessPoint", "DELETE /2015-02-01/access-points/{AccessPointId}"),
        ("DeleteFileSystem", "DELETE /2015-02-01/file-systems/{FileSystemId}"),
        ("DeleteMountTarget", "DELETE /2015-02-01/mount-targets/{MountTargetId}"),
        ("DescribeAccessPoints", "GET /2015-02-01/access-points?AccessPointId={AccessPointId}&NextToken={NextToken}"),
        ("DescribeFileSystems", "GET /2015-02-01/file-systems?FileSystemId={FileSystemId}&Marker={Marker}"),
        ("DescribeLifecycleConfiguration", "GET /2015-02-01/file-systems/{FileSystemId}/lifecycle-configuration"),
        ("DescribeMountTargetSecurityGroups", "GET /2015-02-01/mount-targets/{MountTargetId}/security-groups"),
        ("DescribeMountTargets", "GET /2015-02-01/mount-targets?FileSystemId={FileSystemId}&Marker={Marker}"),
        ("ListTagsForResource", "GET /2015-02-01/resource-tags/{ResourceId}"),
        ("ModifyMountTargetSecurityGroups", "PUT /2015-02-01/mount-targets/{MountTargetId}/security-groups"),
        ("PutLifecycleConfiguration", "PUT /2015-02-01/file-systems/{FileSystemId}/lifecycle-configuration"),
        ("TagResource", "POST /2015-02-01/resource-tags/{ResourceId}"),
        ("UpdateFileSystem", "PUT /2015-02-01/file-systems/{FileSystemId}"),
    ]),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 5,
    tags: ApiTags {
        shown: "Tags",
        given: "Tags",
        object: "ResourceId",
        id: |arn| arn.rsplit('/').next().unwrap_or(arn),
        shape: Shape::Pairs("Key", "Value"),
        creating: Some("elasticfilesystem:CreateAction"),
        ..ApiTags::USUAL
    },
    passing: &[
        row(
            NEEDS_A_FILE_SYSTEM,
            "IncorrectFileSystemLifeCycleState",
            None,
            minutes(5),
            "AWS is still at the file system",
        ),
        row(
            &["ModifyMountTargetSecurityGroups"],
            "IncorrectMountTargetState",
            None,
            minutes(10),
            "AWS is still at the mount target",
        ),
        row(
            &["CreateMountTarget"],
            "MountTargetConflict",
            None,
            minutes(10),
            "the zone's mount target that was deleted isn't gone yet",
        ),
        row(
            &["DeleteMountTarget"],
            "DependencyTimeout",
            None,
            minutes(5),
            "AWS is still at the mount target's network interface",
        ),
        row(
            &["DeleteFileSystem"],
            "FileSystemInUse",
            None,
            minutes(10),
            "the file system's mount targets aren't gone yet",
        ),
        row(
            &["CreateFileSystem"],
            "FileSystemAlreadyExists",
            None,
            SPREADS,
            "the file system of this name that was deleted isn't gone yet",
        ),
        row(
            &["CreateAccessPoint"],
            "AccessPointAlreadyExists",
            None,
            SPREADS,
            "the access point of this name that was deleted isn't gone yet",
        ),
        row(&["CreateMountTarget"], "SubnetNotFound", None, SPREADS, "the new subnet has not spread through AWS yet"),
        row(
            &["CreateMountTarget", "ModifyMountTargetSecurityGroups"],
            "SecurityGroupNotFound",
            None,
            SPREADS,
            "the new security group has not spread through AWS yet",
        ),
    ],
};

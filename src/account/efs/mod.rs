//! Amazon EFS: file systems, the mount targets by which a network reaches them, and access points.
//!
//! *Pretended.* Nothing can be mounted, and a file system holds what [`Account::write_files`] says: AWS tells of its size by
//! the hour ("Metering", user guide).

mod files;
mod kept;
mod mounts;
mod points;

use serde_json::Value;

use crate::account::{Account, Calls, Service};
use crate::input::text;
use crate::states::Kept;
use crate::table::Table;
use crate::wire::rest::Routes;
use crate::wire::{self, Answer, Fault};
use kept::{Mount, POINTS, SYSTEMS};
pub(crate) use mounts::{Reached, reach};

/// Amazon EFS in the list of services.
pub(crate) static SERVICE: Service = Service {
    kinds: &[&SYSTEMS, &POINTS],
    keeps: &[Kept::of::<Table<Mount>>("elasticfilesystem/mountTargets")],
    settle: mounts::settle,
    ..Service::new("elasticfilesystem", Calls::Rest(ROUTES, handle))
};

const SYSTEM: &str = "/2015-02-01/file-systems/{FileSystemId}";
const LIFECYCLE: &str = "/2015-02-01/file-systems/{FileSystemId}/lifecycle-configuration";
const MOUNT: &str = "/2015-02-01/mount-targets/{MountTargetId}";
const GROUPS: &str = "/2015-02-01/mount-targets/{MountTargetId}/security-groups";
const TAGS: &str = "/2015-02-01/resource-tags/{ResourceId}";

const ROUTES: Routes = &[
    ("CreateFileSystem", "POST", "/2015-02-01/file-systems", &[]),
    (
        "DescribeFileSystems",
        "GET",
        "/2015-02-01/file-systems",
        &[
            ("CreationToken", "CreationToken"),
            ("FileSystemId", "FileSystemId"),
            ("Marker", "Marker"),
            ("MaxItems", "MaxItems"),
        ],
    ),
    ("UpdateFileSystem", "PUT", SYSTEM, &[]),
    ("DeleteFileSystem", "DELETE", SYSTEM, &[]),
    ("PutLifecycleConfiguration", "PUT", LIFECYCLE, &[]),
    ("DescribeLifecycleConfiguration", "GET", LIFECYCLE, &[]),
    ("CreateMountTarget", "POST", "/2015-02-01/mount-targets", &[]),
    (
        "DescribeMountTargets",
        "GET",
        "/2015-02-01/mount-targets",
        &[("FileSystemId", "FileSystemId"), ("MountTargetId", "MountTargetId"), ("Marker", "Marker")],
    ),
    ("DeleteMountTarget", "DELETE", MOUNT, &[]),
    ("DescribeMountTargetSecurityGroups", "GET", GROUPS, &[]),
    ("ModifyMountTargetSecurityGroups", "PUT", GROUPS, &[]),
    ("CreateAccessPoint", "POST", "/2015-02-01/access-points", &[]),
    (
        "DescribeAccessPoints",
        "GET",
        "/2015-02-01/access-points",
        &[
            ("AccessPointId", "AccessPointId"),
            ("FileSystemId", "FileSystemId"),
            ("MaxResults", "MaxResults"),
            ("NextToken", "NextToken"),
        ],
    ),
    ("DeleteAccessPoint", "DELETE", "/2015-02-01/access-points/{AccessPointId}", &[]),
    ("TagResource", "POST", TAGS, &[]),
    ("UntagResource", "DELETE", TAGS, &[("tagKeys", "TagKeys[]")]),
    ("ListTagsForResource", "GET", TAGS, &[]),
];

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    let is_point = text(input, "ResourceId").is_some_and(|id| id.contains("fsap-"));
    match operation {
        "CreateFileSystem" => files::create(account, input),
        "DescribeFileSystems" => files::describe(account, input),
        "UpdateFileSystem" => files::update(account, input),
        "DeleteFileSystem" => files::delete(account, input),
        "PutLifecycleConfiguration" => files::put_lifecycle(account, input),
        "DescribeLifecycleConfiguration" => files::lifecycle(account, input),
        "CreateMountTarget" => mounts::create(account, input),
        "DescribeMountTargets" => mounts::describe(account, input),
        "DeleteMountTarget" => mounts::delete(account, input),
        "DescribeMountTargetSecurityGroups" => mounts::groups(account, input),
        "ModifyMountTargetSecurityGroups" => mounts::regroup(account, input),
        "CreateAccessPoint" => points::create(account, input),
        "DescribeAccessPoints" => points::describe(account, input),
        "DeleteAccessPoint" => points::delete(account, input),
        "TagResource" if is_point => POINTS.tag(account, input),
        "TagResource" => SYSTEMS.tag(account, input),
        "UntagResource" if is_point => POINTS.untag(account, input),
        "UntagResource" => SYSTEMS.untag(account, input),
        "ListTagsForResource" if is_point => POINTS.tags_of(account, input),
        "ListTagsForResource" => SYSTEMS.tags_of(account, input),
        other => Err(wire::unknown("elasticfilesystem", other)),
    }
}

/// A fault in the form of EFS, which says the code in the body, too.
fn fault(status: u16, code: &str, message: impl Into<String>) -> Fault {
    Fault::client(code, message).with_status(status).with("ErrorCode", code)
}

fn bad_request(message: impl Into<String>) -> Fault {
    fault(400, "BadRequest", message)
}

/// The last part of an ARN, or the id that stands in its place.
fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The state of what takes `making` milliseconds to be made, and is gone by a time.
fn state(now: i64, created: i64, making: i64, gone: Option<i64>) -> &'static str {
    match gone {
        Some(_) => "deleting",
        None if now < created + making => "creating",
        None => "available",
    }
}

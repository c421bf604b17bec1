//! The file systems that a task mounts before its containers start, and what keeps it from that, in the words that those
//! who met it tell (aws/efs-utils#90, docker-archive/compose-cli#1490).

use serde_json::Value;

use super::task::Task;
use super::task_definition;
use crate::account::Account;
use crate::efs::{Reached, reach};
use crate::input::list;

const FAILED: &str = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr:";

/// Returns why the task can't mount a file system of EFS, if it can't.
pub(super) fn no_volume(account: &Account, task: &Task) -> Option<String> {
    let (subnet, interface) = (task.subnet.as_ref()?, task.eni.as_ref()?);
    let body = Value::Object(task_definition::by_arn(account, &task.definition)?.body.clone());
    list(&body, "volumes").iter().find_map(|volume| {
        let efs = &volume["efsVolumeConfiguration"];
        let system = efs["fileSystemId"].as_str()?;
        let point = efs["authorizationConfig"]["accessPointId"].as_str();
        match reach(account, system, point, subnet, interface) {
            Reached::Mounted => None,
            Reached::Unresolved => Some(format!(
                "{FAILED} Failed to resolve \"{system}.efs.{}.amazonaws.com\" - check that your file system ID is correct, \
                 and ensure that the VPC has an EFS mount target for this file system ID. See \
                 https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to lookup mount target \
                 ip address using botocore. Failed to import necessary dependency botocore, please install botocore first. \
                 : unsuccessful EFS utils command execution; code: 1",
                account.region
            )),
            Reached::Shut => Some(format!(
                "{FAILED} mount.nfs4: Connection timed out : unsuccessful EFS utils command execution; code: 32"
            )),
            Reached::NoPoint => Some(format!(
                "{FAILED} mount.nfs4: access denied by server while mounting 127.0.0.1:/ : unsuccessful EFS utils command \
                 execution; code: 32"
            )),
        }
    })
}

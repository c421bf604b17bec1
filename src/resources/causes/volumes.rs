//! The causes for which a task can't mount a file system of Amazon EFS: what mounts it says so in the task's stopped reason
//! (aws/efs-utils#90, docker-archive/compose-cli#1490).

use super::table::Cause;

const MOUNTS: &str = "failed to invoke EFS utils commands";

pub(super) const VOLUMES: &[Cause] = &[
    Cause {
        name: "no mount target in the task's zone",
        seen: |sight| sight.says(&[MOUNTS, "Failed to resolve"]),
        remedy: "the name of a file system leads to the mount target in the task's own zone, and there is none, or the VPC \
                 gives no names to hosts (`enableDnsHostnames`): give the file system one in each subnet of the {owner}, \
                 below `mountTargets`; then {apply}",
    },
    Cause {
        name: "mount target doesn't let the task in",
        seen: |sight| sight.says(&[MOUNTS, "timed out"]),
        remedy: "let the security group of the file system's mount targets take TCP port 2049 from that of the {owner}'s \
                 tasks: `userIdGroupPairs` in its `ipPermissions`; then {apply}",
    },
    Cause {
        name: "no such directory in the file system",
        seen: |sight| sight.says(&[MOUNTS, "No such file or directory"]),
        remedy: "`rootDirectory` names a directory that nobody has made: name an access point instead, whose `creationInfo` \
                 has AWS make it; then {apply}",
    },
    Cause {
        name: "file system doesn't let the task in",
        seen: |sight| sight.says(&[MOUNTS, "access denied"]),
        remedy: "the access point isn't one of this file system, or the task's role may not mount it: with `iam: ENABLED` it \
                 needs elasticfilesystem:ClientMount, and ClientWrite to write; then {apply}",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::resources::causes::{Evidence, StoppedTask};

    #[test]
    fn each_failed_mount_is_told_from_the_others() {
        let mut told = BTreeSet::new();
        for (reason, name) in [
            (
                "Failed to resolve \"fs-1.efs.eu-west-1.amazonaws.com\" - check that your file system ID is correct",
                "no mount target in the task's zone",
            ),
            ("mount.nfs4: Connection timed out", "mount target doesn't let the task in"),
            (
                "b'mount.nfs4: mounting fs-1:/grafana failed, reason given by server: No such file or directory'",
                "no such directory in the file system",
            ),
            ("mount.nfs4: access denied by server while mounting 127.0.0.1:/", "file system doesn't let the task in"),
        ] {
            let reason = format!(
                "ResourceInitializationError: {MOUNTS} to set up EFS volumes: stderr: {reason} : unsuccessful EFS utils \
                 command execution; code: 32"
            );
            let task = json!({"taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/main/1f3c",
                "stopCode": "TaskFailedToStart", "stoppedReason": reason, "containers": []});
            let evidence = Evidence { tasks: vec![StoppedTask::new(&task)], ..Evidence::default() };
            assert_eq!(evidence.explain().map(|found| found.cause), Some(name));
            told.insert(name);
        }
        assert_eq!(told.len(), VOLUMES.len());
    }
}

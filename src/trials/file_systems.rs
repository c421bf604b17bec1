//! File systems: their data stays until somebody lets it go, and tasks find them mounted.

use std::time::Duration;

use super::{World, trial};

const FILES: &str = include_str!("../../examples/shared-files.yaml");
/// The longest that AWS may take to tell of what was written.
const METERED: Duration = Duration::from_secs(2 * 60 * 60);

/// A file system that is mounted, or not.
fn lab(fields: &str) -> String {
    format!("lab: ecs-lab\nregion: eu-west-1\nvpc: default\nfileSystems: {{ data: {{ {fields} }} }}\n")
}

const MOUNTED: &str = "mountTargets: [{ subnetId: eu-west-1a }]";
const BARE: &str = "mountTargets: []";
const NOTHING: &str = "lab: ecs-lab\nregion: eu-west-1\n";

#[test]
fn what_is_mounted_counts_as_full_until_its_owner_lets_it_go() {
    trial(async {
        let world = World::new().await;
        world.apply(&lab(MOUNTED)).await.done();
        for ran in [world.destroy(&lab(MOUNTED)).await, world.apply(NOTHING).await] {
            assert_eq!(ran.changes(), 0);
            let said = ran.failed();
            for word in ["fileSystem.data: DeleteFileSystem: HoldsData", "it is mounted", "`onDestroy: empty`"] {
                assert!(said.contains(word), "{word}: {said}");
            }
        }
        world.destroy(&lab(&format!("{MOUNTED}, onDestroy: empty"))).await.done();
        assert_eq!(world.destroy(&lab(MOUNTED)).await.done().changes(), 0);
    });
}

#[test]
fn data_stays_although_nothing_mounts_it_any_more() {
    trial(async {
        let world = World::new().await;
        world.apply(&lab(MOUNTED)).await.done();
        world.sandbox.with(|account| account.write_files("eu-west-1", "ecs-lab-data", 4096));
        world.neighbour().await.sleep(METERED).await;
        world.apply(&lab(BARE)).await.done();
        let replaced = format!("{BARE}, encrypted: true");
        for ran in [world.destroy(&lab(BARE)).await, world.apply(&lab(&replaced)).await] {
            assert_eq!(ran.changes(), 0);
            let said = ran.failed();
            assert!(said.contains("holds 10240 bytes of data"), "{said}");
        }
        world.destroy(&lab(&format!("{BARE}, onDestroy: empty"))).await.done();
    });
}

#[test]
fn the_first_tasks_find_their_file_system_mounted() {
    trial(async {
        let world = World::new().await;
        world.apply(FILES).await.done();
        let tasks = world.sandbox.inventory().into_iter().filter(|item| item.kind == "ecs:task").count();
        assert_eq!(tasks, 2, "none failed before");
        world.destroy(FILES).await.done();
    });
}

#[test]
fn a_task_that_reaches_no_mount_target_says_so() {
    for (change, becomes, words) in [
        ("subnets: [eu-west-1a, eu-west-1b]", "subnets: [eu-west-1c]", "Failed to resolve"),
        ("fromPort: 2049, toPort: 2049", "fromPort: 111, toPort: 111", "mount.nfs4: Connection timed out"),
    ] {
        trial(async {
            let world = World::new().await;
            let said = world.apply(&FILES.replace(change, becomes)).await.failed();
            assert!(said.contains(words), "{words}: {said}");
        });
    }
}

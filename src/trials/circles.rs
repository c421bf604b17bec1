//! Security groups that name each other, and one that names itself: made first, then completed.

use super::crashes::sweep;
use super::{Command, World, trial};
use crate::plan::Scope;

const ONE: &str = "
lab: circles
region: eu-west-1
vpc: default
securityGroups:
  alb: { description: load balancer, ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: 0.0.0.0/0 }] }], ipPermissionsEgress: [] }
";
const CIRCLE: &str = r#"
lab: circles
region: eu-west-1
vpc: default
securityGroups:
  alb:
    description: load balancer
    ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: 0.0.0.0/0 }] }]
    ipPermissionsEgress: [{ ipProtocol: tcp, fromPort: 3000, toPort: 3000, userIdGroupPairs: [{ groupId: tasks }] }]
  tasks:
    description: tasks
    ipPermissions:
      - { ipProtocol: tcp, fromPort: 3000, toPort: 3000, userIdGroupPairs: [{ groupId: alb }, { groupId: tasks }] }
      - { ipProtocol: tcp, fromPort: 5432, toPort: 5432, userIdGroupPairs: [{ groupId: data }] }
  data:
    description: data
    ipPermissions: [{ ipProtocol: "-1", userIdGroupPairs: [{ groupId: self }] }]
"#;

/// A world in which the lab in `text` stands, and stays as it is.
async fn with(text: &str) -> World {
    let world = World::new().await;
    world.apply(text).await.done();
    assert_eq!(world.apply(text).await.done().changes(), 0);
    world
}

#[test]
fn a_circle_is_made_wherever_it_is_killed() {
    trial(async { sweep(&World::new().await, &Command::Apply, CIRCLE, 1).await });
}

#[test]
fn a_circle_is_taken_down_wherever_it_is_killed() {
    trial(async { sweep(&with(CIRCLE).await, &Command::Destroy(Scope::all()), CIRCLE, 1).await });
}

#[test]
fn a_circle_is_closed_around_a_group_that_is_there() {
    trial(async { sweep(&with(ONE).await, &Command::Apply, CIRCLE, 1).await });
}

#[test]
fn a_group_of_a_circle_is_replaced() {
    let replaced = CIRCLE.replace("description: tasks", "description: of the tasks");
    trial(async { sweep(&with(CIRCLE).await, &Command::Apply, &replaced, 1).await });
}

#[test]
fn both_groups_of_a_circle_are_replaced() {
    let replaced =
        CIRCLE.replace("description: tasks", "description: of the tasks").replace("load balancer", "entrance");
    trial(async { sweep(&with(CIRCLE).await, &Command::Apply, &replaced, 1).await });
}

#[test]
fn a_circle_is_opened() {
    trial(async { sweep(&with(CIRCLE).await, &Command::Apply, ONE, 1).await });
}

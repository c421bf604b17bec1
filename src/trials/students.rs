//! Forty students in one account, each with a lab of their own: nobody's destroy touches another's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Command, Deaf, World, calm, source, trial};
use crate::apply::{Emptying, Executor, Observer, foresee};
use crate::cloud::LAB_TAG;
use crate::live;
use crate::plan::{self, Scope};

const STUDENTS: usize = 40;

/// The lab of a student. The names of some begin with those of others.
fn lab(student: usize) -> String {
    format!(
        r#"
lab: tp8-s{student}
region: eu-west-1
vpc: default
buckets: {{ images: {{ bucket: "${{lab}}-${{account}}", onDestroy: empty }} }}
logGroups: {{ app: {{ logGroupName: "/${{lab}}/app" }} }}
roles:
  task:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - {{ Effect: Allow, Principal: {{ Service: ecs-tasks.amazonaws.com }}, Action: "sts:AssumeRole" }}
securityGroups: {{ tasks: {{ ipPermissions: [{{ ipProtocol: tcp, fromPort: 80, toPort: 80, userIdGroupPairs: [{{ groupId: tasks }}] }}] }} }}
clusters: {{ main: {{}} }}
"#
    )
}

/// What each lab of the account has, and what nobody's tag is on.
fn labs(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let mut labs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in world.sandbox.inventory().into_iter().filter(|item| item.tombstone.is_none()) {
        let lab = item.tags.get(LAB_TAG).cloned().unwrap_or_default();
        labs.entry(lab).or_default().insert(format!("{item:?}"));
    }
    labs
}

/// Destroys a student's lab by its owner tags.
async fn destroy_by_tag(world: &World, student: usize) {
    let cloud = world.neighbour().await;
    let place = source(&lab(student)).into_lab().place;
    let found = live::list(&cloud, &place.lab, None).await.unwrap();
    let plan = foresee(&cloud, None, &found, plan::plan_destroy(&place, &found, &Scope::all())).await;
    let (observer, stop): (Arc<dyn Observer>, _) = (Arc::new(Deaf), CancellationToken::new());
    let executor = Executor { cloud: &cloud, observer: &observer, stop: &stop };
    let destroyed = executor.tear_down(&plan, None, &found, &Scope::all(), Emptying::All).await.unwrap();
    assert!(destroyed.is_whole(), "{destroyed:?}");
}

#[test]
fn nobodys_destroy_touches_anothers() {
    trial(async {
        let world = World::new().await;
        let others = labs(&world);
        for student in 1..=STUDENTS {
            world.unasked(&Command::Apply, &lab(student), async {}, calm).await.done();
        }
        let mut expected = labs(&world);
        assert_eq!(expected.len(), others.len() + STUDENTS);
        for student in 1..=STUDENTS {
            // With the file and without it, in turn.
            match student % 2 {
                0 => drop(world.unasked(&Command::Destroy(Scope::all()), &lab(student), async {}, calm).await.done()),
                _ => destroy_by_tag(&world, student).await,
            }
            let gone = expected.remove(&format!("tp8-s{student}"));
            assert_eq!(gone.map(|objects| objects.len()), Some(5), "{student}");
            assert!(labs(&world) == expected, "{student}");
            if student == 4 {
                // A lab whose name begins with that of one that is gone has nothing to do.
                let again = world.unasked(&Command::Apply, &lab(40), async {}, calm).await.done();
                assert_eq!(again.changes(), 0);
            }
        }
        assert_eq!(expected, others);
    });
}

//! The record of a lab in the tags of its objects: who made it, since when, until when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Command, SMALL, World, calm, trial};
use crate::cloud::{BY_TAG, EXPIRES_TAG, LAB_TAG, SINCE_TAG};
use crate::live;
use crate::plan::Scope;

/// The least of a lab, and more of it.
const ONE: &str = "lab: ecs-lab\nregion: eu-west-1\nlogGroups: { a: {} }\nclusters: { main: {} }\n";
const TWO: &str =
    "lab: ecs-lab\nregion: eu-west-1\nlogGroups: { a: { retentionInDays: 7 }, b: {} }\nclusters: { main: {} }\n";

impl World {
    /// The values of a tag on the lab's objects; empty for those that lack it.
    fn values(&self, tag: &str) -> BTreeSet<String> {
        let ours = self
            .sandbox
            .inventory()
            .into_iter()
            .filter(|item| item.tags.get(LAB_TAG).is_some_and(|lab| lab == "ecs-lab"));
        ours.map(|item| item.tags.get(tag).cloned().unwrap_or_default()).collect()
    }

    /// The one value of a tag on all of the lab's objects.
    #[track_caller]
    fn value(&self, tag: &str) -> String {
        let values = self.values(tag);
        assert_eq!(values.len(), 1, "{tag}: {values:?}");
        values.into_iter().next().unwrap()
    }

    fn caller(&self, name: &str) {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{name}/a-session");
        self.sandbox.with(|account| account.quirks.caller = Some(arn));
    }
}

#[test]
fn each_object_says_who_made_the_lab_and_since_when() {
    trial(async {
        let world = World::new().await;
        world.caller("zoe");
        world.apply(SMALL).await.done();
        assert_eq!(world.value(BY_TAG), "123456789012:role/zoe");
        assert!(world.value(SINCE_TAG).ends_with('Z'));
        assert_eq!(world.value(EXPIRES_TAG), "");
        assert_eq!(world.apply(SMALL).await.done().changes(), 0);
    });
}

#[test]
fn another_caller_and_a_later_apply_move_neither() {
    trial(async {
        let world = World::new().await;
        world.caller("zoe");
        world.apply(ONE).await.done();
        let since = world.value(SINCE_TAG);
        world.neighbour().await.sleep(Duration::from_hours(30)).await;
        world.caller("teacher");
        world.apply(TWO).await.done();
        assert_eq!((world.value(BY_TAG), world.value(SINCE_TAG)), ("123456789012:role/zoe".to_owned(), since));
        assert_eq!(world.apply(TWO).await.done().changes(), 0);
        let cloud = world.neighbour().await;
        let known = live::labs(&cloud, &cloud.role_places(None).await.unwrap()).await.unwrap();
        let ours = known.iter().find(|lab| lab.lab == "ecs-lab").unwrap();
        // A stranger's role stands under the path of the lab, and no tag of it was read.
        assert_eq!((ours.objects, ours.record.by.as_deref()), (4, Some("123456789012:role/zoe")));
    });
}

#[test]
fn each_apply_moves_the_expiry_and_the_plan_stays_empty() {
    trial(async {
        let world = World::new().await;
        let (short, long) = (format!("{TWO}expires: 8h\n"), format!("{TWO}expires: 2d\n"));
        let first = world.apply(&short).await.done();
        let expires = world.value(EXPIRES_TAG);
        // What is made carries it: no call is more than without.
        let without = World::new().await.apply(TWO).await.done();
        assert_eq!(first.calls.len(), without.calls.len());
        world.neighbour().await.sleep(Duration::from_hours(1)).await;
        let again = world.apply(&short).await.done();
        assert_eq!(again.changes(), 3, "each object is told");
        let moved = world.value(EXPIRES_TAG);
        assert!(moved > expires, "{moved}");
        world.apply(&long).await.done();
        assert!(world.value(EXPIRES_TAG) > moved);
        // A lab.yaml that says nothing of it leaves it.
        let last = world.value(EXPIRES_TAG);
        world.apply(TWO).await.done();
        assert_eq!(world.value(EXPIRES_TAG), last);
        world.apply(&format!("{TWO}expires: never\n")).await.done();
        assert_eq!(world.value(EXPIRES_TAG), "never");
    });
}

#[test]
fn a_lab_that_has_only_roles_is_known_too() {
    trial(async {
        let world = World::new().await;
        world.caller("zoe");
        let role = r#"
lab: ecs-lab
region: eu-west-1
roles:
  task:
    assumeRolePolicyDocument: { Version: "2012-10-17", Statement: [
      { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" } ] }
"#;
        world.apply(role).await.done();
        let cloud = world.neighbour().await;
        let roles = cloud.role_places(None).await.unwrap();
        let known = live::labs(&cloud, &roles).await.unwrap();
        let ours: Vec<_> = known.iter().filter(|lab| lab.lab == "ecs-lab").collect();
        assert_eq!((ours.len(), ours[0].objects), (1, 1));
        assert_eq!(ours[0].record.by.as_deref(), Some("123456789012:role/zoe"));
        assert!(
            live::labs(&cloud.in_region("eu-west-3"), &roles).await.unwrap().iter().all(|lab| lab.lab != "ecs-lab")
        );
    });
}

#[test]
fn a_lab_that_only_the_index_remembers_is_not_listed() {
    trial(async {
        let world = World::new().await;
        let lab = |name: &str| {
            format!("lab: {name}\nregion: eu-west-1\nlogGroups: {{ it: {{}} }}\nclusters: {{ it: {{}} }}\n")
        };
        for name in ["gone", "there"] {
            world.unasked(&Command::Apply, &lab(name), async {}, calm).await.done();
        }
        world.sandbox.with(|account| account.quirks.index_lag = Duration::from_mins(60));
        world.unasked(&Command::Destroy(Scope::all()), &lab("gone"), async {}, calm).await.done();
        let cloud = world.neighbour().await;
        let indexed = cloud.all_indexed().await.unwrap();
        assert_eq!(indexed.values().filter(|tags| tags[LAB_TAG] == "gone").count(), 2);
        let known = live::labs(&cloud, &BTreeMap::new()).await.unwrap();
        let known: Vec<&str> = known.iter().map(|lab| lab.lab.as_str()).collect();
        assert!(known.contains(&"there") && !known.contains(&"gone"), "{known:?}");
    });
}

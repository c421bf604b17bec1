//! The deeds of others to the lab's own objects.

use serde_json::json;
use tokio::sync::Notify;

use super::speed::every;
use super::{Command, SMALL, SMALL_ADDRESSES, World, source, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::live::{self, Evidence};
use crate::plan::{self, Attribution, Narrowing, Scope};
use std::sync::Arc;

/// The lab with a change to everything in it.
fn changed() -> String {
    SMALL.replace("environment: development", "environment: production")
}

async fn applied() -> World {
    let world = World::new().await;
    world.apply(SMALL).await.done();
    world
}

/// The lab's addresses, from the `first` on: samples that begin apart meet all of them between them.
fn addresses_from(first: usize) -> [&'static str; 12] {
    let mut addresses = SMALL_ADDRESSES;
    addresses.rotate_left(first);
    addresses
}

impl World {
    /// Deletes the object at `address`; if AWS doesn't let go of it, all that uses it before.
    pub(super) async fn lose(&self, text: &str, address: &str) {
        if self.delete_by_hand(text, address).await {
            return;
        }
        let lab = source(text).into_lab();
        let narrowing = Narrowing { only: vec![address.parse().unwrap()], ..Narrowing::default() };
        let destroy = Command::Destroy(narrowing.for_destroy(&lab).unwrap());
        let none = |_: &Call| Trouble::None;
        Box::pin(self.run(&destroy, text, none)).await.done();
    }
}

#[test]
fn what_disappears_is_made_again() {
    trial(async {
        let applied = applied().await;
        for address in every(3, addresses_from(0)) {
            let world = applied.fork();
            world.lose(SMALL, address).await;
            world.apply(SMALL).await.done();
            world.destroy(SMALL).await.done();
        }
    });
}

#[test]
fn what_disappears_after_the_plan_is_made_by_the_next_apply() {
    trial(async {
        let applied = applied().await;
        for address in every(3, addresses_from(1)) {
            let world = applied.fork();
            let lose = Box::pin(world.lose(SMALL, address));
            let none = |_: &Call| Trouble::None;
            world.run_late(&Command::Apply, &changed(), lose, none).await;
            world.apply(&changed()).await.done();
        }
    });
}

#[test]
fn what_disappears_during_an_apply_is_made_by_the_next() {
    trial(async {
        let applied = applied().await;
        for address in every(3, addresses_from(2)) {
            let world = applied.fork();
            let begun = Arc::new(Notify::new());
            let tell = begun.clone();
            let script = move |call: &Call| {
                if call.changes() && call.change == 3 {
                    tell.notify_one();
                }
                Trouble::None
            };
            let text = changed();
            futures::join!(world.unasked(&Command::Apply, &text, async {}, script), async {
                begun.notified().await;
                Box::pin(world.lose(SMALL, address)).await;
            },);
            world.no_foreign_change();
            world.apply(&text).await.done();
        }
    });
}

#[test]
fn what_the_spec_leaves_to_others_is_no_difference() {
    trial(async {
        let world = applied().await;
        let cloud = world.neighbour().await;
        let update = cloud.ecs.update_service().cluster("ecs-lab-main").service("ecs-lab-web").desired_count(3);
        update.send().await.unwrap();
        world.edit(|mut account| {
            let cluster = &mut account["regions"]["eu-west-1"]["ecs"]["clusters"]["ecs-lab-main"];
            assert!(cluster.is_object());
            cluster["settings"] = json!([{"name": "containerInsights", "value": "enabled"}]);
            account
        });
        let silent = SMALL.replace("    desiredCount: 1\n", "");
        assert_ne!(silent, SMALL);
        world.nothing_to_do(&source(&silent)).await;
    });
}

/// ECS refuses to change what CodeDeploy changes: an update of it would fail for ever.
#[test]
fn what_only_code_deploy_changes_is_told_and_not_planned() {
    trial(async {
        let text = SMALL.replace(
            "    launchType: FARGATE\n",
            "    launchType: FARGATE\n    deploymentController: { type: CODE_DEPLOY }\n",
        );
        assert_ne!(text, SMALL);
        let world = World::new().await;
        world.apply(&text).await.done();
        let edited = text.replace("memory: \"512\"", "memory: \"1024\"").replace("desiredCount: 1", "desiredCount: 2");
        world.apply(&edited).await.done();
        let cloud = world.neighbour().await;
        let reading = live::read_pretended(&cloud, &source(&edited), Evidence::Index).await.unwrap();
        let plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
        assert!(plan.is_empty());
        let [(address, note)] = plan.notes.as_slice() else { panic!("{:?}", plan.notes) };
        assert_eq!(address.to_string(), "service.web");
        assert!(note.starts_with("taskDefinition: not as in lab.yaml, and left so"), "{note}");
        world.destroy(&edited).await.done();
    });
}

#[test]
fn a_difference_is_attributed_to_the_side_that_has_changed() {
    trial(async {
        let world = applied().await;
        let cloud = world.neighbour().await;
        let put = cloud.logs.put_retention_policy().log_group_name("/ecs/ecs-lab/app").retention_in_days(30);
        put.send().await.unwrap();
        let attributions = async |text: &str| {
            let reading = live::read_pretended(&cloud, &source(text), Evidence::Index).await.unwrap();
            let plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
            let side = |change: &plan::Change| (change.address.to_string(), change.attribution);
            plan.effective().map(side).collect::<Vec<_>>()
        };
        let group = |side| vec![("logGroup.app".to_owned(), Some(side))];
        assert_eq!(attributions(SMALL).await, group(Attribution::Aws));
        let edited = SMALL.replace("retentionInDays: 7", "retentionInDays: 14");
        assert_eq!(attributions(&edited).await, group(Attribution::Spec));
        world.apply(&edited).await.done();
        assert_eq!(attributions(&edited).await, []);
        // Of a tag of the whole lab's, and of what only follows from another resource.
        assert!(attributions(&changed()).await.iter().all(|(_, side)| *side == Some(Attribution::Spec)));
        let larger = edited.replace("memory: \"512\"", "memory: \"1024\"");
        let expected = [("taskDefinition.web", Some(Attribution::Spec)), ("service.web", None)];
        assert_eq!(attributions(&larger).await, expected.map(|(address, side)| (address.to_owned(), side)));
    });
}

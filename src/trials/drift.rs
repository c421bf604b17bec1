//! The deeds of others to the lab's own objects.

use serde_json::json;
use tokio::sync::Notify;

use super::{Command, SMALL, SMALL_ADDRESSES, World, source, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::Narrowing;
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

impl World {
    /// Deletes the object at `address`; if AWS doesn't let go of it, all that uses it before.
    async fn lose(&self, address: &str) {
        if self.delete_by_hand(SMALL, address).await {
            return;
        }
        let lab = source(SMALL).into_lab();
        let narrowing = Narrowing { only: vec![address.parse().unwrap()], ..Narrowing::default() };
        let destroy = Command::Destroy(narrowing.for_destroy(&lab).unwrap());
        let none = |_: &Call| Trouble::None;
        Box::pin(self.run(&destroy, SMALL, none)).await.done();
    }
}

#[test]
fn what_disappears_is_made_again() {
    trial(async {
        let applied = applied().await;
        for address in SMALL_ADDRESSES {
            let world = applied.fork();
            world.lose(address).await;
            world.apply(SMALL).await.done();
            world.destroy(SMALL).await.done();
        }
    });
}

#[test]
fn what_disappears_after_the_plan_is_made_by_the_next_apply() {
    trial(async {
        let applied = applied().await;
        for address in SMALL_ADDRESSES {
            let world = applied.fork();
            let lose = Box::pin(world.lose(address));
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
        for address in SMALL_ADDRESSES {
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
                Box::pin(world.lose(address)).await;
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

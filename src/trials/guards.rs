//! Objects of strangers under the lab's own names, from the beginning or all of a sudden.

use std::time::Duration;

use serde_json::json;

use super::neighbours::foreign_tags;
use super::{Command, End, SMALL, SMALL_ADDRESSES, World, calm, trial};
use crate::plan::Scope;

async fn applied() -> World {
    let world = World::new().await;
    world.apply(SMALL).await.done();
    world
}

#[test]
fn a_strangers_object_of_the_same_name_is_refused_and_survives() {
    trial(async {
        let applied = applied().await;
        for address in SMALL_ADDRESSES {
            for tags in foreign_tags(address) {
                let world = applied.fork();
                world.swap(address, &tags);
                let ran = world.apply(SMALL).await;
                assert_eq!(ran.changes(), 0, "{address} {tags}");
                let said = ran.failed();
                assert!(said.contains(&format!("{address}: ")), "{address}: {said}");
                // The oracle sees that the stranger's survives; the rest goes where AWS lets it. AWS itself deletes a
                // listener with its load balancer, whosever it is.
                if address != "listener.web.http" {
                    world.destroy(SMALL).await;
                }
            }
        }
    });
}

/// Swaps a stranger's object in after the plan, a minute before the first step.
async fn swapped_in(address: &str, command: &Command, text: &str, world: &World) {
    let meanwhile = async {
        world.swap(address, &json!({}));
        world.neighbour().await.sleep(Duration::from_secs(60)).await;
    };
    let ran = world.run_late(command, text, meanwhile, calm).await;
    match ran.end {
        End::Failed(said) => assert!(said.contains("left alone"), "{address}: {said}"),
        end => panic!("{address}: {end:?}"),
    }
}

#[test]
fn a_strangers_object_that_is_swapped_in_after_the_plan_survives_the_apply() {
    trial(async {
        let applied = applied().await;
        let text = SMALL.replace("environment: development", "environment: production");
        for address in SMALL_ADDRESSES {
            swapped_in(address, &Command::Apply, &text, &applied.fork()).await;
        }
    });
}

#[test]
fn a_strangers_object_that_is_swapped_in_survives_the_destroy() {
    trial(async {
        let applied = applied().await;
        for address in SMALL_ADDRESSES {
            let destroy = Command::Destroy(Scope::all());
            swapped_in(address, &destroy, SMALL, &applied.fork()).await;
        }
    });
}

//! Each life beside an object of somebody else's under the same name, and with somebody who takes the resource away.

use serde_json::json;

use super::{Life, each, tagged};
use crate::plan::Scope;
use crate::trials::guards::swapped_in;
use crate::trials::neighbours::foreign_tags;
use crate::trials::{Command, calm};
use labform_account::Account;

/// Tries the life of each kind whose objects can have the name of somebody else's.
fn each_object(attempt: impl AsyncFn(&Life) + Sync) {
    each(async |life| {
        if life.has_twin() {
            attempt(life).await;
        }
    });
}

#[test]
fn a_twin_is_refused_and_survives() {
    each_object(async |life| {
        let (world, text, address) = (life.lives().await, life.made(), life.address());
        for tags in foreign_tags(&address) {
            let world = world.fork();
            world.swap(&address, &tags);
            let ran = world.apply(&text).await;
            assert_eq!(ran.changes(), 0, "{tags}");
            let said = ran.failed();
            assert!(said.contains(&format!("{address}: ")), "{said}");
            // The oracle sees that the stranger's survives, unless AWS deletes it with what it stands in.
            if !["accessPoint", "listener", "listenerRule"].contains(&life.kind) {
                world.destroy(&text).await;
            }
        }
        for (command, text) in [(Command::Apply, tagged(&text)), (Command::Destroy(Scope::all()), text)] {
            swapped_in(&address, &command, &text, &world.fork()).await;
        }
    });
}

#[test]
fn what_disappears_is_made_again() {
    each(async |life| {
        if !life.stands_alone() {
            return;
        }
        let (world, text, address) = (life.lives().await, life.made(), life.address());
        let late = world.fork();
        assert!(world.delete_by_hand(&text, &address).await);
        world.apply(&text).await.done();
        let world = late;
        let lose = Box::pin(world.delete_by_hand(&text, &address));
        world.run_late(&Command::Apply, &tagged(&text), async { assert!(lose.await) }, calm).await;
        world.apply(&tagged(&text)).await.done();
        world.destroy(&tagged(&text)).await.done();
    });
}

#[test]
fn a_twin_that_appears_after_the_plan_is_not_taken_over() {
    each_object(async |life| {
        let (world, text, address) = (life.begins().await, life.made(), life.address());
        let full = world.fork();
        full.apply(&text).await.done();
        full.swap(&address, &json!({}));
        let appears = async {
            world.edit(|_| full.sandbox.with(Account::document));
            world.settle_strangers();
        };
        let ran = world.run_late(&Command::Apply, &text, appears, calm).await;
        // A family has revisions, each of which is somebody's.
        if life.kind != "taskDefinition" {
            let said = ran.failed();
            assert!(said.contains(&format!("{address}: ")), "{said}");
        }
    });
}

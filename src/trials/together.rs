//! Two processes at once.

use std::time::Duration;

use super::oracle::names_what_failed;
use super::{Command, End, SMALL, World, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::Scope;

const SEEDS: u64 = 6;

/// Makes each call late by up to three seconds, otherwise for every seed and process.
fn late(seed: u64, process: u64) -> impl Fn(&Call) -> Trouble + Send + Sync + 'static {
    move |call| {
        let number = u64::try_from(call.number).unwrap();
        let mixed = (number + 31 * seed + 1009 * process).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Trouble::Slow(Duration::from_millis((mixed >> 40) % 3_000))
    }
}

/// Runs both commands at once on `world`, then converges and destroys.
async fn both(world: &World, commands: [&Command; 2], seed: u64) {
    let [one, other] = commands;
    let (one, other) = futures::join!(
        world.unasked(one, SMALL, async {}, late(seed, 1)),
        world.unasked(other, SMALL, async {}, late(seed, 2)),
    );
    world.no_foreign_change();
    world.no_duplicates();
    for ran in [one, other] {
        match ran.end {
            End::Failed(words) => assert!(names_what_failed(&words), "{words}"),
            end => assert!(matches!(end, End::Done), "{end:?}"),
        }
    }
    world.apply(SMALL).await.done();
    world.destroy(SMALL).await.done();
}

#[test]
fn two_applies_at_once_make_nothing_twice() {
    trial(async {
        for seed in 0..SEEDS {
            let world = World::new().await;
            both(&world, [&Command::Apply, &Command::Apply], seed).await;
        }
    });
}

#[test]
fn an_apply_beside_a_destroy_loses_nothing() {
    trial(async {
        let applied = World::new().await;
        applied.apply(SMALL).await.done();
        let destroy = Command::Destroy(Scope::all());
        for seed in 0..SEEDS {
            both(&applied.fork(), [&Command::Apply, &destroy], seed).await;
        }
    });
}

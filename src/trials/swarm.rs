//! A swarm: labs of any shape, edited, applied and destroyed in any order, in any weather, with somebody else at work in
//! the account. Whatever happens, one calm apply and one calm destroy have to put all in order.
//!
//! Each seed is one life. `LABFORM_SEEDS` says how many are lived (0: without end) and `LABFORM_SEED` which is the first; a
//! failing one is made smaller and printed.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use super::shape::{Shape, shapes};
use super::speed::everything;
use super::{Command, End, World, trial};
use crate::cloud::trouble::{Call, Garbled, Trouble};
use crate::cloud::{Cloud, Endpoint, connect, identity};
use crate::plan::Scope;

/// The number of seeds that are lived if nobody says otherwise: a sample, and all.
const SEEDS: [u64; 2] = [40, 10_000];

/// An event of a life.
#[derive(Clone, Debug)]
enum Deed {
    /// `apply`, in this weather.
    Apply(Weather),
    /// `destroy`, in this weather.
    Destroy(Weather),
    /// Somebody edits lab.yaml.
    Edit(Shape),
    /// Somebody changes the account behind labform's back.
    Drift(Drift),
    /// Nobody does anything for some minutes.
    Rest(u8),
}

/// The weather that befalls the calls of one command.
#[derive(Clone, Debug)]
enum Weather {
    Calm,
    Killed { change: u8, after: bool },
    Lossy { period: u8 },
    Doubled { period: u8 },
    Throttled { first: u8 },
    Stale { period: u8, changes: u8 },
    Slow { period: u8 },
    Garbled { period: u8 },
    Hanging { number: u8 },
}

/// A deed of somebody else.
#[derive(Clone, Debug)]
enum Drift {
    LogGroupGone,
    RepositoryGone,
    ServiceScaled,
    RolePolicyGone,
    BucketFilled,
    ServiceGone,
}

fn weather() -> impl Strategy<Value = Weather> {
    let killed = (0_u8..40, any::<bool>());
    prop_oneof![
        2 => Just(Weather::Calm),
        6 => killed.prop_map(|(change, after)| Weather::Killed { change, after }),
        2 => (1_u8..6).prop_map(|period| Weather::Lossy { period }),
        1 => (1_u8..6).prop_map(|period| Weather::Doubled { period }),
        1 => (1_u8..12).prop_map(|first| Weather::Throttled { first }),
        2 => (2_u8..7, 1_u8..6).prop_map(|(period, changes)| Weather::Stale { period, changes }),
        1 => (1_u8..6).prop_map(|period| Weather::Slow { period }),
        1 => (3_u8..20).prop_map(|period| Weather::Garbled { period }),
        1 => (0_u8..60).prop_map(|number| Weather::Hanging { number }),
    ]
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let drift = prop_oneof![
        Just(Drift::LogGroupGone),
        Just(Drift::RepositoryGone),
        Just(Drift::ServiceScaled),
        Just(Drift::RolePolicyGone),
        Just(Drift::BucketFilled),
        Just(Drift::ServiceGone),
    ];
    let deed = prop_oneof![
        6 => weather().prop_map(Deed::Apply),
        2 => weather().prop_map(Deed::Destroy),
        3 => shapes().prop_map(Deed::Edit),
        2 => drift.prop_map(Deed::Drift),
        1 => (1_u8..30).prop_map(Deed::Rest),
    ];
    proptest::collection::vec(deed, 1..6)
}

impl Weather {
    fn befalls(&self, call: &Call) -> Trouble {
        let every = |period: u8, number: usize| number.is_multiple_of(usize::from(period));
        match *self {
            Self::Killed { change, after } if call.changes() && call.change == usize::from(change) => match after {
                true => Trouble::KillAfter,
                false => Trouble::KillBefore,
            },
            Self::Lossy { period } if every(period, call.number) && call.nth < 4 => Trouble::AnswerLost,
            Self::Doubled { period } if call.changes() && every(period, call.change) => Trouble::Twice,
            Self::Throttled { first } if call.number < usize::from(first) => {
                Trouble::Refused { status: 503, code: "ThrottlingException", message: "Rate exceeded".to_owned() }
            }
            Self::Stale { period, changes } if !call.changes() && every(period, call.number) => {
                Trouble::Stale(changes.into())
            }
            Self::Slow { period } if every(period, call.number) => Trouble::Slow(Duration::from_secs(7)),
            Self::Garbled { period } if every(period, call.number + 1) => Trouble::Garbled(Garbled::Half),
            Self::Hanging { number } if call.number == usize::from(number) => Trouble::Hang,
            _ => Trouble::None,
        }
    }
}

impl Drift {
    /// Does the deed; if there is nothing to do it to, nothing happens.
    async fn befalls(&self, cloud: &Cloud) {
        match self {
            Self::LogGroupGone => {
                drop(cloud.logs.delete_log_group().log_group_name("swarm-app").send().await);
            }
            Self::RepositoryGone => {
                drop(cloud.ecr.delete_repository().repository_name("swarm-app").send().await);
            }
            Self::ServiceScaled => {
                let scale = cloud.ecs.update_service().cluster("swarm-main").service("swarm-web");
                drop(scale.desired_count(1).send().await);
            }
            Self::RolePolicyGone => {
                let delete = cloud.iam.delete_role_policy().role_name("swarm-app");
                drop(delete.policy_name("p0").send().await);
            }
            Self::BucketFilled => {
                let put = cloud.s3.put_object().bucket("swarm-123456789012-0");
                drop(put.key("a").body(b"b".to_vec().into()).send().await);
            }
            Self::ServiceGone => {
                let delete = cloud.ecs.delete_service().cluster("swarm-main").service("swarm-web");
                drop(delete.force(true).send().await);
            }
        }
    }
}

/// Lives one life, and puts everything in order after it.
async fn live(world: World, shape: &Shape, deeds: &[Deed]) {
    let endpoint = Endpoint::Sandbox(world.sandbox.clone());
    let somebody = connect(&endpoint, "eu-west-1", None).await;
    identity(&somebody).await.expect("STS answers");
    let mut yaml = shape.yaml();
    for deed in deeds {
        let (command, weather) = match deed {
            Deed::Apply(weather) => (Command::Apply, weather),
            Deed::Destroy(weather) => (Command::Destroy(Scope::all()), weather),
            Deed::Edit(shape) => {
                yaml = shape.yaml();
                continue;
            }
            Deed::Drift(drift) => {
                drift.befalls(&somebody).await;
                continue;
            }
            Deed::Rest(minutes) => {
                somebody.sleep(Duration::from_secs(60 * u64::from(*minutes))).await;
                continue;
            }
        };
        let weather = weather.clone();
        world.run(&command, &yaml, move |call| weather.befalls(call)).await;
    }
    in_order(world.apply(&yaml).await.end, "apply");
    in_order(world.destroy(&yaml).await.end, "destroy");
    let left = world.ours();
    assert!(left.iter().all(|item| item.kind == "s3:bucket"), "{left:?}");
}

/// Asserts a good end; a bucket that somebody filled and that has left lab.yaml isn't labform's to empty, and may stay.
fn in_order(end: End, command: &str) {
    let of_resource = |line: &&str| line.split_once(": ").is_some_and(|(what, _)| what.contains('.'));
    match end {
        End::Done => {}
        End::Failed(words)
            if words.contains("BucketNotEmpty")
                && words.lines().filter(of_resource).all(|line| line.starts_with("bucket.")) => {}
        end => panic!("a calm {command} puts all in order: {end:?}"),
    }
}

fn seeds() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    let first = number("LABFORM_SEED").unwrap_or(1);
    let end = match number("LABFORM_SEEDS") {
        None => first + SEEDS[usize::from(everything())],
        Some(0) => u64::MAX,
        Some(count) => first + count,
    };
    (first, end)
}

#[test]
fn any_life_can_be_put_in_order() {
    let (first, end) = seeds();
    let fresh = Cell::new(None);
    trial(async { fresh.set(Some(World::new().await)) });
    let world = fresh.take().expect("the trial is over");
    for seed in first..end {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, rng);
        let tree = (shapes(), deeds()).new_tree(&mut runner).expect("the strategies reject nothing");
        let whole = tree.current();
        let outcome = runner.run_one(tree, |(shape, deeds)| {
            trial(live(world.fork(), &shape, &deeds));
            Ok(())
        });
        if let Err(TestError::Fail(why, (shape, deeds))) = outcome {
            panic!("seed {seed}: {why}\nsmallest: {shape:?}\n{deeds:#?}\nwhole: {whole:?}");
        }
        if seed % 100 == 0 {
            println!("{} seeds", seed - first + 1);
        }
    }
    println!("{} seeds lived, from {first}", end - first);
}

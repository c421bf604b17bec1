//! labform is killed at moments that nobody chose, and two of it work on one account at once.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::inventory::{by_name, by_tag};
use crate::lab8;
use crate::labform::{Folder, Run, Signal, watch};
use crate::lane::Lane;
use crate::speed::everything;

const REGION: &str = "eu-west-1";
const APPLY: &[&str] = &["apply", "--yes", "--no-wait"];
const DESTROY: &[&str] = &["destroy", "--yes"];

/// How often labform is killed at a random moment: in the sample, and in all.
const MOMENTS: [usize; 2] = [3, 10];

#[test]
fn killed_at_random_moments_nothing_is_lost() {
    let lane = Lane::fresh(REGION);
    lane.account.folder.write("lab.yaml", lab8::FILE);
    let whole = lane.account.labform(APPLY).exits(0).took;
    let expected = lane.ours();
    lane.account.labform(DESTROY).exits(0);

    let seed = std::env::var("LABFORM_SEED").map_or_else(
        |_| RandomState::new().hash_one(Instant::now()),
        |seed| seed.parse().expect("LABFORM_SEED is a number"),
    );
    println!("LABFORM_SEED={seed}");
    let mut random = seed;
    for _ in 0..MOMENTS[usize::from(everything())] {
        let moment = whole.mul_f64(next_fraction(&mut random));
        let begun = Instant::now();
        let killed = lane.account.labform_signalled(APPLY, &mut || (begun.elapsed() >= moment).then_some(Signal::Kill));
        println!("killed after {moment:?} of {whole:?}: {killed}");
        println!("{}", lane.account.labform(APPLY).exits(0));
        assert_eq!(lane.ours(), expected);
        println!("{}", lane.account.labform(DESTROY).exits(0));
        assert_eq!(lane.ours(), BTreeMap::new());
    }
}

/// The next of a row of numbers between 0 and 1 (splitmix64, by Steele, Lea and Flood, 2014).
fn next_fraction(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let bits = u32::try_from(mixed >> 32).expect("half of it is left");
    f64::from(bits) / f64::from(u32::MAX)
}

/// Who works on the account at once, from what is there.
const RACES: [(&[&str], &[&str], &[&str]); 4] =
    [(DESTROY, APPLY, APPLY), (DESTROY, APPLY, DESTROY), (APPLY, APPLY, DESTROY), (APPLY, DESTROY, DESTROY)];

#[test]
fn two_at_once_on_moto() {
    let lane = Lane::fresh(REGION);
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(APPLY).exits(0);
    let expected = lane.ours();
    for (before, one, other) in RACES {
        lane.account.labform(before).exits(0);
        race(&lane.account, one, other);
        if other == DESTROY {
            // moto deletes a security group that a rule of another still names, and such a rule can't be revoked.
            lane.account.labform(DESTROY).exits(0);
            assert_eq!(lane.ours(), BTreeMap::new(), "{one:?} and {other:?}");
        }
        lane.account.labform(APPLY).exits(0);
        lane.account.is_unchanged();
        let mut ours = lane.ours();
        for (name, count) in &mut ours {
            // Each of the two may register a revision, and both are the same; destroy knows both.
            if name.starts_with("taskDefinition ") {
                assert!((1..=2).contains(count), "{count} of {name}");
                *count = 1;
            }
        }
        assert_eq!(ours, expected, "{one:?} and {other:?}");
        lane.account.labform(DESTROY).exits(0);
        assert_eq!(lane.ours(), BTreeMap::new(), "{one:?} and {other:?}");
    }
}

#[test]
fn two_at_once_on_the_embedded_account() {
    for (before, one, other) in RACES {
        let account = Account::embedded(REGION);
        account.folder.write("lab.yaml", lab8::FILE);
        account.labform(APPLY).exits(0);
        let expected = by_name(&account, "ecs-lab");
        account.labform(before).exits(0);
        race(&account, one, other);
        account.labform(APPLY).exits(0);
        account.is_unchanged();
        assert_eq!(by_name(&account, "ecs-lab"), expected, "{one:?} and {other:?}");
        account.labform(DESTROY).exits(0);
        assert_eq!(by_name(&account, "ecs-lab"), BTreeSet::new());
        assert_eq!(by_tag(&account, "ecs-lab"), BTreeSet::new());
    }
}

/// How long a command may go on when it has lost a race, until somebody at the keyboard ends it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs both at the same time, the second from another folder. Neither may claim what it can't know.
fn race(account: &Account, one: &[&str], other: &[&str]) {
    let elsewhere = Folder::empty();
    elsewhere.write("lab.yaml", lab8::FILE);
    let impatient = |command| {
        let begun = Instant::now();
        let mut once = Some(Signal::Int);
        watch(command, &mut || {
            let over = begun.elapsed() > PATIENCE;
            over.then(|| once.take()).flatten()
        })
    };
    let mut second = account.command(other);
    second.current_dir(elsewhere.path());
    let runs = thread::scope(|scope| {
        let second = scope.spawn(move || impatient(second));
        let first = impatient(account.command(one));
        [first, second.join().expect("it ends")]
    });
    for run in runs {
        println!("{run}");
        is_honest(&run);
    }
}

/// What a command that lost a race may end with: done, or an error that says what to do.
fn is_honest(run: &Run) {
    match run.code {
        Some(0) => {}
        Some(1 | 3 | 4) => {
            assert!(run.stderr.contains("error: ") || run.stderr.contains(" incomplete. "), "no word of why: {run}");
        }
        Some(130) if run.took > PATIENCE => {}
        _ => panic!("no such exit code: {run}"),
    }
    assert!(!run.stderr.contains("panicked"), "{run}");
}

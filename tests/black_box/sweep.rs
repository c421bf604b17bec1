//! labform is killed at every call by which it changes an account (moto's), and the same command is run again.
//!
//! Each point is a real SIGKILL of the built command: once before the account hears of the call, once after, when
//! labform hasn't heard the answer. What has to hold then: the same command ends well, nothing is there twice, nothing
//! is left over, and nothing of another person's in the same account was touched.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::lab8;
use crate::lane::{Kill, Lane};
use crate::speed::every;

const REGION: &str = "eu-west-1";
/// Accounts in which points are tried at the same time.
const LANES: usize = 3;
/// Of so many points one stays in the sample: an odd number, so that kills before and after calls take turns.
const SAMPLE: usize = 9;

const APPLY: &[&str] = &["apply", "--yes", "--no-wait"];
const DESTROY: &[&str] = &["destroy", "--yes"];
const WEB_DOWN: &[&str] = &["destroy", "--phase", "web", "--yes"];

/// What is edited in Lab 8's file: a group and a target group are replaced, a task gets another revision.
const EDITS: [(&str, &str); 3] = [
    ("Security group for ECS tasks", "What the tasks are behind"),
    ("\n    port: 3000", "\n    port: 3001"),
    ("web-app.uri}:latest", "web-app.uri}:second"),
];

/// A command that is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    /// apply of the whole lab in an account that has nothing of it.
    Apply,
    /// destroy of the whole lab.
    Destroy,
    /// destroy of the half that step 8 of the lab takes down.
    WebDown,
    /// apply of an edited file.
    Edit,
}

type Ours = BTreeMap<String, usize>;

impl Scene {
    const ALL: [Self; 4] = [Self::Apply, Self::Destroy, Self::WebDown, Self::Edit];

    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Apply | Self::Edit => APPLY,
            Self::Destroy => DESTROY,
            Self::WebDown => WEB_DOWN,
        }
    }

    /// Makes what the command begins with.
    fn prepare(self, lane: &Lane) {
        lane.account.folder.write("lab.yaml", lab8::FILE);
        if self != Self::Apply {
            lane.account.labform(APPLY).exits(0);
        }
        if self == Self::Edit {
            let mut file = lab8::FILE.to_owned();
            for (from, to) in EDITS {
                assert_eq!(file.matches(from).count(), 1, "{from}");
                file = file.replace(from, to);
            }
            lane.account.folder.write("lab.yaml", &file);
        }
    }

    /// How many calls the command changes something with, and what there is after it, where nobody kills it.
    fn measure(self, lane: &Lane) -> (usize, Ours) {
        self.prepare(lane);
        let (run, writes) = lane.count(self.command());
        run.exits(0);
        let ours = lane.ours();
        self.clean_up(lane);
        (writes.len(), ours)
    }

    /// Kills the command and runs it again.
    fn try_at(self, lane: &Lane, kill: Kill, expected: &Ours) {
        self.prepare(lane);
        let killed = lane.killed(self.command(), kill);
        println!("{killed}");
        println!("{}", lane.account.labform(self.command()).exits(0));
        assert_eq!(&lane.ours(), expected);
        if self.command() == APPLY {
            lane.account.is_unchanged();
        } else {
            let (again, writes) = lane.count(self.command());
            again.exits(0);
            assert!(writes.is_empty(), "nothing was left to do: {writes:#?}");
        }
        self.clean_up(lane);
    }

    /// Leaves what the next point can begin with; each edit leaves a revision of a task definition.
    fn clean_up(self, lane: &Lane) {
        if self.command() == APPLY {
            lane.account.labform(DESTROY).exits(0);
            assert_eq!(lane.ours(), Ours::new());
        }
    }
}

#[test]
fn whatever_call_it_is_killed_at() {
    let lane = Lane::fresh(REGION);
    let mut expected = BTreeMap::new();
    let mut points = Vec::new();
    for (index, scene) in Scene::ALL.into_iter().enumerate() {
        let (writes, ours) = scene.measure(&lane);
        println!("{scene:?}: {writes} calls that change something");
        expected.insert(index, ours);
        let kills = (1..=writes).flat_map(|k| [Kill::After(k), Kill::Before(k)]);
        points.extend(kills.map(|kill| (index, kill)));
    }
    let points: VecDeque<_> = every(SAMPLE, points);
    let count = points.len();
    let points = Mutex::new(points);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                let mut lane = Lane::fresh(REGION);
                while let Some((index, kill)) = next(&points) {
                    let scene = Scene::ALL[index];
                    let attempt = || scene.try_at(&lane, kill, &expected[&index]);
                    if catch_unwind(AssertUnwindSafe(attempt)).is_err() {
                        println!("^^^ {scene:?}, killed {kill:?}\n{:#?}", lane.proxy.calls());
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push(format!("{scene:?} {kill:?}"));
                        lane = Lane::fresh(REGION);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{count} points, {} failed", failures.len());
    assert_eq!(failures, Vec::<String>::new(), "of {count} points");
}

fn next<T>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

//! The lives of all kinds (`tests/lives`), on an account with strangers' objects in it.
//!
//! `LABFORM_LIFE=KIND` tries the life of one kind only.

mod contract;
#[path = "../../../tests/lives/mod.rs"]
mod data;
mod strangers;

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use super::crashes::sweep;
use super::{Command, World, source, trial};
use crate::cloud::{CERTIFICATE_MANAGER, Cloud, RESOURCE_TAG};
use crate::live::{self, Evidence};
use crate::plan::{self, Scope};
use crate::report::plan::{Purpose, write_plan};
use crate::report::testing::plain;
use crate::resources::KINDS;
use data::chosen;
pub(crate) use data::{Life, all};

/// The lab, and where it is.
const LAB: [&str; 2] = ["ecs-lab", "eu-west-1"];
/// Of so many points at which a command is killed one stays in the sample: an odd number, so that kills before and after
/// a call take turns.
const SAMPLE: usize = 31;

impl Life {
    fn without(&self) -> String {
        self.base(LAB[0], LAB[1])
    }

    fn made(&self) -> String {
        self.first(LAB[0], LAB[1])
    }

    fn edited(&self) -> Vec<(String, Vec<String>)> {
        self.edits(LAB[0], LAB[1])
    }

    /// Whether it is an object of its own, neither made nor deleted along with another.
    pub(crate) fn stands_alone(&self) -> bool {
        self.has_twin() || self.part::<Option<String>>("listed").is_some()
    }

    /// Whether somebody else can have one of its name.
    fn has_twin(&self) -> bool {
        self.part::<Option<String>>("twin").is_some()
    }

    /// Lets the account have the certificates that the lab looks up.
    pub(crate) async fn certify(&self, cloud: &Cloud) {
        for domain in self.domains() {
            let asked = json!({ "DomainName": domain });
            cloud.call(&CERTIFICATE_MANAGER, "RequestCertificate", asked).await.unwrap();
        }
    }

    /// Whether the resource has the tag `empty`, without a value. A tag may be empty, and is one all the same: AWS's services
    /// take 0 to 256 characters (Tag, their API references). A part of another object has no tags.
    fn keeps_an_empty_tag(&self, world: &World) -> bool {
        let address = self.address();
        let mut items = world.sandbox.inventory();
        items.retain(|item| item.tags.get(RESOURCE_TAG).is_some_and(|of| *of == address));
        let mut values = items.iter().map(|item| item.tags.get("empty"));
        items.is_empty() && !self.stands_alone() || values.any(|value| value.is_some_and(String::is_empty))
    }

    /// An account with what has to be around the resource.
    async fn begins(&self) -> World {
        let world = World::new().await;
        self.certify(&world.neighbour().await).await;
        world.settle_strangers();
        world.apply(&self.without()).await.done();
        world
    }

    /// The same with the resource.
    async fn lives(&self) -> World {
        let world = self.begins().await;
        world.apply(&self.made()).await.done();
        world
    }
}

/// Tries each life, as many at once as there are processors.
fn each(attempt: impl AsyncFn(&Life) + Sync) {
    let failed = side_by_side(chosen(), |life| {
        let has_failed = catch_unwind(AssertUnwindSafe(|| trial(attempt(&life)))).is_err();
        if has_failed {
            println!("^^^ the life of {}", life.word);
        }
        has_failed.then_some(life.word)
    });
    let failed: Vec<_> = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "the lives of {failed:?}");
}

/// Does the work on each item, on as many at once as there are processors.
pub(crate) fn side_by_side<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let queue = Mutex::new(items.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let until_empty = || iter::from_fn(next).map(&work).collect::<Vec<_>>();
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(until_empty)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// The same lab with one more tag.
pub(crate) fn tagged(text: &str) -> String {
    with_tags(text, json!({"environment": "production"}))
}

fn with_tags(text: &str, tags: Value) -> String {
    let mut lab: Value = serde_json::from_str(text).unwrap();
    lab["tags"] = tags;
    lab.to_string()
}

impl World {
    /// The lines of the changes that `labform plan` prints.
    async fn plan(&self, text: &str) -> Vec<String> {
        let cloud = self.neighbour().await;
        let reading = live::read_pretended(&cloud, &source(text), Evidence::Index).await.unwrap();
        let plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
        let mut out = Vec::new();
        write_plan(&mut out, &plan, &Scope::all(), Purpose::Apply).unwrap();
        data::changes(&plain(&out))
    }

    /// Applies twice. How many calls of the first changed something.
    async fn applies(&self, text: &str) -> usize {
        let changes = self.apply(text).await.done().changes();
        assert_eq!(self.apply(text).await.done().changes(), 0, "the second apply does nothing");
        changes
    }

    /// What AWS still describes of the resource although it is gone.
    fn remains(&self, address: &str) -> Vec<&'static str> {
        let mut items = self.sandbox.inventory();
        items.retain(|item| item.tombstone.is_some() && item.tags.get(RESOURCE_TAG).is_some_and(|of| of == address));
        let mut kinds: Vec<_> = items.iter().map(|item| item.kind).collect();
        kinds.dedup();
        kinds
    }
}

#[test]
fn each_kind_lives() {
    each(async |life| {
        let (world, without, made, address) = (life.begins().await, life.without(), life.made(), life.address());
        let before = world.shape();
        let heading = |verb: &str| format!("# {address} will be {verb}");
        assert_eq!(world.plan(&made).await[0], heading("created"));
        assert!(world.applies(&made).await > 0);
        for (text, expected) in life.edited() {
            let planned = world.plan(&text).await;
            assert_eq!(planned, expected, "{address}, as it is planned:\n{}", planned.join("\n"));
            assert_eq!(world.applies(&text).await > 0, !expected.is_empty());
        }
        // What somebody changed is changed back, and every tag of the lab's is kept, also one that gets a text or loses it.
        world.applies(&made).await;
        let empty = with_tags(&made, json!({"empty": ""}));
        for text in [&empty, &with_tags(&made, json!({"empty": "full"})), &empty] {
            assert!(world.applies(text).await > 0);
        }
        assert!(life.keeps_an_empty_tag(&world));
        // A stray: the resource left the file.
        if life.stands_alone() {
            assert_eq!(world.plan(&without).await[0], heading("destroyed"));
            world.applies(&without).await;
            assert_eq!(world.shape(), before);
        }

        let comes_back: bool = life.part("comesBack");
        for text in [&empty, &made] {
            world.destroy(&made).await.done();
            assert_eq!(world.destroy(&made).await.done().changes(), 0, "the second destroy does nothing");
            assert_eq!(world.remains(&address), life.part::<Vec<String>>("survives"), "what survives");
            let again = heading(if comes_back { "restored" } else { "created" });
            assert!(world.plan(&made).await.contains(&again));
            world.applies(text).await;
            assert!(text == &made || life.keeps_an_empty_tag(&world));
        }
    });
}

#[test]
fn each_kind_is_killed_at_each_change_of_its_life() {
    each(async |life| {
        let (begun, made) = (life.begins().await, life.made());
        sweep(&begun, &Command::Apply, &made, SAMPLE).await;
        let world = begun.fork();
        world.apply(&made).await.done();
        if life.stands_alone() {
            sweep(&world, &Command::Apply, &life.without(), SAMPLE).await;
        }
        sweep(&world, &Command::Destroy(Scope::all()), &made, SAMPLE).await;
        for (text, expected) in life.edited() {
            if !expected.is_empty() {
                sweep(&world, &Command::Apply, &text, SAMPLE).await;
            }
            world.apply(&text).await.done();
        }
    });
}

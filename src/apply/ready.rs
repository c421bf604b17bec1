//! Waits once, at the end and for everything together, for what was made or changed to do its work, and finds out why
//! it doesn't.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::{Event, Observer};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::live::{self, Evidence, Object};
use crate::model::Address;
use crate::resource::{AnyLive, Explanation, Readiness};
use crate::spec::{Lab, Node};

/// The time that everything together may take: a load balancer takes minutes, a rollout up to ten.
const DEADLINE: Duration = Duration::from_secs(15 * 60);
/// The first pause between two looks; it grows to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// The time that a resource may take before it is asked why, and that between two such questions.
const PATIENCE: Duration = Duration::from_secs(60);
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// The outcome of a wait.
#[derive(Debug, Default)]
pub struct Settled {
    /// The resources that won't do their work, or not in time.
    pub failed: BTreeMap<Address, Stuck>,
    /// The resources that were still waited for when the user asked to stop.
    pub left: BTreeMap<Address, Stuck>,
}

/// A resource that doesn't do its work, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The reason that the resource's readiness gives.
    pub reason: String,
    /// The cause behind the reason, if one was found.
    pub explanation: Option<Explanation>,
}

/// Waits until the resources `of` the lab are ready, until one can't become so, or until the deadline.
///
/// # Errors
/// If the resources can't be read. A cause that can't be found out is no error.
pub async fn settle(
    cloud: &Cloud,
    lab: &Lab,
    of: &[Address],
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Settled, Error> {
    let (begun, names) = (cloud.now(), lab.names());
    let indexed = cloud.with_tag_index(&lab.place.lab);
    let mut settling = Settling {
        observer,
        waited: of.iter().filter_map(|address| lab.nodes.get(address)).collect(),
        begun_as: BTreeMap::new(),
        failed: BTreeMap::new(),
        causes: Causes::new(cloud),
    };
    let mut pause = FIRST_PAUSE;
    loop {
        let objects =
            live::named(&indexed.look_again(), &lab.place.lab, &settling.waited, &names, Evidence::Index).await?;
        let took = cloud.since(begun);
        let pending = settling.judge(objects, took).await;
        settling.tell(&pending, took);
        if settling.waited.is_empty() || took >= DEADLINE {
            let minutes = DEADLINE.as_secs() / 60;
            let late = settling.stuck(pending, |reason| format!("not ready after {minutes} minutes: {reason}"));
            settling.failed.extend(late);
            return Ok(Settled { failed: settling.failed, left: BTreeMap::new() });
        }
        if stop.is_cancelled() {
            let left = settling.stuck(pending, |reason| reason);
            return Ok(Settled { failed: settling.failed, left });
        }
        tokio::select! {
            () = cloud.sleep(pause) => {}
            () = stop.cancelled() => {}
        }
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// The reason why each resource isn't ready yet.
type Pending = BTreeMap<Address, String>;

/// A wait, which goes from one look at everything to the next.
struct Settling<'a> {
    observer: &'a dyn Observer,
    /// The resources that are neither ready nor failed.
    waited: Vec<&'a Node>,
    /// The state of each object when it was first looked at.
    begun_as: BTreeMap<Address, AnyLive>,
    failed: BTreeMap<Address, Stuck>,
    causes: Causes<'a>,
}

impl Settling<'_> {
    /// Judges the objects that were found `took` after the begin. Returns those that are still to become ready.
    async fn judge(&mut self, objects: Vec<Object>, took: Duration) -> Pending {
        // A describe may miss what was made a moment ago.
        let unseen = |node: &&Node| (node.address.clone(), "AWS doesn't show it yet".to_owned());
        let mut pending: Pending = self.waited.iter().map(unseen).collect();
        for object in objects {
            let begun = self.begun_as.entry(object.address.clone()).or_insert_with(|| object.live.clone());
            match object.kind.readiness(&object.live, Some(begun)) {
                Readiness::Ready(_) => {
                    pending.remove(&object.address);
                }
                Readiness::Pending(reason) => {
                    self.explain(&object, took).await;
                    pending.insert(object.address, reason);
                }
                Readiness::Failed(reason) => {
                    self.causes.ask(&object).await;
                    pending.remove(&object.address);
                    let stuck = self.causes.stuck(&object.address, reason);
                    self.failed.insert(object.address, stuck);
                }
            }
        }
        pending
    }

    /// Asks why an object takes so long, and tells what is new. At the deadline the cause stands with the failure.
    async fn explain(&mut self, object: &Object, took: Duration) {
        if took >= DEADLINE {
            self.causes.ask(object).await;
        } else if took >= PATIENCE
            && let Some(explanation) = self.causes.ask_now_and_then(object).await
        {
            self.observer.event(Event::Explained { address: object.address.clone(), explanation });
        }
    }

    /// Tells which resources have become ready and which are waited for, and waits on for the latter only.
    fn tell(&mut self, pending: &Pending, took: Duration) {
        self.waited.retain(|node| {
            let waits = pending.contains_key(&node.address);
            if !waits && !self.failed.contains_key(&node.address) {
                self.observer.event(Event::Ready { address: node.address.clone(), took });
            }
            waits
        });
        for (address, reason) in pending {
            self.observer.event(Event::Waiting {
                address: address.clone(),
                op: None,
                reason: self.causes.stuck(address, reason.clone()).in_a_line(),
            });
        }
    }

    /// The pending resources, with the causes that were found and the reasons in `words`.
    fn stuck(&self, pending: Pending, words: impl Fn(String) -> String) -> BTreeMap<Address, Stuck> {
        let stuck = |(address, reason)| {
            let stuck = self.causes.stuck(&address, words(reason));
            (address, stuck)
        };
        pending.into_iter().map(stuck).collect()
    }
}

impl Stuck {
    /// The cause first, because a narrow terminal shows no more.
    fn in_a_line(self) -> String {
        match self.explanation {
            Some(Explanation { cause, .. }) => format!("{cause} ({})", self.reason),
            None => self.reason,
        }
    }
}

/// The causes that were found so far for the resources that aren't ready, and when they were asked for.
struct Causes<'a> {
    cloud: &'a Cloud,
    found: BTreeMap<Address, (SystemTime, Option<Explanation>)>,
}

impl<'a> Causes<'a> {
    fn new(cloud: &'a Cloud) -> Self {
        Self { cloud, found: BTreeMap::new() }
    }

    /// Asks AWS, and returns a cause that was not known before. If AWS doesn't answer, the cause that was found before
    /// stays: the reason that is known anyway is worth more than an error on the search for a better one.
    async fn ask(&mut self, object: &Object) -> Option<Explanation> {
        let asked = self.cloud.now();
        let before = self.stuck(&object.address, String::new()).explanation;
        let answer = object.kind.explain(self.cloud, &object.live).await;
        let found = answer.unwrap_or_else(|_| before.clone());
        self.found.insert(object.address.clone(), (asked, found.clone()));
        let known = before.map(|explanation| explanation.cause);
        found.filter(|explanation| known != Some(explanation.cause))
    }

    async fn ask_now_and_then(&mut self, object: &Object) -> Option<Explanation> {
        let last = self.found.get(&object.address);
        if last.is_none_or(|(asked, _)| self.cloud.since(*asked) >= ASK_AGAIN) {
            return self.ask(object).await;
        }
        None
    }

    fn stuck(&self, address: &Address, reason: String) -> Stuck {
        let found = self.found.get(address);
        Stuck { reason, explanation: found.and_then(|(_, explanation)| explanation.clone()) }
    }
}

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

/// How long everything together may take: a load balancer takes minutes, a rollout up to ten.
const DEADLINE: Duration = Duration::from_secs(15 * 60);
/// The first pause between two looks; it grows to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// How long a resource may take before it is asked why, and how often it is asked then.
const PATIENCE: Duration = Duration::from_secs(60);
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// What became of the wait.
#[derive(Debug, Default)]
pub struct Settled {
    /// The resources that won't do their work, or not in time.
    pub failed: BTreeMap<Address, Stuck>,
    /// The resources that were still waited for when the user asked to stop.
    pub left: BTreeMap<Address, Stuck>,
}

/// Why a resource doesn't do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// What its readiness says.
    pub reason: String,
    /// The cause behind it, where one was found.
    pub explanation: Option<Explanation>,
}

/// Waits until the resources `of` the lab are ready, until one can't become so, or until the deadline.
///
/// # Errors
/// Where they can't be read. That no cause can be found out is none.
pub async fn settle(
    cloud: &Cloud,
    lab: &Lab,
    of: &[Address],
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Settled, Error> {
    let begun = cloud.now();
    let names = lab.names();
    let mut waited: Vec<&Node> = of.iter().filter_map(|address| lab.nodes.get(address)).collect();
    let mut settled = Settled::default();
    let mut before: BTreeMap<Address, AnyLive> = BTreeMap::new();
    let mut causes = Causes::new(cloud);
    let mut pause = FIRST_PAUSE;
    let indexed = cloud.with_tag_index(&lab.place.lab);
    loop {
        // A describe may miss what was made a moment ago.
        let unseen = |node: &&Node| (node.address.clone(), "AWS doesn't show it yet".to_owned());
        let mut pending: BTreeMap<Address, String> = waited.iter().map(unseen).collect();
        let objects = live::named(&indexed.afresh(), &waited, &names, Evidence::Index).await?;
        let took = elapsed(cloud, begun);
        let is_late = took >= DEADLINE;
        for object in objects {
            let first = before.entry(object.address.clone()).or_insert_with(|| object.live.clone());
            let setback = object.kind.setback(first, &object.live);
            match setback.map_or_else(|| object.readiness(), Readiness::Failed) {
                Readiness::Ready => drop(pending.remove(&object.address)),
                Readiness::Pending(reason) => {
                    let news = match is_late {
                        true => causes.ask(&object).await,
                        false if took >= PATIENCE => causes.ask_now_and_then(&object).await,
                        false => None,
                    };
                    if let Some(explanation) = news.filter(|_| !is_late) {
                        observer.event(Event::Explained { address: object.address.clone(), explanation });
                    }
                    pending.insert(object.address, reason);
                }
                Readiness::Failed(reason) => {
                    causes.ask(&object).await;
                    pending.remove(&object.address);
                    let stuck = causes.stuck(&object.address, reason);
                    settled.failed.insert(object.address, stuck);
                }
            }
        }
        waited.retain(|node| {
            let waits = pending.contains_key(&node.address);
            if !waits && !settled.failed.contains_key(&node.address) {
                observer.event(Event::Ready { address: node.address.clone(), took });
            }
            waits
        });
        for (address, reason) in &pending {
            observer.event(Event::Waiting {
                address: address.clone(),
                op: None,
                reason: causes.stuck(address, reason.clone()).in_a_line(),
            });
        }
        if waited.is_empty() {
            return Ok(settled);
        }
        if is_late {
            let minutes = DEADLINE.as_secs() / 60;
            settled.failed.extend(pending.into_iter().map(|(address, reason)| {
                let late = format!("not ready after {minutes} minutes: {reason}");
                (address.clone(), causes.stuck(&address, late))
            }));
            return Ok(settled);
        }
        if stop.is_cancelled() {
            let left = pending.into_iter();
            let left = left.map(|(address, reason)| {
                let stuck = causes.stuck(&address, reason);
                (address, stuck)
            });
            settled.left = left.collect();
            return Ok(settled);
        }
        tokio::select! {
            () = cloud.sleep(pause) => {}
            () = stop.cancelled() => {}
        }
        pause = (pause * 2).min(LAST_PAUSE);
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

/// What was found out so far on each resource that isn't ready, and when it was asked.
struct Causes<'a> {
    cloud: &'a Cloud,
    found: BTreeMap<Address, (SystemTime, Option<Explanation>)>,
}

impl<'a> Causes<'a> {
    fn new(cloud: &'a Cloud) -> Self {
        Self { cloud, found: BTreeMap::new() }
    }

    /// Asks AWS, and gives a cause that was not known before. Where AWS doesn't answer, what was found before stays: the
    /// reason that is known anyway is worth more than an error on the search for a better one.
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
        match last.is_none_or(|(asked, _)| elapsed(self.cloud, *asked) >= ASK_AGAIN) {
            true => self.ask(object).await,
            false => None,
        }
    }

    fn stuck(&self, address: &Address, reason: String) -> Stuck {
        let found = self.found.get(address);
        Stuck { reason, explanation: found.and_then(|(_, explanation)| explanation.clone()) }
    }
}

fn elapsed(cloud: &Cloud, since: SystemTime) -> Duration {
    cloud.now().duration_since(since).unwrap_or_default()
}

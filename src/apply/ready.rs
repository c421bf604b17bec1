//! Waits once, at the end and for everything together, for what was made or changed to do its work.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::{Event, Observer};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::live::{self, Evidence};
use crate::model::Address;
use crate::resource::Readiness;
use crate::spec::{Lab, Node};

/// How long everything together may take: a load balancer takes minutes, a rollout up to ten.
const DEADLINE: Duration = Duration::from_secs(15 * 60);
/// The first pause between two looks; it grows to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// What became of the wait.
#[derive(Debug, Default)]
pub struct Settled {
    /// The resources that won't do their work, or not in time, and why.
    pub failed: BTreeMap<Address, String>,
    /// The resources that were still waited for when the user asked to stop.
    pub left: BTreeMap<Address, String>,
}

/// Waits until the resources `of` the lab are ready, until one can't become so, or until the deadline.
///
/// # Errors
/// Where they can't be read.
pub async fn settle(
    cloud: &Cloud,
    lab: &Lab,
    of: &[Address],
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Settled, Error> {
    let begun = cloud.now();
    let names = lab.names();
    let mut waited: Vec<&Node> = of
        .iter()
        .filter_map(|address| lab.nodes.get(address))
        .collect();
    let mut settled = Settled::default();
    let mut pause = FIRST_PAUSE;
    let indexed = cloud.with_tag_index(&lab.place.lab);
    loop {
        // A describe may miss what was made a moment ago.
        let unseen = |node: &&Node| (node.address.clone(), "AWS doesn't show it yet".to_owned());
        let mut pending: BTreeMap<Address, String> = waited.iter().map(unseen).collect();
        for object in live::named(&indexed.afresh(), &waited, &names, Evidence::Index).await? {
            match object.readiness() {
                Readiness::Ready => drop(pending.remove(&object.address)),
                Readiness::Pending(reason) => drop(pending.insert(object.address, reason)),
                Readiness::Failed(reason) => {
                    pending.remove(&object.address);
                    settled.failed.insert(object.address, reason);
                }
            }
        }
        let took = elapsed(cloud, begun);
        waited.retain(|node| {
            let waits = pending.contains_key(&node.address);
            if !waits && !settled.failed.contains_key(&node.address) {
                observer.event(Event::Ready {
                    address: node.address.clone(),
                    took,
                });
            }
            waits
        });
        for (address, reason) in &pending {
            observer.event(Event::Waiting {
                address: address.clone(),
                op: None,
                reason: reason.clone(),
            });
        }
        if waited.is_empty() {
            return Ok(settled);
        }
        if took >= DEADLINE {
            let late = |reason: String| {
                format!(
                    "not ready after {} minutes: {reason}",
                    DEADLINE.as_secs() / 60
                )
            };
            settled.failed.extend(
                pending
                    .into_iter()
                    .map(|(address, reason)| (address, late(reason))),
            );
            return Ok(settled);
        }
        if stop.is_cancelled() {
            settled.left = pending;
            return Ok(settled);
        }
        tokio::select! {
            () = cloud.sleep(pause) => {}
            () = stop.cancelled() => {}
        }
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

fn elapsed(cloud: &Cloud, since: SystemTime) -> Duration {
    cloud.now().duration_since(since).unwrap_or_default()
}

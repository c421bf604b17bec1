//! Failures that can be told before anything is changed.

use futures::future::join_all;

use crate::cloud::{Cloud, CloudError};
use crate::live::Snapshot;
use crate::model::Address;
use crate::plan::{Action, Plan, entry};
use crate::spec::Lab;

/// Returns the obstacles to `plan` that can be told before its first step. Nothing is changed.
pub async fn preflight(cloud: &Cloud, plan: &Plan, lab: &Lab, live: &Snapshot) -> Vec<(Address, CloudError)> {
    let mut others = plan.others.clone();
    // What is updated may stand in nobody's way any more once it is.
    for change in plan.effective() {
        let node = lab.nodes.get(&change.address);
        if let Some(node) = node.filter(|_| change.action == Action::Update) {
            let entry = entry(node.kind, &lab.place, &change.name, None);
            others.insert(change.address.clone(), entry);
        }
    }
    let made = plan.effective().filter(|change| change.action != Action::Delete);
    let checks = made.filter_map(|change| {
        let node = lab.nodes.get(&change.address)?;
        let managed = node.kind.managed()?;
        let object = change.object.map(|index| &live.objects[index].live);
        let others = others.of(&lab.known_to(node), live.sources.get(&change.address));
        Some(async move {
            let check = managed.preflight(&node.spec, cloud, object, &others);
            Some((change.address.clone(), check.await.err()?))
        })
    });
    join_all(checks).await.into_iter().flatten().collect()
}

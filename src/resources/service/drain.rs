//! Waiting for a deleted service to be gone: its tasks hold network interfaces, roles and target groups until then.
//!
//! Knows: how a service drains. Must not know: what waits for it.

use std::time::Duration;

use futures::future::join_all;

use super::{ServiceLive, describe};
use crate::cloud::{Cause, Cloud, CloudError, Result};
use crate::resource::Waiting;
use crate::resources::ecs::list;
use crate::resources::target_group;

/// The longest that a service may drain: targets are deregistered over minutes, then tasks are stopped.
const DRAINING: Duration = Duration::from_secs(1200);

/// Waits until the service is INACTIVE or not there.
pub(super) async fn wait(cloud: &Cloud, live: &ServiceLive, waiting: &Waiting) -> Result<()> {
    let end = cloud.now() + DRAINING;
    let mut pause = Duration::from_secs(5);
    loop {
        let services = describe(cloud, &live.cluster_arn, vec![live.arn.clone()]).await?;
        let left = services.into_iter().next().map(|(service, _)| service);
        let Some(left) = left.filter(|service| service.status != "INACTIVE") else {
            return Ok(());
        };
        let reason = reason(cloud, &left).await;
        if cloud.now() + pause > end {
            let event = left.events.first().map_or("", String::as_str);
            let minutes = DRAINING.as_secs() / 60;
            let message = format!("after {minutes} minutes still {reason}; {event}");
            return Err(CloudError::own_at("DeleteService", Cause::StillDraining, message));
        }
        waiting.pause(cloud, &reason, pause).await?;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

/// What the service still holds, and what lets go of it: running tasks, targets that drain, else network interfaces.
async fn reason(cloud: &Cloud, left: &ServiceLive) -> String {
    let groups = list(&left.document, "loadBalancers");
    let groups = groups.filter_map(|balancer| balancer["targetGroupArn"].as_str());
    let draining = join_all(groups.map(|arn| target_group::draining(cloud, arn))).await;
    // A group that is gone or can't be read holds nothing that could be named.
    let draining = draining.into_iter().filter_map(|read| read.ok().flatten());
    let running = match left.running_count {
        0 => None,
        1 => Some("1 task still running".to_owned()),
        running => Some(format!("{running} tasks still running")),
    };
    let words: Vec<String> = running.into_iter().chain(draining).collect();
    match words.is_empty() {
        true => "draining: its stopped tasks give their network interfaces back".to_owned(),
        false => format!("draining: {}", words.join("; ")),
    }
}

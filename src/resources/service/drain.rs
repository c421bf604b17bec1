//! Waiting for a deleted service to be gone: its tasks hold network interfaces, roles and target groups until then.
//!
//! Knows: how a service drains. Must not know: what waits for it.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use super::{ServiceLive, describe};
use crate::cloud::{Cause, Cloud, CloudError, ELASTIC_LOAD_BALANCING, Result};
use crate::resource::Waiting;
use crate::resources::ecs::list;

/// The longest that a service may drain: targets are deregistered over minutes, then tasks are stopped.
const DRAINING: Duration = Duration::from_secs(1200);
/// The attribute that says for how many seconds a target drains.
const DELAY: &str = "deregistration_delay.timeout_seconds";

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

/// The things that the service still holds: running tasks, targets that drain, else network interfaces.
async fn reason(cloud: &Cloud, left: &ServiceLive) -> String {
    let groups = list(&left.document, "loadBalancers");
    let groups = groups.filter_map(|balancer| balancer["targetGroupArn"].as_str());
    let draining = join_all(groups.map(|arn| draining(cloud, arn))).await;
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

/// Returns how many targets of the group `arn` drain, and for how long a target does: `2 targets of web-tg drain (up to
/// 300 s)`; none if none drains.
async fn draining(cloud: &Cloud, arn: &str) -> Result<Option<String>> {
    let asked = json!({"TargetGroupArn": arn});
    let health = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeTargetHealth", asked.clone()).await?;
    let targets = list(&health, "TargetHealthDescriptions");
    let count = targets.filter(|target| target["TargetHealth"]["State"] == "draining").count();
    if count == 0 {
        return Ok(None);
    }
    let answer = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeTargetGroupAttributes", asked).await?;
    let delay = list(&answer, "Attributes").find(|attribute| attribute["Key"] == DELAY);
    let delay = delay.and_then(|attribute| attribute["Value"].as_str()).unwrap_or("300");
    let name = arn.split('/').nth(1).unwrap_or(arn);
    let targets = match count {
        1 => format!("1 target of {name} drains"),
        count => format!("{count} targets of {name} drain"),
    };
    Ok(Some(format!("{targets} (for up to {delay} s: {DELAY})")))
}

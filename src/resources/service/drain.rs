//! Waiting for a deleted service to be gone: its tasks hold network interfaces, roles and target groups until then.
//!
//! Knows: how a service drains. Must not know: what waits for it.

use std::time::Duration;

use super::{ServiceLive, describe};
use crate::cloud::{Cloud, CloudError, Result};
use crate::resource::Waiting;

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
        let reason = match left.running_count {
            0 => "draining: the target group lets go of its connections".to_owned(),
            running => format!("draining: {running} tasks still running"),
        };
        if cloud.now() + pause > end {
            let event = left.events.first().map_or("", String::as_str);
            let message = format!("{reason} after {} minutes {event}", DRAINING.as_secs() / 60);
            return Err(CloudError::answered(
                "DeleteService",
                "StillDraining",
                message,
            ));
        }
        waiting.pause(cloud, &reason, pause).await?;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

//! The holders that a target group waits for: the listeners and rules that forward to it.
//!
//! Knows: how Elastic Load Balancing links a group. Must not know: how a group is deleted.

use serde_json::json;

use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result};
use crate::resource::{Beside, Fate};
use crate::resources::balancing::{listeners, not_of, rules};
use crate::resources::ecs::{list, texts};

/// A listener or a rule that forwards to a group.
struct Holder {
    /// The holder's ARN.
    arn: String,
    /// The holder's kind, as its owner tag names it.
    kind: &'static str,
    /// The holder, and what will free the group.
    words: String,
}

/// Returns what forwards to the target group `arn`, each with what will free the group: listeners by their default
/// action, else rules.
///
/// # Errors
/// If they can't be read.
pub(super) async fn holders(cloud: &Cloud, arn: &str) -> Result<Vec<String>> {
    Ok(forwarding(cloud, arn).await?.into_iter().map(|holder| holder.words).collect())
}

/// Returns what forwards to the target group `arn` and isn't `lab`'s.
///
/// # Errors
/// If it can't be read.
pub(super) async fn beside(cloud: &Cloud, lab: &str, arn: &str) -> Result<Vec<Beside>> {
    let mut beside = Vec::new();
    for holder in forwarding(cloud, arn).await? {
        if !not_of(cloud, lab, holder.kind, &[holder.arn]).await?.is_empty() {
            beside.push(Beside::new(holder.words, Fate::Holds));
        }
    }
    Ok(beside)
}

async fn forwarding(cloud: &Cloud, arn: &str) -> Result<Vec<Holder>> {
    let answer = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeTargetGroups", json!({"TargetGroupArns": [arn]})).await?;
    let mut holders = Vec::new();
    for balancer in list(&answer, "TargetGroups").flat_map(|group| texts(&group["LoadBalancerArns"])) {
        let name = balancer.split('/').nth(2).unwrap_or(&balancer);
        for listener in listeners(cloud, &balancer).await? {
            let (protocol, port) = (listener.text("protocol"), &listener.document["port"]);
            let place = format!("listener {protocol}:{port} of load balancer {name}");
            if texts(&listener.document["targetGroupArns"]).iter().any(|group| group == arn) {
                let words = format!(
                    "{place}, which forwards to it: the group is free a moment after that listener is deleted, or \
                     forwards elsewhere"
                );
                holders.push(Holder { arn: listener.arn, kind: "listener", words });
                continue;
            }
            for rule in rules(cloud, &listener).await? {
                if texts(&rule.document["targetGroupArns"]).iter().any(|group| group == arn) {
                    let (priority, id) = (&rule.document["priority"], &rule.arn);
                    let words =
                        format!("rule {priority} of {place}: delete it with `aws elbv2 delete-rule --rule-arn {id}`");
                    holders.push(Holder { arn: rule.arn, kind: "listenerRule", words });
                }
            }
        }
    }
    Ok(holders)
}

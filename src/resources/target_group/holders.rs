//! What a target group waits for: the listeners and rules that forward to it, and targets that still drain.
//!
//! Knows: how Elastic Load Balancing links a group. Must not know: how a group is deleted.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{TargetGroup, TargetHealthStateEnum};

use super::calls::attributes;
use crate::cloud::{Cloud, Result};
use crate::resources::found::texts;
use crate::resources::listener::{listeners, target_groups};

/// The attribute that says for how many seconds a target drains.
const DELAY: &str = "deregistration_delay.timeout_seconds";

/// What forwards to the target group `arn`, each with what will free the group: listeners by their default action, else
/// rules.
///
/// # Errors
/// Where they can't be read.
pub(super) async fn holders(cloud: &Cloud, arn: &str) -> Result<Vec<String>> {
    let call = cloud.elbv2.describe_target_groups().target_group_arns(arn);
    let answer = call.send().await?;
    let groups = answer.target_groups().iter();
    let mut holders = Vec::new();
    for balancer in groups.flat_map(TargetGroup::load_balancer_arns) {
        let name = balancer.split('/').nth(2).unwrap_or(balancer);
        for listener in listeners(cloud, balancer).await? {
            let (protocol, port) = (listener.text("protocol"), &listener.document["port"]);
            let place = format!("listener {protocol}:{port} of load balancer {name}");
            if texts(&listener.document["targetGroupArns"]).iter().any(|group| group == arn) {
                holders.push(format!(
                    "{place}, which forwards to it: the group is free a moment after that listener is deleted, or \
                     forwards elsewhere"
                ));
                continue;
            }
            let rules = cloud.elbv2.describe_rules().listener_arn(&listener.arn);
            for rule in rules.send().await?.rules() {
                let mut actions = rule.actions().iter();
                if actions.any(|action| target_groups(action).contains(&arn.to_owned())) {
                    let priority = rule.priority().unwrap_or_default();
                    let id = rule.rule_arn().unwrap_or_default();
                    holders.push(format!(
                        "rule {priority} of {place}: delete it with `aws elbv2 delete-rule --rule-arn {id}`"
                    ));
                }
            }
        }
    }
    Ok(holders)
}

/// How many targets of the group `arn` drain, and for how long a target does: `2 targets of web-tg drain (up to 300 s)`;
/// none where none drains.
///
/// # Errors
/// Where they can't be read. That the group isn't there is none.
pub(in crate::resources) async fn draining(cloud: &Cloud, arn: &str) -> Result<Option<String>> {
    let call = cloud.elbv2.describe_target_health().target_group_arn(arn);
    let answer = call.send().await?;
    let draining = answer.target_health_descriptions().iter().filter(|target| {
        let health = target.target_health();
        health.and_then(|health| health.state()) == Some(&TargetHealthStateEnum::Draining)
    });
    let count = draining.count();
    if count == 0 {
        return Ok(None);
    }
    let attributes: BTreeMap<String, String> = attributes(cloud, arn).await?;
    let delay = attributes.get(DELAY).map_or("300", String::as_str);
    let name = arn.split('/').nth(1).unwrap_or(arn);
    let targets = match count {
        1 => format!("1 target of {name} drains"),
        count => format!("{count} targets of {name} drain"),
    };
    Ok(Some(format!("{targets} (for up to {delay} s: {DELAY})")))
}

//! The holders that a target group waits for: the listeners and rules that forward to it.
//!
//! Knows: how Elastic Load Balancing links a group. Must not know: how a group is deleted.

use serde_json::json;

use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result};
use crate::resources::balancing::{listeners, target_groups};
use crate::resources::ecs::{list, text, texts};

/// Returns what forwards to the target group `arn`, each with what will free the group: listeners by their default
/// action, else rules.
///
/// # Errors
/// If they can't be read.
pub(super) async fn holders(cloud: &Cloud, arn: &str) -> Result<Vec<String>> {
    let (elb, case) = (&ELASTIC_LOAD_BALANCING, ELASTIC_LOAD_BALANCING.case);
    let answer = cloud.call(elb, "DescribeTargetGroups", json!({"TargetGroupArns": [arn]})).await?;
    let mut holders = Vec::new();
    for balancer in list(&answer, "TargetGroups").flat_map(|group| texts(&group["LoadBalancerArns"])) {
        let name = balancer.split('/').nth(2).unwrap_or(&balancer);
        for listener in listeners(cloud, &balancer).await? {
            let (protocol, port) = (listener.text("protocol"), &listener.document["port"]);
            let place = format!("listener {protocol}:{port} of load balancer {name}");
            if texts(&listener.document["targetGroupArns"]).iter().any(|group| group == arn) {
                holders.push(format!(
                    "{place}, which forwards to it: the group is free a moment after that listener is deleted, or \
                     forwards elsewhere"
                ));
                continue;
            }
            let pages = cloud.pages(elb, "DescribeRules", json!({"ListenerArn": listener.arn})).await?;
            let rules = pages.into_iter().map(|page| case.fields(page));
            for rule in rules.flat_map(|page| list(&page, "rules").cloned().collect::<Vec<_>>()) {
                if list(&rule, "actions").any(|action| target_groups(action).iter().any(|group| group == arn)) {
                    let (priority, id) = (text(&rule, "priority"), text(&rule, "ruleArn"));
                    holders.push(format!(
                        "rule {priority} of {place}: delete it with `aws elbv2 delete-rule --rule-arn {id}`"
                    ));
                }
            }
        }
    }
    Ok(holders)
}

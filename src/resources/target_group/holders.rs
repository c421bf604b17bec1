//! What a target group waits for: the listeners and rules that forward to it, and targets that still drain.
//!
//! Knows: how Elastic Load Balancing links a group. Must not know: how a group is deleted.

use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;
use serde_json::json;

use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result};
use crate::resources::balancing::{listeners, target_groups};
use crate::resources::ecs::{list, text, texts};

/// The attribute that says for how many seconds a target drains.
const DELAY: &str = "deregistration_delay.timeout_seconds";

/// What forwards to the target group `arn`, each with what will free the group: listeners by their default action, else
/// rules.
///
/// # Errors
/// Where they can't be read.
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
            let answer = cloud.call(elb, "DescribeRules", json!({"ListenerArn": listener.arn})).await?;
            for rule in list(&case.fields(answer), "rules") {
                if list(rule, "actions").any(|action| target_groups(action).iter().any(|group| group == arn)) {
                    let (priority, id) = (text(rule, "priority"), text(rule, "ruleArn"));
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
    let asked = json!({"TargetGroupArn": arn});
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

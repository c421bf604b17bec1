//! Scaling policies.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{TARGETS, asked, id, invalid, named, no_part, pages};
use crate::account::{Account, seconds};
use crate::input::{is_true, need};
use crate::rules::{self, SCALING_POLICY};
use crate::wire::Answer;

/// The members with the configurations of the types of policies.
const CONFIGURATIONS: [&str; 2] = ["StepScalingPolicyConfiguration", "TargetTrackingScalingPolicyConfiguration"];

/// A scaling policy of a target.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    arn: String,
    kind: String,
    configuration: Value,
    /// The names of the alarms that a policy makes that keeps a metric at a value.
    alarms: Vec<String>,
    created: i64,
}

/// The name of the configuration of a type.
fn member(kind: &str) -> &'static str {
    CONFIGURATIONS[usize::from(kind == "TargetTrackingScaling")]
}

/// `PutScalingPolicy`.
pub(super) fn put(account: &mut Account, input: &Value) -> Answer {
    let (id, name) = (id(input)?, need(input, "PolicyName")?);
    SCALING_POLICY.check(&rules::small(input), invalid)?;
    let before = TARGETS.find(account, &id)?.1.policies.get(&name).cloned();
    let kind = input["PolicyType"].as_str().map(str::to_owned);
    let kind = kind.or_else(|| before.as_ref().map(|policy| policy.kind.clone())).unwrap_or_default();
    if before.as_ref().is_some_and(|policy| policy.kind != kind) {
        return Err(invalid("The type of an existing scaling policy cannot be changed."));
    }
    let configuration = decimals(input[member(&kind)].clone());
    let (arn, created) = match &before {
        Some(policy) => (policy.arn.clone(), policy.created),
        None => {
            let number = account.unique_uuid();
            let arn =
                account.arn("autoscaling", &format!("scalingPolicy:{number}:resource/ecs/{id}:policyName/{name}"));
            (arn, account.now)
        }
    };
    let mut alarms = before.map(|policy| policy.alarms).unwrap_or_default();
    let sorts = match (kind.as_str(), is_true(&configuration, "DisableScaleIn")) {
        ("TargetTrackingScaling", false) => &["High", "Low"][..],
        ("TargetTrackingScaling", true) => &["High"],
        _ => &[],
    };
    alarms.truncate(sorts.len());
    for sort in &sorts[alarms.len()..] {
        alarms.push(format!("TargetTracking-{id}-Alarm{sort}-{}", account.unique_uuid()));
    }
    let policy = Policy { arn, kind, configuration, alarms, created };
    let answer = json!({ "PolicyARN": policy.arn, "Alarms": shown_alarms(account, &policy) });
    TARGETS.find_mut(account, &id)?.1.policies.insert(name, policy);
    Ok(answer)
}

/// Numbers that AWS keeps as decimals.
fn decimals(mut configuration: Value) -> Value {
    let decimal = |value: &mut Value| {
        if let Some(number) = value.as_f64() {
            *value = number.into();
        }
    };
    configuration.get_mut("TargetValue").into_iter().for_each(decimal);
    for step in configuration.get_mut("StepAdjustments").and_then(Value::as_array_mut).into_iter().flatten() {
        for bound in ["MetricIntervalLowerBound", "MetricIntervalUpperBound"] {
            step.get_mut(bound).into_iter().for_each(decimal);
        }
    }
    configuration
}

fn shown_alarms(account: &Account, policy: &Policy) -> Value {
    let arn = |name: &String| account.arn("cloudwatch", &format!("alarm:{name}"));
    policy.alarms.iter().map(|name| json!({ "AlarmName": name, "AlarmARN": arn(name) })).collect()
}

/// `DescribeScalingPolicies`.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let all = asked(account, input, "PolicyNames", |target| &target.policies);
    pages(10).of(account, input, "ScalingPolicies", all, |(id, name, policy)| {
        named(
            id,
            json!({
                "PolicyARN": policy.arn,
                "PolicyName": name,
                "PolicyType": policy.kind,
                member(&policy.kind): policy.configuration,
                "Alarms": shown_alarms(account, policy),
                "CreationTime": seconds(policy.created),
            }),
        )
    })
}

/// `DeleteScalingPolicy`.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (id, name) = (id(input)?, need(input, "PolicyName")?);
    let gone = TARGETS.find_mut(account, &id)?.1.policies.remove(&name);
    gone.map(|_| json!({})).ok_or_else(|| no_part("scaling policy", &name, &id))
}

//! The one form in which what a lab asks for and what AWS answers are compared.
//!
//! Knows: how AWS writes numbers, times and what it fills in. Must not know: AWS clients.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value, json};

use super::{ACTIONS, POLICIES};
use crate::cloud::APPLICATION_AUTO_SCALING;
use crate::resources::ecs::list;

/// The times of a scheduled action.
const TIMES: [&str; 2] = ["startTime", "endTime"];
/// The fields of what AWS answers that the spec has, too.
const TARGET: [&str; 3] = ["minCapacity", "maxCapacity", "suspendedState"];
const POLICY: [&str; 4] =
    ["policyName", "policyType", "targetTrackingScalingPolicyConfiguration", "stepScalingPolicyConfiguration"];
const ACTION: [&str; 6] =
    ["scheduledActionName", "schedule", "timezone", "startTime", "endTime", "scalableTargetAction"];

/// The document of a scaling in its one form: whole numbers as such, steps and dimensions in order, moments in UTC.
pub(super) fn normal(mut scaling: Value) -> Value {
    each(&mut scaling, POLICIES.0, |policy| {
        let steps = &mut policy["stepScalingPolicyConfiguration"];
        if let Some(steps) = steps.get_mut("stepAdjustments").and_then(Value::as_array_mut) {
            let begin = |step: &Value| step["metricIntervalLowerBound"].as_f64().unwrap_or(f64::NEG_INFINITY);
            steps.sort_by(|one, other| begin(one).total_cmp(&begin(other)));
        }
        if steps.is_null() {
            without(policy, "stepScalingPolicyConfiguration");
        }
    });
    each(&mut scaling, ACTIONS.0, |action| {
        for time in TIMES {
            if let Some(moment) = moment(&action[time]) {
                action[time] = moment.fmt(Format::DateTime).map_or(Value::Null, Value::from);
            }
            if action[time].is_null() {
                without(action, time);
            }
        }
    });
    tidied(scaling)
}

/// The scaling of a service as AWS answers it.
pub(super) fn answered(target: &Value, policies: &[Value], actions: &[Value]) -> Value {
    let fields = |document: &Value, fields: &[&str]| -> Value {
        let document = APPLICATION_AUTO_SCALING.case.fields(document.clone());
        let kept = fields.iter().filter_map(|field| Some(((*field).to_owned(), document.get(*field)?.clone())));
        kept.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
    };
    let mut scaling = fields(target, &TARGET);
    scaling[POLICIES.0] = policies.iter().map(|policy| filled(fields(policy, &POLICY))).collect();
    scaling[ACTIONS.0] = actions.iter().map(|action| fields(action, &ACTION)).collect();
    each(&mut scaling, ACTIONS.0, |action| fill(action, "timezone", json!("UTC")));
    normal(scaling)
}

/// A policy with what AWS takes for what is left out ("StepScalingPolicyConfiguration",
/// "TargetTrackingScalingPolicyConfiguration", Application Auto Scaling API).
fn filled(mut policy: Value) -> Value {
    if let Some(tracking) = policy.get_mut("targetTrackingScalingPolicyConfiguration") {
        fill(tracking, "disableScaleIn", json!(false));
    }
    if let Some(steps) = policy.get_mut("stepScalingPolicyConfiguration") {
        fill(steps, "cooldown", json!(300));
        fill(steps, "metricAggregationType", json!("Average"));
    }
    policy
}

fn fill(document: &mut Value, field: &str, value: Value) {
    if document[field].is_null() {
        document[field] = value;
    }
}

fn without(document: &mut Value, field: &str) {
    document.as_object_mut().into_iter().for_each(|fields| drop(fields.remove(field)));
}

fn each(scaling: &mut Value, list: &str, change: impl FnMut(&mut Value)) {
    scaling.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().for_each(change);
}

/// The moment that a text or AWS's number of seconds stands for.
fn moment(value: &Value) -> Option<DateTime> {
    match value {
        Value::String(text) => DateTime::from_str(text, Format::DateTimeWithOffset).ok(),
        value => value.as_f64().map(DateTime::from_secs_f64),
    }
}

/// Returns whether a text is a moment.
pub(super) fn is_moment(text: &str) -> bool {
    moment(&text.into()).is_some()
}

/// The document with whole numbers as such, and dimensions by name.
fn tidied(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            let whole = float.and_then(|float| format!("{float}").parse::<i64>().ok());
            whole.map_or(Value::Number(number), Value::from)
        }
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let mut value = tidied(value);
                if let Some(dimensions) = value.as_array_mut().filter(|_| key == "dimensions") {
                    dimensions.sort_by_key(|one| one["name"].to_string());
                }
                (key, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(tidied).collect(),
        leaf => leaf,
    }
}

/// A policy as PutScalingPolicy takes it: what `want` leaves out of the policy that is live goes as it is there, because a
/// call resets that, but for what would contradict it: another type, another metric.
pub(super) fn policy_to_put(have: &Value, want: &Value) -> Value {
    let mut policy = want.clone();
    for field in ["targetTrackingScalingPolicyConfiguration", "stepScalingPolicyConfiguration"] {
        if policy[field].is_null() {
            without(&mut policy, field);
            continue;
        }
        let live = have[field].as_object().into_iter().flatten();
        for (part, value) in live.filter(|(part, _)| !part.ends_with("MetricSpecification")) {
            fill(&mut policy[field], part, value.clone());
        }
    }
    APPLICATION_AUTO_SCALING.case.members(policy)
}

/// A scheduled action as PutScheduledAction takes it: moments that are left out would be erased.
pub(super) fn action_to_put(have: &Value, want: &Value) -> Value {
    let mut action = want.clone();
    for field in ["timezone", TIMES[0], TIMES[1]] {
        match &have[field] {
            Value::Null => {}
            value => fill(&mut action, field, value.clone()),
        }
    }
    for time in TIMES {
        match moment(&action[time]) {
            Some(moment) => action[time] = moment.secs().into(),
            None => without(&mut action, time),
        }
    }
    APPLICATION_AUTO_SCALING.case.members(action)
}

/// The names of the entries of a list that the document has.
pub(super) fn names<'a>(scaling: &'a Value, (entries, name): (&str, &'a str)) -> impl Iterator<Item = &'a str> {
    list(scaling, entries).filter_map(move |entry| entry[name].as_str())
}

/// The entry of this name; null if there is none.
pub(super) fn entry<'a>(scaling: &'a Value, (entries, key): (&str, &str), name: &str) -> &'a Value {
    list(scaling, entries).find(|entry| entry[key] == name).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_writes_otherwise_is_the_same() {
        let policy = json!({
            "PolicyARN": "arn", "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "CreationTime": 1.5,
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0, "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"}},
        });
        let steps = json!({
            "PolicyName": "up", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ChangeInCapacity", "StepAdjustments": [
                    {"MetricIntervalLowerBound": 10.5, "ScalingAdjustment": 2},
                    {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.5, "ScalingAdjustment": 1}]},
        });
        let action = json!({"ScheduledActionName": "night", "Schedule": "cron(0 20 * * ? *)", "StartTime": 1_789_997_600.0,
            "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 0}});
        let target = json!({"MinCapacity": 1, "MaxCapacity": 4, "RoleARN": "arn"});
        let live = answered(&target, &[policy, steps], &[action]);
        assert_eq!(
            live,
            json!({
                "minCapacity": 1, "maxCapacity": 4,
                "scalingPolicies": [
                    {"policyName": "cpu", "policyType": "TargetTrackingScaling",
                        "targetTrackingScalingPolicyConfiguration": {"targetValue": 50, "disableScaleIn": false,
                            "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}},
                    {"policyName": "up", "policyType": "StepScaling", "stepScalingPolicyConfiguration": {
                        "adjustmentType": "ChangeInCapacity", "cooldown": 300, "metricAggregationType": "Average",
                        "stepAdjustments": [
                            {"metricIntervalLowerBound": 0, "metricIntervalUpperBound": 10.5, "scalingAdjustment": 1},
                            {"metricIntervalLowerBound": 10.5, "scalingAdjustment": 2}]}},
                ],
                "scheduledActions": [{"scheduledActionName": "night", "schedule": "cron(0 20 * * ? *)",
                    "timezone": "UTC", "startTime": "2026-09-21T13:33:20Z",
                    "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 0}}],
            })
        );
        assert_eq!(normal(live.clone()), live);
        let offset = normal(json!({"scheduledActions": [{"startTime": "2026-09-21T15:33:20+02:00"}]}));
        assert_eq!(offset["scheduledActions"][0]["startTime"], "2026-09-21T13:33:20Z");
    }

    #[test]
    fn a_put_resets_nothing_that_the_lab_leaves_out() {
        let have = json!({"targetTrackingScalingPolicyConfiguration": {"targetValue": 50, "scaleInCooldown": 60,
            "predefinedMetricSpecification": {"predefinedMetricType": "a"}}});
        let want = json!({"policyName": "cpu", "targetTrackingScalingPolicyConfiguration": {"targetValue": 60,
            "customizedMetricSpecification": {"metricName": "m"}}});
        let put = json!({"PolicyName": "cpu", "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60,
            "ScaleInCooldown": 60, "CustomizedMetricSpecification": {"MetricName": "m"}}});
        assert_eq!(policy_to_put(&have, &want), put);
        let have = json!({"startTime": "2026-09-21T13:33:20Z", "timezone": "UTC"});
        let want = json!({"scheduledActionName": "night", "schedule": "rate(1 day)"});
        let put = json!({"ScheduledActionName": "night", "Schedule": "rate(1 day)", "Timezone": "UTC",
            "StartTime": 1_789_997_600});
        assert_eq!(action_to_put(&have, &want)["StartTime"], 1_789_997_600);
        assert_eq!(action_to_put(&have, &want), put);
    }
}

//! Rules for scaling policies.

use serde_json::Value;

use super::{MOST, POLICY};
use crate::rules::Rule;
use crate::rules::input::{between, each, is_given, items, one_of, text, up_to};

const TRACKING: &str = "TargetTrackingScalingPolicyConfiguration, Application Auto Scaling API";
const METRIC: &str = "PredefinedMetricSpecification, Application Auto Scaling API";
const STEPS: &str = "StepScalingPolicyConfiguration, Application Auto Scaling API";
const GUIDE: &str = "Step scaling policies, Application Auto Scaling user guide";

/// The types of policies, with the member that configures each.
const TYPES: [(&str, &str); 2] = [
    ("TargetTrackingScaling", "targetTrackingScalingPolicyConfiguration"),
    ("StepScaling", "stepScalingPolicyConfiguration"),
];
/// The metric that a load balancer counts.
const REQUESTS: &str = "ALBRequestCountPerTarget";

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a policy has a name of 1 to 256 characters",
        POLICY,
        &[r#"policyName = """#, "policyName = repeat 257"],
        |input, found| {
            if text(&input["policyName"]).is_some_and(|name| !(1..=256).contains(&name.chars().count())) {
                found.here("policyName");
            }
        },
    ),
    Rule::new(
        "a service is scaled by TargetTrackingScaling or by StepScaling, each with its own configuration alone",
        POLICY,
        &[
            r#"policyType = "Tracking""#,
            r#"targetTrackingScalingPolicyConfiguration = null"#,
            r#"stepScalingPolicyConfiguration = {"adjustmentType": "ChangeInCapacity", "stepAdjustments":
              [{"metricIntervalLowerBound": 0, "scalingAdjustment": 1}]}"#,
        ],
        |input, found| {
            one_of(input, "policyType", &TYPES.map(|(word, _)| word), found);
            let Some(kind) = text(&input["policyType"]).filter(|kind| TYPES.iter().any(|(word, _)| word == kind))
            else {
                return;
            };
            for (word, member) in TYPES {
                if word == kind && input[member].is_null() {
                    found.at(member, format!("{member} is missing: the policy is of the type {kind}"));
                } else if word != kind && !input[member].is_null() {
                    found.at(member, format!("a policy of the type {kind} has no {member}"));
                }
            }
        },
    ),
    Rule::new(
        "a policy keeps either a predefined or a customized metric at its value",
        TRACKING,
        &[
            r#"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification = null @
              targetTrackingScalingPolicyConfiguration"#,
            r#"targetTrackingScalingPolicyConfiguration.customizedMetricSpecification = {"metricName": "queue", "namespace":
              "lab", "statistic": "Average"} @ targetTrackingScalingPolicyConfiguration"#,
        ],
        |input, found| {
            let tracking = &input[TYPES[0].1];
            let metrics = ["predefinedMetricSpecification", "customizedMetricSpecification"];
            if tracking.is_object() && metrics.iter().filter(|metric| !tracking[**metric].is_null()).count() != 1 {
                found.here(TYPES[0].1);
            }
        },
    ),
    Rule::new(
        "services have their processor, their memory, or the requests to each target as predefined metrics",
        METRIC,
        &[r#"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType = "CPU""#],
        |input, found| {
            let path = "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType";
            let metrics = [
                "ECSServiceAverageCPUUtilization",
                "ECSServiceAverageMemoryUtilization",
                REQUESTS,
                "ECSServiceAverageCPUUtilizationHighResolution",
                "ECSServiceAverageMemoryUtilizationHighResolution",
            ];
            one_of(input, path, &metrics, found);
        },
    ),
    Rule::new(
        "requests to each target, and nothing else, are counted for a label: app/NAME/ID/targetgroup/NAME/ID",
        METRIC,
        &[
            r#"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.resourceLabel = "app""#,
            r#"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType =
              "ALBRequestCountPerTarget" @
              targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.resourceLabel"#,
        ],
        |input, found| {
            let path = "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification";
            for (at, metric) in each(input, path) {
                let label = &metric["resourceLabel"];
                let counts = metric["predefinedMetricType"] == REQUESTS;
                let parts: Vec<&str> = text(label).unwrap_or_default().split('/').collect();
                let is_label = matches!(parts[..], ["app", _, _, "targetgroup", _, _]);
                // A text that isn't known yet may be one.
                let is_open = label.is_string() && text(label).is_none();
                if counts != is_given(label) || counts && !is_label && !is_open {
                    let hint = "write ${loadBalancers.NAME.fullName}/${targetGroups.NAME.fullName}";
                    let breach = found.here(format!("{at}.resourceLabel"));
                    if counts {
                        breach.hint(hint);
                    }
                }
            }
        },
    ),
    Rule::new(
        "a pause between changes is not below 0 seconds",
        POLICY,
        &[
            "targetTrackingScalingPolicyConfiguration.scaleInCooldown = -1",
            "targetTrackingScalingPolicyConfiguration.scaleOutCooldown = -1",
        ],
        |input, found| {
            for member in ["scaleInCooldown", "scaleOutCooldown"] {
                between(input, &format!("targetTrackingScalingPolicyConfiguration.{member}"), 0, MOST, found);
            }
            between(input, "stepScalingPolicyConfiguration.cooldown", 0, MOST, found);
        },
    ),
];

pub(super) const STEP_RULES: &[Rule] = &[
    Rule::new(
        "steps change the capacity by a number, by per cent, or to a number; values are averages, minimums or maximums",
        STEPS,
        &[r#"policyType = "StepScaling" && targetTrackingScalingPolicyConfiguration = null &&
          stepScalingPolicyConfiguration = {"adjustmentType": "Change", "stepAdjustments": [{"metricIntervalLowerBound": 0,
          "scalingAdjustment": 1}]} @ stepScalingPolicyConfiguration.adjustmentType"#],
        |input, found| {
            let kinds = ["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"];
            one_of(input, "stepScalingPolicyConfiguration.adjustmentType", &kinds, found);
            let aggregations = ["Average", "Minimum", "Maximum"];
            one_of(input, "stepScalingPolicyConfiguration.metricAggregationType", &aggregations, found);
        },
    ),
    Rule::new(
        "a policy has 1 to 20 steps, whose ranges neither overlap nor leave a gap",
        GUIDE,
        &[
            r#"policyType = "StepScaling" && targetTrackingScalingPolicyConfiguration = null &&
              stepScalingPolicyConfiguration = {"adjustmentType": "ChangeInCapacity", "stepAdjustments": []} @
              stepScalingPolicyConfiguration.stepAdjustments"#,
            r#"policyType = "StepScaling" && targetTrackingScalingPolicyConfiguration = null &&
              stepScalingPolicyConfiguration = {"adjustmentType": "ChangeInCapacity", "stepAdjustments":
              [{"metricIntervalLowerBound": 0, "metricIntervalUpperBound": 10, "scalingAdjustment": 1},
              {"metricIntervalLowerBound": 20, "scalingAdjustment": 2}]} @
              stepScalingPolicyConfiguration.stepAdjustments[1]"#,
            r#"policyType = "StepScaling" && targetTrackingScalingPolicyConfiguration = null &&
              stepScalingPolicyConfiguration = {"adjustmentType": "ChangeInCapacity", "stepAdjustments":
              [{"scalingAdjustment": 1}]} @ stepScalingPolicyConfiguration.stepAdjustments[0]"#,
        ],
        |input, found| {
            let path = "stepScalingPolicyConfiguration.stepAdjustments";
            up_to(input, path, 20, "", found);
            for (path, steps) in each(input, path) {
                let mut steps = items(&path, steps);
                if steps.is_empty() {
                    found.here(&*path);
                }
                let lower = |step: &Value| step["metricIntervalLowerBound"].as_f64().unwrap_or(f64::NEG_INFINITY);
                let upper = |step: &Value| step["metricIntervalUpperBound"].as_f64().unwrap_or(f64::INFINITY);
                steps.sort_by(|(_, one), (_, other)| lower(one).total_cmp(&lower(other)));
                for (at, step) in &steps {
                    if lower(step).is_infinite() && upper(step).is_infinite() || lower(step) >= upper(step) {
                        found.at(&**at, "a step has a lower bound, an upper one above it, or both");
                    }
                }
                for pair in steps.windows(2) {
                    let [(_, one), (at, next)] = pair else { continue };
                    let (end, begin) = (upper(one), lower(next));
                    if end.total_cmp(&begin).is_ne() {
                        found.at(&**at, format!("the step before ends at {end}, and this one begins at {begin}"));
                    }
                }
            }
        },
    ),
    Rule::new(
        "only a change by per cent has a least number of tasks",
        STEPS,
        &[r#"policyType = "StepScaling" && targetTrackingScalingPolicyConfiguration = null &&
          stepScalingPolicyConfiguration = {"adjustmentType": "ChangeInCapacity", "minAdjustmentMagnitude": 2,
          "stepAdjustments": [{"metricIntervalLowerBound": 0, "scalingAdjustment": 1}]} @
          stepScalingPolicyConfiguration.minAdjustmentMagnitude"#],
        |input, found| {
            let steps = &input[TYPES[1].1];
            let is_other = text(&steps["adjustmentType"]).is_some_and(|kind| kind != "PercentChangeInCapacity");
            if is_other && is_given(&steps["minAdjustmentMagnitude"]) {
                found.here("stepScalingPolicyConfiguration.minAdjustmentMagnitude");
            }
        },
    ),
];

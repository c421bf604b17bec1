//! The fields of RegisterScalableTarget, PutScalingPolicy and PutScheduledAction, in AWS's names.
//!
//! Knows: shapes. Must not know: defaults, live objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How Application Auto Scaling scales the service; `{}` if it doesn't any more.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scaling {
    /// The fewest tasks that scaling goes down to.
    pub min_capacity: Option<i32>,
    /// The most tasks that scaling goes up to.
    pub max_capacity: Option<i32>,
    /// The sorts of scaling that rest.
    pub suspended_state: Option<SuspendedState>,
    /// All policies by which alarms scale the service.
    pub scaling_policies: Option<Vec<ScalingPolicy>>,
    /// All changes of the bounds by the clock.
    pub scheduled_actions: Option<Vec<ScheduledAction>>,
}

/// The sorts of scaling that rest. If all three do, the service runs its `desiredCount`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuspendedState {
    /// Whether no policy takes tasks away.
    pub dynamic_scaling_in_suspended: Option<bool>,
    /// Whether no policy adds tasks.
    pub dynamic_scaling_out_suspended: Option<bool>,
    /// Whether no scheduled action runs.
    pub scheduled_scaling_suspended: Option<bool>,
}

/// A policy by which alarms scale a service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScalingPolicy {
    /// The policy's name, unique in its service.
    pub policy_name: String,
    /// The kind of policy: `TargetTrackingScaling` or `StepScaling`.
    pub policy_type: String,
    /// The metric that is kept at a value. AWS makes the alarms for it.
    pub target_tracking_scaling_policy_configuration: Option<TargetTracking>,
    /// The steps that are taken when an alarm of yours names the policy, as `${services.web.scaling.NAME}`, as its action.
    pub step_scaling_policy_configuration: Option<StepScaling>,
}

/// A metric that is kept at a value.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetTracking {
    /// The value: per cent of processor or memory, or requests per target and minute.
    pub target_value: f64,
    /// The metric, if it is one that AWS has ready.
    pub predefined_metric_specification: Option<PredefinedMetric>,
    /// The metric, if it is another one.
    pub customized_metric_specification: Option<CustomizedMetric>,
    /// The seconds after tasks were added before more are.
    pub scale_out_cooldown: Option<i32>,
    /// The seconds after tasks were taken away before more are.
    pub scale_in_cooldown: Option<i32>,
    /// Whether the policy takes no tasks away.
    pub disable_scale_in: Option<bool>,
}

/// A metric that AWS has ready.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredefinedMetric {
    /// The metric: `ECSServiceAverageCPUUtilization`, `ECSServiceAverageMemoryUtilization` or `ALBRequestCountPerTarget`.
    pub predefined_metric_type: String,
    /// The load balancer and the target group whose requests are counted, as in
    /// `${loadBalancers.web.fullName}/${targetGroups.web.fullName}`.
    pub resource_label: Option<String>,
}

/// A metric of CloudWatch, or a calculation with several.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomizedMetric {
    /// The metric's name.
    pub metric_name: Option<String>,
    /// The metric's namespace.
    pub namespace: Option<String>,
    /// The metric's dimensions.
    pub dimensions: Option<Vec<Dimension>>,
    /// The statistic: `Average`, `Minimum`, `Maximum`, `SampleCount` or `Sum`.
    pub statistic: Option<String>,
    /// The metric's unit.
    pub unit: Option<String>,
    /// The metrics and expressions of a calculation, instead of one metric.
    pub metrics: Option<Vec<MetricQuery>>,
}

/// A dimension of a metric.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dimension {
    /// The dimension's name.
    pub name: String,
    /// The dimension's value.
    pub value: String,
}

/// A metric or an expression of a calculation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricQuery {
    /// The name by which expressions call the result.
    pub id: String,
    /// The expression.
    pub expression: Option<String>,
    /// The metric, instead of an expression.
    pub metric_stat: Option<MetricStat>,
    /// The result's name for people.
    pub label: Option<String>,
    /// Whether the result is the calculation's.
    pub return_data: Option<bool>,
}

/// A metric of a calculation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricStat {
    /// The metric.
    pub metric: Metric,
    /// The statistic, as in `Average` or `p99`.
    pub stat: String,
    /// The metric's unit.
    pub unit: Option<String>,
}

/// A metric by its name.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// The metric's name.
    pub metric_name: Option<String>,
    /// The metric's namespace.
    pub namespace: Option<String>,
    /// The metric's dimensions.
    pub dimensions: Option<Vec<Dimension>>,
}

/// The steps that are taken when an alarm goes off.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepScaling {
    /// The meaning of an adjustment: `ChangeInCapacity`, `PercentChangeInCapacity` or `ExactCapacity`.
    pub adjustment_type: String,
    /// The steps, by how far the metric is from the alarm's threshold.
    pub step_adjustments: Vec<StepAdjustment>,
    /// The fewest tasks that a change by per cent makes.
    pub min_adjustment_magnitude: Option<i32>,
    /// The seconds after a change before the next; 300 if it isn't given.
    pub cooldown: Option<i32>,
    /// The way in which the metric's values are put together: `Average`, `Minimum` or `Maximum`.
    pub metric_aggregation_type: Option<String>,
}

/// A step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepAdjustment {
    /// The distance from the threshold at which the step begins; none for the one without a lower end.
    pub metric_interval_lower_bound: Option<f64>,
    /// The distance from the threshold at which the step ends; none for the one without an upper end.
    pub metric_interval_upper_bound: Option<f64>,
    /// The number of tasks, or per cent of them, that are added; taken away if it is below 0.
    pub scaling_adjustment: i32,
}

/// A change of the bounds by the clock. The bounds of the file hold for a new service, and what an action set is no
/// difference.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduledAction {
    /// The action's name, unique in its service.
    pub scheduled_action_name: String,
    /// The time: `at(2026-12-24T18:00:00)`, `rate(1 day)` or `cron(0 20 * * ? *)`.
    pub schedule: String,
    /// The time zone of that, as in `Europe/Berlin`; UTC if it isn't given.
    pub timezone: Option<String>,
    /// The moment from which the action runs, as in `2026-12-01T00:00:00Z`.
    pub start_time: Option<String>,
    /// The moment until which the action runs.
    pub end_time: Option<String>,
    /// The bounds that the action sets: one or both.
    pub scalable_target_action: ScalableTargetAction,
}

/// The bounds that a scheduled action sets.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScalableTargetAction {
    /// The fewest tasks from then on.
    pub min_capacity: Option<i32>,
    /// The most tasks from then on.
    pub max_capacity: Option<i32>,
}

impl Scaling {
    /// Returns whether the service isn't to be scaled any more.
    pub fn is_none(&self) -> bool {
        let Self { min_capacity, max_capacity, suspended_state, scaling_policies, scheduled_actions } = self;
        min_capacity.is_none()
            && max_capacity.is_none()
            && suspended_state.is_none()
            && scaling_policies.is_none()
            && scheduled_actions.is_none()
    }

    /// Returns whether all scaling rests.
    pub(super) fn rests(&self) -> bool {
        self.suspended_state.as_ref().is_some_and(|state| {
            let all = [
                state.dynamic_scaling_in_suspended,
                state.dynamic_scaling_out_suspended,
                state.scheduled_scaling_suspended,
            ];
            all.iter().all(|one| *one == Some(true))
        })
    }

    /// The bounds of a new service.
    pub(super) fn bounds(&self) -> Option<(i64, i64)> {
        self.min_capacity.zip(self.max_capacity).map(|(least, most)| (least.into(), most.into()))
    }
}

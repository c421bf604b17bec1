//! Amazon CloudWatch metric alarms.

mod metric;

use labform_account::rules::{ALARM, ALARM_NAME};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::made_for;
use crate::cloud::{CLOUDWATCH, Cloud, Result};
use crate::model::{Tags, Unit, Usage};
use crate::resource::{
    CallRules, Calls, Checks, Field, Habits, Live, Managed as _, NameRule, Pasted, Plain, Problem, REST, Read, Sending,
    Target, UsageContext, all, batch, breaches, call, change, document, part, update,
};
pub use metric::{Dimension, Metric, MetricDataQuery, MetricStat};

/// A metric alarm: the fields of PutMetricAlarm.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alarm {
    /// The alarm's name.
    pub alarm_name: Option<String>,
    /// The alarm's purpose.
    pub alarm_description: Option<String>,
    /// Whether a change of the alarm's state does anything; true if it is left out.
    pub actions_enabled: Option<bool>,
    /// The ARNs of what is done when all is well again, as `${topics.alerts.arn}`; five at most.
    pub ok_actions: Option<Vec<String>>,
    /// The ARNs of what is done when the alarm goes off; five at most.
    pub alarm_actions: Option<Vec<String>>,
    /// The ARNs of what is done when there is too little data; five at most.
    pub insufficient_data_actions: Option<Vec<String>>,
    /// The metric's name, as in `CPUUtilization`; instead of `metrics`.
    pub metric_name: Option<String>,
    /// The metric's namespace, as in `AWS/ECS`.
    pub namespace: Option<String>,
    /// The statistic of a period: `SampleCount`, `Average`, `Sum`, `Minimum` or `Maximum`.
    pub statistic: Option<String>,
    /// The statistic of a period if it is another one, as in `p90`.
    pub extended_statistic: Option<String>,
    /// What the metric is the metric of, as a cluster and a service.
    pub dimensions: Option<Vec<Dimension>>,
    /// The seconds of a period: 60 or a multiple of it; 10, 20 or 30 for metrics that come so often, at a higher price.
    pub period: Option<i32>,
    /// The unit of the values that count, as in `Percent`; all if it is left out.
    pub unit: Option<String>,
    /// The number of periods that are looked at.
    pub evaluation_periods: Option<i32>,
    /// The number of periods among them that have to breach the threshold; all if it is left out.
    pub datapoints_to_alarm: Option<i32>,
    /// The value that the statistic is compared with.
    pub threshold: Option<f64>,
    /// The comparison, as in `GreaterThanThreshold`.
    pub comparison_operator: Option<String>,
    /// What a period without data is: `breaching`, `notBreaching`, `ignore` or `missing`; `missing` if it is left out.
    pub treat_missing_data: Option<String>,
    /// What becomes of percentiles of few samples: `evaluate` or `ignore`.
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// Several metrics and an expression over them; instead of `metricName` and all that is said of a single metric.
    pub metrics: Option<Vec<MetricDataQuery>>,
    /// The name among `metrics` of the band that takes the place of a threshold.
    pub threshold_metric_id: Option<String>,
}

/// What is said of a single metric.
const OF_ONE: [&str; 7] = ["metricName", "namespace", "statistic", "extendedStatistic", "dimensions", "period", "unit"];
/// What PutMetricAlarm resets if it isn't said, and lab.yaml doesn't tell.
const BEYOND: [&str; 3] = ["actionConfiguration", "evaluationWindow", "warmUpConfiguration"];
/// Alarms of the same name are of any sort.
const TYPES: &str = r#"{"AlarmTypes": ["MetricAlarm", "CompositeAlarm", "LogAlarm"], "MaxRecords": 100}"#;
const LISTS: &str = "MetricAlarms|CompositeAlarms|LogAlarms";
const LIST: Read = all("DescribeAlarms", LISTS).with(TYPES);

impl Plain for Alarm {
    const KIND: &'static str = "alarm";
    const SECTION: &'static str = "alarms";
    const NAME: NameRule = NameRule::of("alarmName", ALARM_NAME, "anything but control characters");
    const FIELDS: &'static [Field] = &[
        update("alarmDescription").default(r#""""#),
        update("actionsEnabled").default("true"),
        update("okActions").unordered().default("[]"),
        update("alarmActions").unordered().default("[]"),
        update("insufficientDataActions").unordered().default("[]"),
        update("metricName"),
        update("namespace"),
        update("statistic"),
        update("extendedStatistic"),
        update("dimensions").unordered().default("[]"),
        update("period"),
        update("unit"),
        update("evaluationPeriods"),
        update("datapointsToAlarm"),
        update("threshold").normal(number),
        update("comparisonOperator"),
        update("treatMissingData").default(r#""missing""#),
        update("evaluateLowSampleCountPercentile").default(r#""evaluate""#),
        update("metrics").unordered().default("[]"),
        part("metrics[].returnData").default("true"),
        part("metrics[].metricStat.metric.dimensions").unordered(),
        update("thresholdMetricId"),
    ];
    const RULES: CallRules = &[&ALARM];
    const PASTED: Pasted = Pasted {
        around: &["metricAlarms"],
        told: &[
            "alarmArn",
            "alarmConfigurationUpdatedTimestamp",
            "evaluationState",
            "stateReason",
            "stateReasonData",
            "stateTransitionedTimestamp",
            "stateUpdatedTimestamp",
            "stateValue",
        ],
        beyond: &[
            ("actionConfiguration", "null"),
            ("evaluationCriteria", "null"),
            ("evaluationInterval", "null"),
            ("evaluationWindow", "null"),
            ("warmUpConfiguration", "null"),
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &CLOUDWATCH,
        arn: "alarm:{name}",
        id: "AlarmArn",
        name: "AlarmName",
        made: "",
        brings_tags: false,
        create: call("PutMetricAlarm", "AlarmName").answers_without_object(),
        read: &[batch("DescribeAlarms", "AlarmNames", 100, LISTS).with(TYPES)],
        list: LIST,
        // The call that makes one, too: it is allowed under the lab's names alone.
        updates: &[change(call("PutMetricAlarm", "AlarmName").by_name().blind_to_tags(), REST).whole()],
        // IAM knows no tags of an alarm that is deleted (Service Authorization Reference).
        delete: call("DeleteAlarms", "/AlarmNames/0").with(r#"{"AlarmNames": [null]}"#).by_name().blind_to_tags(),
        restore: None,
    };

    const HABITS: Habits = Habits { only_names: true, overwrites: true, ..Habits::USUAL };

    fn usage(_context: &UsageContext<'_>, document: &Value) -> Usage {
        usage(document)
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        breaches(&ALARM, &document(self))
    }

    /// A service knows its alarms by their names.
    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone(), named(&live.name)]
    }

    /// PutMetricAlarm writes over what is there.
    async fn made(&self, cloud: &Cloud, target: &Target, live: Live, _tags: Tags) -> Result<Live> {
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        Ok(live)
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        let fields = &mut sending.fields;
        if let Some(live) = sending.live {
            let kept = BEYOND.iter().filter_map(|field| Some((*field, live.document.get(*field)?)));
            fields.extend(kept.map(|(field, value)| (field.to_owned(), value.clone())));
        }
        // What the alarm had before may not stand beside what takes its place.
        let given: [(bool, &[&str]); 6] = [
            (self.metrics.is_some(), &OF_ONE),
            (self.metric_name.is_some(), &["metrics", "thresholdMetricId"]),
            (self.statistic.is_some(), &["extendedStatistic"]),
            (self.extended_statistic.is_some(), &["statistic"]),
            (self.threshold.is_some(), &["thresholdMetricId"]),
            (self.threshold_metric_id.is_some(), &["threshold"]),
        ];
        for field in given.iter().filter(|(is_given, _)| *is_given).flat_map(|(_, instead)| *instead) {
            fields.remove(*field);
        }
        // AWS writes it with two capitals.
        if let Some(actions) = fields.remove("okActions") {
            fields.insert("OKActions".to_owned(), actions);
        }
        Ok(())
    }
}

/// The id by which what knows an alarm's name alone uses it.
pub(super) fn named(name: &str) -> String {
    format!("alarm:{name}")
}

/// A number as people write it.
fn number(value: &Value) -> Value {
    let whole = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
    whole.map_or_else(|| value.clone(), |number| json!(format!("{number}").parse::<i64>().unwrap_or_default()))
}

/// What an alarm costs: as many units as it looks at metrics, and as bounds of a band ("Amazon CloudWatch pricing").
fn usage(document: &Value) -> Usage {
    let metrics: Vec<&Value> = document["metrics"].as_array().into_iter().flatten().collect();
    let of_several = metrics.iter().filter(|metric| metric.get("metricStat").is_some_and(Value::is_object));
    let count = u32::try_from(of_several.clone().count()).unwrap_or(u32::MAX).max(1);
    let count = if document["thresholdMetricId"].is_string() { count.saturating_add(2) } else { count };
    let periods = of_several.map(|metric| &metric["metricStat"]["period"]).chain([&document["period"]]);
    let is_quick = periods.filter_map(Value::as_i64).any(|period| period < 60);
    let unit = if is_quick { Unit::HighResolutionAlarm } else { Unit::Alarm };
    let words = if count == 1 { "alarm".to_owned() } else { format!("alarm on {count} metrics") };
    Usage::default().and(unit, count, words)
}

#[cfg(test)]
mod tests;

//! Rules for metric alarms.

use super::input::{each, is_given, number, one_of, text, unique, up_to};
use super::texts::TextRule;
use super::{Rule, Rules};

/// The page of all that isn't said of a single metric.
const ALARMS: &str = "PutMetricAlarm, Amazon CloudWatch API";
/// The page of one of several metrics.
const METRICS: &str = "MetricDataQuery, Amazon CloudWatch API";
const DAY: i64 = 24 * 60 * 60;

/// The name of an alarm.
pub const ALARM_NAME: TextRule =
    TextRule { min: 1, max: 255, is_valid: |name| !name.chars().any(|c| c.is_ascii_control()), source: ALARMS };

/// The rules for PutMetricAlarm.
pub static ALARM: Rules = Rules::new(
    "PutMetricAlarm",
    r#"{"namespace": "AWS/ECS", "metricName": "CPUUtilization", "statistic": "Average", "period": 60,
        "dimensions": [{"name": "ClusterName", "value": "lab"}], "evaluationPeriods": 3, "datapointsToAlarm": 2,
        "threshold": 80, "comparisonOperator": "GreaterThanThreshold", "treatMissingData": "notBreaching",
        "alarmActions": ["arn:aws:sns:eu-west-1:123456789012:a"]}"#,
    &[RULES, OF_ONE, OF_SEVERAL],
);

const RULES: &[Rule] = &[
    Rule::new(
        "an alarm compares in one of the ways that CloudWatch has",
        ALARMS,
        &["comparisonOperator = null", r#"comparisonOperator = "Above""#],
        |input, found| {
            let operators = [
                "GreaterThanOrEqualToThreshold",
                "GreaterThanThreshold",
                "LessThanThreshold",
                "LessThanOrEqualToThreshold",
                "LessThanLowerOrGreaterThanUpperThreshold",
                "LessThanLowerThreshold",
                "GreaterThanUpperThreshold",
            ];
            one_of(input, "comparisonOperator", &operators, found);
            if is_whole(input) && !is_given(&input["comparisonOperator"]) {
                found.here("comparisonOperator").hint("as in `comparisonOperator: GreaterThanThreshold`");
            }
        },
    ),
    Rule::new(
        "an alarm looks at a number of periods, and at no more of them than there are",
        ALARMS,
        &["evaluationPeriods = null", "evaluationPeriods = 0", "datapointsToAlarm = 4"],
        |input, found| match number(&input["evaluationPeriods"]) {
            None if is_whole(input) && input["evaluationPeriods"].is_null() => {
                found.here("evaluationPeriods").hint("as in `evaluationPeriods: 3`");
            }
            Some(periods) if periods < 1 => {
                found.here("evaluationPeriods");
            }
            Some(periods) if number(&input["datapointsToAlarm"]).is_some_and(|points| points > periods) => {
                found.here("datapointsToAlarm");
            }
            _ => {}
        },
    ),
    Rule::new(
        "an alarm has a threshold, or a band that is one",
        ALARMS,
        &["threshold = null", r#"thresholdMetricId = "band" @ threshold"#],
        |input, found| {
            if is_whole(input) && input["threshold"].is_null() != is_given(&input["thresholdMetricId"]) {
                found.here("threshold").hint("give either `threshold` or `thresholdMetricId`");
            }
        },
    ),
    Rule::new(
        "a period without data is breaching, notBreaching, ignored or missing",
        ALARMS,
        &[r#"treatMissingData = "ok""#],
        |input, found| one_of(input, "treatMissingData", &["breaching", "notBreaching", "ignore", "missing"], found),
    ),
    Rule::new(
        "percentiles of few samples are evaluated or ignored",
        ALARMS,
        &[r#"evaluateLowSampleCountPercentile = "no""#],
        |input, found| one_of(input, "evaluateLowSampleCountPercentile", &["evaluate", "ignore"], found),
    ),
    Rule::new(
        "each state has five actions at most, and each is an ARN",
        ALARMS,
        &[r#"alarmActions = ["arn:a", "arn:b", "arn:c", "arn:d", "arn:e", "arn:f"]"#, r#"alarmActions[0] = "alerts""#],
        |input, found| {
            for field in ["okActions", "alarmActions", "insufficientDataActions"] {
                up_to(input, field, 5, "", found);
                for (path, action) in each(input, &format!("{field}[]")) {
                    if let Some(action) = text(action).filter(|action| !action.starts_with("arn:")) {
                        let hint = "a topic of the lab's is `${topics.NAME.arn}`";
                        found.at(path, format!("`{action}` is no ARN")).hint(hint);
                    }
                }
            }
        },
    ),
    Rule::new(
        "a description has 1024 characters at most",
        ALARMS,
        &["alarmDescription = repeat 1025"],
        |input, found| {
            if text(&input["alarmDescription"]).is_some_and(|text| text.chars().count() > 1024) {
                found.here("alarmDescription");
            }
        },
    ),
];

const STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

const OF_ONE: &[Rule] = &[
    Rule::new(
        "an alarm watches one metric, or what `metrics` makes of several",
        ALARMS,
        &[
            "metricName = null && namespace = null && statistic = null && period = null && dimensions = null @ metricName",
            r#"metrics = [{"id": "a", "expression": "SELECT AVG(CPUUtilization) FROM \"AWS/ECS\"", "period": 60}]"#,
        ],
        |input, found| match (is_given(&input["metricName"]), is_given(&input["metrics"])) {
            (true, true) => {
                found.here("metrics").hint("what is said of the one metric belongs into `metrics`, too");
            }
            (false, false) if is_whole(input) => {
                found.here("metricName").hint("as in `namespace: AWS/ECS` and `metricName: CPUUtilization`");
            }
            _ => {}
        },
    ),
    Rule::new(
        "a metric has a namespace, a period and a statistic",
        ALARMS,
        &["namespace = null", "period = null", "statistic = null", r#"extendedStatistic = "p90" @ statistic"#],
        |input, found| {
            if !is_given(&input["metricName"]) {
                return;
            }
            for field in ["namespace", "period"] {
                if !is_given(&input[field]) {
                    found.here(field);
                }
            }
            if is_given(&input["statistic"]) == is_given(&input["extendedStatistic"]) {
                found.here("statistic").hint("give either `statistic: Average` or `extendedStatistic: p90`");
            }
        },
    ),
    Rule::new(
        "a statistic is one of those that CloudWatch keeps",
        ALARMS,
        &[r#"statistic = "Mean""#],
        |input, found| one_of(input, "statistic", &STATISTICS, found),
    ),
    Rule::new(
        "a period has 10, 20, 30 or a multiple of 60 seconds",
        ALARMS,
        &["period = 45", "period = 0"],
        |input, found| {
            for path in ["period", "metrics[].period", "metrics[].metricStat.period"] {
                for (path, value) in each(input, path) {
                    let is_one = |period: i64| [10, 20, 30].contains(&period) || (period > 0 && period % 60 == 0);
                    if let Some(period) = number(value).filter(|period| !is_one(*period)) {
                        found
                            .at(path, format!("{period} seconds are no period"))
                            .hint("10, 20, 30, or a multiple of 60");
                    }
                }
            }
        },
    ),
    Rule::new(
        "an alarm looks back a day at most, or seven if a period is an hour or longer",
        "AWS's own refusal, as users report it: \"Metrics cannot be checked across more than a day\"",
        &["evaluationPeriods = 1441"],
        |input, found| {
            let Some((period, count)) = number(&input["period"]).zip(number(&input["evaluationPeriods"])) else {
                return;
            };
            let most = if period >= 3600 { 7 * DAY } else { DAY };
            if period > 0 && period.saturating_mul(count) > most {
                let message = format!("{count} periods of {period} seconds are more than AWS looks back");
                found.at("evaluationPeriods", message);
            }
        },
    ),
    Rule::new(
        "a metric has 30 dimensions at most, each of which has a name of its own",
        ALARMS,
        &[r#"dimensions = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}] @ dimensions[1].name"#],
        |input, found| {
            up_to(input, "dimensions", 30, "", found);
            let twice = |name: &str| (format!("`{name}` stands twice"), format!("Dimension name {name} stands twice"));
            unique(input, "dimensions[].name", twice, found);
        },
    ),
];

const OF_SEVERAL: &[Rule] = &[
    Rule::new(
        "each of several metrics has a short name that begins with a small letter, and is a metric or an expression",
        METRICS,
        &[
            concat!(
                r#"metrics = [{"id": "A", "expression": "a + b", "period": 60}] && metricName = null && "#,
                "namespace = null && statistic = null && period = null && dimensions = null @ metrics[0].id"
            ),
            concat!(
                r#"metrics = [{"id": "a"}] && metricName = null && "#,
                "namespace = null && statistic = null && period = null && dimensions = null @ metrics[0]"
            ),
        ],
        |input, found| {
            for (path, metric) in each(input, "metrics[]") {
                let is_id = |id: &str| {
                    id.starts_with(|c: char| c.is_ascii_lowercase())
                        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                };
                if text(&metric["id"]).is_some_and(|id| !is_id(id)) {
                    found.here(format!("{path}.id"));
                }
                if is_given(&metric["metricStat"]) == is_given(&metric["expression"]) {
                    found.here(path).hint("give either `metricStat` or `expression`");
                }
            }
        },
    ),
    Rule::new(
        "an alarm watches one of several metrics: all others say `returnData: false`",
        METRICS,
        &[concat!(
            r#"metrics = [{"id": "a", "expression": "1", "period": 60}, {"id": "b", "expression": "2", "period": 60}]"#,
            " && metricName = null && namespace = null && statistic = null && period = null && dimensions = null",
            " @ metrics"
        )],
        |input, found| {
            let metrics = each(input, "metrics[]");
            let band = text(&input["thresholdMetricId"]);
            let watched = metrics.iter().filter(|(_, one)| one["returnData"] != false && text(&one["id"]) != band);
            if !metrics.is_empty() && watched.count() != 1 {
                found.here("metrics");
            }
        },
    ),
    Rule::new(
        "each of several metrics is known by a name of its own",
        METRICS,
        &[concat!(
            r#"metrics = [{"id": "a", "expression": "1", "period": 60}, {"id": "a", "expression": "2", "period": 60,"#,
            r#" "returnData": false}] && metricName = null && namespace = null && statistic = null && period = null"#,
            " && dimensions = null @ metrics[1].id"
        )],
        |input, found| {
            let twice = |id: &str| (format!("`{id}` stands twice"), format!("The id {id} stands twice"));
            unique(input, "metrics[].id", twice, found);
        },
    ),
];

/// Returns whether the input is that of an alarm, and not the little that a rule is asked about its single values.
fn is_whole(input: &serde_json::Value) -> bool {
    input.as_object().is_some_and(|members| !members.is_empty())
}

#[cfg(test)]
mod tests {
    use super::ALARM_NAME;

    #[test]
    fn names_are_of_anything_but_control_characters() {
        assert!(["a", "Lab: CPU > 80 %", "\u{fc}"].iter().all(|name| ALARM_NAME.allows(name)));
        assert!(["", "a\n", "\t"].iter().all(|name| !ALARM_NAME.allows(name)));
        assert!(ALARM_NAME.allows(&"a".repeat(255)) && !ALARM_NAME.allows(&"a".repeat(256)));
    }
}

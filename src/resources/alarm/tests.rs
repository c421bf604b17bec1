use super::*;
use crate::resource::Resource;
use crate::resources::test_others;

fn alarm(value: Value) -> Alarm {
    serde_json::from_value(value).unwrap()
}

#[test]
fn what_aws_fills_in_or_changes_by_itself_is_no_difference() {
    let spec = alarm(json!({"namespace": "AWS/ECS", "metricName": "CPUUtilization", "statistic": "Average",
        "period": 60, "evaluationPeriods": 3, "threshold": 80, "comparisonOperator": "GreaterThanThreshold",
        "dimensions": [{"name": "ServiceName", "value": "web"}, {"name": "ClusterName", "value": "main"}],
        "treatMissingData": "missing", "actionsEnabled": true, "okActions": []}));
    let live = |state: &str, threshold: f64| Live {
        name: "it".to_owned(),
        arn: "arn:it".to_owned(),
        document: json!({"namespace": "AWS/ECS", "metricName": "CPUUtilization", "statistic": "Average",
            "period": 60, "evaluationPeriods": 3, "threshold": threshold, "stateValue": state,
            "dimensions": [{"name": "ClusterName", "value": "main"}, {"name": "ServiceName", "value": "web"}],
            "comparisonOperator": "GreaterThanThreshold", "alarmActions": ["arn:somebody"]}),
    };
    let differs = |live: &Live| !Resource::edit(&spec, live, &test_others(), &[]).diff.is_empty();
    for state in ["OK", "ALARM", "INSUFFICIENT_DATA"] {
        assert!(!differs(&live(state, 80.0)), "{state}");
    }
    assert!(differs(&live("OK", 80.5)));
}

#[test]
fn an_alarm_costs_by_its_metrics_and_their_periods() {
    let stat = |period: i32| json!({"id": "a", "metricStat": {"metric": {}, "period": period, "stat": "Sum"}});
    for (document, unit, count) in [
        (json!({"period": 60}), Unit::Alarm, 1.0),
        (json!({"period": 10}), Unit::HighResolutionAlarm, 1.0),
        (json!({"metrics": [stat(60), stat(60), {"id": "c", "expression": "a / b"}]}), Unit::Alarm, 2.0),
        (json!({"metrics": [stat(60)], "thresholdMetricId": "band"}), Unit::Alarm, 3.0),
        (json!({"metrics": [stat(60), stat(30)]}), Unit::HighResolutionAlarm, 2.0),
    ] {
        assert_eq!(usage(&document).amounts, [(unit, count)], "{document}");
    }
}

use serde_json::json;

use super::*;
use crate::resources::test_others;

fn schedule(more: &Value) -> Schedule {
    let mut all = json!({"scheduleExpression": "cron(30 2 * * ? *)", "roleArn": "arn:aws:iam::123456789012:role/run",
        "job": "nightly", "cluster": "main", "taskDefinition": "nightly", "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}}});
    for (field, value) in more.as_object().into_iter().flatten() {
        all[field] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

/// What AWS answers for what it was sent, in the words of lab.yaml.
fn read_back(sent: &Value) -> Value {
    let mut schedule = sent.clone();
    schedule["CreationDate"] = json!(1_796_000_000.25);
    schedule["Arn"] = json!("arn:aws:scheduler:eu-west-1:123456789012:schedule/nightly/nightly");
    let group = json!({"Arn": "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/nightly", "State": "ACTIVE",
        "Name": "nightly", "schedule": schedule});
    let mut document = SCHEDULER.case.fields(group);
    wire::heard(&mut document);
    document
}

#[test]
fn what_is_sent_is_spelt_as_the_scheduler_has_it_and_reads_back_as_lab_yaml() {
    let more = json!({"startDate": "2026-12-01T00:00:00Z", "state": "DISABLED", "description": "at night",
        "scheduleExpressionTimezone": "Europe/Berlin", "retryPolicy": {"maximumRetryAttempts": 2},
        "deadLetterConfig": {"arn": "arn:aws:sqs:eu-west-1:123456789012:dead"},
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}], "launchType": null,
        "overrides": {"containerOverrides": [{"name": "main", "command": ["sleep", "1"]}]}});
    let mut want = Plain::wanted(&schedule(&more), &test_others());
    want["networkConfiguration"]["awsvpcConfiguration"]["subnets"] = json!(["subnet-1"]);
    let mut fields = want.as_object().unwrap().clone();
    fields.insert("lab".to_owned(), "ecs-lab".into());
    let sent = wire::sent("nightly", &fields);
    assert_eq!(
        sent,
        json!({
            "Name": "nightly",
            "GroupName": "nightly",
            "Description": "at night",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "cron(30 2 * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "StartDate": 1_796_083_200,
            "State": "DISABLED",
            "Target": {
                "Arn": AFTER_APPLY,
                "RoleArn": "arn:aws:iam::123456789012:role/run",
                "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-1:123456789012:dead"},
                "RetryPolicy": {"MaximumRetryAttempts": 2},
                "Input": r#"{"containerOverrides":[{"command":["sleep","1"],"name":"main"}]}"#,
                "EcsParameters": {
                    "TaskDefinitionArn": AFTER_APPLY,
                    "CapacityProviderStrategy": [{"base": 0, "capacityProvider": "FARGATE_SPOT", "weight": 1}],
                    "NetworkConfiguration": {
                        "awsvpcConfiguration": {"AssignPublicIp": "ENABLED", "Subnets": ["subnet-1"]},
                    },
                    "Tags": [
                        {"key": "labform:lab", "value": "ecs-lab"},
                        {"key": "labform:resource", "value": "job.nightly"},
                    ],
                },
            },
        })
    );
    let read = read_back(&sent);
    assert_eq!((&read["groupState"], &read["made"]), (&json!("ACTIVE"), &json!(1_796_000_000.25)));
    let differs = crate::resource::diff(<Schedule as Plain>::FIELDS, &read, &want);
    assert!(differs.is_empty(), "{differs:?}");
}

#[test]
fn what_a_schedule_cannot_be_is_told_at_its_place() {
    let specs = std::collections::BTreeMap::new();
    for (more, path) in [
        (json!({}), None),
        (json!({"scheduleExpression": "cron(30 2 * * *)"}), Some("scheduleExpression")),
        (json!({"scheduleExpressionTimezone": "Europe/Berln"}), Some("scheduleExpressionTimezone")),
        (json!({"endDate": "tomorrow"}), Some("endDate")),
        (json!({"flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15}}), None),
        (json!({"flexibleTimeWindow": {"mode": "FLEXIBLE"}}), Some("flexibleTimeWindow.maximumWindowInMinutes")),
        (json!({"retryPolicy": {"maximumRetryAttempts": 186}}), Some("retryPolicy.maximumRetryAttempts")),
        (json!({"deadLetterConfig": {"arn": "dead"}}), Some("deadLetterConfig.arn")),
    ] {
        let problems = Plain::check(&schedule(&more), &Checks::new(&specs));
        assert_eq!(problems.first().map(|problem| problem.path.as_str()), path, "{more}");
    }
}

#[test]
fn the_next_run_is_told_of_a_schedule_that_runs() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_083_200);
    let next = |more: &Value| {
        let want = Plain::wanted(&schedule(more), &test_others());
        let document = read_back(&wire::sent("nightly", want.as_object().unwrap()));
        let live = Live { name: "nightly".to_owned(), arn: String::new(), document };
        Schedule::next_run(&live, now).map(|at| format_rfc3339_seconds(at).to_string())
    };
    assert_eq!(next(&json!({})).as_deref(), Some("2026-12-01T02:30:00Z"));
    let in_berlin = json!({"scheduleExpressionTimezone": "Europe/Berlin", "startDate": "2026-12-24T00:00:00Z"});
    assert_eq!(next(&in_berlin).as_deref(), Some("2026-12-24T01:30:00Z"));
    assert_eq!(next(&json!({"state": "DISABLED"})), None);
    assert_eq!(next(&json!({"endDate": "2026-12-01T00:00:00Z"})), None);
}
